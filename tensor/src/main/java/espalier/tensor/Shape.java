package espalier.tensor;

import java.util.Arrays;

/**
 * The sizes of a tensor along its axes, such as {@code [64, 1, 28, 28]}; {@code []} is a scalar.
 *
 * <p>Immutable. Sizes may be 0 (an empty tensor). A tensor has at most 2<sup>31</sup>−1 elements, as a Java array has,
 * so every index is an {@code int}. Axes may be counted from the end: −1 is the last.
 */
public final class Shape {
    private static final Shape SCALAR = new Shape(new int[0], "shape");

    private final int[] dims;
    private final int size;

    private Shape(int[] dims, String op) {
        this.dims = dims;
        this.size = sizeOf(dims, op);
    }

    /**
     * A shape with these sizes.
     *
     * @throws ShapeException if a size is negative or the product is above 2<sup>31</sup>−1
     */
    public static Shape of(int... dims) {
        return new Shape(dims.clone(), "shape");
    }

    /** The shape of a scalar: no axes, one element. */
    public static Shape scalar() {
        return SCALAR;
    }

    private static int sizeOf(int[] dims, String op) {
        long product = 1;
        boolean empty = false;
        for (int dim : dims) {
            if (dim < 0) {
                throw new ShapeException(op + ": negative size " + dim + " in " + Arrays.toString(dims));
            }
            empty |= dim == 0;
        }
        if (empty) {
            return 0;
        }
        for (int dim : dims) {
            product *= dim;
            if (product > Integer.MAX_VALUE) {
                throw new ShapeException(op + ": " + Arrays.toString(dims)
                        + " has more than 2147483647 elements, the most a tensor holds");
            }
        }
        return (int) product;
    }

    /** Number of axes. */
    public int rank() {
        return dims.length;
    }

    /** Number of elements; 1 for a scalar. */
    public int size() {
        return size;
    }

    /** Size along an axis; negative axes count from the end. */
    public int dim(int axis) {
        return dims[axis(axis, "shape")];
    }

    /** A copy of the sizes. */
    public int[] toArray() {
        return dims.clone();
    }

    /**
     * The axis as a number from 0 to rank−1.
     *
     * @throws ShapeException naming {@code op} if there is no such axis
     */
    public int axis(int axis, String op) {
        int resolved = axis < 0 ? axis + dims.length : axis;
        if (resolved < 0 || resolved >= dims.length) {
            throw new ShapeException(op + ": axis " + axis + " is out of range for shape " + this);
        }
        return resolved;
    }

    /** The axes as sorted numbers without repeats; none means all of them. */
    public int[] axes(int[] axes, String op) {
        if (axes.length == 0) {
            return allAxes();
        }
        boolean[] chosen = new boolean[dims.length];
        for (int axis : axes) {
            int resolved = axis(axis, op);
            if (chosen[resolved]) {
                throw new ShapeException(op + ": axis " + axis + " is named twice in " + Arrays.toString(axes));
            }
            chosen[resolved] = true;
        }
        int[] sorted = new int[axes.length];
        int n = 0;
        for (int axis = 0; axis < chosen.length; axis++) {
            if (chosen[axis]) {
                sorted[n++] = axis;
            }
        }
        return sorted;
    }

    private int[] allAxes() {
        int[] all = new int[dims.length];
        for (int axis = 0; axis < all.length; axis++) {
            all[axis] = axis;
        }
        return all;
    }

    /** This shape with one size replaced. */
    public Shape with(int axis, int dim) {
        int[] changed = dims.clone();
        changed[axis(axis, "shape")] = dim;
        return new Shape(changed, "shape");
    }

    /** This shape with an axis taken out. */
    public Shape without(int axis) {
        int at = axis(axis, "shape");
        int[] changed = new int[dims.length - 1];
        System.arraycopy(dims, 0, changed, 0, at);
        System.arraycopy(dims, at + 1, changed, at, changed.length - at);
        return new Shape(changed, "shape");
    }

    /** This shape with an axis of size {@code dim} put in before axis {@code at}; {@code at} may equal the rank. */
    public Shape inserting(int at, int dim) {
        int[] changed = new int[dims.length + 1];
        System.arraycopy(dims, 0, changed, 0, at);
        changed[at] = dim;
        System.arraycopy(dims, at, changed, at + 1, dims.length - at);
        return new Shape(changed, "shape");
    }

    /** This shape with the given (sorted) axes set to 1: what a reduction that keeps its axes returns. */
    public Shape reduced(int[] axes) {
        int[] changed = dims.clone();
        for (int axis : axes) {
            changed[axis] = 1;
        }
        return new Shape(changed, "shape");
    }

    /**
     * The shape both operands are stretched to, by NumPy's rule: aligned at the last axis, sizes must be equal or 1.
     *
     * @throws ShapeException naming {@code op} and the two sizes that disagree
     */
    public static Shape broadcast(String op, Shape lhs, Shape rhs) {
        if (lhs.equals(rhs)) {
            return lhs;
        }
        int rank = Math.max(lhs.rank(), rhs.rank());
        int[] out = new int[rank];
        for (int i = 1; i <= rank; i++) {
            int l = i <= lhs.rank() ? lhs.dims[lhs.rank() - i] : 1;
            int r = i <= rhs.rank() ? rhs.dims[rhs.rank() - i] : 1;
            if (l != r && l != 1 && r != 1) {
                throw ShapeException.mismatch(op, "shapes do not broadcast", lhs, rhs, l, r);
            }
            out[rank - i] = l == 1 ? r : l;
        }
        return new Shape(out, op);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape that && Arrays.equals(dims, that.dims);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(dims);
    }

    /** The sizes in brackets: {@code [2, 3]}. */
    @Override
    public String toString() {
        return Arrays.toString(dims);
    }
}
