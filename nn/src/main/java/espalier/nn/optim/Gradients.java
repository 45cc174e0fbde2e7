package espalier.nn.optim;

import espalier.autograd.Variable;
import espalier.nn.Parameter;
import espalier.tensor.Tensor;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** What can be done to all gradients between the backward pass and the step. */
public final class Gradients {
    private Gradients() {}

    /**
     * Scales all gradients together so that their common Euclidean norm is at most {@code limit} (Pascanu et al. 2013,
     * algorithm 1).
     *
     * @return the norm before
     */
    public static double clipNorm(Collection<Parameter> parameters, double limit) {
        requireLimit("clipNorm", limit);
        List<Variable> leaves = parameters.stream().map(Parameter::raw).toList();
        double squares = 0;
        for (Variable leaf : leaves) {
            squares += leaf.gradient().map(g -> g.sumOfSquares(false).item()).orElse(0.0);
        }
        double norm = Math.sqrt(squares);
        if (norm > limit) {
            for (Variable leaf : leaves) {
                leaf.gradient().ifPresent(g -> leaf.setGradient(g.mul(limit / norm)));
            }
        }
        return norm;
    }

    /** Cuts every element of every gradient to the range −limit to limit. */
    public static void clipValue(Collection<Parameter> parameters, double limit) {
        requireLimit("clipValue", limit);
        for (Parameter parameter : parameters) {
            Optional<Tensor> gradient = parameter.raw().gradient();
            gradient.ifPresent(g -> parameter.raw().setGradient(g.clamp(-limit, limit)));
        }
    }

    private static void requireLimit(String op, double limit) {
        if (!(limit >= 0)) {
            throw new IllegalArgumentException(op + ": limit " + limit + " must be at least 0");
        }
    }
}
