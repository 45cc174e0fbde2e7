package espalier.sparsity.quant;

import static espalier.autograd.Edge.edge;

import espalier.autograd.Variable;
import espalier.autograd.op.StraightThrough;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.stream.IntStream;

/**
 * Quantization that can be learned through: forwards the nearest value of a grid, backwards the straight-through
 * estimator (Bengio et al. 2013).
 */
public final class FakeQuantize {
    private FakeQuantize() {}

    /** The nearest values; gradients pass everywhere, as is right when nothing is cut off. */
    public static Variable through(Variable x, Grids grids) {
        return StraightThrough.of("fakeQuantize", x, grids::nearest);
    }

    /**
     * The nearest values; gradients pass where an element lies between the grid's ends, and are 0 where it was cut off.
     */
    public static Variable clipped(Variable x, Grids grids) {
        Tensor value = x.value();
        return Variable.of("fakeQuantize", grids.nearest(value), edge(x, g -> {
            Tensor inside = grids.covers(value);
            return inside.where(g, g.zerosLike());
        }));
    }

    /**
     * With a scale that is learned (Esser et al. 2020, LSQ, equations 1 to 5): {@code y = s·round(clamp(x/s, lowest,
     * highest))}, and
     *
     * <pre>{@code
     * dx = g where lowest < x/s < highest, else 0
     * ds = part·Σ g·(round(x/s) − x/s  inside;  lowest below;  highest above)
     * }</pre>
     *
     * @param s above 0; broadcasts against x: {@code []} or {@code [O, 1, 1, 1]}
     * @param part what the gradient of s is multiplied by: {@code 1/√(N·highest)} keeps it in proportion to that of x
     */
    public static Variable learned(Variable x, Variable s, int lowest, int highest, double part) {
        Tensor step = s.value();
        Tensor inSteps = x.value().div(step);
        Tensor q = Rounding.halfAway(inSteps.clamp(lowest, highest));
        Tensor inside = inSteps.gt(lowest).and(inSteps.lt(highest));
        return Variable.of(
                "learnedQuantize",
                q.mul(step),
                edge(x, g -> inside.where(g, g.zerosLike())),
                edge(
                        s,
                        g -> sumTo(step.shape(), g.mul(inside.where(q.sub(inSteps), q)))
                                .mul(part)));
    }

    /** Sums over the axes along which a tensor of this shape was repeated. */
    private static Tensor sumTo(Shape shape, Tensor g) {
        if (shape.size() == 1) {
            return g.sum().reshape(shape);
        }
        int[] repeated = IntStream.range(0, g.rank())
                .filter(axis -> shape.dim(axis) == 1)
                .toArray();
        return repeated.length == 0 ? g : g.sum(true, repeated);
    }
}
