package espalier.sparsity.parametrize;

import espalier.autograd.Variable;
import espalier.nn.Parameter;
import espalier.nn.Parametrization;
import espalier.nn.layer.BatchNorm;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;

/**
 * The shift of a batch norm as a multiple of its scale (Kusupati 2020): {@code y = γ̂·(x̂ + β̂)} with β̂ as the trained
 * number, so that {@code β = γ̂·β̂}.
 *
 * <p>With the usual shift a channel of scale 0 still puts out β; in this form it puts out exactly 0, for every input
 * and at every pixel, and can be cut out without changing what the network computes.
 *
 * @param scale the scale as its layer sees it, so thresholded or masked
 */
public record FactoredShift(Parameter scale) implements Parametrization {
    /**
     * Puts a batch norm into this form. What it computes stays the same, except where its scale is 0 and its shift is
     * not; there β̂ becomes 0. In the form already, it is left alone.
     */
    public static void on(BatchNorm norm) {
        Parameter shift = norm.shift();
        if (shift.parametrization().filter(p -> p instanceof FactoredShift).isPresent()) {
            return;
        }
        try (TensorScope _ = TensorScope.open()) {
            Tensor gamma = norm.scale().get().value();
            Tensor ratio = shift.get().value().div(gamma).maskedFill(gamma.eq(0), 0);
            shift.set(ratio);
        }
        shift.parametrize(new FactoredShift(norm.scale()));
    }

    @Override
    public Variable apply(Variable raw) {
        return raw.mul(scale.get());
    }
}
