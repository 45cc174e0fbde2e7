package espalier.tensor.cpu.vector;

import espalier.tensor.cpu.MatrixView;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;

/**
 * Product with a left matrix of few rows, up to {@link PackedA#EXACT_ROWS}, by {@link OffsetTile}.
 *
 * <p>With so few rows each element of the right matrix is used only a few times. So where possible it is read where it
 * lies, and the result is written where it belongs; the last vector of a row overlaps its neighbour. Where that is not
 * possible (a transposed right matrix, less than a vector of columns, a sum added to c), or where the rows of the right
 * matrix lie so far apart that each needs its own page of memory, a block of it is packed first.
 */
final class FewRows {
    private static final int LANES = Lanes.COUNT;
    private static final int PANEL = GemmTile.COLUMNS;

    /** Multiply-adds of a task: about 50 microseconds. */
    private static final long TASK_WORK = Long.getLong("few.work", 1L << 21);

    /** Vectors taken through all rows before the next: with K of a few hundred they stay in the first-level cache. */
    private static final int VECTORS = 4;

    /** Floats in a page of memory. */
    private static final int PAGE = 1024;

    private final PackedA a;
    private final MatrixView b;
    private final MatrixView c;
    private final boolean accumulate;

    private FewRows(PackedA a, MatrixView b, MatrixView c, boolean accumulate) {
        this.a = a;
        this.b = b;
        this.c = c;
        this.accumulate = accumulate;
    }

    /** {@code c = a·b}, or {@code c += a·b}; {@code c} is row-major. */
    static void multiply(Parallel parallel, PackedA a, MatrixView b, MatrixView c, boolean accumulate) {
        FewRows product = new FewRows(a, b, c, accumulate);
        boolean inPlace = b.columnStride() == 1 && b.columns() >= LANES && !accumulate && !product.isSpreadOut();
        int n = c.columns();
        long wanted = TASK_WORK / Math.max(1, (long) a.rows() * a.depth()) / PANEL * PANEL;
        int columns = Math.clamp(wanted, PANEL, 8 * PANEL);
        int[] offsets = offsets(a.depth(), inPlace ? b.rowStride() : PANEL);
        parallel.forEach(Math.ceilDiv(n, columns), task -> {
            int j = task * columns;
            int count = Math.min(columns, n - j);
            if (inPlace) {
                product.inPlace(offsets, j, count);
            } else {
                product.throughPanels(offsets, j, count);
            }
        });
    }

    /** Whether reading down a column of b would touch a new page with every element. */
    private boolean isSpreadOut() {
        return b.rowStride() >= PAGE && b.rows() > Integer.getInteger("few.spread", 64);
    }

    private static int[] offsets(int depth, int stride) {
        int[] offsets = new int[depth];
        for (int k = 0; k < depth; k++) {
            offsets[k] = k * stride;
        }
        return offsets;
    }

    private void inPlace(int[] offsets, int j0, int columns) {
        int[] starts = new int[Math.ceilDiv(columns, LANES)];
        for (int v = 0; v < starts.length; v++) {
            starts[v] = Math.min(j0 + v * LANES, c.columns() - LANES);
        }
        OffsetTile tile = new OffsetTile(starts, starts, c.rowStride());
        for (int v = 0; v < starts.length; v += VECTORS) {
            int end = Math.min(starts.length, v + VECTORS);
            for (int r = 0; r < a.rows(); r += OffsetTile.ROWS) {
                tile.set(
                        a.height(r), a.values(), a.at(r, 0), offsets, b.values(), b.at(0, 0), c.values(), c.at(r, 0),
                        v, end, OffsetTile.NO_BIAS, 0);
            }
        }
    }

    private void throughPanels(int[] offsets, int j0, int columns) {
        int depth = a.depth();
        int panels = PackedB.panels(columns);
        float[] packed = Scratch.floats(Scratch.GEMM_B, panels * PANEL * depth);
        PackedB.pack(b, 0, depth, j0, columns, packed);
        int[] xStarts = new int[panels * PANEL / LANES];
        int[] cStarts = new int[xStarts.length];
        for (int v = 0; v < xStarts.length; v++) {
            cStarts[v] = v * LANES;
            xStarts[v] = cStarts[v] / PANEL * PANEL * depth + cStarts[v] % PANEL;
        }
        int stride = panels * PANEL;
        OffsetTile tile = new OffsetTile(xStarts, cStarts, stride);
        float[] sums = Scratch.floats(Scratch.GEMM_C, OffsetTile.ROWS * stride);
        for (int r = 0; r < a.rows(); r += OffsetTile.ROWS) {
            int height = a.height(r);
            for (int i = 0; accumulate && i < height; i++) {
                System.arraycopy(c.values(), c.at(r + i, j0), sums, i * stride, columns);
            }
            if (accumulate) {
                tile.add(height, a.values(), a.at(r, 0), offsets, packed, 0, sums, 0, 0, xStarts.length);
            } else {
                tile.set(
                        height, a.values(), a.at(r, 0), offsets, packed, 0, sums, 0, 0, xStarts.length,
                        OffsetTile.NO_BIAS, 0);
            }
            for (int i = 0; i < height; i++) {
                System.arraycopy(sums, i * stride, c.values(), c.at(r + i, j0), columns);
            }
        }
    }
}
