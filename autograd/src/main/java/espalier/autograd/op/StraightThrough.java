package espalier.autograd.op;

import static espalier.autograd.Edge.edge;

import espalier.autograd.Variable;
import espalier.tensor.ShapeException;
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
     * @throws ShapeException if the function does not keep shape and type
     */
    public static Variable of(String op, Variable x, UnaryOperator<Tensor> function) {
        return Variable.of(op, alike(op, x.value(), function), edge(x, g -> g));
    }

    /** What takes a gradient as if it were x must be of x's shape and type. */
    private static Tensor alike(String op, Tensor x, UnaryOperator<Tensor> function) {
        Tensor y = function.apply(x);
        if (!y.shape().equals(x.shape()) || y.dtype() != x.dtype()) {
            throw new ShapeException(op + ": a straight-through function must keep shape and type: " + x.dtype() + " "
                    + x.shape() + " became " + y.dtype() + " " + y.shape());
        }
        return y;
    }

    /**
     * Any function forwards; backwards the identity where {@code low ≤ x ≤ high}, else 0: a quantizer that is stuck at
     * the end of its range does not push further out (Hubara et al. 2016).
     */
    public static Variable clipped(String op, Variable x, double low, double high, UnaryOperator<Tensor> function) {
        Tensor value = x.value();
        return Variable.of(op, alike(op, value, function), edge(x, g -> {
            Tensor inside = value.ge(low).and(value.le(high));
            return inside.where(g, g.zerosLike());
        }));
    }
}
