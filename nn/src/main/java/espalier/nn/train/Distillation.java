package espalier.nn.train;

import espalier.autograd.Variable;
import espalier.autograd.op.Losses;
import espalier.nn.Module;
import espalier.nn.data.Batch;
import espalier.tensor.Tensor;

/**
 * Learning from labels and from a teacher's scores (Hinton, Vinyals and Dean 2015): {@code (1−part)·crossEntropy +
 * part·T²·KL(teacher/T ‖ student/T)}. What a pruned network has lost it learns fastest from the dense one that it was.
 *
 * @param teacher runs in evaluation, on the inputs as the student sees them; it is not trained
 * @param part of the teacher, from 0 (labels only) to 1
 * @param temperature T, above 0; larger ones show more of how the teacher ranks the wrong classes
 */
public record Distillation(Module teacher, double part, double temperature) implements Objective {
    /** Checks the ranges. */
    public Distillation {
        if (!(part >= 0 && part <= 1) || !(temperature > 0)) {
            throw new IllegalArgumentException(
                    "distillation: part " + part + " must be from 0 to 1, temperature " + temperature + " above 0");
        }
    }

    /** Without the inputs there is no teacher: cross-entropy. */
    @Override
    public Variable of(Variable outputs, Tensor labels) {
        return Losses.crossEntropy(outputs, labels);
    }

    @Override
    public Variable of(Variable outputs, Batch batch) {
        Tensor scores = Evaluation.outputs(teacher, batch.images());
        Variable taught = Losses.distillation(outputs, scores, temperature).mul(part);
        return Losses.crossEntropy(outputs, batch.labels()).mul(1 - part).add(taught);
    }
}
