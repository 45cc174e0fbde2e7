package espalier.tensor.cpu.vector.gemm;

import espalier.tensor.cpu.MatrixView;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;

/**
 * The left matrix of a product, {@code [M, K]}, in the order in which tiles read it: groups of 4 rows, and in a group
 * the 4 values of one {@code k} side by side.
 *
 * <p>A matrix that is used many times, such as the weights of a layer, is packed once with {@link #of}. Rows left over
 * at the end are filled up with zeros when there are many rows, so that one tile does for all; with up to
 * {@link #EXACT_ROWS} rows they form a narrower group instead.
 *
 * @param values the packed values
 * @param rows M
 * @param depth K
 */
public record PackedA(float[] values, int rows, int depth) {
    /** Rows of a group. */
    static final int GROUP = GemmTile.ROWS;

    /** Up to this many rows, no group is filled up with zeros. */
    static final int EXACT_ROWS = 32;

    /** Elements packed by one task: about 20 microseconds. */
    private static final int TASK_ELEMENTS = 1 << 16;

    /** Packs a matrix into an array of its own. */
    public static PackedA of(MatrixView a) {
        try (var alone = new Parallel(1)) {
            return pack(alone, a, new float[length(a)]);
        }
    }

    /** Packs a matrix into memory of the calling thread, valid until its next product. */
    static PackedA inScratch(Parallel parallel, MatrixView a) {
        return pack(parallel, a, Scratch.floats(Scratch.GEMM_A, length(a)));
    }

    /** How many rows the group that begins with row {@code r} has. */
    int height(int r) {
        return height(rows, r);
    }

    /** Where in {@link #values} the value of {@code k} in the group that begins with row {@code r} lies. */
    int at(int r, int k) {
        return r * depth + k * height(r);
    }

    private static int height(int rows, int r) {
        return rows <= EXACT_ROWS ? Math.min(GROUP, rows - r) : GROUP;
    }

    private static int length(MatrixView a) {
        int rows = a.rows() <= EXACT_ROWS ? a.rows() : Math.ceilDiv(a.rows(), GROUP) * GROUP;
        return Math.multiplyExact(rows, a.columns());
    }

    private static PackedA pack(Parallel parallel, MatrixView a, float[] to) {
        int groups = Math.ceilDiv(a.rows(), GROUP);
        int groupsPerTask = Math.max(1, TASK_ELEMENTS / (GROUP * Math.max(1, a.columns())));
        parallel.forEach(Math.ceilDiv(groups, groupsPerTask), task -> {
            int end = Math.min(groups, (task + 1) * groupsPerTask);
            for (int group = task * groupsPerTask; group < end; group++) {
                packGroup(a, group * GROUP, to);
            }
        });
        return new PackedA(to, a.rows(), a.columns());
    }

    private static void packGroup(MatrixView a, int r, float[] to) {
        int height = height(a.rows(), r);
        int present = Math.min(height, a.rows() - r);
        int at = r * a.columns();
        if (present == GROUP && a.columnStride() == 1) {
            fourRows(a.values(), a.at(r, 0), a.rowStride(), a.columns(), to, at);
        } else if (present == GROUP && a.rowStride() == 1) {
            fourColumns(a.values(), a.at(r, 0), a.columnStride(), a.columns(), to, at);
        } else {
            for (int i = 0; i < present; i++) {
                row(a.values(), a.at(r + i, 0), a.columnStride(), a.columns(), to, at + i, height);
            }
            for (int i = present; i < height; i++) {
                for (int k = 0; k < a.columns(); k++) {
                    to[at + i + k * height] = 0f;
                }
            }
        }
    }

    private static void row(float[] from, int at, int step, int n, float[] to, int toAt, int toStep) {
        for (int k = 0; k < n; k++) {
            to[toAt + k * toStep] = from[at + k * step];
        }
    }

    /** Interleaves four rows. */
    private static void fourRows(float[] from, int at, int stride, int n, float[] to, int toAt) {
        for (int k = 0; k < n; k++) {
            to[toAt + 4 * k] = from[at + k];
            to[toAt + 4 * k + 1] = from[at + stride + k];
            to[toAt + 4 * k + 2] = from[at + 2 * stride + k];
            to[toAt + 4 * k + 3] = from[at + 3 * stride + k];
        }
    }

    /** The same for a transposed matrix, where the four values lie side by side already. */
    private static void fourColumns(float[] from, int at, int stride, int n, float[] to, int toAt) {
        for (int k = 0; k < n; k++) {
            to[toAt + 4 * k] = from[at + k * stride];
            to[toAt + 4 * k + 1] = from[at + k * stride + 1];
            to[toAt + 4 * k + 2] = from[at + k * stride + 2];
            to[toAt + 4 * k + 3] = from[at + k * stride + 3];
        }
    }
}
