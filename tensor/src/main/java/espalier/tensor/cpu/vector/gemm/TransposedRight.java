package espalier.tensor.cpu.vector.gemm;

import espalier.tensor.cpu.MatrixView;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Lanes;

/**
 * Product {@code X [M, K]} times the transpose of {@code W [N, K]}, both row-major: a linear layer on a batch.
 *
 * <p>Packing the transpose of W would cost as much time as a batch of 30 rows takes to multiply. So the transpose of
 * the result is computed, {@code W·Xᵀ}: W is read where it lies, X is packed, being the smaller one, and the tiles are
 * turned as they are stored.
 */
final class TransposedRight {
    private static final int ROWS = RowsTile.ROWS;
    private static final int COLUMNS = 2 * Lanes.COUNT;

    /** Multiply-adds of a task: about 50 microseconds. */
    private static final long TASK_WORK = 1L << 21;

    /** The largest X: packed, it stays in the second-level cache. */
    private static final int MOST_ELEMENTS = 1 << 17;

    private final float[] packed;
    private final MatrixView w;
    private final MatrixView c;

    private TransposedRight(float[] packed, MatrixView w, MatrixView c) {
        this.packed = packed;
        this.w = w;
        this.c = c;
    }

    /** Whether this is a good way to compute {@code x·wᵀ}. */
    static boolean takes(MatrixView x, MatrixView w) {
        return w.columnStride() == 1 && w.rows() >= ROWS && (long) x.rows() * x.columns() <= MOST_ELEMENTS;
    }

    /** {@code c = x·wᵀ}; {@code x} and {@code c} may have any strides. */
    static void multiply(Parallel parallel, MatrixView x, MatrixView w, MatrixView c) {
        float[] packed = PackedB.inScratch(Scratch.GEMM_A, x.rows(), x.columns(), COLUMNS);
        MatrixView turned = x.transposed();
        parallel.once(() -> PackedB.pack(turned, 0, x.columns(), 0, x.rows(), COLUMNS, packed));
        TransposedRight product = new TransposedRight(packed, w, c);
        long groupWork = (long) ROWS * x.rows() * x.columns();
        int rows = Math.clamp(TASK_WORK / groupWork, 1, Math.ceilDiv(w.rows(), ROWS)) * ROWS;
        int tasks = Math.max(1, w.rows() / rows); // the last one takes the rest
        parallel.forEach(tasks, task -> {
            int from = task * rows;
            product.rows(from, task == tasks - 1 ? w.rows() : from + rows);
        });
    }

    /** Rows of W, that is columns of c. The last ones overlap those before them if they do not come out even. */
    private void rows(int from, int to) {
        int depth = w.columns();
        float[] tile = Scratch.floats(Scratch.TILE, ROWS * COLUMNS);
        for (int j = from; j < to; j += ROWS) {
            int row = Math.min(j, to - ROWS);
            for (int i = 0; i < c.rows(); i += COLUMNS) {
                int bAt = PackedB.at(i, depth, COLUMNS);
                RowsTile.multiply(depth, w.values(), w.at(row, 0), w.rowStride(), packed, bAt, COLUMNS, tile);
                storeTransposed(tile, i, Math.min(COLUMNS, c.rows() - i), row);
            }
        }
    }

    private void storeTransposed(float[] tile, int i0, int count, int j0) {
        float[] to = c.values();
        int step = c.columnStride();
        for (int i = 0; i < count; i++) {
            int at = c.at(i0 + i, j0);
            for (int r = 0; r < ROWS; r++) {
                to[at + r * step] = tile[r * COLUMNS + i];
            }
        }
    }
}
