package espalier.sparsity.admm;

import espalier.autograd.Variable;
import espalier.nn.Parametrization;
import espalier.tensor.Tensor;

/**
 * A weight of which some elements are fixed and the others trained: the layer computes with {@code w·trained + fixed}.
 *
 * @param trained 1 where the weight is trained, 0 where not; F32, of the weight's shape
 * @param fixed the values of the others, 0 where the weight is trained
 */
public record PartlyFrozen(Tensor trained, Tensor fixed) implements Parametrization {
    @Override
    public Variable apply(Variable raw) {
        return raw.mul(Variable.constant(trained)).add(Variable.constant(fixed));
    }
}
