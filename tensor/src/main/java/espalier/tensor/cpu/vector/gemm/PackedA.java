package espalier.tensor.cpu.vector.gemm;

import espalier.tensor.cpu.MatrixView;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.RowGroups;
import espalier.tensor.cpu.vector.lanes.StridedCopy;
import espalier.tensor.cpu.vector.lanes.Transpose;

/**
 * The left matrix of a product, {@code [M, K]}, in the order in which tiles read it: the groups of {@link RowGroups},
 * and in a group the values of one {@code k} side by side.
 *
 * <p>A matrix that is used many times, such as the weights of a layer, is packed once with {@link #of}.
 *
 * @param values the packed values
 * @param rows M
 * @param depth K
 */
public record PackedA(float[] values, int rows, int depth) {
    /** Up to this many rows, tiles read the right matrix where it lies. */
    static final int FEW = 32;

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
        return RowGroups.height(rows, r);
    }

    /**
     * Where in {@link #values} the value of {@code k} in the group of so many rows that begins with row {@code r} lies.
     */
    int at(int r, int height, int k) {
        return r * depth + k * height;
    }

    /** Columns of the widest tile that takes one of the groups, a multiple of all the others. */
    int widestTile() {
        int last = RowGroups.start(rows, RowGroups.count(rows) - 1);
        return Math.max(GemmTile.columns(height(0)), GemmTile.columns(height(last)));
    }

    private static int length(MatrixView a) {
        return Math.multiplyExact(a.rows(), a.columns());
    }

    private static PackedA pack(Parallel parallel, MatrixView a, float[] to) {
        int groups = RowGroups.count(a.rows());
        int groupsPerTask = Math.max(1, TASK_ELEMENTS / (RowGroups.MOST * Math.max(1, a.columns())));
        parallel.forEach(Math.ceilDiv(groups, groupsPerTask), task -> {
            int end = Math.min(groups, (task + 1) * groupsPerTask);
            for (int group = task * groupsPerTask; group < end; group++) {
                packGroup(a, RowGroups.start(a.rows(), group), to);
            }
        });
        return new PackedA(to, a.rows(), a.columns());
    }

    private static void packGroup(MatrixView a, int r, float[] to) {
        int height = RowGroups.height(a.rows(), r);
        int at = r * a.columns();
        if (a.columnStride() == 1) {
            Transpose.run(a.values(), a.at(r, 0), a.rowStride(), height, a.columns(), to, at, height);
        } else if (height == 8 && a.rowStride() == 1) {
            StridedCopy.rows(a.values(), a.at(r, 0), a.columnStride(), a.columns(), 8, to, at, 8);
        } else if (height == 6 && a.rowStride() == 1) {
            sixColumns(a.values(), a.at(r, 0), a.columnStride(), a.columns(), to, at);
        } else if (height == 4 && a.rowStride() == 1) {
            fourColumns(a.values(), a.at(r, 0), a.columnStride(), a.columns(), to, at);
        } else {
            for (int i = 0; i < height; i++) {
                row(a.values(), a.at(r + i, 0), a.columnStride(), a.columns(), to, at + i, height);
            }
        }
    }

    private static void row(float[] from, int at, int step, int n, float[] to, int toAt, int toStep) {
        for (int k = 0; k < n; k++) {
            to[toAt + k * toStep] = from[at + k * step];
        }
    }

    /** Six rows of a transposed matrix, where the six values lie side by side already. */
    private static void sixColumns(float[] from, int at, int stride, int n, float[] to, int toAt) {
        for (int k = 0; k < n; k++) {
            to[toAt + 6 * k] = from[at + k * stride];
            to[toAt + 6 * k + 1] = from[at + k * stride + 1];
            to[toAt + 6 * k + 2] = from[at + k * stride + 2];
            to[toAt + 6 * k + 3] = from[at + k * stride + 3];
            to[toAt + 6 * k + 4] = from[at + k * stride + 4];
            to[toAt + 6 * k + 5] = from[at + k * stride + 5];
        }
    }

    /** The same for four rows. */
    private static void fourColumns(float[] from, int at, int stride, int n, float[] to, int toAt) {
        for (int k = 0; k < n; k++) {
            to[toAt + 4 * k] = from[at + k * stride];
            to[toAt + 4 * k + 1] = from[at + k * stride + 1];
            to[toAt + 4 * k + 2] = from[at + k * stride + 2];
            to[toAt + 4 * k + 3] = from[at + k * stride + 3];
        }
    }
}
