package espalier.tensor.cpu.vector.reduce;

import espalier.tensor.Tensor;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.vector.lanes.Heap;
import espalier.tensor.cpu.vector.lanes.Tasks;

/**
 * Running sums along an axis, in double precision. Each sum needs the one before, so there is nothing for vectors to do
 * along the axis.
 */
public final class RunningSum {
    private RunningSum() {}

    /** {@code out[.., k, ..] = Σ x[.., i, ..]} over i from 0 to k; F32. */
    public static void run(Parallel parallel, Tensor x, int axis, Tensor out) {
        Tensor rows = x.contiguous();
        float[] from = Heap.floats(rows);
        float[] to = Heap.floats(out);
        int start = Heap.at(rows);
        int target = Heap.at(out);
        int n = x.dim(axis);
        int inner = 1;
        for (int i = axis + 1; i < x.rank(); i++) {
            inner *= x.dim(i);
        }
        int width = inner;
        int lines = n == 0 ? 0 : x.size() / n;
        Tasks.ranges(parallel, lines, Tasks.rowsPerTask(n), 1.5 * n, (first, end) -> {
            for (int line = first; line < end; line++) {
                int skip = line / width * n * width + line % width;
                double sum = 0;
                for (int k = 0; k < n; k++) {
                    sum += from[start + skip + k * width];
                    to[target + skip + k * width] = (float) sum;
                }
            }
        });
    }
}
