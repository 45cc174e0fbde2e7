package espalier.tensor.cpu;

import espalier.tensor.DType;
import espalier.tensor.Layout;
import espalier.tensor.Tensor;
import espalier.tensor.spi.Backend;
import espalier.tensor.spi.BinaryOp;
import espalier.tensor.spi.PoolSpec;
import espalier.tensor.spi.ReduceOp;
import espalier.tensor.spi.Storage;
import espalier.tensor.spi.UnaryOp;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The textbook: every core operation as a plain loop, for any type and layout.
 *
 * <p>Elements of types with fractions pass through {@code double}, so results are as good as the type can hold and F64
 * is exact enough to check gradients with; those of integer types pass through {@code long} in {@link Integers}. The
 * few operations that matter for speed on a JVM without the Vector API have a second loop for F32 in {@link FloatLoops}
 * and {@link ScalarGemm}. The fused operations are those composed in {@link espalier.tensor.spi.Backend}. The fast back
 * end extends this one and falls back to it.
 */
public class ScalarBackend implements Backend {
    private final HeapPool pool = new HeapPool();
    private final Parallel parallel;

    /** A back end with a number of threads, at least 1; results do not depend on it. */
    public ScalarBackend(int threads) {
        this.parallel = new Parallel(threads);
    }

    /** The threads that share the work. */
    protected final Parallel parallel() {
        return parallel;
    }

    @Override
    public String name() {
        return "scalar";
    }

    @Override
    public String description() {
        return "scalar, plain Java loops, " + parallel.threads() + " thread(s)";
    }

    // ---- memory

    @Override
    public final Storage allocate(DType dtype, int length) {
        return parallel.listener().map(Recording::pool).orElse(pool).allocate(dtype, length);
    }

    /** A part of the last-level cache, which other cores use too. */
    @Override
    public final long nearBytes() {
        return 4L << 20;
    }

    @Override
    public final void upload(MemorySegment from, Storage to, int start) {
        MemorySegment target = heap(to).segment();
        long at = (long) start * to.dtype().bytes();
        parallel.once(() -> MemorySegment.copy(from, 0, target, at, from.byteSize()));
    }

    @Override
    public final void upload(float[] from, Storage to, int start) {
        float[] target = heap(to).floats();
        if (parallel.listener().isPresent()) {
            parallel.once(() -> System.arraycopy(from, 0, target, start, from.length));
        } else { // the input of a recorded network comes this way: nothing is allocated
            System.arraycopy(from, 0, target, start, from.length);
        }
    }

    @Override
    public final void download(Storage from, int start, MemorySegment to) {
        MemorySegment.copy(heap(from).segment(), (long) start * from.dtype().bytes(), to, 0, to.byteSize());
    }

    @Override
    public final void download(Storage from, int start, float[] to) {
        System.arraycopy(heap(from).floats(), start, to, 0, to.length);
    }

    @Override
    public final Runnable prepared(Runnable call) {
        return parallel.record(call);
    }

    private static HeapStorage heap(Storage storage) {
        return (HeapStorage) storage;
    }

    /** The heap storage of a tensor of this back end. */
    protected static HeapStorage heap(Tensor tensor) {
        return (HeapStorage) tensor.storage();
    }

    /** A loop of one task: the plain loops run in the calling thread. */
    private void walk(StridedLoop loop, StridedLoop.Run run) {
        parallel.once(() -> loop.forEach(run));
    }

    // ---- copy, fill

    @Override
    public void copy(Tensor from, Tensor to) {
        HeapStorage source = heap(from);
        HeapStorage target = heap(to);
        StridedLoop loop = StridedLoop.of(to.shape(), from.layout(), to.layout());
        if (from.dtype() == to.dtype()) {
            walk(loop, (at, step, n) -> CopyLoops.run(source, at[0], step[0], target, at[1], step[1], n));
            return;
        }
        if (!from.dtype().isFloating()) {
            Integers.copy(parallel, from, to);
            return;
        }
        double[] block = new double[Math.min(loop.runLength(), Widening.BLOCK)];
        walk(loop, (at, step, n) -> {
            for (int i = 0; i < n; i += block.length) {
                int m = Math.min(block.length, n - i);
                Widening.widen(source, at[0] + i * step[0], step[0], block, m);
                Widening.narrow(block, target, at[1] + i * step[1], step[1], m);
            }
        });
    }

    @Override
    public void fill(Tensor out, double value) {
        HeapStorage target = heap(out);
        walk(StridedLoop.of(out.shape(), out.layout()), (at, step, n) -> {
            if (target.dtype() == DType.F32 && step[0] == 1) {
                Arrays.fill(target.floats(), at[0], at[0] + n, (float) value);
                return;
            }
            for (int i = 0; i < n; i++) {
                target.set(at[0] + i * step[0], value);
            }
        });
    }

    // ---- elementwise

    @Override
    public void unary(UnaryOp op, Tensor x, Tensor out) {
        if (!x.dtype().isFloating()) {
            Integers.unary(parallel, op, x, out);
            return;
        }
        HeapStorage from = heap(x);
        HeapStorage to = heap(out);
        boolean floats = x.dtype() == DType.F32 && out.dtype() == DType.F32;
        walk(StridedLoop.of(out.shape(), x.layout(), out.layout()), (at, step, n) -> {
            if (floats && FloatLoops.unary(op, from.floats(), at[0], step[0], to.floats(), at[1], step[1], n)) {
                return;
            }
            for (int i = 0; i < n; i++) {
                to.set(at[1] + i * step[1], op.apply(from.get(at[0] + i * step[0])));
            }
        });
    }

    @Override
    public void binary(BinaryOp op, Tensor a, Tensor b, Tensor out) {
        if (!a.dtype().isFloating()) {
            Integers.binary(parallel, op, a, b, out);
            return;
        }
        HeapStorage left = heap(a);
        HeapStorage right = heap(b);
        HeapStorage to = heap(out);
        boolean floats = a.dtype() == DType.F32 && out.dtype() == DType.F32;
        walk(StridedLoop.of(out.shape(), a.layout(), b.layout(), out.layout()), (at, step, n) -> {
            if (floats && FloatLoops.binary(op, left.floats(), right.floats(), to.floats(), at, step, n)) {
                return;
            }
            for (int i = 0; i < n; i++) {
                double l = left.get(at[0] + i * step[0]);
                double r = right.get(at[1] + i * step[1]);
                to.set(at[2] + i * step[2], op.apply(l, r));
            }
        });
    }

    @Override
    public void where(Tensor condition, Tensor a, Tensor b, Tensor out) {
        if (!a.dtype().isFloating()) {
            Integers.where(parallel, condition, a, b, out);
            return;
        }
        byte[] choice = heap(condition).bytes();
        HeapStorage left = heap(a);
        HeapStorage right = heap(b);
        HeapStorage to = heap(out);
        StridedLoop loop = StridedLoop.of(out.shape(), condition.layout(), a.layout(), b.layout(), out.layout());
        walk(loop, (at, step, n) -> {
            for (int i = 0; i < n; i++) {
                boolean first = choice[at[0] + i * step[0]] != 0;
                double value = first ? left.get(at[1] + i * step[1]) : right.get(at[2] + i * step[2]);
                to.set(at[3] + i * step[3], value);
            }
        });
    }

    // ---- reductions

    @Override
    public void reduce(ReduceOp op, Tensor x, int[] axes, Tensor out) {
        if (!x.dtype().isFloating()) {
            Integers.reduce(op, x, out);
            return;
        }
        HeapStorage from = heap(x);
        double[] so = new double[out.size()];
        parallel.once(() -> Arrays.fill(so, op.identity()));
        // The result stretched over the input: reduced axes have stride 0, so each element knows its sum.
        Layout spread = Layout.contiguous(out.shape()).expand(x.shape(), "reduce");
        walk(StridedLoop.of(x.shape(), x.layout(), spread), (at, step, n) -> {
            for (int i = 0; i < n; i++) {
                int to = at[1] + i * step[1];
                so[to] = op.accumulate(so[to], from.get(at[0] + i * step[0]));
            }
        });
        HeapStorage to = heap(out);
        int start = out.layout().offset();
        parallel.once(() -> {
            for (int i = 0; i < so.length; i++) {
                to.set(start + i, so[i]);
            }
        });
    }

    @Override
    public void argReduce(boolean largest, Tensor x, int axis, Tensor out) {
        if (!x.dtype().isFloating()) {
            Integers.argReduce(largest, x, axis, out);
            return;
        }
        HeapStorage from = heap(x);
        int[] to = heap(out).ints();
        int stride = x.layout().stride(axis);
        int length = x.dim(axis);
        Layout firsts = x.layout().slice(axis, 0, 1, 1, "argReduce");
        StridedLoop.of(out.shape(), firsts, out.layout()).forEach((at, step, n) -> {
            for (int i = 0; i < n; i++) {
                to[at[1] + i * step[1]] = Extremum.index(largest, from, at[0] + i * step[0], stride, length);
            }
        });
    }

    @Override
    public void cumsum(Tensor x, int axis, Tensor out) {
        HeapStorage from = heap(x);
        HeapStorage to = heap(out);
        if (x.size() == 0) {
            return;
        }
        if (!x.dtype().isFloating()) {
            Integers.cumsum(x, axis, out);
            return;
        }
        Layout in = x.layout().slice(axis, 0, 1, 1, "cumsum");
        Layout first = out.layout().slice(axis, 0, 1, 1, "cumsum");
        int inStride = x.layout().stride(axis);
        int outStride = out.layout().stride(axis);
        StridedLoop.of(first.shape(), in, first).forEach((at, step, n) -> {
            for (int i = 0; i < n; i++) {
                double sum = 0;
                for (int k = 0; k < x.dim(axis); k++) {
                    sum += from.get(at[0] + i * step[0] + k * inStride);
                    to.set(at[1] + i * step[1] + k * outStride, sum);
                }
            }
        });
    }

    @Override
    public void sort(Tensor x, boolean descending, Tensor values, Tensor indices) {
        if (x.size() == 0) {
            return;
        }
        Tensor rows = x.contiguous();
        int length = x.rank() == 0 ? 1 : x.dim(-1);
        for (int row = 0; row < x.size() / length; row++) {
            Sorting.row(
                    heap(rows),
                    rows.layout().offset() + row * length,
                    descending,
                    heap(values),
                    values.layout().offset() + row * length,
                    heap(indices).ints(),
                    indices.layout().offset() + row * length,
                    length);
        }
    }

    // ---- products

    @Override
    public void matmul(Tensor a, Tensor b, Tensor out) {
        if (out.dtype() == DType.F32) {
            BatchedProduct.run(parallel, floatProduct(), a, b, out, matrices(a, b, out));
            return;
        }
        int rank = out.rank();
        int m = out.dim(-2);
        int n = out.dim(-1);
        int k = a.dim(-1);
        int[] as = {a.layout().stride(rank - 2), a.layout().stride(rank - 1)};
        int[] bs = {b.layout().stride(rank - 2), b.layout().stride(rank - 1)};
        matrices(a, b, out).forEach((at, step, count) -> {
            for (int i = 0; i < count; i++) {
                int aAt = at[0] + i * step[0];
                int bAt = at[1] + i * step[1];
                int outAt = at[2] + i * step[2];
                if (out.dtype().isFloating()) {
                    plainMatmul(heap(a), aAt, as, heap(b), bAt, bs, heap(out), outAt, m, n, k);
                } else {
                    Integers.matmul(heap(a), aAt, as, heap(b), bAt, bs, heap(out), outAt, m, n, k);
                }
            }
        });
    }

    @Override
    public void maxPool2d(PoolSpec spec, Tensor x, Tensor out, Tensor indices) {
        if (x.dtype() == DType.F32) {
            PlainMaxPool.run(parallel, spec, x, out, indices);
        } else {
            Backend.super.maxPool2d(spec, x, out, indices);
        }
    }

    /** How two matrices of F32 are multiplied. */
    protected BatchedProduct.Kernel floatProduct() {
        return (threads, a, b, out) -> ScalarGemm.multiply(threads, a, b, out, false);
    }

    /** A walk over the matrices of three batches, {@code [.., M, K]}, {@code [.., K, N]} and {@code [.., M, N]}. */
    private static StridedLoop matrices(Tensor a, Tensor b, Tensor out) {
        Layout batch = matrixStarts(out.layout());
        return StridedLoop.of(batch.shape(), matrixStarts(a.layout()), matrixStarts(b.layout()), batch);
    }

    /** The layout of the first elements of the matrices in the last two axes. */
    private static Layout matrixStarts(Layout layout) {
        int[] strides = Arrays.copyOf(layout.strides(), layout.shape().rank() - 2);
        return Layout.strided(layout.shape().without(-1).without(-1), strides, layout.offset());
    }

    /** {@code out[i, j] = Σ a[i, l]·b[l, j]}, summed in double; out is row-major. */
    private static void plainMatmul(
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
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = 0;
                for (int l = 0; l < k; l++) {
                    sum += a.get(aAt + i * as[0] + l * as[1]) * b.get(bAt + l * bs[0] + j * bs[1]);
                }
                out.set(outAt + i * n + j, sum);
            }
        }
    }

    // ---- indexing

    @Override
    public void gather(Tensor x, int axis, Tensor index, Tensor out) {
        Indexed.gather(parallel, x, axis, index, out);
    }

    @Override
    public void scatterAdd(Tensor into, int axis, Tensor index, Tensor x) {
        Indexed.scatterAdd(into, axis, index, x);
    }
}
