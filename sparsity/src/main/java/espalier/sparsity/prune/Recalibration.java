package espalier.sparsity.prune;

import espalier.autograd.Autograd;
import espalier.autograd.Variable;
import espalier.nn.ForwardPass;
import espalier.nn.Module;
import espalier.nn.data.DataLoader;
import espalier.nn.layer.BatchNorm;
import espalier.tensor.RandomSource;
import espalier.tensor.Tensor;
import java.util.List;

/**
 * New running statistics for batch norm, after pruning has changed what flows through the network: a mean over some
 * batches, in which the old statistics leave no trace. Weights stay as they are.
 *
 * <pre>{@code
 * MagnitudePruning.prune(Prunable.weights(model, Granularity.FILTER), Allocation.GLOBAL, 0.5);
 * Recalibration.run(model, trainingData, 50);
 * }</pre>
 */
public final class Recalibration {
    private Recalibration() {}

    /** Over the last {@code batches} batches of an epoch, or all if there are fewer; later batches count for more. */
    public static void run(Module model, DataLoader loader, int batches) {
        List<BatchNorm> norms = model.modules().values().stream()
                .filter(m -> m instanceof BatchNorm)
                .map(m -> (BatchNorm) m)
                .toList();
        int count = Math.min(batches, loader.batches());
        if (count < 1 || norms.isEmpty()) {
            return;
        }
        for (BatchNorm norm : norms) {
            norm.mean().fillInPlace(0);
            norm.variance().fillInPlace(0);
        }
        int[] seen = new int[1];
        loader.forEach(0, loader.batches() - count, batch -> {
            forward(model, batch.images(), seen[0]++);
        });
        double weight = 1 - Math.pow(1 - BatchNorm.MOMENTUM, seen[0]); // what a running mean of ones has come to
        for (BatchNorm norm : norms) {
            norm.mean().mulInPlace(1 / weight);
            norm.variance().mulInPlace(1 / weight);
        }
    }

    private static Tensor forward(Module model, Tensor images, int number) {
        return Autograd.withoutGrad(() -> ForwardPass.training(
                RandomSource.of(number),
                () -> model.apply(Variable.constant(images)).value()));
    }
}
