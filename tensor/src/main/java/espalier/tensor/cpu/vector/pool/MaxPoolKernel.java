package espalier.tensor.cpu.vector.pool;

import static espalier.tensor.cpu.vector.lanes.Lanes.COUNT;

import espalier.tensor.Tensor;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.vector.lanes.Heap;
import espalier.tensor.cpu.vector.lanes.Tasks;
import espalier.tensor.spi.PoolSpec;
import java.util.Arrays;

/**
 * Max pooling of {@code [N, C, H, W]} with the place of each maximum, and its gradient. A vector holds neighbouring
 * windows of one output row and walks over the places of the window together, see {@link PoolPlane}.
 */
public final class MaxPoolKernel {
    private MaxPoolKernel() {}

    /** The first maximum of each window, NaN beyond all, and its place {@code h·W + w} in the plane. */
    public static void forward(Parallel parallel, PoolSpec spec, Tensor x, Tensor out, Tensor indices) {
        Tensor input = x.contiguous();
        float[] from = Heap.floats(input);
        float[] values = Heap.floats(out);
        int[] places = Heap.ints(indices);
        int xo = Heap.at(input);
        int vo = Heap.at(out);
        int po = Heap.at(indices);
        int plane = x.dim(2) * x.dim(3);
        int rows = out.dim(2);
        int columns = out.dim(3);
        if (PairPool.takes(spec, x.dim(2), x.dim(3), rows, columns)) {
            int windows = rows * columns;
            int planes = x.dim(0) * x.dim(1);
            Tasks.ranges(parallel, planes, Tasks.rowsPerTask(plane), 20 + windows, (first, end) -> {
                for (int p = first; p < end; p++) {
                    int to = p * windows;
                    PairPool.max(from, xo + p * plane, x.dim(3), values, vo + to, places, po + to, rows, columns);
                }
            });
            return;
        }
        int[] left = lefts(spec, columns);
        int[] firstInside =
                Arrays.stream(left).map(column -> Math.max(column, 0)).toArray();
        double nanos = 50 + 0.2 * plane + 0.2 * spec.kernelH() * spec.kernelW() * rows * columns;
        Tasks.ranges(parallel, x.dim(0) * x.dim(1), Tasks.rowsPerTask(plane), nanos, (first, end) -> {
            PoolPlane pool = new PoolPlane(spec, x.shape(), columns, Float.NEGATIVE_INFINITY);
            PoolWindow window = new PoolWindow(spec, pool, x.dim(2), x.dim(3));
            float[] value = new float[pool.width];
            int[] place = new int[pool.width];
            for (int p = first; p < end; p++) {
                pool.read(from, xo + p * plane);
                for (int i = 0; i < rows; i++) {
                    window.moveTo(i);
                    window.max(left, firstInside, value, place);
                    int at = (p * rows + i) * columns;
                    System.arraycopy(value, 0, values, vo + at, columns);
                    System.arraycopy(place, 0, places, po + at, columns);
                }
            }
        });
    }

    /** Leftmost input column of the window of each output column, for whole vectors of them. */
    private static int[] lefts(PoolSpec spec, int columns) {
        int[] left = new int[Math.ceilDiv(columns, COUNT) * COUNT];
        for (int j = 0; j < left.length; j++) {
            left[j] = j * spec.strideW() - spec.padW();
        }
        return left;
    }

    /** Adds each {@code g} to the place its maximum came from. */
    public static void gradient(Parallel parallel, Tensor g, Tensor indices, Tensor dx) {
        Tensor incoming = g.contiguous();
        Tensor from = indices.contiguous();
        float[] gs = Heap.floats(incoming);
        int[] places = Heap.ints(from);
        float[] to = Heap.floats(dx);
        int go = Heap.at(incoming);
        int po = Heap.at(from);
        int xo = Heap.at(dx);
        int plane = dx.dim(2) * dx.dim(3);
        int windows = g.dim(2) * g.dim(3);
        double nanos = 20 + 0.1 * plane + windows;
        Tasks.ranges(parallel, dx.dim(0) * dx.dim(1), Tasks.rowsPerTask(plane), nanos, (first, end) -> {
            for (int p = first; p < end; p++) {
                int start = xo + p * plane;
                Arrays.fill(to, start, start + plane, 0f);
                for (int i = p * windows; i < (p + 1) * windows; i++) {
                    to[start + places[po + i]] += gs[go + i];
                }
            }
        });
    }
}
