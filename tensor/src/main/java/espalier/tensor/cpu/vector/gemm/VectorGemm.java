package espalier.tensor.cpu.vector.gemm;

import espalier.tensor.cpu.MatrixView;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.PlainGemm;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.RowGroups;

/**
 * Matrix product {@code [M, K] × [K, N] → [M, N]} of floats by the Vector API. Chooses among five ways by shape and
 * layout:
 *
 * <ul>
 *   <li>{@link DotProducts}, when both operands lie in runs along K and M or N is small: a linear layer on few images;
 *   <li>{@link RowTimesMatrix}, when M is 1;
 *   <li>{@link TransposedRight}, when the right matrix is a transpose and the left one is not large: a linear layer on
 *       a batch;
 *   <li>{@link FewRows}, when M is small: packing the right matrix would not pay;
 *   <li>packing of both operands for all the rest, with blocks that stay in the caches (Goto and van de Geijn 2008,
 *       "Anatomy of High-Performance Matrix Multiplication").
 * </ul>
 *
 * <p>No two tasks write the same element. Except for dot products, each element is a chain of fused multiply-adds in
 * the order of K, cut at fixed places, so the bits do not depend on the vector width, on how the work is cut, or on the
 * number of threads.
 */
public final class VectorGemm {
    /** Multiply-adds of a task: about 50 microseconds. */
    private static final long TASK_WORK = 1L << 21;

    /** Up to this many rows of the smaller operand, dot products are the fastest way for a transposed right matrix. */
    private static final int DOT_ROWS = 20;

    /** Shorter dot products spend their time on adding up lanes; they are only for a row or two. */
    private static final int DOT_LENGTH = 32;

    /**
     * Longest stretch of K that is summed at once: a panel of B then stays in the first-level cache. It is the same for
     * all widths of vectors, since sums are cut there.
     */
    private static final int DEPTH = 320;

    /** Rows of A that are taken through all panels of a block before the next: they stay in the second-level cache. */
    private static final int STRIP_ROWS = 16 * RowGroups.MOST;

    /** The largest and smallest block of c for one task. Each packs its part of B, so it must not have too few rows. */
    private static final int MOST_GROUPS = 1024;

    private static final int LEAST_GROUPS = 32;
    private static final int MOST_COLUMNS = 256;
    private static final int LEAST_COLUMNS = 64;

    private VectorGemm() {}

    /** {@code c = a·b}, or {@code c += a·b}; {@code c} is row-major, not read unless {@code accumulate}. */
    public static void multiply(Parallel parallel, MatrixView a, MatrixView b, MatrixView c, boolean accumulate) {
        MatrixView.requireProduct(a, b, c);
        int m = c.rows();
        int n = c.columns();
        if (m == 0 || n == 0 || a.columns() == 0) {
            parallel.once(() -> PlainGemm.multiply(a, b, c, accumulate));
        } else if (n == 1 && m > 1 && c.rowStride() == 1) {
            multiply(parallel, b.transposed(), a.transposed(), c.transposed(), accumulate);
        } else if (a.columnStride() == 1 && b.rowStride() == 1 && suitsDotProducts(Math.min(m, n), a.columns())) {
            if (m <= n) {
                DotProducts.multiply(parallel, a, b.transposed(), c, accumulate);
            } else {
                DotProducts.multiply(parallel, b.transposed(), a, c.transposed(), accumulate);
            }
        } else if (m == 1 && b.columnStride() == 1 && n >= Lanes.COUNT) {
            RowTimesMatrix.multiply(parallel, a, b, c, accumulate);
        } else if (b.rowStride() == 1 && !accumulate && TransposedRight.takes(a, b.transposed())) {
            TransposedRight.multiply(parallel, a, b.transposed(), c);
        } else {
            multiply(parallel, PackedA.inScratch(parallel, a), b, c, accumulate);
        }
    }

    private static boolean suitsDotProducts(int rows, int length) {
        return rows <= DOT_ROWS && (length >= DOT_LENGTH || rows <= 2);
    }

    /** The same with a left matrix packed before. */
    public static void multiply(Parallel parallel, PackedA a, MatrixView b, MatrixView c, boolean accumulate) {
        if (a.depth() == 0 || a.rows() == 0) {
            MatrixView left = new MatrixView(a.values(), 0, a.rows(), a.depth(), 0, 0);
            parallel.once(() -> PlainGemm.multiply(left, b, c, accumulate));
        } else if (a.rows() <= PackedA.FEW) {
            FewRows.multiply(parallel, a, b, c, accumulate);
        } else {
            blocks(parallel, a, b, c, accumulate);
        }
    }

    /** Cuts c into blocks: large ones if there are enough for all threads. */
    private static void blocks(Parallel parallel, PackedA a, MatrixView b, MatrixView c, boolean accumulate) {
        int m = c.rows();
        int n = c.columns();
        int groups = RowGroups.count(m);
        long work = (long) m * n * a.depth();
        int wanted = (int) Math.min(work / TASK_WORK, parallel.threads() == 1 ? 1 : 8L * parallel.threads());
        int columns = MOST_COLUMNS;
        int rowGroups = MOST_GROUPS;
        while (Math.ceilDiv(n, columns) * Math.ceilDiv(groups, rowGroups) < wanted) {
            if (columns > LEAST_COLUMNS) {
                columns /= 2;
            } else if (rowGroups > LEAST_GROUPS) {
                rowGroups /= 2;
            } else {
                break;
            }
        }
        int blockColumns = columns;
        int blockGroups = rowGroups;
        int across = Math.ceilDiv(n, blockColumns);
        int down = Math.ceilDiv(groups, blockGroups);
        parallel.forEach(across * down, task -> {
            int j = task / down * blockColumns;
            int group = task % down * blockGroups;
            int r = RowGroups.start(m, group);
            int end = RowGroups.start(m, Math.min(groups, group + blockGroups));
            block(a, b, c, accumulate, r, end, j, Math.min(n, j + blockColumns));
        });
    }

    /** Rows {@code r0} to {@code r1 - 1}, columns {@code j0} to {@code j1 - 1} of c. */
    private static void block(
            PackedA a, MatrixView b, MatrixView c, boolean accumulate, int r0, int r1, int j0, int j1) {
        int columns = j1 - j0;
        int depth = Math.ceilDiv(a.depth(), Math.ceilDiv(a.depth(), DEPTH));
        int width = a.widestTile();
        float[] packed = PackedB.inScratch(Scratch.GEMM_B, columns, depth, width);
        float[] tile = Scratch.floats(Scratch.TILE, GemmTile.LARGEST);
        for (int k = 0; k < a.depth(); k += depth) {
            int n = Math.min(depth, a.depth() - k);
            PackedB.pack(b, k, n, j0, columns, width, packed);
            for (int strip = r0, end; strip < r1; strip = end) {
                end = r1 - strip <= STRIP_ROWS + RowGroups.MOST ? r1 : strip + STRIP_ROWS;
                for (int j = 0; j < columns; j += width) {
                    int bAt = PackedB.at(j, n, width);
                    int present = Math.min(columns - j, width);
                    for (int r = strip, height; r < end; r += height) {
                        height = a.height(r);
                        tile(a, r, height, k, n, packed, bAt, width, c, j0 + j, present, accumulate || k > 0, tile);
                    }
                }
            }
        }
    }

    /** A group of rows times a panel, perhaps cut off by the edge of c. */
    private static void tile(
            PackedA a,
            int r,
            int height,
            int k,
            int n,
            float[] b,
            int bAt,
            int ld,
            MatrixView c,
            int j,
            int columns,
            boolean add,
            float[] tile) {
        int width = GemmTile.columns(height);
        for (int from = 0; from < columns; from += width) {
            int present = Math.min(width, columns - from);
            boolean whole = present == width;
            int at = c.at(r, j + from);
            for (int i = 0; add && !whole && i < height; i++) {
                System.arraycopy(c.values(), at + i * c.rowStride(), tile, i * width, present);
            }
            GemmTile.multiply(
                    height,
                    n,
                    a.values(),
                    a.at(r, height, k),
                    b,
                    bAt + from,
                    ld,
                    whole ? c.values() : tile,
                    whole ? at : 0,
                    whole ? c.rowStride() : width,
                    add);
            for (int i = 0; !whole && i < height; i++) {
                System.arraycopy(tile, i * width, c.values(), at + i * c.rowStride(), present);
            }
        }
    }
}
