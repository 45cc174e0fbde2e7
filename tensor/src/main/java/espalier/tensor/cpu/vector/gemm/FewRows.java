package espalier.tensor.cpu.vector.gemm;

import espalier.tensor.cpu.MatrixView;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;

/**
 * Product with a left matrix of few rows, up to {@link PackedA#FEW}.
 *
 * <p>With so few rows each element of the right matrix is used only a few times. So where possible it is read where it
 * lies, and the result is written where it belongs; the last tile of a row overlaps its neighbour and computes the same
 * values again. Where that is not possible (a transposed right matrix, too few columns, a sum added to c), or where the
 * rows of the right matrix lie so far apart that each needs its own page of memory, blocks of it are packed first.
 */
final class FewRows {
    /** Multiply-adds of a task: about 50 microseconds. */
    private static final long TASK_WORK = 1L << 21;

    /** Floats in a page of memory, and how many pages may be read by turns. */
    private static final int PAGE = 1024;

    private static final int PAGES = 64;

    private final PackedA a;
    private final MatrixView b;
    private final MatrixView c;
    private final boolean accumulate;
    private final int widest;

    private FewRows(PackedA a, MatrixView b, MatrixView c, boolean accumulate) {
        this.a = a;
        this.b = b;
        this.c = c;
        this.accumulate = accumulate;
        this.widest = a.widestTile();
    }

    /** {@code c = a·b}, or {@code c += a·b}; {@code c} is row-major. */
    static void multiply(Parallel parallel, PackedA a, MatrixView b, MatrixView c, boolean accumulate) {
        FewRows product = new FewRows(a, b, c, accumulate);
        boolean spreadOut = b.rowStride() >= PAGE && b.rows() > PAGES;
        boolean inPlace = b.columnStride() == 1 && b.columns() >= product.widest && !accumulate && !spreadOut;
        long wanted = TASK_WORK / Math.max(1, (long) a.rows() * a.depth()) / GemmTile.WIDEST * GemmTile.WIDEST;
        int columns = Math.clamp(wanted, GemmTile.WIDEST, 16 * GemmTile.WIDEST);
        int tasks = Math.max(1, c.columns() / columns); // the last one takes the rest
        parallel.forEach(tasks, task -> {
            int j = task * columns;
            int end = task == tasks - 1 ? c.columns() : j + columns;
            if (inPlace) {
                product.inPlace(j, end);
            } else {
                product.throughPanels(j, end - j);
            }
        });
    }

    private void inPlace(int from, int to) {
        for (int r = 0, height; r < a.rows(); r += height) {
            height = a.height(r);
            int width = GemmTile.columns(height);
            for (int j = from; j < to; j += width) {
                int at = Math.min(j, to - width);
                GemmTile.multiply(
                        height,
                        a.depth(),
                        a.values(),
                        a.at(r, height, 0),
                        b.values(),
                        b.at(0, at),
                        b.rowStride(),
                        c.values(),
                        c.at(r, at),
                        c.rowStride(),
                        false);
            }
        }
    }

    private void throughPanels(int from, int columns) {
        int depth = a.depth();
        float[] packed = PackedB.inScratch(Scratch.GEMM_B, columns, depth, widest);
        PackedB.pack(b, 0, depth, from, columns, widest, packed);
        float[] tile = Scratch.floats(Scratch.TILE, GemmTile.LARGEST);
        for (int r = 0, height; r < a.rows(); r += height) {
            height = a.height(r);
            int width = GemmTile.columns(height);
            for (int j = 0; j < columns; j += width) {
                int present = Math.min(width, columns - j);
                int at = c.at(r, from + j);
                boolean whole = present == width;
                for (int i = 0; accumulate && !whole && i < height; i++) {
                    System.arraycopy(c.values(), at + i * c.rowStride(), tile, i * width, present);
                }
                GemmTile.multiply(
                        height,
                        depth,
                        a.values(),
                        a.at(r, height, 0),
                        packed,
                        PackedB.at(j, depth, widest),
                        widest,
                        whole ? c.values() : tile,
                        whole ? at : 0,
                        whole ? c.rowStride() : width,
                        accumulate);
                for (int i = 0; !whole && i < height; i++) {
                    System.arraycopy(tile, i * width, c.values(), at + i * c.rowStride(), present);
                }
            }
        }
    }
}
