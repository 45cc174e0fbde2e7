package espalier.tensor.cpu.vector;

import espalier.tensor.cpu.MatrixView;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.PlainGemm;
import espalier.tensor.cpu.Scratch;
import jdk.incubator.vector.FloatVector;

/**
 * Matrix product {@code [M, K] × [K, N] → [M, N]} of floats by the Vector API. Chooses among four ways by shape and
 * layout:
 *
 * <ul>
 *   <li>{@link DotProducts}, when both operands are contiguous along K and one has few rows: batch-1 linear layers;
 *   <li>{@link RowTimesMatrix}, when M is 1;
 *   <li>{@link OffsetTile} on a right matrix left where it lies, when M is small: packing would not pay;
 *   <li>{@link GemmTile} on packed operands for all the rest (Goto and van de Geijn 2008, "Anatomy of High-Performance
 *       Matrix Multiplication").
 * </ul>
 *
 * <p>Work is split by shape alone and no two tasks write the same element: the bits do not depend on the number of
 * threads. Except for dot products, each element is a chain of fused multiply-adds in the order of K.
 */
final class VectorGemm {
    /** Multiply-adds that take about 30 microseconds; less is not worth a second thread. */
    private static final long TASK_WORK = 1L << 20;

    /** Longest stretch of K for which a panel of B is packed: a panel of it fits the first-level cache. */
    private static final int DEPTH = Integer.getInteger("gemm.kc", 384);

    /** Rows of A that are taken through all panels of a block before the next: they stay in the second-level cache. */
    private static final int BLOCK_ROWS = Integer.getInteger("gemm.mc", 64);

    private VectorGemm() {}

    /** {@code c = a·b}, or {@code c += a·b}; {@code c} is row-major, not read unless {@code accumulate}. */
    static void multiply(Parallel parallel, MatrixView a, MatrixView b, MatrixView c, boolean accumulate) {
        MatrixView.requireProduct(a, b, c);
        multiply(parallel, PackedA.inScratch(parallel, a), b, c, accumulate);
    }

    /** The same with a left matrix packed before. */
    static void multiply(Parallel parallel, PackedA a, MatrixView b, MatrixView c, boolean accumulate) {
        if (a.depth() == 0) {
            PlainGemm.multiply(new MatrixView(a.values(), 0, a.rows(), 0, 0, 0), b, c, accumulate);
        } else if (a.rows() <= PackedA.EXACT_ROWS) {
            FewRows.multiply(parallel, a, b, c, accumulate);
        } else {
            packed(parallel, a, b, c, accumulate);
        }
    }

    private static void packed(Parallel parallel, PackedA a, MatrixView b, MatrixView c, boolean accumulate) {
        int n = c.columns();
        int blockColumns = Integer.getInteger("gemm.nb", 64);
        int blockRows = Integer.getInteger("gemm.rb", 512);
        int across = Math.ceilDiv(n, blockColumns);
        int down = Math.ceilDiv(a.rows(), blockRows);
        parallel.forEach(across * down, task -> {
            int j = task / down * blockColumns;
            int r = task % down * blockRows;
            block(a, b, c, accumulate, r, Math.min(a.rows(), r + blockRows), j, Math.min(n, j + blockColumns));
        });
    }

    /** Rows {@code r0} to {@code r1 - 1}, columns {@code j0} to {@code j1 - 1} of c. */
    private static void block(
            PackedA a, MatrixView b, MatrixView c, boolean accumulate, int r0, int r1, int j0, int j1) {
        int panels = PackedB.panels(j1 - j0);
        int cuts = Math.ceilDiv(a.depth(), DEPTH);
        int depth = Math.ceilDiv(a.depth(), cuts);
        float[] packedB = Scratch.floats(Scratch.GEMM_B, panels * depth * GemmTile.COLUMNS);
        float[] tile = Scratch.floats(Scratch.TILE, GemmTile.ZERO.length);
        for (int k = 0; k < a.depth(); k += depth) {
            int n = Math.min(depth, a.depth() - k);
            PackedB.pack(b, k, n, j0, j1 - j0, packedB);
            boolean add = accumulate || k > 0;
            for (int rows = r0; rows < r1; rows += BLOCK_ROWS) {
                int end = Math.min(r1, rows + BLOCK_ROWS);
                for (int panel = 0; panel < panels; panel++) {
                    int j = j0 + panel * GemmTile.COLUMNS;
                    int columns = Math.min(GemmTile.COLUMNS, j1 - j);
                    for (int r = rows; r < end; r += GemmTile.ROWS) {
                        int height = Math.min(GemmTile.ROWS, end - r);
                        float[] start = add ? load(c, r, j, height, columns, tile) : GemmTile.ZERO;
                        int bAt = panel * n * GemmTile.COLUMNS;
                        if (height == GemmTile.ROWS && columns == GemmTile.COLUMNS) {
                            GemmTile.multiply(start, n, a.values(), a.at(r, k), packedB, bAt, c.values(), c.at(r, j), c.rowStride());
                        } else {
                            GemmTile.multiply(start, n, a.values(), a.at(r, k), packedB, bAt, tile, 0, GemmTile.COLUMNS);
                            store(tile, c, r, j, height, columns);
                        }
                    }
                }
            }
        }
    }

    /** Copies a tile of c, perhaps cut off by the edge of c, to an array of its own. */
    private static float[] load(MatrixView c, int r, int j, int height, int columns, float[] tile) {
        for (int i = 0; i < height; i++) {
            int at = c.at(r + i, j);
            int to = i * GemmTile.COLUMNS;
            if (columns == GemmTile.COLUMNS) {
                for (int v = 0; v < GemmTile.COLUMNS; v += Lanes.COUNT) {
                    FloatVector.fromArray(Lanes.FLOATS, c.values(), at + v).intoArray(tile, to + v);
                }
            } else {
                System.arraycopy(c.values(), at, tile, to, columns);
            }
        }
        return tile;
    }

    private static void store(float[] tile, MatrixView c, int r, int j, int height, int columns) {
        for (int i = 0; i < height; i++) {
            System.arraycopy(tile, i * GemmTile.COLUMNS, c.values(), c.at(r + i, j), columns);
        }
    }
}
