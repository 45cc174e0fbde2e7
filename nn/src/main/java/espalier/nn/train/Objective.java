package espalier.nn.train;

import espalier.autograd.Variable;
import espalier.nn.data.Batch;
import espalier.tensor.Tensor;

/**
 * What training makes small: a scalar from the model's outputs and the labels, such as {@code Losses::crossEntropy}.
 */
@FunctionalInterface
public interface Objective {
    /** The loss of a batch: outputs {@code [N, ..]}, labels {@code [N]} (I32). */
    Variable of(Variable outputs, Tensor labels);

    /** The same with the whole batch at hand, for losses that look at the inputs too, such as {@link Distillation}. */
    default Variable of(Variable outputs, Batch batch) {
        return of(outputs, batch.labels());
    }
}
