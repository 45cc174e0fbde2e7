package espalier.nn.train;

import espalier.autograd.Autograd;
import espalier.autograd.Variable;
import espalier.nn.ForwardPass;
import espalier.nn.Module;
import espalier.nn.data.DataLoader;
import espalier.tensor.Tensor;

/** Runs a model over a data set without training it. */
public final class Evaluation {
    private Evaluation() {}

    /** Which samples were taken for which class. */
    public static ConfusionMatrix of(Module model, DataLoader loader) {
        ConfusionMatrix matrix = new ConfusionMatrix(loader.data().classes());
        loader.forEach(0, 0, batch -> matrix.add(outputs(model, batch.images()), batch.labels()));
        return matrix;
    }

    /** Part of the samples whose label is among the {@code k} largest outputs. */
    public static double topK(Module model, DataLoader loader, int k) {
        RunningMean hits = new RunningMean();
        loader.forEach(0, 0, batch -> {
            Tensor best = outputs(model, batch.images()).topK(1, k).indices();
            Tensor hit = best.eq(batch.labels().unsqueeze(1)).any(1);
            hits.add(hit.countNonZero().item() / batch.size(), batch.size());
        });
        return hits.value();
    }

    /** The model's outputs for a batch, in evaluation and without recording. */
    public static Tensor outputs(Module model, Tensor images) {
        return Autograd.withoutGrad(() -> ForwardPass.evaluation(
                () -> model.apply(Variable.constant(images)).value()));
    }
}
