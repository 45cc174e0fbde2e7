package espalier.tensor.conformance;

import espalier.tensor.Layout;
import espalier.tensor.Shape;

/** A way in which the elements of a tensor may lie in storage. Strides are worked out here, by no view operation. */
enum Arrangement {
    /** Row-major from the first element. */
    CONTIGUOUS,
    /** Row-major from the fourth element. */
    OFFSET,
    /** Column-major. */
    TRANSPOSED,
    /** Rows with a gap after each. */
    NARROWED,
    /** Every second element. */
    STEPPED,
    /** Backwards along all axes. */
    FLIPPED,
    /** One row (or element) read again and again along the first axis. */
    BROADCAST_FIRST,
    /** One column (or element) read again and again along the last axis. */
    BROADCAST_LAST,
    /** One element read everywhere. */
    BROADCAST_ALL;

    /** The layout of a tensor of this shape. */
    Layout of(Shape shape) {
        int rank = shape.rank();
        int[] dims = shape.toArray();
        int[] strides = new int[rank];
        int step = this == STEPPED ? 2 : 1;
        for (int i = 0; i < rank; i++) {
            int axis = this == TRANSPOSED ? i : rank - 1 - i;
            strides[axis] = step;
            step *= Math.max(1, dims[axis]) + (this == NARROWED && axis == rank - 1 ? 3 : 0);
        }
        int offset = this == OFFSET || this == NARROWED || this == STEPPED ? 3 : 0;
        for (int axis = 0; axis < rank; axis++) {
            boolean still = this == BROADCAST_ALL
                    || (this == BROADCAST_FIRST && axis == 0)
                    || (this == BROADCAST_LAST && axis == rank - 1);
            if (still) {
                strides[axis] = 0;
            } else if (this == FLIPPED && dims[axis] > 0) {
                offset += (dims[axis] - 1) * strides[axis];
                strides[axis] = -strides[axis];
            }
        }
        return Layout.strided(shape, strides, offset);
    }

    /** Elements that a storage must have for such a tensor. */
    int room(Shape shape) {
        Layout layout = of(shape);
        int last = layout.offset();
        for (int axis = 0; axis < shape.rank(); axis++) {
            last += Math.max(0, layout.stride(axis)) * Math.max(0, shape.dim(axis) - 1);
        }
        return last + 1;
    }
}
