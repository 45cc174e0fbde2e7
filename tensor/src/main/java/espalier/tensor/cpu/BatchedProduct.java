package espalier.tensor.cpu;

import espalier.tensor.Tensor;

/**
 * Takes a product of F32 tensors {@code [.., M, K] × [.., K, N] → [.., M, N]} apart into products of matrices.
 *
 * <p>When the right matrix is the same for the whole batch, as in a linear layer on {@code [N, T, features]}, the batch
 * becomes rows of one large product. Many small products are shared out among the threads whole.
 */
public final class BatchedProduct {
    /** One product, {@code c = a·b}. */
    public interface Kernel {
        /** Overwrites row-major {@code c}; may share the work among the threads of {@code parallel}. */
        void multiply(Parallel parallel, MatrixView a, MatrixView b, MatrixView c);
    }

    /** Multiply-adds of one task when several products make a task. */
    private static final long TASK_WORK = 1L << 21;

    private final Parallel parallel;
    private final Kernel kernel;
    private final MatrixView a;
    private final MatrixView b;
    private final MatrixView c;

    private BatchedProduct(Parallel parallel, Kernel kernel, Tensor a, Tensor b, Tensor c) {
        this.parallel = parallel;
        this.kernel = kernel;
        this.a = lastTwoAxes(a);
        this.b = lastTwoAxes(b);
        this.c = lastTwoAxes(c);
    }

    /** Multiplies all the matrices that {@code matrices} walks over. */
    static void run(Parallel parallel, Kernel kernel, Tensor a, Tensor b, Tensor c, StridedLoop matrices) {
        BatchedProduct product = new BatchedProduct(parallel, kernel, a, b, c);
        matrices.forEach(product::multiply);
    }

    private void multiply(int[] at, int[] step, int count) {
        if (step[1] == 0 && continues(a, step[0]) && continues(c, step[2])) {
            kernel.multiply(parallel, moved(a, at[0], count), moved(b, at[1], 1), moved(c, at[2], count));
            return;
        }
        int[] start = at.clone(); // the walk goes on
        int[] steps = step.clone();
        long work = (long) a.rows() * a.columns() * b.columns();
        int perTask = Math.clamp(TASK_WORK / Math.max(1, work), 1, count);
        if (work >= TASK_WORK || count == 1) {
            products(start, steps, 0, count); // each is shared out by itself, if large enough
        } else {
            parallel.forEach(
                    Math.ceilDiv(count, perTask),
                    task -> products(start, steps, task * perTask, Math.min(count, (task + 1) * perTask)));
        }
    }

    private void products(int[] at, int[] step, int from, int to) {
        for (int i = from; i < to; i++) {
            kernel.multiply(
                    parallel,
                    moved(a, at[0] + i * step[0], 1),
                    moved(b, at[1] + i * step[1], 1),
                    moved(c, at[2] + i * step[2], 1));
        }
    }

    /** Whether the next matrix of a batch lies where further rows of this one would. */
    private static boolean continues(MatrixView first, int step) {
        return step == first.rows() * first.rowStride();
    }

    private static MatrixView moved(MatrixView first, int offset, int times) {
        return new MatrixView(
                first.values(), offset, first.rows() * times, first.columns(), first.rowStride(), first.columnStride());
    }

    private static MatrixView lastTwoAxes(Tensor x) {
        int rank = x.rank();
        return new MatrixView(
                ((HeapStorage) x.storage()).floats(),
                0,
                x.dim(rank - 2),
                x.dim(rank - 1),
                x.layout().stride(rank - 2),
                x.layout().stride(rank - 1));
    }
}
