package espalier.tensor.cpu.vector.pool;

import static espalier.tensor.cpu.vector.lanes.Lanes.COUNT;
import static espalier.tensor.cpu.vector.lanes.Lanes.FLOATS;
import static jdk.incubator.vector.FloatVector.fromArray;

import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.vector.lanes.Heap;
import espalier.tensor.cpu.vector.lanes.Tasks;
import espalier.tensor.spi.PoolSpec;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * Average pooling of {@code [N, C, H, W]} and its gradient. A vector holds neighbouring windows of one output row, see
 * {@link PoolPlane}.
 */
public final class AveragePoolKernel {
    private AveragePoolKernel() {}

    /** The sum of each window over the number of places that count. */
    public static void forward(Parallel parallel, PoolSpec spec, Tensor x, Tensor out) {
        Tensor input = x.contiguous();
        float[] from = Heap.floats(input);
        float[] to = Heap.floats(out);
        int xo = Heap.at(input);
        int yo = Heap.at(out);
        int plane = x.dim(2) * x.dim(3);
        int rows = out.dim(2);
        int columns = out.dim(3);
        int planes = x.dim(0) * x.dim(1);
        if (PairPool.takes(spec, x.dim(2), x.dim(3), rows, columns)) {
            Tasks.ranges(parallel, planes, Tasks.rowsPerTask(plane), 20 + rows * columns, (first, end) -> {
                for (int p = first; p < end; p++) {
                    PairPool.average(from, xo + p * plane, x.dim(3), to, yo + p * rows * columns, rows, columns);
                }
            });
            return;
        }
        Counts counts = Counts.of(spec, x.shape(), out.shape());
        double nanos = 50 + 0.2 * plane + 0.1 * spec.kernelH() * spec.kernelW() * rows * columns;
        Tasks.ranges(parallel, planes, Tasks.rowsPerTask(plane), nanos, (first, end) -> {
            PoolPlane pool = new PoolPlane(spec, x.shape(), columns, 0f);
            PoolWindow window = new PoolWindow(spec, pool, x.dim(2), x.dim(3));
            float[] sums = new float[pool.width];
            for (int p = first; p < end; p++) {
                pool.read(from, xo + p * plane);
                for (int i = 0; i < rows; i++) {
                    window.moveTo(i);
                    window.sum(sums);
                    divide(sums, counts.columns(), counts.rows()[i]);
                    System.arraycopy(sums, 0, to, yo + (p * rows + i) * columns, columns);
                }
            }
        });
    }

    /** Each {@code g}, over the same number, added to every place of its window. */
    public static void gradient(Parallel parallel, PoolSpec spec, Tensor g, Tensor dx) {
        Tensor incoming = g.contiguous();
        float[] gs = Heap.floats(incoming);
        float[] to = Heap.floats(dx);
        int go = Heap.at(incoming);
        int xo = Heap.at(dx);
        int plane = dx.dim(2) * dx.dim(3);
        int rows = g.dim(2);
        int columns = g.dim(3);
        int planes = dx.dim(0) * dx.dim(1);
        if (PairPool.takes(spec, dx.dim(2), dx.dim(3), rows, columns)) {
            Tasks.ranges(parallel, planes, Tasks.rowsPerTask(plane), 20 + rows * columns, (first, end) -> {
                for (int p = first; p < end; p++) {
                    int at = xo + p * plane;
                    if (4 * rows * columns < plane) {
                        Arrays.fill(to, at, at + plane, 0f);
                    }
                    PairPool.averageGradient(gs, go + p * rows * columns, rows, columns, to, at, dx.dim(3));
                }
            });
            return;
        }
        Counts counts = Counts.of(spec, dx.shape(), g.shape());
        double nanos = 50 + 0.2 * plane + 0.1 * spec.kernelH() * spec.kernelW() * rows * columns;
        Tasks.ranges(parallel, planes, Tasks.rowsPerTask(plane), nanos, (first, end) -> {
            PoolPlane pool = new PoolPlane(spec, dx.shape(), columns, 0f);
            float[] share = new float[pool.width];
            for (int p = first; p < end; p++) {
                Arrays.fill(pool.phases, 0f);
                for (int i = 0; i < rows; i++) {
                    System.arraycopy(gs, go + (p * rows + i) * columns, share, 0, columns);
                    divide(share, counts.columns(), counts.rows()[i]);
                    for (int k = 0; k < spec.kernelH(); k++) {
                        int row = pool.inputRow(i, k);
                        for (int q = 0; row >= 0 && row < dx.dim(2) && q < spec.kernelW(); q++) {
                            add(share, pool.phases, pool.start(row, q));
                        }
                    }
                }
                pool.write(to, xo + p * plane);
            }
        });
    }

    /** {@code y += x} over whole vectors. */
    private static void add(float[] x, float[] y, int yo) {
        for (int i = 0; i < x.length; i += COUNT) {
            fromArray(FLOATS, y, yo + i).add(fromArray(FLOATS, x, i)).intoArray(y, yo + i);
        }
    }

    /** {@code y = y/(columns·rows)} over whole vectors. */
    private static void divide(float[] y, float[] columns, float rows) {
        for (int i = 0; i < y.length; i += COUNT) {
            FloatVector count = fromArray(FLOATS, columns, i).mul(rows);
            fromArray(FLOATS, y, i).div(count).intoArray(y, i);
        }
    }

    /**
     * How many places of a window count: rows that do times columns that do.
     *
     * @param rows one an output row
     * @param columns one an output column, for whole vectors of them; 1 beyond the last
     */
    private record Counts(float[] rows, float[] columns) {
        static Counts of(PoolSpec spec, Shape input, Shape output) {
            float[] rows = new float[output.dim(2)];
            for (int i = 0; i < rows.length; i++) {
                int pad = spec.countPadding() ? spec.padH() : 0;
                rows[i] = overlap(i * spec.strideH() - spec.padH(), spec.kernelH(), input.dim(2), pad);
            }
            float[] columns = new float[Math.ceilDiv(output.dim(3), COUNT) * COUNT];
            Arrays.fill(columns, 1f);
            for (int j = 0; j < output.dim(3); j++) {
                int pad = spec.countPadding() ? spec.padW() : 0;
                columns[j] = overlap(j * spec.strideW() - spec.padW(), spec.kernelW(), input.dim(3), pad);
            }
            return new Counts(rows, columns);
        }

        private static int overlap(int start, int length, int size, int pad) {
            return Math.min(start + length, size + pad) - Math.max(start, -pad);
        }
    }
}
