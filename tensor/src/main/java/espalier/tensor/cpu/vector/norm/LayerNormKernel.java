package espalier.tensor.cpu.vector.norm;

import static espalier.tensor.cpu.vector.lanes.Lanes.FLOATS;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;
import static jdk.incubator.vector.FloatVector.fromArray;

import espalier.tensor.Tensor;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.vector.lanes.Heap;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.Tasks;
import espalier.tensor.cpu.vector.reduce.Moments;
import espalier.tensor.cpu.vector.reduce.RowReduction;
import jdk.incubator.vector.FloatVector;

/** Standardizes the rows of {@code [R, D]}, the core of layer norm, and its gradient. */
public final class LayerNormKernel {
    private static final double NANOS = 0.5;

    private LayerNormKernel() {}

    /** {@code (x − μ)/√(σ² + ε)} a row, in three passes over a row that stays in the cache. */
    public static void forward(Parallel parallel, Tensor x, double epsilon, Tensor out, Tensor mean, Tensor variance) {
        int rows = x.dim(0);
        int columns = x.dim(1);
        Tensor input = x.contiguous();
        float[] from = Heap.floats(input);
        float[] to = Heap.floats(out);
        float[] means = Heap.floats(mean);
        float[] variances = Heap.floats(variance);
        int xo = Heap.at(input);
        int yo = Heap.at(out);
        int mo = Heap.at(mean);
        int vo = Heap.at(variance);
        Tasks.ranges(parallel, rows, Tasks.rowsPerTask(columns), 30 + NANOS * columns, (first, end) -> {
            for (int row = first; row < end; row++) {
                int at = xo + row * columns;
                Moments moments = Moments.of(from, at, columns);
                means[mo + row] = (float) moments.mean();
                variances[vo + row] = (float) moments.variance();
                float scale = (float) (1 / Math.sqrt(moments.variance() + epsilon));
                subtractAndScale(from, at, (float) moments.mean(), scale, to, yo + row * columns, columns);
            }
        });
    }

    /** {@code dx = (g − mean(g) − y·mean(g·y))/√(σ² + ε)} a row. */
    public static void gradient(Parallel parallel, Tensor y, Tensor g, Tensor variance, double epsilon, Tensor dx) {
        int rows = y.dim(0);
        int columns = y.dim(1);
        Tensor output = y.contiguous();
        Tensor incoming = g.contiguous();
        Tensor spread = variance.contiguous();
        float[] ys = Heap.floats(output);
        float[] gs = Heap.floats(incoming);
        float[] variances = Heap.floats(spread);
        float[] to = Heap.floats(dx);
        int yo = Heap.at(output);
        int go = Heap.at(incoming);
        int vo = Heap.at(spread);
        int xo = Heap.at(dx);
        Tasks.ranges(parallel, rows, Tasks.rowsPerTask(columns), 30 + NANOS * columns, (first, end) -> {
            for (int row = first; row < end; row++) {
                int skip = row * columns;
                float mean = (float) (RowReduction.sum(gs, go + skip, columns) / columns);
                float along = (float) (RowReduction.dot(gs, go + skip, 0f, ys, yo + skip, columns) / columns);
                float scale = (float) (1 / Math.sqrt(variances[vo + row] + epsilon));
                project(gs, go + skip, mean, ys, yo + skip, along, scale, to, xo + skip, columns);
            }
        });
    }

    /** {@code y = (x − mean)·scale}. */
    private static void subtractAndScale(float[] x, int xo, float mean, float scale, float[] y, int yo, int n) {
        int whole = Lanes.whole(n);
        for (int i = 0; i < whole; i += Lanes.COUNT) {
            VECTOR.cast(fromArray(FLOATS, x, xo + i)).sub(mean).mul(scale).intoArray(y, yo + i);
        }
        for (int i = whole; i < n; i++) {
            y[yo + i] = (x[xo + i] - mean) * scale;
        }
    }

    /** {@code dx = (g − mean − y·along)·scale}. */
    private static void project(
            float[] g, int go, float mean, float[] y, int yo, float along, float scale, float[] dx, int xo, int n) {
        int whole = Lanes.whole(n);
        FloatVector factor = FloatVector.broadcast(FLOATS, -along);
        for (int i = 0; i < whole; i += Lanes.COUNT) {
            FloatVector centred = VECTOR.cast(fromArray(FLOATS, g, go + i)).sub(mean);
            VECTOR.cast(fromArray(FLOATS, y, yo + i))
                    .fma(factor, centred)
                    .mul(scale)
                    .intoArray(dx, xo + i);
        }
        for (int i = whole; i < n; i++) {
            dx[xo + i] = Math.fma(y[yo + i], -along, g[go + i] - mean) * scale;
        }
    }
}
