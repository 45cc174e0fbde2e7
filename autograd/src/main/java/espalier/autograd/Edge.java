package espalier.autograd;

import espalier.tensor.Tensor;
import java.util.function.UnaryOperator;

/**
 * One input of an operation, and how a gradient flows back to it.
 *
 * @param input the input
 * @param vjp the vector-Jacobian product: from the gradient of the output to that of the input, perhaps still of the
 *     shape the input was broadcast to
 */
public record Edge(Variable input, UnaryOperator<Tensor> vjp) {
    /** {@code edge(x, g -> g.mul(2))}: reads well in an operation's definition. */
    public static Edge edge(Variable input, UnaryOperator<Tensor> vjp) {
        return new Edge(input, vjp);
    }
}
