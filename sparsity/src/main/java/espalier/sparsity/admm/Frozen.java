package espalier.sparsity.admm;

import espalier.autograd.Variable;
import espalier.nn.Parametrization;

/**
 * A weight that is trained no more, while biases and norms around it are: no gradient reaches it, so that optimizers,
 * momentum and decay leave it alone.
 */
public record Frozen() implements Parametrization {
    @Override
    public Variable apply(Variable raw) {
        return raw.detach();
    }
}
