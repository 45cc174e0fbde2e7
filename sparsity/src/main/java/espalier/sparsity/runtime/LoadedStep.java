package espalier.sparsity.runtime;

import espalier.tensor.Tensor;
import java.util.Optional;

/**
 * What of a step is ready in memory, the same for all batch sizes.
 *
 * @param weights of a convolution or linear layer
 * @param bias its bias, or the scale of a scale and shift
 * @param shift the shift of a scale and shift
 */
record LoadedStep(Optional<Weights> weights, Optional<Tensor> bias, Optional<Tensor> shift) {
    static final LoadedStep NOTHING = new LoadedStep(Optional.empty(), Optional.empty(), Optional.empty());
}
