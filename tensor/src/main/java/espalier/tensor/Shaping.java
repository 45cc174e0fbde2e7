package espalier.tensor;

import java.util.List;
import java.util.stream.IntStream;

/**
 * The same elements in another form. Views share memory with the tensor they come from; {@code concat}, {@code stack}
 * and {@code pad} make new ones.
 */
public sealed interface Shaping permits Tensor {
    private Tensor self() {
        return (Tensor) this;
    }

    /** The same elements under another shape; one size may be −1 and is worked out. A view where strides allow. */
    default Tensor reshape(int... dims) {
        long known = 1;
        int open = -1;
        for (int i = 0; i < dims.length; i++) {
            if (dims[i] < -1) {
                throw new ShapeException(
                        "reshape: negative size " + dims[i] + " in " + java.util.Arrays.toString(dims));
            } else if (dims[i] != -1) {
                known = dims[i] == 0 ? 0 : Math.min(known * dims[i], 1L << 31); // no tensor has so many
            } else if (open >= 0) {
                throw new ShapeException("reshape: more than one size is -1 for " + self().shape());
            } else {
                open = i;
            }
        }
        int[] solved = dims.clone();
        if (open >= 0) {
            if (known == 0 || self().size() % known != 0) {
                throw new ShapeException("reshape: " + self().shape() + " does not divide into "
                        + java.util.Arrays.toString(dims) + " (" + self().size() + " is no multiple of " + known + ")");
            }
            solved[open] = (int) (self().size() / known);
        }
        return reshape(Shape.of(solved));
    }

    /** The same elements under another shape; a view where strides allow. */
    default Tensor reshape(Shape shape) {
        return self().layout()
                .reshape(shape)
                .map(self()::view)
                .orElseGet(() -> self().copy().reshape(shape));
    }

    /** All axes from {@code axis} on made one. */
    default Tensor flatten(int axis) {
        int at = axis == self().rank() ? axis : self().shape().axis(axis, "flatten");
        int[] dims = new int[at + 1];
        int rest = 1;
        for (int i = 0; i < self().rank(); i++) {
            if (i < at) {
                dims[i] = self().dim(i);
            } else {
                rest *= self().dim(i);
            }
        }
        dims[at] = rest;
        return reshape(Shape.of(dims));
    }

    /** The axes in another order. A view. */
    default Tensor permute(int... order) {
        return self().view(self().layout().permute(order));
    }

    /** Two axes exchanged. A view. */
    default Tensor transpose(int a, int b) {
        int[] order = new int[self().rank()];
        java.util.Arrays.setAll(order, i -> i);
        int first = self().shape().axis(a, "transpose");
        int second = self().shape().axis(b, "transpose");
        order[first] = second;
        order[second] = first;
        return permute(order);
    }

    /** The last two axes exchanged. A view. */
    default Tensor t() {
        return transpose(-2, -1);
    }

    /** An axis of size 1 taken out. A view. */
    default Tensor squeeze(int axis) {
        int at = self().shape().axis(axis, "squeeze");
        if (self().dim(at) != 1) {
            throw new ShapeException("squeeze: axis " + axis + " of " + self().shape() + " is not of size 1 ("
                    + self().dim(at) + " ≠ 1)");
        }
        return self().view(self().layout().select(at, 0, "squeeze"));
    }

    /** An axis of size 1 put in; −1 puts it last. A view. */
    default Tensor unsqueeze(int axis) {
        int at = axis < 0 ? axis + self().rank() + 1 : axis;
        if (at < 0 || at > self().rank()) {
            throw new ShapeException("unsqueeze: axis " + axis + " is out of range for " + self().shape());
        }
        return self().view(self().layout().unsqueeze(at));
    }

    /** Stretched by broadcasting; nothing is copied. A view. */
    default Tensor expand(Shape shape) {
        return stretch("expand", self(), shape);
    }

    /** Stretched by broadcasting; nothing is copied. A view. */
    default Tensor expand(int... dims) {
        return expand(Shape.of(dims));
    }

    static Tensor stretch(String op, Tensor x, Shape shape) {
        return x.shape().equals(shape) ? x : x.view(x.layout().expand(shape, op));
    }

    /** {@code count} elements from {@code start} along an axis. A view. */
    default Tensor narrow(int axis, int start, int count) {
        return self().view(self().layout().slice(axis, start, count, 1, "narrow"));
    }

    /** Elements start, start+step, … before {@code end} along an axis; a step of at least 1. A view. */
    default Tensor slice(int axis, int start, int end, int step) {
        if (step < 1) {
            throw new ShapeException("slice: step " + step + " must be at least 1; flip walks backwards");
        }
        long count = Math.max(0, Math.ceilDiv((long) end - start, step));
        int fitting = (int) Math.min(count, Integer.MAX_VALUE); // more do not fit either
        return self().view(self().layout().slice(axis, start, fitting, step, "slice"));
    }

    /** One index along an axis, which disappears. A view. */
    default Tensor select(int axis, int index) {
        return self().view(self().layout().select(axis, index, "select"));
    }

    /** The elements along an axis in reverse. A view. */
    default Tensor flip(int axis) {
        int at = self().shape().axis(axis, "flip");
        int n = self().dim(at);
        return self().view(self().layout().slice(at, Math.max(0, n - 1), n, -1, "flip"));
    }

    /** Pieces of the given sizes along an axis. Views. */
    default List<Tensor> split(int axis, int... sizes) {
        int at = self().shape().axis(axis, "split");
        long total = 0;
        for (int size : sizes) {
            if (size < 0) {
                throw new ShapeException("split: negative size " + size + " in " + java.util.Arrays.toString(sizes));
            }
            total += size;
        }
        if (total != self().dim(at)) {
            throw new ShapeException("split: sizes " + java.util.Arrays.toString(sizes) + " do not add up to axis "
                    + axis + " of " + self().shape() + " (" + total + " ≠ " + self().dim(at) + ")");
        }
        java.util.ArrayList<Tensor> pieces = new java.util.ArrayList<>();
        int start = 0;
        for (int size : sizes) {
            pieces.add(narrow(at, start, size));
            start += size;
        }
        return List.copyOf(pieces);
    }

    /** All slices along an axis, which disappears; {@link #stack} puts them together again. Views. */
    default List<Tensor> unstack(int axis) {
        int at = self().shape().axis(axis, "unstack");
        return IntStream.range(0, self().dim(at)).mapToObj(i -> select(at, i)).toList();
    }

    /** Tensors one after the other along an existing axis; the other sizes must agree. */
    static Tensor concat(int axis, List<Tensor> parts) {
        if (parts.isEmpty()) {
            throw new ShapeException("concat: there is nothing to join");
        }
        Tensor first = parts.getFirst();
        int at = first.shape().axis(axis, "concat");
        long total = 0;
        for (Tensor part : parts) {
            first.requireSameType("concat", part);
            requireEqual("concat", first, part, at);
            total += part.dim(at);
        }
        Tensor out = Tensor.allocate("concat", first.device(), first.dtype(), grown("concat", first, at, total));
        int start = 0;
        for (Tensor part : parts) {
            out.narrow(at, start, part.dim(at)).copyInPlace(part);
            start += part.dim(at);
        }
        return out;
    }

    /** Two tensors may differ in the size of one axis only; −1 for none. */
    private static void requireEqual(String op, Tensor first, Tensor part, int besides) {
        String among = besides < 0 ? "" : " besides axis " + besides;
        if (part.rank() != first.rank()) {
            throw ShapeException.mismatch(
                    op, "numbers of axes differ", first.shape(), part.shape(), first.rank(), part.rank());
        }
        for (int axis = 0; axis < first.rank(); axis++) {
            if (axis != besides && part.dim(axis) != first.dim(axis)) {
                throw ShapeException.mismatch(
                        op, "sizes" + among + " differ", first.shape(), part.shape(), first.dim(axis), part.dim(axis));
            }
        }
    }

    /** The shape of {@code x} with another size along an axis. */
    private static Shape grown(String op, Tensor x, int axis, long size) {
        if (size > Integer.MAX_VALUE) {
            throw new ShapeException(op + ": axis " + axis + " of " + x.shape() + " would grow to " + size
                    + ", more than the 2147483647 elements a tensor holds");
        }
        return x.shape().with(axis, (int) size);
    }

    /** Tensors of one shape along a new axis. */
    static Tensor stack(int axis, List<Tensor> parts) {
        if (parts.isEmpty()) {
            throw new ShapeException("stack: there is nothing to join");
        }
        Tensor first = parts.getFirst();
        if (axis < -first.rank() - 1 || axis > first.rank()) {
            throw new ShapeException("stack: axis " + axis + " is out of range for " + first.shape());
        }
        parts.forEach(part -> requireEqual("stack", first, part, -1));
        return concat(axis, parts.stream().map(part -> part.unsqueeze(axis)).toList());
    }

    /**
     * More elements on both sides of one axis: zeros, mirrored ones (the edge itself not repeated), or the edge
     * repeated.
     *
     * @throws ShapeException if a mirror would need more elements than there are
     */
    default Tensor pad(PadMode mode, int axis, int before, int after) {
        Tensor x = self();
        int at = x.shape().axis(axis, "pad");
        int n = x.dim(at);
        int reach = mode == PadMode.REFLECT ? n - 1 : n == 0 ? 0 : Integer.MAX_VALUE;
        if (before < 0 || after < 0 || (mode != PadMode.ZERO && Math.max(before, after) > reach)) {
            throw new ShapeException("pad: " + before + " before and " + after + " after do not fit axis " + axis
                    + " of " + x.shape() + " in mode " + mode);
        }
        Tensor out = Tensor.allocate("pad", x.device(), x.dtype(), grown("pad", x, at, (long) before + n + after));
        out.narrow(at, before, n).copyInPlace(x);
        if (before > 0) {
            Tensor edge = out.narrow(at, 0, before);
            switch (mode) {
                case ZERO -> edge.fillInPlace(0);
                case REFLECT -> edge.copyInPlace(x.narrow(at, 1, before).flip(at));
                case REPLICATE -> edge.copyInPlace(x.narrow(at, 0, 1));
            }
        }
        if (after > 0) {
            Tensor edge = out.narrow(at, before + n, after);
            switch (mode) {
                case ZERO -> edge.fillInPlace(0);
                case REFLECT ->
                    edge.copyInPlace(x.narrow(at, n - 1 - after, after).flip(at));
                case REPLICATE -> edge.copyInPlace(x.narrow(at, n - 1, 1));
            }
        }
        return out;
    }
}
