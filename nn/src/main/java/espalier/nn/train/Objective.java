package espalier.nn.train;

import espalier.autograd.Variable;
import espalier.tensor.Tensor;

/** What training makes small: a scalar from the model's outputs and the labels, such as {@code Losses::crossEntropy}. */
@FunctionalInterface
public interface Objective {
    /** The loss of a batch: outputs {@code [N, ..]}, labels {@code [N]} (I32). */
    Variable of(Variable outputs, Tensor labels);
}
