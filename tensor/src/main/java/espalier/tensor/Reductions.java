package espalier.tensor;

import espalier.tensor.spi.ReduceOp;

/**
 * Operations that make one element of many. Axes may be negative; no axes means all of them. With {@code keep} the
 * reduced axes stay, with size 1, so that the result broadcasts against the input.
 */
public sealed interface Reductions permits Tensor {
    private Tensor self() {
        return (Tensor) this;
    }

    private Tensor reduce(String name, ReduceOp op, DType type, boolean keep, int[] axes) {
        Tensor x = self();
        x.storage();
        int[] sorted = x.shape().axes(axes, name);
        Tensor out = Tensor.allocate(name, x.device(), type, x.shape().reduced(sorted));
        x.backend().reduce(op, x, sorted, out);
        return keep ? out : squeeze(out, sorted);
    }

    private static Tensor squeeze(Tensor kept, int[] sorted) {
        Tensor out = kept;
        for (int i = sorted.length - 1; i >= 0; i--) {
            out = out.squeeze(sorted[i]);
        }
        return out;
    }

    private int count(String name, int[] axes) {
        int n = 1;
        for (int axis : self().shape().axes(axes, name)) {
            n *= self().dim(axis);
        }
        return n;
    }

    /** Σx over the axes; I32 for types of one byte, which would soon be full. */
    default Tensor sum(int... axes) {
        return sum(false, axes);
    }

    /** Σx over the axes; I32 for types of one byte, which would soon be full. */
    default Tensor sum(boolean keep, int... axes) {
        return reduce("sum", ReduceOp.SUM, accumulating(), keep, axes);
    }

    /** The type of a sum or product: I32 for types of one byte, which would soon be full. */
    private DType accumulating() {
        return self().dtype().bytes() == 1 ? DType.I32 : self().dtype();
    }

    /** Mean over the axes; NaN over none. */
    default Tensor mean(int... axes) {
        return mean(false, axes);
    }

    /** Mean over the axes; NaN over none. */
    default Tensor mean(boolean keep, int... axes) {
        self().requireFraction("mean");
        int n = count("mean", axes);
        return sum(keep, axes).mulInPlace(1.0 / n);
    }

    /**
     * Variance: the mean of squared distances from the mean, divided by {@code n − correction} (0 biased, 1 unbiased).
     * Two passes, so that a large mean does no harm.
     */
    default Tensor var(int correction, boolean keep, int... axes) {
        self().requireFraction("var");
        int n = count("var", axes);
        Tensor centred = self().sub(mean(true, axes));
        return centred.sumOfSquares(keep, axes).mulInPlace(1.0 / (n - correction));
    }

    /** Smallest over the axes. */
    default Tensor minOver(int... axes) {
        return reduce("min", ReduceOp.MIN, self().dtype(), false, axes);
    }

    /** Largest over the axes. */
    default Tensor maxOver(int... axes) {
        return maxOver(false, axes);
    }

    /** Largest over the axes. */
    default Tensor maxOver(boolean keep, int... axes) {
        return reduce("max", ReduceOp.MAX, self().dtype(), keep, axes);
    }

    /** Smallest over the axes. */
    default Tensor minOver(boolean keep, int... axes) {
        return reduce("min", ReduceOp.MIN, self().dtype(), keep, axes);
    }

    /** Πx over the axes; I32 for types of one byte. */
    default Tensor prod(int... axes) {
        return reduce("prod", ReduceOp.PROD, accumulating(), false, axes);
    }

    /** Euclidean norm √Σx² over the axes. */
    default Tensor norm(int... axes) {
        return norm(false, axes);
    }

    /** Euclidean norm √Σx² over the axes. */
    default Tensor norm(boolean keep, int... axes) {
        self().requireFraction("norm");
        return sumOfSquares(keep, axes).sqrt();
    }

    /** Σx² over the axes; I32 for types of one byte. */
    default Tensor sumOfSquares(boolean keep, int... axes) {
        return reduce("sumOfSquares", ReduceOp.SUM_OF_SQUARES, accumulating(), keep, axes);
    }

    /** log Σe<sup>x</sup> over the axes, with the largest taken out first so that nothing overflows. */
    default Tensor logSumExp(boolean keep, int... axes) {
        self().requireFraction("logSumExp");
        Tensor largest = maxOver(true, axes);
        Tensor finite = largest.eq(largest).and(largest.abs().ne(Double.POSITIVE_INFINITY));
        Tensor shift = finite.where(largest, largest.zerosLike());
        Tensor kept = self().sub(shift).exp().sum(true, axes).log().addInPlace(shift);
        return keep ? kept : squeeze(kept, self().shape().axes(axes, "logSumExp"));
    }

    /** Whether one element differs from 0, as BOOL. */
    default Tensor any(int... axes) {
        return reduce("any", ReduceOp.ANY, DType.BOOL, false, axes);
    }

    /** Whether all elements differ from 0, as BOOL. */
    default Tensor all(int... axes) {
        return reduce("all", ReduceOp.ALL, DType.BOOL, false, axes);
    }

    /** How many elements differ from 0, as I32. −0.0 does not. */
    default Tensor countNonZero(int... axes) {
        return reduce("countNonZero", ReduceOp.COUNT_NONZERO, DType.I32, false, axes);
    }

    /** Index of the largest along an axis, as I32; the first of equals. */
    default Tensor argmax(int axis) {
        return argReduce("argmax", true, axis);
    }

    /** Index of the smallest along an axis, as I32; the first of equals. */
    default Tensor argmin(int axis) {
        return argReduce("argmin", false, axis);
    }

    private Tensor argReduce(String name, boolean largest, int axis) {
        Tensor x = self();
        x.storage();
        int at = x.shape().axis(axis, name);
        if (x.dim(at) == 0) {
            throw new ShapeException(name + ": axis " + axis + " of " + x.shape() + " is empty, there is no index");
        }
        Tensor out = Tensor.allocate(name, x.device(), DType.I32, x.shape().with(at, 1));
        x.backend().argReduce(largest, x, at, out);
        return out.squeeze(at);
    }

    /** Running sums along an axis; I32 for types of one byte. */
    default Tensor cumsum(int axis) {
        Tensor x = self();
        x.storage();
        Tensor out = Tensor.allocate("cumsum", x.device(), accumulating(), x.shape());
        x.backend().cumsum(x, x.shape().axis(axis, "cumsum"), out);
        return out;
    }
}
