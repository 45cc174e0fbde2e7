package espalier.tensor.cpu.vector;

import espalier.tensor.cpu.MatrixView;
import jdk.incubator.vector.FloatVector;

/**
 * Packs a block of the right matrix of a product into panels: {@link GemmTile#COLUMNS} columns wide, and in a panel the
 * values of one {@code k} side by side. A panel is read from start to end by every tile of its columns, from the nearest
 * cache. Columns missing in the last panel are zero.
 */
final class PackedB {
    private static final int WIDTH = GemmTile.COLUMNS;

    private PackedB() {}

    /** The panels of {@code columns} columns. */
    static int panels(int columns) {
        return Math.ceilDiv(columns, WIDTH);
    }

    /** Packs rows {@code k0} to {@code k0 + depth - 1}, columns {@code j0} to {@code j0 + columns - 1} of {@code b}. */
    static void pack(MatrixView b, int k0, int depth, int j0, int columns, float[] to) {
        int whole = columns / WIDTH;
        if (b.columnStride() == 1) {
            copyRows(b.values(), b.at(k0, j0), b.rowStride(), depth, whole, to);
        } else {
            for (int panel = 0; panel < whole; panel++) {
                int at = panel * depth * WIDTH;
                if (b.rowStride() == 1) {
                    transpose(b.values(), b.at(k0, j0 + panel * WIDTH), b.columnStride(), depth, to, at);
                } else {
                    general(b, k0, depth, j0 + panel * WIDTH, WIDTH, to, at);
                }
            }
        }
        if (whole * WIDTH < columns) {
            general(b, k0, depth, j0 + whole * WIDTH, columns - whole * WIDTH, to, whole * depth * WIDTH);
        }
    }

    /** Whole rows one after the other, so that memory is read in long runs. */
    private static void copyRows(float[] from, int at, int stride, int depth, int panels, float[] to) {
        for (int k = 0; k < depth; k++) {
            for (int panel = 0; panel < panels; panel++) {
                int source = at + k * stride + panel * WIDTH;
                int target = (panel * depth + k) * WIDTH;
                for (int j = 0; j < WIDTH; j += Lanes.COUNT) {
                    FloatVector.fromArray(Lanes.FLOATS, from, source + j).intoArray(to, target + j);
                }
            }
        }
    }

    /** A panel of a transposed matrix, whose columns are runs in memory. */
    private static void transpose(float[] from, int at, int stride, int depth, float[] to, int toAt) {
        for (int j = 0; j < WIDTH; j += 4) {
            int a0 = at + j * stride;
            int a1 = a0 + stride;
            int a2 = a1 + stride;
            int a3 = a2 + stride;
            int target = toAt + j;
            for (int k = 0; k < depth; k++) {
                to[target + k * WIDTH] = from[a0 + k];
                to[target + k * WIDTH + 1] = from[a1 + k];
                to[target + k * WIDTH + 2] = from[a2 + k];
                to[target + k * WIDTH + 3] = from[a3 + k];
            }
        }
    }

    private static void general(MatrixView b, int k0, int depth, int j0, int columns, float[] to, int toAt) {
        for (int k = 0; k < depth; k++) {
            for (int j = 0; j < WIDTH; j++) {
                to[toAt + k * WIDTH + j] = j < columns ? b.values()[b.at(k0 + k, j0 + j)] : 0f;
            }
        }
    }
}
