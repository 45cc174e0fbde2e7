package espalier.tensor;

import espalier.tensor.spi.Storage;
import java.util.Arrays;
import java.util.Optional;

/**
 * Where the elements of a tensor lie in its storage: element {@code (i, j, …)} is at {@code offset + i·strides[0] +
 * j·strides[1] + …}.
 *
 * <p>Views are new layouts over the same storage: a transpose swaps two strides, a narrow moves the offset, a flip
 * negates a stride, and broadcasting sets a stride to 0 so that one element is read many times. Nothing is copied.
 *
 * <pre>{@code
 * Layout a = Layout.contiguous(Shape.of(2, 3));   // strides [3, 1]
 * Layout t = a.permute(1, 0);                      // shape [3, 2], strides [1, 3]
 * }</pre>
 *
 * <p>Immutable. Strides count elements, not bytes.
 */
public final class Layout {
    private final Shape shape;
    private final int[] strides;
    private final int offset;

    private Layout(Shape shape, int[] strides, int offset) {
        this.shape = shape;
        this.strides = strides;
        this.offset = offset;
    }

    /** The row-major layout from offset 0: the last axis varies fastest. */
    public static Layout contiguous(Shape shape) {
        return contiguous(shape, 0);
    }

    /** The row-major layout from some offset. */
    public static Layout contiguous(Shape shape, int offset) {
        return new Layout(shape, rowMajor(shape), offset);
    }

    /** A layout with strides and offset as given. {@link Tensor#view} checks that it stays inside a storage. */
    public static Layout strided(Shape shape, int[] strides, int offset) {
        if (strides.length != shape.rank()) {
            throw new ShapeException("layout: " + strides.length + " strides for shape " + shape);
        }
        return new Layout(shape, strides.clone(), offset);
    }

    private static int[] rowMajor(Shape shape) {
        int[] strides = new int[shape.rank()];
        int step = 1;
        for (int axis = strides.length - 1; axis >= 0; axis--) {
            strides[axis] = step;
            step *= Math.max(1, shape.dim(axis));
        }
        return strides;
    }

    /** The sizes along the axes. */
    public Shape shape() {
        return shape;
    }

    /** Distance in storage between neighbours along an axis from 0 to rank−1; 0 where broadcast. */
    public int stride(int axis) {
        return strides[axis];
    }

    /** A copy of the strides. */
    public int[] strides() {
        return strides.clone();
    }

    /** Position in storage of the element at index (0, 0, …). */
    public int offset() {
        return offset;
    }

    /** Whether the elements lie one after the other in row-major order (from any offset). */
    public boolean isContiguous() {
        if (shape.size() == 0) {
            return true;
        }
        int expected = 1;
        for (int axis = strides.length - 1; axis >= 0; axis--) {
            int dim = shape.dim(axis);
            if (dim != 1) {
                if (strides[axis] != expected) {
                    return false;
                }
                expected *= dim;
            }
        }
        return true;
    }

    /** Whether two elements share a place in storage because an axis of more than one is broadcast. */
    boolean repeats() {
        for (int axis = 0; axis < strides.length; axis++) {
            if (strides[axis] == 0 && shape.dim(axis) > 1 && shape.size() > 0) {
                return true;
            }
        }
        return false;
    }

    /** Throws unless every element lies in a storage. */
    void requireInside(Storage storage) {
        long first = (long) offset - storage.start();
        long last = first;
        for (int axis = 0; axis < strides.length; axis++) {
            long reach = (long) strides[axis] * (shape.dim(axis) - 1);
            first += Math.min(0, reach);
            last += Math.max(0, reach);
        }
        if (shape.size() > 0 && (first < 0 || last >= storage.length())) {
            throw new ShapeException("view: " + this + " reaches from element " + first + " to " + last
                    + " of a storage of " + storage.length());
        }
    }

    /** Position in storage of one element. */
    public int position(int... index) {
        int at = offset;
        for (int axis = 0; axis < strides.length; axis++) {
            at += index[axis] * strides[axis];
        }
        return at;
    }

    /** The axes in another order: axis {@code i} of the result is axis {@code order[i]} of this. */
    public Layout permute(int... order) {
        if (order.length != shape.rank() || shape.axes(order, "permute").length != shape.rank()) {
            throw new ShapeException("permute: " + Arrays.toString(order) + " is no order of the axes of " + shape);
        }
        int[] dims = new int[order.length];
        int[] moved = new int[order.length];
        for (int i = 0; i < order.length; i++) {
            int from = shape.axis(order[i], "permute");
            dims[i] = shape.dim(from);
            moved[i] = strides[from];
        }
        return new Layout(Shape.of(dims), moved, offset);
    }

    /** Elements {@code start, start+step, …}, {@code count} of them, along an axis; a negative step walks backwards. */
    public Layout slice(int axis, int start, int count, int step, String op) {
        int at = shape.axis(axis, op);
        int dim = shape.dim(at);
        long last = start + (count - 1L) * step;
        if (count < 0 || start < 0 || start > dim || (count > 0 && (start == dim || last < 0 || last >= dim))) {
            throw new ShapeException(op + ": start " + start + ", count " + count + ", step " + step
                    + " do not fit axis " + at + " of " + shape + " (size " + dim + ")");
        }
        int[] stepped = strides.clone();
        stepped[at] *= step;
        Shape sliced = shape.with(at, count);
        // An empty view begins nowhere: moving its offset could leave the storage.
        return new Layout(sliced, stepped, sliced.size() == 0 ? offset : offset + start * strides[at]);
    }

    /** An axis of size 1 put in before axis {@code at}. */
    public Layout unsqueeze(int at) {
        int[] widened = new int[strides.length + 1];
        System.arraycopy(strides, 0, widened, 0, at);
        System.arraycopy(strides, at, widened, at + 1, strides.length - at);
        return new Layout(shape.inserting(at, 1), widened, offset);
    }

    /** An axis taken out by fixing its index. */
    public Layout select(int axis, int index, String op) {
        int at = shape.axis(axis, op);
        if (index < 0 || index >= shape.dim(at)) {
            throw new ShapeException(op + ": index " + index + " is out of range for axis " + at + " of " + shape
                    + " (size " + shape.dim(at) + ")");
        }
        Layout one = slice(at, index, 1, 1, op);
        int[] rest = new int[strides.length - 1];
        System.arraycopy(strides, 0, rest, 0, at);
        System.arraycopy(strides, at + 1, rest, at, rest.length - at);
        return new Layout(shape.without(at), rest, one.offset);
    }

    /**
     * Stretched to {@code target} by broadcasting: axes of size 1 get stride 0, missing leading axes are added.
     *
     * @throws ShapeException if an axis has neither size 1 nor the target's
     */
    public Layout expand(Shape target, String op) {
        if (target.equals(shape)) {
            return this;
        }
        int lead = target.rank() - shape.rank();
        if (lead < 0) {
            throw new ShapeException(op + ": " + shape + " has more axes than " + target + " (" + shape.rank() + " > "
                    + target.rank() + ")");
        }
        int[] stretched = new int[target.rank()];
        for (int axis = 0; axis < shape.rank(); axis++) {
            int from = shape.dim(axis);
            int to = target.dim(lead + axis);
            if (from != to && from != 1) {
                throw new ShapeException(
                        op + ": " + shape + " cannot be stretched to " + target + " (" + from + " ≠ " + to + ")");
            }
            stretched[lead + axis] = from == to ? strides[axis] : 0;
        }
        return new Layout(target, stretched, offset);
    }

    /**
     * The same elements under another shape, if strides can say so; empty if a copy is needed.
     *
     * <p>Neighbouring axes that are one run in storage are merged, and each run is split again by the new sizes.
     *
     * @throws ShapeException if the numbers of elements differ
     */
    public Optional<Layout> reshape(Shape target) {
        if (target.size() != shape.size()) {
            throw ShapeException.mismatch(
                    "reshape", "numbers of elements differ", shape, target, shape.size(), target.size());
        }
        if (isContiguous()) {
            return Optional.of(new Layout(target, rowMajor(target), offset));
        }
        int[] split = new int[target.rank()];
        int to = target.rank() - 1;
        int from = shape.rank() - 1;
        while (from >= 0) {
            int run = shape.dim(from);
            int step = strides[from];
            from--;
            if (run == 1) {
                continue;
            }
            while (from >= 0 && (shape.dim(from) == 1 || strides[from] == step * run)) {
                run *= shape.dim(from);
                from--;
            }
            while (to >= 0 && run > 1 && run % target.dim(to) == 0) {
                split[to] = step;
                step *= target.dim(to);
                run /= target.dim(to);
                to--;
            }
            if (run != 1) {
                return Optional.empty();
            }
        }
        while (to >= 0) {
            if (target.dim(to) != 1) {
                return Optional.empty();
            }
            split[to--] = 1;
        }
        return Optional.of(new Layout(target, split, offset));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Layout that
                && offset == that.offset
                && shape.equals(that.shape)
                && Arrays.equals(strides, that.strides);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * shape.hashCode() + Arrays.hashCode(strides)) + offset;
    }

    @Override
    public String toString() {
        return shape + " strides " + Arrays.toString(strides) + " offset " + offset;
    }
}
