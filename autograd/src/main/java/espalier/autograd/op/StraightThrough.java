package espalier.autograd.op;

import static espalier.autograd.Edge.edge;

import espalier.autograd.Variable;
import espalier.tensor.Tensor;
import java.util.function.UnaryOperator;

/**
 * The straight-through estimator (Bengio, Léonard and Courville 2013): a function that has no useful gradient, such as
 * rounding, is given the gradient of the identity.
 *
 * <pre>{@code
 * Variable w = Variable.parameter(Tensor.of(new float[] {0.4f, 0.6f}));
 * Variable rounded = StraightThrough.of("round", w, Tensor::round);   // [0, 1]; gradients pass as if it were w
 * }</pre>
 */
public final class StraightThrough {
    private StraightThrough() {}

    /**
     * Any function forwards, the identity backwards.
     *
     * @param function must keep the shape
     */
    public static Variable of(String op, Variable x, UnaryOperator<Tensor> function) {
        return Variable.of(op, function.apply(x.value()), edge(x, g -> g));
    }

    /**
     * Any function forwards; backwards the identity where {@code low ≤ x ≤ high}, else 0: a quantizer that is stuck at
     * the end of its range does not push further out (Hubara et al. 2016).
     */
    public static Variable clipped(String op, Variable x, double low, double high, UnaryOperator<Tensor> function) {
        Tensor value = x.value();
        return Variable.of(op, function.apply(value), edge(x, g -> {
            Tensor inside = value.ge(low).and(value.le(high));
            return inside.where(g, g.zerosLike());
        }));
    }
}
