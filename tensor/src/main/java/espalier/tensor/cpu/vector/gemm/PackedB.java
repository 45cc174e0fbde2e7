package espalier.tensor.cpu.vector.gemm;

import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;

import espalier.tensor.cpu.MatrixView;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.Transpose;
import jdk.incubator.vector.FloatVector;

/**
 * Packs a block of the right matrix of a product into panels: a few vectors wide, and in a panel the values of one
 * {@code k} side by side. A panel is read from start to end by every tile of its columns, from the nearest cache.
 * Columns missing in the last panel are zero.
 */
final class PackedB {
    /** Columns, and rows, that are copied at once. */
    private static final int STRIP = 2 * Lanes.COUNT;

    private static final int STRIP_ROWS = 16;

    /** Elements of a transposed matrix's column that are copied at once, so that what they are copied to stays near. */
    private static final int RUN = 64;

    private PackedB() {}

    /**
     * Packs rows {@code k0} to {@code k0 + depth - 1}, columns {@code j0} to {@code j0 + columns - 1} of {@code b}.
     * Column {@code j0 + j} of row {@code k0 + k} comes to {@link #at}{@code (j, depth, width) + k * width}.
     *
     * @param width columns of a panel, a multiple of two vectors
     */
    static void pack(MatrixView b, int k0, int depth, int j0, int columns, int width, float[] to) {
        int whole = columns / STRIP * STRIP;
        if (b.columnStride() == 1) {
            for (int k = 0; k < depth; k += STRIP_ROWS) {
                int rows = Math.min(STRIP_ROWS, depth - k);
                for (int j = 0; j < whole; j += STRIP) {
                    copyStrip(
                            b.values(),
                            b.at(k0 + k, j0 + j),
                            b.rowStride(),
                            rows,
                            to,
                            at(j, depth, width) + k * width,
                            width);
                }
            }
        } else if (b.rowStride() == 1) {
            for (int k = 0; k < depth; k += RUN) {
                int run = Math.min(RUN, depth - k);
                for (int j = 0; j < whole; j += Lanes.COUNT) {
                    int target = at(j, depth, width) + k * width;
                    int from = b.at(k0 + k, j0 + j);
                    Transpose.run(b.values(), from, b.columnStride(), Lanes.COUNT, run, to, target, width);
                }
            }
        } else {
            whole = 0; // neither rows nor columns are runs
        }
        if (b.columnStride() == 1) {
            copyRest(
                    b.values(),
                    b.at(k0, j0 + whole),
                    b.rowStride(),
                    depth,
                    columns - whole,
                    to,
                    at(whole, depth, width),
                    width);
        } else {
            for (int j = whole; j < columns; j++) {
                column(b.values(), b.at(k0, j0 + j), b.rowStride(), depth, to, at(j, depth, width), width);
            }
        }
        for (int j = columns; j % width != 0; j++) {
            for (int k = 0; k < depth; k++) {
                to[at(j, depth, width) + k * width] = 0f;
            }
        }
    }

    /** Where the panel of column {@code j} begins, plus the column's place in it. */
    static int at(int j, int depth, int width) {
        return Scratch.LINE + j / width * width * depth + j % width;
    }

    /** Memory of the calling thread for the panels of some columns: each row of one begins a cache line. */
    static float[] inScratch(int slot, int columns, int depth, int width) {
        return Scratch.onLines(slot, Math.ceilDiv(columns, width) * width * depth);
    }

    /** Two vectors of some rows. The rows of a strip go to one place, those of a wide block come in long runs. */
    private static void copyStrip(float[] from, int at, int stride, int rows, float[] to, int toAt, int width) {
        for (int k = 0; k < rows; k++) {
            VECTOR.cast(FloatVector.fromArray(Lanes.FLOATS, from, at + k * stride))
                    .intoArray(to, toAt + k * width);
            VECTOR.cast(FloatVector.fromArray(Lanes.FLOATS, from, at + k * stride + Lanes.COUNT))
                    .intoArray(to, toAt + k * width + Lanes.COUNT);
        }
    }

    /** The last columns, fewer than a strip. */
    private static void copyRest(
            float[] from, int at, int stride, int depth, int columns, float[] to, int toAt, int width) {
        for (int k = 0; k < depth; k++) {
            for (int j = 0; j < columns; j++) {
                to[toAt + k * width + j] = from[at + k * stride + j];
            }
        }
    }

    private static void column(float[] from, int at, int step, int depth, float[] to, int toAt, int width) {
        for (int k = 0; k < depth; k++) {
            to[toAt + k * width] = from[at + k * step];
        }
    }
}
