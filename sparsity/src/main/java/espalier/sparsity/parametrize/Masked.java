package espalier.sparsity.parametrize;

import espalier.autograd.Variable;
import espalier.nn.Parametrization;
import espalier.tensor.Tensor;

/**
 * A weight of which some elements are held at zero: the layer computes with {@code w·mask}, so neither gradients nor
 * momentum nor decay can bring them back.
 *
 * @param mask 1 where a weight is kept, 0 where not; F32, of the weight's shape or broadcasting to it
 */
public record Masked(Tensor mask) implements Parametrization {
    @Override
    public Variable apply(Variable raw) {
        return raw.mul(Variable.constant(mask));
    }
}
