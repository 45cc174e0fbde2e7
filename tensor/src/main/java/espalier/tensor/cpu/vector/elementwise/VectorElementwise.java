package espalier.tensor.cpu.vector.elementwise;

import espalier.tensor.DType;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.StridedLoop;
import espalier.tensor.cpu.vector.lanes.Heap;
import espalier.tensor.cpu.vector.lanes.Tasks;
import espalier.tensor.spi.BinaryOp;
import espalier.tensor.spi.UnaryOp;

/**
 * Takes elementwise operations on tensors of any layout apart into runs for the kernels.
 *
 * <p>A run whose operand has a stride other than 0 or 1 (a transpose, a step, a flip) has that operand copied, a block
 * at a time. Blocks of long runs and groups of short ones are the tasks for other threads.
 */
public final class VectorElementwise {
    private static final int BLOCK = VectorMath.BLOCK;

    private VectorElementwise() {}

    /** Elements from which on an operand is turned as a whole rather than read against the grain. */
    private static final int TURNED = 1024;

    /** {@code out = op(x)}; F32 in, F32 out, or BOOL for NOT. */
    public static void unary(Parallel parallel, UnaryOp op, Tensor x, Tensor out) {
        if (!isTurned(x)) {
            straight(parallel, op, x, out);
            return;
        }
        try (TensorScope _ = TensorScope.open()) {
            straight(parallel, op, x.copy(), out);
        }
    }

    /** {@code out = op(a, b)}; F32 in, BOOL out for a predicate, else F32. */
    public static void binary(Parallel parallel, BinaryOp op, Tensor a, Tensor b, Tensor out) {
        if (!isTurned(a) && !isTurned(b)) {
            straight(parallel, op, a, b, out);
            return;
        }
        try (TensorScope _ = TensorScope.open()) {
            straight(parallel, op, isTurned(a) ? a.copy() : a, isTurned(b) ? b.copy() : b, out);
        }
    }

    /** Whether the runs of a large operand go along another axis than the last. */
    private static boolean isTurned(Tensor x) {
        if (x.size() < TURNED || x.layout().isContiguous()) {
            return false;
        }
        int last = x.rank() - 1;
        while (x.dim(last) == 1) {
            last--;
        }
        boolean run = false;
        for (int axis = 0; axis < last; axis++) {
            int stride = x.layout().stride(axis);
            if (stride == 0 && x.dim(axis) > 1) {
                return false; // a copy would be larger than the memory it shows
            }
            run |= stride == 1 && x.dim(axis) >= 8;
        }
        return run && Math.abs(x.layout().stride(last)) > 1;
    }

    private static void straight(Parallel parallel, UnaryOp op, Tensor x, Tensor out) {
        float[] from = Heap.floats(x);
        if (op == UnaryOp.NOT && out.dtype() == DType.BOOL) {
            byte[] to = Heap.bytes(out);
            float[] zero = {0};
            forEach(
                    parallel,
                    StridedLoop.of(out.shape(), x.layout(), out.layout()),
                    0.2,
                    (at, step, n) -> predicate(
                            BinaryOp.EQ, from, zero, to, new int[] {at[0], 0, at[1]}, new int[] {step[0], 0, 1}, n));
            return;
        }
        float[] to = Heap.floats(out);
        forEach(
                parallel,
                StridedLoop.of(out.shape(), x.layout(), out.layout()),
                nanos(op),
                (at, step, n) -> unary(op, from, at[0], step[0], to, at[1], n));
    }

    private static void straight(Parallel parallel, BinaryOp op, Tensor a, Tensor b, Tensor out) {
        float[] left = Heap.floats(a);
        float[] right = Heap.floats(b);
        StridedLoop loop = StridedLoop.of(out.shape(), a.layout(), b.layout(), out.layout());
        if (op.isPredicate()) {
            byte[] to = Heap.bytes(out);
            forEach(parallel, loop, nanos(op), (at, step, n) -> predicate(op, left, right, to, at, step, n));
        } else {
            float[] to = Heap.floats(out);
            forEach(parallel, loop, nanos(op), (at, step, n) -> binary(op, left, right, to, at, step, n));
        }
    }

    /** {@code out = condition ? a : b}; BOOL, F32, F32 in, F32 out. */
    public static void where(Parallel parallel, Tensor condition, Tensor a, Tensor b, Tensor out) {
        byte[] choice = Heap.bytes(condition);
        float[] left = Heap.floats(a);
        float[] right = Heap.floats(b);
        float[] to = Heap.floats(out);
        StridedLoop loop = StridedLoop.of(out.shape(), condition.layout(), a.layout(), b.layout(), out.layout());
        forEach(parallel, loop, 0.3, (at, step, n) -> where(choice, left, right, to, at, step, n));
    }

    /** A piece of a run: {@code n} elements, {@code at} and {@code step} one entry an operand. */
    private interface Piece {
        void run(int[] at, int[] step, int n);
    }

    /** Hands every run of the walk to {@code body}, long ones in pieces, on several threads if that pays. */
    private static void forEach(Parallel parallel, StridedLoop loop, double nanosPerElement, Piece body) {
        int length = loop.runLength();
        StridedLoop.Run run = body::run;
        if (length <= 2 * Tasks.CHUNK) {
            double nanos = 10 + nanosPerElement * length;
            Tasks.ranges(
                    parallel, loop.runs(), Tasks.rowsPerTask(length), nanos, (from, to) -> loop.forEach(from, to, run));
            return;
        }
        loop.forEach((at, step, n) -> {
            int[] start = at.clone(); // the walk goes on
            int[] steps = step.clone();
            Tasks.ranges(parallel, n, Tasks.CHUNK, nanosPerElement, (from, to) -> {
                int[] moved = Scratch.ints(Scratch.PART, start.length);
                for (int p = 0; p < start.length; p++) {
                    moved[p] = start[p] + from * steps[p];
                }
                body.run(moved, steps, to - from);
            });
        });
    }

    /** About how long an element takes. */
    private static double nanos(UnaryOp op) {
        return switch (op) {
            case NEG, ABS, SIGN, SQRT, RSQRT, RECIPROCAL, SQUARE, RELU, FLOOR, ROUND, NOT -> 0.2;
            case EXP, LOG, SIGMOID, TANH, GELU, SILU, SOFTPLUS, ERF -> 0.8;
        };
    }

    /** About how long an element takes. */
    private static double nanos(BinaryOp op) {
        return switch (op) {
            case ADD, SUB, MUL, DIV, MIN, MAX, SOFT_THRESHOLD, RELU_GRADIENT, SIGMOID_GRADIENT, TANH_GRADIENT -> 0.2;
            case EQ, NE, LT, LE, GT, GE, AND, OR, XOR -> 0.2;
            case GELU_GRADIENT, SILU_GRADIENT -> 1;
            case POW -> 8;
        };
    }

    /** {@code y = op(x)} on one run of any strides. */
    private static void unary(UnaryOp op, float[] x, int xAt, int xStep, float[] y, int yAt, int n) {
        if (xStep == 1) {
            UnaryKernel.run(op, x, xAt, y, yAt, n);
            return;
        }
        float[] block = new float[Math.min(n, BLOCK)];
        for (int i = 0; i < n; i += BLOCK) {
            int m = Math.min(BLOCK, n - i);
            gather(x, xAt + i * xStep, xStep, block, m);
            UnaryKernel.run(op, block, 0, y, yAt + i, m);
        }
    }

    /** {@code y = op(a, b)} on one run; operands 0 and 1 of any strides, result 2 of stride 1. */
    private static void binary(BinaryOp op, float[] a, float[] b, float[] y, int[] at, int[] step, int n) {
        if ((step[0] | step[1]) >>> 1 == 0) {
            BinaryKernel.run(op, a, at[0], step[0], b, at[1], step[1], y, at[2], n);
            return;
        }
        Blocks blocks = new Blocks(n);
        for (int i = 0; i < n; i += BLOCK) {
            int m = Math.min(BLOCK, n - i);
            blocks.gather(a, b, at, step, i, m);
            BinaryKernel.run(op, blocks.a, 0, 1, blocks.b, 0, 1, y, at[2] + i, m);
        }
    }

    /** {@code y = op(a, b)} as bytes on one run; operands 0 and 1 of any strides, result 2 of stride 1. */
    private static void predicate(BinaryOp op, float[] a, float[] b, byte[] y, int[] at, int[] step, int n) {
        if ((step[0] | step[1]) >>> 1 == 0) {
            PredicateKernel.run(op, a, at[0], step[0], b, at[1], step[1], y, at[2], n);
            return;
        }
        Blocks blocks = new Blocks(n);
        for (int i = 0; i < n; i += BLOCK) {
            int m = Math.min(BLOCK, n - i);
            blocks.gather(a, b, at, step, i, m);
            PredicateKernel.run(op, blocks.a, 0, 1, blocks.b, 0, 1, y, at[2] + i, m);
        }
    }

    /** {@code y = c ? a : b} on one run; operands 0 to 2 of any strides, result 3 of stride 1. */
    private static void where(byte[] c, float[] a, float[] b, float[] y, int[] at, int[] step, int n) {
        if (step[0] == 1 && (step[1] | step[2]) >>> 1 == 0) {
            SelectKernel.run(c, at[0], a, at[1], step[1], b, at[2], step[2], y, at[3], n);
            return;
        }
        for (int i = 0; i < n; i++) {
            boolean first = c[at[0] + i * step[0]] != 0;
            y[at[3] + i] = first ? a[at[1] + i * step[1]] : b[at[2] + i * step[2]];
        }
    }

    private static void gather(float[] x, int at, int step, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = x[at + i * step];
        }
    }

    /** Two operands' elements side by side. */
    private static final class Blocks {
        final float[] a;
        final float[] b;

        Blocks(int n) {
            a = new float[Math.min(n, BLOCK)];
            b = new float[Math.min(n, BLOCK)];
        }

        void gather(float[] x, float[] y, int[] at, int[] step, int from, int n) {
            VectorElementwise.gather(x, at[0] + from * step[0], step[0], a, n);
            VectorElementwise.gather(y, at[1] + from * step[1], step[1], b, n);
        }
    }
}
