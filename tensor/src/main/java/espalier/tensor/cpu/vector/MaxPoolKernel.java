package espalier.tensor.cpu.vector;

import static espalier.tensor.cpu.vector.Lanes.COUNT;
import static espalier.tensor.cpu.vector.Lanes.FLOATS;
import static espalier.tensor.cpu.vector.Lanes.INTS;
import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.LE;

import espalier.tensor.Tensor;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.spi.PoolSpec;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Max pooling of {@code [N, C, H, W]} with the place of each maximum, and its gradient. A vector holds neighbouring
 * windows of one output row and walks over the places of the window together, see {@link PoolPlane}.
 */
final class MaxPoolKernel {
    private MaxPoolKernel() {}

    /** The first maximum of each window, NaN beyond all, and its place {@code h·W + w} in the plane. */
    static void forward(Parallel parallel, PoolSpec spec, Tensor x, Tensor out, Tensor indices) {
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
        int[] left = lefts(spec, columns);
        int[] firstInside =
                Arrays.stream(left).map(column -> Math.max(column, 0)).toArray();
        double nanos = 50 + 0.2 * plane + 0.2 * spec.kernelH() * spec.kernelW() * rows * columns;
        Tasks.ranges(parallel, x.dim(0) * x.dim(1), Tasks.rowsPerTask(plane), nanos, (first, end) -> {
            PoolPlane pool = new PoolPlane(spec, x.shape(), columns, Float.NEGATIVE_INFINITY);
            Window window = new Window(spec, pool, x.dim(2), x.dim(3));
            float[] value = new float[pool.width];
            int[] place = new int[pool.width];
            for (int p = first; p < end; p++) {
                pool.read(from, xo + p * plane);
                for (int i = 0; i < rows; i++) {
                    window.moveTo(i);
                    window.row(left, firstInside, value, place);
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

    /** The places of the windows of one output row that lie on input rows. */
    private static final class Window {
        private final PoolSpec spec;
        private final PoolPlane pool;
        private final int height;
        private final int width;
        /** Where place t stands in the phases for output column 0. */
        private final int[] starts;
        /** What place t adds to the window's left column to give the index. */
        private final int[] indices;

        private int count;
        private int firstRow;

        Window(PoolSpec spec, PoolPlane pool, int height, int width) {
            this.spec = spec;
            this.pool = pool;
            this.height = height;
            this.width = width;
            this.starts = new int[spec.kernelH() * spec.kernelW()];
            this.indices = new int[starts.length];
        }

        void moveTo(int outputRow) {
            count = 0;
            firstRow = Math.max(0, pool.inputRow(outputRow, 0));
            for (int p = 0; p < spec.kernelH(); p++) {
                int row = pool.inputRow(outputRow, p);
                if (row < 0 || row >= height) {
                    continue;
                }
                for (int q = 0; q < spec.kernelW(); q++) {
                    starts[count] = pool.start(row, q);
                    indices[count++] = row * width + q;
                }
            }
        }

        /** Starts from the first place inside the plane, so that a window of −∞ has an index too. */
        void row(int[] left, int[] firstInside, float[] value, int[] place) {
            float[] phases = pool.phases;
            for (int j = 0; j < value.length; j += COUNT) {
                FloatVector best = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
                IntVector at = IntVector.fromArray(INTS, firstInside, j).add(firstRow * width);
                IntVector column = IntVector.fromArray(INTS, left, j);
                for (int t = 0; t < count; t++) {
                    FloatVector v = fromArray(FLOATS, phases, starts[t] + j);
                    // larger, or NaN after a number
                    var wins = v.compare(LE, best).not().and(best.compare(EQ, best));
                    best = best.blend(v, wins);
                    at = at.blend(column.add(indices[t]), wins.cast(INTS));
                }
                best.intoArray(value, j);
                at.intoArray(place, j);
            }
        }
    }

    /** Adds each {@code g} to the place its maximum came from. */
    static void gradient(Parallel parallel, Tensor g, Tensor indices, Tensor dx) {
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
