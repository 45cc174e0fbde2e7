package espalier.tensor.cpu.vector.pool;

import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Heap;
import espalier.tensor.cpu.vector.lanes.Tasks;
import espalier.tensor.spi.PoolSpec;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Average pooling of {@code [N, C, H, W]} and its gradient. A vector holds neighbouring windows, see {@link PoolPlane}.
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
                int[] corners = PairPool.corners(x.dim(3), rows, columns);
                for (int p = first; p < end; p++) {
                    int at = yo + p * rows * columns;
                    PairPool.average(from, xo + p * plane, x.dim(3), corners, to, at, rows, columns);
                }
            });
            return;
        }
        double nanos = 50 + 0.2 * plane + 0.1 * spec.kernelH() * spec.kernelW() * rows * columns;
        float[] counts = counts(spec, x.shape(), out.shape());
        PoolPlane pool = new PoolPlane(spec, x.shape(), out.shape());
        int[] starts = new int[spec.kernelH() * spec.kernelW()];
        Arrays.setAll(starts, t -> pool.start(t / spec.kernelW(), t % spec.kernelW()));
        Tasks.ranges(parallel, planes, Tasks.rowsPerTask(plane), nanos, (first, end) -> {
            float[] phases = pool.phases(0f);
            float[] sums = Scratch.floats(Scratch.ROW, pool.outputs);
            for (int p = first; p < end; p++) {
                pool.read(from, xo + p * plane, phases);
                PoolWindow.sum(phases, 0, starts, sums, 0, pool.outputs);
                PoolWindow.divide(sums, counts, pool.outputs);
                for (int i = 0; i < rows; i++) {
                    System.arraycopy(sums, i * pool.pitch, to, yo + (p * rows + i) * columns, columns);
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
        double nanos = 50 + 0.2 * plane + 0.1 * spec.kernelH() * spec.kernelW() * rows * columns;
        float[] counts = counts(spec, dx.shape(), g.shape());
        PoolPlane pool = new PoolPlane(spec, dx.shape(), g.shape());
        Tasks.ranges(parallel, planes, Tasks.rowsPerTask(plane), nanos, (first, end) -> {
            float[] phases = pool.phases(0f);
            int[][] places = placesOfPhases(spec, pool);
            int margin = (spec.kernelH() - 1) / spec.strideH() * pool.pitch + (spec.kernelW() - 1) / spec.strideW();
            float[] share = new float[pool.outputs];
            float[] shares =
                    new float[margin + Math.max(pool.size, pool.outputs) + PoolPlane.STEP]; // zeros around them
            for (int p = first; p < end; p++) {
                for (int i = 0; i < rows; i++) {
                    System.arraycopy(gs, go + (p * rows + i) * columns, share, i * pool.pitch, columns);
                }
                PoolWindow.divide(share, counts, pool.outputs);
                System.arraycopy(share, 0, shares, margin, pool.outputs);
                for (int phase = 0; phase < places.length; phase++) { // each writes over the end of the one before
                    PoolWindow.sum(shares, margin, places[phase], phases, phase * pool.size, pool.size);
                }
                pool.write(phases, to, xo + p * plane);
            }
        });
    }

    /**
     * For each phase, how far before an element of it the windows lie in which it has a place, the last place first.
     */
    private static int[][] placesOfPhases(PoolSpec spec, PoolPlane pool) {
        int[][] places = new int[spec.strideH() * spec.strideW()][];
        for (int phase = 0; phase < places.length; phase++) {
            int first = phase * pool.size;
            places[phase] = IntStream.range(0, spec.kernelH() * spec.kernelW())
                    .map(t -> pool.start(t / spec.kernelW(), t % spec.kernelW()) - first)
                    .filter(start -> start >= 0 && start < pool.size)
                    .map(start -> -start)
                    .sorted()
                    .toArray();
        }
        return places;
    }

    /** How many places of each window count: rows that do times columns that do; 1 where there is no window. */
    private static float[] counts(PoolSpec spec, Shape input, Shape output) {
        PoolPlane pool = new PoolPlane(spec, input, output);
        float[] counts = new float[pool.outputs];
        Arrays.fill(counts, 1f);
        for (int i = 0; i < output.dim(2); i++) {
            int padH = spec.countPadding() ? spec.padH() : 0;
            int rows = overlap(i * spec.strideH() - spec.padH(), spec.kernelH(), input.dim(2), padH);
            for (int j = 0; j < output.dim(3); j++) {
                int padW = spec.countPadding() ? spec.padW() : 0;
                int columns = overlap(j * spec.strideW() - spec.padW(), spec.kernelW(), input.dim(3), padW);
                counts[i * pool.pitch + j] = rows * columns;
            }
        }
        return counts;
    }

    private static int overlap(int start, int length, int size, int pad) {
        return Math.min(start + length, size + pad) - Math.max(start, -pad);
    }
}
