package espalier.autograd;

import static espalier.autograd.Edge.edge;

import espalier.tensor.DType;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;

/**
 * Operations that make one element of many. Axes may be negative; no axes means all of them. With {@code keep} the
 * reduced axes stay, with size 1, so that the result broadcasts against the input.
 */
public sealed interface Reducing permits Variable {
    private Variable self() {
        return (Variable) this;
    }

    /** Σx over the axes. */
    default Variable sum(int... axes) {
        return sum(false, axes);
    }

    /** Σx over the axes. */
    default Variable sum(boolean keep, int... axes) {
        Tensor x = self().value();
        return Variable.of("sum", over(x, axes), x.sum(keep, axes), edge(self(), g -> spread(g, x.shape(), axes)));
    }

    /** Mean over the axes; NaN over none. */
    default Variable mean(int... axes) {
        return mean(false, axes);
    }

    /** Mean over the axes; NaN over none. */
    default Variable mean(boolean keep, int... axes) {
        Tensor x = self().value();
        double each = 1.0 / count(x.shape(), axes);
        return Variable.of(
                "mean", over(x, axes), x.mean(keep, axes), edge(self(), g -> spread(g.mul(each), x.shape(), axes)));
    }

    /**
     * Variance: the mean of squared distances from the mean, divided by {@code n − correction} (0 biased, 1 unbiased).
     * Gradient {@code 2·(x − mean)/(n − correction)}.
     */
    default Variable var(int correction, boolean keep, int... axes) {
        Tensor x = self().value();
        double factor = 2.0 / (count(x.shape(), axes) - correction);
        return Variable.of(
                "var",
                x.var(correction, keep, axes),
                edge(self(), g -> x.sub(x.mean(true, axes)).mulInPlace(spread(g.mul(factor), x.shape(), axes))));
    }

    /** Largest over the axes. Equal ones share the gradient evenly. */
    default Variable maxOver(int... axes) {
        return maxOver(false, axes);
    }

    /** Smallest over the axes. Equal ones share the gradient evenly. */
    default Variable minOver(int... axes) {
        return minOver(false, axes);
    }

    /** Largest over the axes. Equal ones share the gradient evenly. */
    default Variable maxOver(boolean keep, int... axes) {
        Tensor x = self().value();
        Tensor y = x.maxOver(keep, axes);
        return Variable.of("maxOver", over(x, axes), y, edge(self(), g -> shareAmongEqual(g, x, y, axes)));
    }

    /** Smallest over the axes. Equal ones share the gradient evenly. */
    default Variable minOver(boolean keep, int... axes) {
        Tensor x = self().value();
        Tensor y = x.minOver(keep, axes);
        return Variable.of("minOver", over(x, axes), y, edge(self(), g -> shareAmongEqual(g, x, y, axes)));
    }

    /** Πx over the axes. The gradient is the product of the other elements, also where some are 0. */
    default Variable prod(int... axes) {
        Tensor x = self().value();
        return Variable.of(
                "prod",
                over(x, axes),
                x.prod(axes),
                edge(self(), g -> productOfOthers(x, axes).mulInPlace(spread(g, x.shape(), axes))));
    }

    /** Σx² over the axes. */
    default Variable sumOfSquares(boolean keep, int... axes) {
        Tensor x = self().value();
        return Variable.of(
                "sumOfSquares",
                over(x, axes),
                x.sumOfSquares(keep, axes),
                edge(self(), g -> x.mul(spread(g.mul(2), x.shape(), axes))));
    }

    /** Euclidean norm √Σx² over the axes. No gradient where it is 0. */
    default Variable norm(int... axes) {
        return norm(false, axes);
    }

    /** Euclidean norm √Σx² over the axes. No gradient where it is 0. */
    default Variable norm(boolean keep, int... axes) {
        Tensor x = self().value();
        Tensor y = x.norm(keep, axes);
        return Variable.of(
                "norm",
                over(x, axes),
                y,
                edge(self(), g -> x.mul(spread(Masks.drop(g.div(y), y.eq(0)), x.shape(), axes))));
    }

    /** log Σe<sup>x</sup> over the axes, safe for large x. Its gradient is the softmax. */
    default Variable logSumExp(boolean keep, int... axes) {
        Tensor x = self().value();
        Tensor y = x.logSumExp(keep, axes);
        return Variable.of("logSumExp", over(x, axes), y, edge(self(), g -> {
            Tensor finite = y.maskedFill(y.eq(Double.NEGATIVE_INFINITY), 0); // all x −∞: no gradient, not NaN
            return x.sub(kept(finite, x.shape(), axes)).exp().mulInPlace(spread(g, x.shape(), axes));
        }));
    }

    /** Running sums along an axis. The gradient is a running sum from the other end. */
    default Variable cumsum(int axis) {
        return Variable.of(
                "cumsum",
                self().value().cumsum(axis),
                edge(self(), g -> g.flip(axis).cumsum(axis).flip(axis)));
    }

    /** The axes as they will be recorded: none below 0, and all of them written out. */
    private static Spec over(Tensor x, int[] axes) {
        return Spec.Axes.of(x.shape().axes(axes, "reduce"));
    }

    /** A reduced tensor with its axes back, of size 1. */
    private static Tensor kept(Tensor reduced, Shape shape, int[] axes) {
        return reduced.reshape(shape.reduced(shape.axes(axes, "reduce")));
    }

    /** A reduced tensor stretched over the elements it was made from. A view. */
    private static Tensor spread(Tensor reduced, Shape shape, int[] axes) {
        return kept(reduced, shape, axes).expand(shape);
    }

    private static int count(Shape shape, int[] axes) {
        int n = 1;
        for (int axis : shape.axes(axes, "reduce")) {
            n *= shape.dim(axis);
        }
        return n;
    }

    private static Tensor shareAmongEqual(Tensor g, Tensor x, Tensor y, int[] axes) {
        Tensor chosen = x.eq(kept(y, x.shape(), axes)).to(g.dtype());
        Tensor share = kept(g, x.shape(), axes).div(chosen.sum(true, axes));
        return Masks.keep(chosen.mul(share), chosen.ne(0));
    }

    /** {@code p/x} where no element is 0; where just one is, the product of the rest for that one; else 0. */
    private static Tensor productOfOthers(Tensor x, int[] axes) {
        Tensor zero = x.eq(0);
        Tensor rest = x.maskedFill(zero, 1);
        Tensor product = kept(rest.prod(axes), x.shape(), axes);
        Tensor zeros = zero.to(DType.I32).sum(true, axes);
        Tensor none = x.zerosLike();
        Tensor ofZero = zeros.eq(1).where(product, none);
        Tensor ofOthers = zeros.eq(0).where(product, none).div(rest);
        return zero.where(ofZero, ofOthers);
    }
}
