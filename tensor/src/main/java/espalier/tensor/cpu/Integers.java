package espalier.tensor.cpu;

import espalier.tensor.Layout;
import espalier.tensor.Tensor;
import espalier.tensor.spi.BinaryOp;
import espalier.tensor.spi.ReduceOp;
import espalier.tensor.spi.UnaryOp;
import java.util.Arrays;

/**
 * The core operations on integer tensors: exact, in two's complement of 64 bits, cut to the type of the result.
 *
 * <p>A result so cut is the one that arithmetic of the shorter type would give, so one set of loops serves all integer
 * types. Runs go through {@link Widening} a block at a time.
 */
final class Integers {
    private Integers() {}

    private static HeapStorage heap(Tensor tensor) {
        return (HeapStorage) tensor.storage();
    }

    private static long[] block(int n) {
        return new long[Math.min(n, Widening.BLOCK)];
    }

    /** {@code to[i] = from[i]}; from an integer type to any. */
    static void copy(Parallel parallel, Tensor from, Tensor to) {
        HeapStorage source = heap(from);
        HeapStorage target = heap(to);
        StridedLoop loop = StridedLoop.of(to.shape(), from.layout(), to.layout());
        long[] block = block(loop.runLength());
        StridedLoop.Run run = (at, step, n) -> {
            for (int i = 0; i < n; i += block.length) {
                int m = Math.min(block.length, n - i);
                Widening.widen(source, at[0] + i * step[0], step[0], block, m);
                Widening.narrow(block, target, at[1] + i * step[1], step[1], m);
            }
        };
        parallel.once(() -> loop.forEach(run));
    }

    /** {@code out[i] = op(x[i])}. */
    static void unary(Parallel parallel, UnaryOp op, Tensor x, Tensor out) {
        HeapStorage from = heap(x);
        HeapStorage to = heap(out);
        StridedLoop loop = StridedLoop.of(out.shape(), x.layout(), out.layout());
        long[] block = block(loop.runLength());
        StridedLoop.Run run = (at, step, n) -> {
            for (int i = 0; i < n; i += block.length) {
                int m = Math.min(block.length, n - i);
                Widening.widen(from, at[0] + i * step[0], step[0], block, m);
                IntegerLoops.unary(op, block, block, m);
                Widening.narrow(block, to, at[1] + i * step[1], step[1], m);
            }
        };
        parallel.once(() -> loop.forEach(run));
    }

    /** {@code out[i] = op(a[i], b[i])}. */
    static void binary(Parallel parallel, BinaryOp op, Tensor a, Tensor b, Tensor out) {
        HeapStorage left = heap(a);
        HeapStorage right = heap(b);
        HeapStorage to = heap(out);
        StridedLoop loop = StridedLoop.of(out.shape(), a.layout(), b.layout(), out.layout());
        long[] first = block(loop.runLength());
        long[] second = block(loop.runLength());
        StridedLoop.Run run = (at, step, n) -> {
            for (int i = 0; i < n; i += first.length) {
                int m = Math.min(first.length, n - i);
                Widening.widen(left, at[0] + i * step[0], step[0], first, m);
                Widening.widen(right, at[1] + i * step[1], step[1], second, m);
                IntegerLoops.binary(op, first, second, first, m);
                Widening.narrow(first, to, at[2] + i * step[2], step[2], m);
            }
        };
        parallel.once(() -> loop.forEach(run));
    }

    /** {@code out[i] = condition[i] ? a[i] : b[i]}, moved as longs. */
    static void where(Parallel parallel, Tensor condition, Tensor a, Tensor b, Tensor out) {
        byte[] choice = heap(condition).bytes();
        HeapStorage left = heap(a);
        HeapStorage right = heap(b);
        HeapStorage to = heap(out);
        StridedLoop loop = StridedLoop.of(out.shape(), condition.layout(), a.layout(), b.layout(), out.layout());
        long[] first = block(loop.runLength());
        long[] second = block(loop.runLength());
        StridedLoop.Run run = (at, step, n) -> {
            for (int i = 0; i < n; i += first.length) {
                int m = Math.min(first.length, n - i);
                Widening.widen(left, at[1] + i * step[1], step[1], first, m);
                Widening.widen(right, at[2] + i * step[2], step[2], second, m);
                for (int k = 0; k < m; k++) {
                    first[k] = choice[at[0] + (i + k) * step[0]] != 0 ? first[k] : second[k];
                }
                Widening.narrow(first, to, at[3] + i * step[3], step[3], m);
            }
        };
        parallel.once(() -> loop.forEach(run));
    }

    /** Reduces the (sorted, distinct) axes; {@code out} has size 1 along them. */
    static void reduce(ReduceOp op, Tensor x, Tensor out) {
        HeapStorage from = heap(x);
        long[] so = new long[out.size()];
        Arrays.fill(so, op.integerIdentity(x.dtype()));
        // The result stretched over the input: reduced axes have stride 0, so each element knows its sum.
        Layout spread = Layout.contiguous(out.shape()).expand(x.shape(), "reduce");
        StridedLoop loop = StridedLoop.of(x.shape(), x.layout(), spread);
        long[] block = block(loop.runLength());
        loop.forEach((at, step, n) -> {
            for (int i = 0; i < n; i += block.length) {
                int m = Math.min(block.length, n - i);
                Widening.widen(from, at[0] + i * step[0], step[0], block, m);
                if (step[1] == 0) {
                    so[at[1]] = IntegerLoops.fold(op, so[at[1]], block, m);
                } else {
                    IntegerLoops.foldEach(op, so, at[1] + i, block, m); // the result is contiguous
                }
            }
        });
        Widening.narrow(so, heap(out), out.layout().offset(), 1, so.length);
    }

    /** Index of the largest, or smallest, element along an axis; the first of equals. */
    static void argReduce(boolean largest, Tensor x, int axis, Tensor out) {
        HeapStorage from = heap(x);
        int[] to = heap(out).ints();
        int stride = x.layout().stride(axis);
        int length = x.dim(axis);
        long[] line = new long[length];
        Layout firsts = x.layout().slice(axis, 0, 1, 1, "argReduce");
        StridedLoop.of(out.shape(), firsts, out.layout()).forEach((at, step, n) -> {
            for (int i = 0; i < n; i++) {
                Widening.widen(from, at[0] + i * step[0], stride, line, length);
                int best = 0;
                for (int k = 1; k < length; k++) {
                    if (largest ? line[k] > line[best] : line[k] < line[best]) {
                        best = k;
                    }
                }
                to[at[1] + i * step[1]] = best;
            }
        });
    }

    /** Running sums along an axis. */
    static void cumsum(Tensor x, int axis, Tensor out) {
        HeapStorage from = heap(x);
        HeapStorage to = heap(out);
        int inStride = x.layout().stride(axis);
        int outStride = out.layout().stride(axis);
        int length = x.dim(axis);
        long[] line = new long[length];
        Layout in = x.layout().slice(axis, 0, 1, 1, "cumsum");
        Layout first = out.layout().slice(axis, 0, 1, 1, "cumsum");
        StridedLoop.of(first.shape(), in, first).forEach((at, step, n) -> {
            for (int i = 0; i < n; i++) {
                Widening.widen(from, at[0] + i * step[0], inStride, line, length);
                for (int k = 1; k < length; k++) {
                    line[k] += line[k - 1];
                }
                Widening.narrow(line, to, at[1] + i * step[1], outStride, length);
            }
        });
    }

    /**
     * {@code out[i, j] = Σ a[i, l]·b[l, j]} for one row-major result; positions and strides {@code {row, column}} as
     * given.
     */
    static void matmul(
            HeapStorage a,
            int aAt,
            int[] as,
            HeapStorage b,
            int bAt,
            int[] bs,
            HeapStorage out,
            int outAt,
            int m,
            int n,
            int k) {
        long[] row = new long[k];
        long[] line = new long[n];
        long[] sums = new long[n];
        for (int i = 0; i < m; i++) {
            Arrays.fill(sums, 0);
            Widening.widen(a, aAt + i * as[0], as[1], row, k);
            for (int l = 0; l < k; l++) {
                long factor = row[l];
                Widening.widen(b, bAt + l * bs[0], bs[1], line, n);
                for (int j = 0; j < n; j++) {
                    sums[j] += factor * line[j];
                }
            }
            Widening.narrow(sums, out, outAt + i * n, 1, n);
        }
    }
}
