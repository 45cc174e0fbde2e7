package espalier.tensor;

import java.util.function.IntFunction;

/** Choosing elements by index, by mask or by size. Indices are I32; a negative or too large one is an error. */
public sealed interface Indexing permits Tensor {
    private Tensor self() {
        return (Tensor) this;
    }

    private static void checkIndex(String op, Tensor x, int axis, Tensor index) {
        index.requireType(op, DType.I32);
        x.requireSameDevice(op, index);
        requireRange(
                index,
                x.dim(axis),
                wrong -> op + ": index " + wrong + " is out of range for axis " + axis + " of " + x.shape());
    }

    /** Throws what is said of the first extreme that is not from 0 to {@code bound}−1. */
    private static void requireRange(Tensor index, int bound, IntFunction<String> complaint) {
        index.storage();
        if (index.size() == 0) {
            return;
        }
        Tensor once = withoutRepeats(index);
        int low = (int) once.minOver().item();
        int high = (int) once.maxOver().item();
        if (low < 0 || high >= bound) {
            throw new ShapeException(complaint.apply(low < 0 ? low : high));
        }
    }

    /** The same values without the axes along which a view repeats them. */
    private static Tensor withoutRepeats(Tensor index) {
        Tensor once = index;
        for (int axis = 0; axis < index.rank(); axis++) {
            if (index.layout().stride(axis) == 0) {
                once = once.narrow(axis, 0, 1);
            }
        }
        return once;
    }

    private static void checkOtherAxes(String op, Tensor x, int axis, Tensor index) {
        if (index.rank() != x.rank()
                || !index.shape().with(axis, 1).equals(x.shape().with(axis, 1))) {
            throw new ShapeException(
                    op + ": index " + index.shape() + " must have the sizes of " + x.shape() + " besides axis " + axis);
        }
    }

    /** {@code out[.., i, ..] = x[.., index[.., i, ..], ..]}: the index has the sizes of x besides the axis. */
    default Tensor gather(int axis, Tensor index) {
        return gather("gather", self().shape().axis(axis, "gather"), index);
    }

    private Tensor gather(String op, int axis, Tensor index) {
        Tensor x = self();
        x.storage();
        checkOtherAxes(op, x, axis, index);
        checkIndex(op, x, axis, index);
        Tensor out = Tensor.allocate(op, x.device(), x.dtype(), index.shape());
        x.backend().gather(x, axis, index, out);
        return out;
    }

    /** {@code this[.., index[.., i, ..], ..] += x[.., i, ..]}, in the order of i: repeated indices add up. */
    default Tensor scatterAddInPlace(int axis, Tensor index, Tensor x) {
        return scatterAdd("scatterAdd", self().shape().axis(axis, "scatterAdd"), index, x);
    }

    private Tensor scatterAdd(String op, int axis, Tensor index, Tensor x) {
        Tensor into = self();
        into.requireWritable(op);
        into.requireSameType(op, x);
        checkOtherAxes(op, into, axis, index);
        if (!x.shape().equals(index.shape())) {
            throw new ShapeException(op + ": values " + x.shape() + " and index " + index.shape() + " differ");
        }
        checkIndex(op, into, axis, index);
        into.backend().scatterAdd(into, axis, index, x.apartFrom(into));
        return into;
    }

    /** The slices along an axis that a list of indices {@code [n]} names, in its order. */
    default Tensor indexSelect(int axis, Tensor index) {
        int at = self().shape().axis(axis, "indexSelect");
        return gather("indexSelect", at, alongAxis("indexSelect", index, self().shape(), at));
    }

    /** Adds slices {@code x} to the slices of this that {@code index [n]} names. */
    default Tensor indexAddInPlace(int axis, Tensor index, Tensor x) {
        int at = self().shape().axis(axis, "indexAdd");
        Tensor along = alongAxis("indexAdd", index, self().shape(), at);
        return scatterAdd("indexAdd", at, along, x);
    }

    /** A list of indices as a view that has them along one axis and repeats them over the others. */
    private static Tensor alongAxis(String op, Tensor index, Shape shape, int axis) {
        if (index.rank() != 1) {
            throw new ShapeException(op + ": index must have one axis, not " + index.shape());
        }
        int[] strides = new int[shape.rank()];
        strides[axis] = index.layout().stride(0);
        return index.view(Layout.strided(
                shape.with(axis, index.size()), strides, index.layout().offset()));
    }

    /** A copy with {@code value} where the mask (BOOL, broadcast) is true. */
    default Tensor maskedFill(Tensor mask, double value) {
        Tensor x = self();
        x.requireFits("maskedFill", value);
        mask.requireType("maskedFill", DType.BOOL);
        x.requireSameDevice("maskedFill", mask);
        Shape.broadcast("maskedFill", x.shape(), mask.shape());
        Tensor filler = Tensor.full(x.device(), x.dtype(), Shape.scalar(), value);
        return mask.where(filler, x);
    }

    /** Labels (I32), each from 0 to {@code classes}−1, as rows of 0 and one 1: {@code [..] → [.., classes]}, F32. */
    default Tensor oneHot(int classes) {
        Tensor labels = self();
        labels.requireType("oneHot", DType.I32);
        if (classes < 0) {
            throw new ShapeException("oneHot: a number of classes of " + classes + " is negative");
        }
        requireRange(
                labels,
                classes,
                label -> "oneHot: label " + label + " of " + labels.shape() + " is not from 0 to " + (classes - 1));
        Tensor classIndex = Tensor.arange(labels.device(), 0, classes);
        return labels.unsqueeze(-1).eq(classIndex).to(DType.F32);
    }

    /** The lower triangle of the last two axes, zeros above diagonal {@code k} (0 the main one, positive above it). */
    default Tensor tril(int k) {
        return triangle("tril", k, true);
    }

    /** The upper triangle of the last two axes, zeros below diagonal {@code k}. */
    default Tensor triu(int k) {
        return triangle("triu", k, false);
    }

    private Tensor triangle(String op, int k, boolean lower) {
        Tensor x = self();
        if (x.rank() < 2) {
            throw new ShapeException(op + ": needs at least two axes, not " + x.shape());
        }
        Tensor row = Tensor.arange(x.device(), 0, x.dim(-2)).unsqueeze(1);
        Tensor column = Tensor.arange(x.device(), 0, x.dim(-1)).unsqueeze(0);
        Tensor diagonal = column.sub(row);
        Tensor outside = lower ? diagonal.gt(k) : diagonal.lt(k);
        return x.maskedFill(outside, 0);
    }

    /** Values and where they came from. */
    record Sorted(Tensor values, Tensor indices) {}

    /** Sorts along an axis; equal values keep their order, so the lower index comes first; NaN comes last. */
    default Sorted sort(int axis, boolean descending) {
        Tensor x = self();
        int at = x.shape().axis(axis, "sort");
        Tensor last = x.transpose(at, -1);
        Tensor values = Tensor.allocate("sort", x.device(), x.dtype(), last.shape());
        Tensor indices = Tensor.allocate("sort", x.device(), DType.I32, last.shape());
        x.backend().sort(last, descending, values, indices);
        return new Sorted(values.transpose(at, -1), indices.transpose(at, -1));
    }

    /** The {@code k} largest along an axis, largest first; of equals the lower index wins. */
    default Sorted topK(int axis, int k) {
        int at = self().shape().axis(axis, "topK");
        if (k < 0 || k > self().dim(at)) {
            throw new ShapeException("topK: k " + k + " is out of range for axis " + axis + " of " + self().shape());
        }
        Sorted all = sort(axis, true);
        return new Sorted(all.values.narrow(axis, 0, k), all.indices.narrow(axis, 0, k));
    }
}
