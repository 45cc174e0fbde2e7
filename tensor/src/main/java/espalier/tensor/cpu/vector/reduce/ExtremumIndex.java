package espalier.tensor.cpu.vector.reduce;

import espalier.tensor.Tensor;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.vector.lanes.Heap;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.Tasks;
import espalier.tensor.spi.ReduceOp;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Where the largest or smallest element along an axis is: the first of equals, and the first NaN if there is one.
 *
 * <p>Along the last axis the extreme is found first, with vectors, and then the first place that holds it. Along
 * another axis all columns advance together, a row at a time.
 */
public final class ExtremumIndex {
    private ExtremumIndex() {}

    /** Writes the indices, I32, for an F32 tensor. */
    public static void run(Parallel parallel, boolean largest, Tensor x, int axis, Tensor out) {
        Tensor rows = x.contiguous();
        float[] from = Heap.floats(rows);
        int[] to = Heap.ints(out);
        int start = Heap.at(rows);
        int target = Heap.at(out);
        int n = x.dim(axis);
        int inner = 1;
        for (int i = axis + 1; i < x.rank(); i++) {
            inner *= x.dim(i);
        }
        int width = inner;
        int outer = out.size() / Math.max(1, inner);
        double nanos = 5 + 0.5 * n * inner;
        Tasks.ranges(parallel, outer, Tasks.rowsPerTask(n * inner), nanos, (first, end) -> {
            for (int i = first; i < end; i++) {
                if (width == 1) {
                    to[target + i] = ofRow(largest, from, start + i * n, n);
                } else {
                    ofColumns(largest, from, start + i * n * width, n, width, to, target + i * width);
                }
            }
        });
    }

    /** The index in one run of {@code n} elements, at least 1. */
    static int ofRow(boolean largest, float[] x, int at, int n) {
        float extreme = (float) RowReduction.run(largest ? ReduceOp.MAX : ReduceOp.MIN, x, at, n);
        int i = 0;
        if (Float.isNaN(extreme)) {
            while (!Float.isNaN(x[at + i])) {
                i++;
            }
            return i;
        }
        int whole = Lanes.whole(n);
        for (; i < whole; i += Lanes.COUNT) {
            var equal = FloatVector.fromArray(Lanes.FLOATS, x, at + i).compare(VectorOperators.EQ, extreme);
            if (equal.anyTrue()) {
                return i + equal.firstTrue();
            }
        }
        while (x[at + i] != extreme) {
            i++;
        }
        return i;
    }

    /** The index of each column of {@code [n, columns]}. */
    private static void ofColumns(boolean largest, float[] x, int at, int n, int columns, int[] best, int to) {
        for (int j = 0; j < columns; j++) {
            best[to + j] = 0;
        }
        for (int k = 1; k < n; k++) {
            int row = at + k * columns;
            for (int j = 0; j < columns; j++) {
                float extreme = x[at + best[to + j] * columns + j];
                float value = x[row + j];
                boolean better = largest ? value > extreme : value < extreme;
                if (better || (Float.isNaN(value) && !Float.isNaN(extreme))) {
                    best[to + j] = k;
                }
            }
        }
    }
}
