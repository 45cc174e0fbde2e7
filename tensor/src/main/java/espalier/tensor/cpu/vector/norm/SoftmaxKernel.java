package espalier.tensor.cpu.vector.norm;

import static espalier.tensor.cpu.vector.lanes.Lanes.FLOATS;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;
import static jdk.incubator.vector.FloatVector.fromArray;

import espalier.tensor.Tensor;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.elementwise.UnaryKernel;
import espalier.tensor.cpu.vector.elementwise.VectorMath;
import espalier.tensor.cpu.vector.lanes.Heap;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.Tasks;
import espalier.tensor.cpu.vector.reduce.RowReduction;
import espalier.tensor.spi.UnaryOp;
import jdk.incubator.vector.FloatVector;

/**
 * Softmax, its logarithm, cross-entropy and their gradients, row by row over {@code [R, D]}.
 *
 * <p>A group of rows that fits the first-level cache goes through together: the largest of each row is taken away, one
 * call takes all exponentials, whatever the length of the rows, and each row is divided by its sum.
 */
public final class SoftmaxKernel {
    private static final double NANOS = 1.5;

    private SoftmaxKernel() {}

    /** {@code y = e^(x−m)/Σe^(x−m)}, or {@code (x−m) − log Σe^(x−m)}, m the largest of the row. */
    public static void forward(Parallel parallel, Tensor x, boolean log, Tensor out) {
        int columns = x.dim(-1);
        int rows = columns == 0 ? 0 : x.size() / columns;
        Tensor input = x.contiguous();
        float[] from = Heap.floats(input);
        float[] to = Heap.floats(out);
        int xo = Heap.at(input);
        int yo = Heap.at(out);
        inGroups(parallel, rows, columns, (first, end) -> {
            int start = first * columns;
            int n = (end - first) * columns;
            shift(from, xo + start, to, yo + start, end - first, columns);
            float[] powers = log ? Scratch.floats(Scratch.ROW, n) : to;
            int po = log ? 0 : yo + start;
            UnaryKernel.run(UnaryOp.EXP, to, yo + start, powers, po, n);
            for (int row = 0; row < end - first; row++) {
                double sum = RowReduction.sum(powers, po + row * columns, columns);
                int at = yo + start + row * columns;
                if (log) {
                    subtract(to, at, (float) Math.log(sum), to, at, columns);
                } else {
                    divide(to, at, (float) sum, columns);
                }
            }
        });
    }

    /** {@code dx = y·(g − Σg·y)}; for the logarithm {@code dx = g − e^y·Σg}. */
    public static void gradient(Parallel parallel, Tensor y, Tensor g, boolean log, Tensor dx) {
        int columns = y.dim(-1);
        int rows = columns == 0 ? 0 : y.size() / columns;
        Tensor output = y.contiguous();
        Tensor incoming = g.contiguous();
        float[] ys = Heap.floats(output);
        float[] gs = Heap.floats(incoming);
        float[] to = Heap.floats(dx);
        int yo = Heap.at(output);
        int go = Heap.at(incoming);
        int xo = Heap.at(dx);
        inGroups(parallel, rows, columns, (first, end) -> {
            int start = first * columns;
            int n = (end - first) * columns;
            float[] p = log ? Scratch.floats(Scratch.ROW, n) : ys;
            int po = log ? 0 : yo + start;
            if (log) {
                UnaryKernel.run(UnaryOp.EXP, ys, yo + start, p, 0, n);
            }
            for (int row = 0; row < end - first; row++) {
                int skip = row * columns;
                int at = go + start + skip;
                if (log) {
                    float sum = (float) RowReduction.sum(gs, at, columns);
                    subtractMultiple(gs, at, p, po + skip, sum, to, xo + start + skip, columns);
                } else {
                    float dot = (float) RowReduction.dot(gs, at, 0f, p, po + skip, columns);
                    subtractAndMultiply(gs, at, dot, p, po + skip, to, xo + start + skip, columns);
                }
            }
        });
    }

    /**
     * {@code loss = −Σ q·log p} for the target {@code q = (1−s)·onehot(label) + s/K} (Szegedy et al. 2016, section 7),
     * and the probabilities.
     */
    public static void crossEntropy(
            Parallel parallel, Tensor logits, Tensor labels, double smoothing, Tensor losses, Tensor probabilities) {
        int rows = logits.dim(0);
        int columns = logits.dim(1);
        Tensor input = logits.contiguous();
        Tensor classes = labels.contiguous();
        float[] x = Heap.floats(input);
        int[] label = Heap.ints(classes);
        float[] loss = Heap.floats(losses);
        float[] p = Heap.floats(probabilities);
        int xo = Heap.at(input);
        int lo = Heap.at(classes);
        int so = Heap.at(losses);
        int po = Heap.at(probabilities);
        inGroups(parallel, rows, columns, (first, end) -> {
            int start = po + first * columns;
            shift(x, xo + first * columns, p, start, end - first, columns);
            for (int row = first; row < end; row++) { // without the log Σe^z, which is not yet known
                int at = po + row * columns;
                double mean = smoothing == 0 ? 0 : RowReduction.sum(p, at, columns) / columns;
                loss[so + row] = (float) ((smoothing - 1) * p[at + label[lo + row]] - smoothing * mean);
            }
            UnaryKernel.run(UnaryOp.EXP, p, start, p, start, (end - first) * columns);
            for (int row = first; row < end; row++) {
                int at = po + row * columns;
                double sum = RowReduction.sum(p, at, columns);
                loss[so + row] += (float) Math.log(sum);
                divide(p, at, (float) sum, columns);
            }
        });
    }

    /** {@code dlogits = (p − q)·g}, g one number a row. */
    public static void crossEntropyGradient(
            Parallel parallel, Tensor probabilities, Tensor labels, double smoothing, Tensor g, Tensor dlogits) {
        int rows = probabilities.dim(0);
        int columns = probabilities.dim(1);
        Tensor output = probabilities.contiguous();
        Tensor classes = labels.contiguous();
        Tensor incoming = g.contiguous();
        float[] p = Heap.floats(output);
        int[] label = Heap.ints(classes);
        float[] gs = Heap.floats(incoming);
        float[] to = Heap.floats(dlogits);
        int po = Heap.at(output);
        int lo = Heap.at(classes);
        int go = Heap.at(incoming);
        int xo = Heap.at(dlogits);
        float spread = (float) (smoothing / columns);
        float mass = (float) (1 - smoothing);
        inGroups(parallel, rows, columns, (first, end) -> {
            for (int row = first; row < end; row++) {
                int from = po + row * columns;
                int at = xo + row * columns;
                int ofLabel = label[lo + row];
                float scale = gs[go + row];
                subtract(p, from, spread, to, at, columns);
                to[at + ofLabel] -= mass;
                multiply(to, at, scale, columns);
            }
        });
    }

    /** Handles groups of rows of together at most {@link VectorMath#BLOCK} elements, or one longer row. */
    private static void inGroups(Parallel parallel, int rows, int columns, Tasks.Range body) {
        int group = Math.max(1, VectorMath.BLOCK / Math.max(1, columns));
        int perTask = Math.max(1, Tasks.rowsPerTask(columns) / group) * group;
        Tasks.ranges(parallel, rows, perTask, 20 + NANOS * columns, (from, to) -> {
            for (int row = from; row < to; row += group) {
                body.run(row, Math.min(to, row + group));
            }
        });
    }

    /** {@code y = x − max(x)}, row by row. */
    private static void shift(float[] x, int xo, float[] y, int yo, int rows, int columns) {
        for (int row = 0; row < rows; row++) {
            int at = xo + row * columns;
            subtract(x, at, RowReduction.max(x, at, columns), y, yo + row * columns, columns);
        }
    }

    // Loops with a scalar tail: each operation is exactly rounded, so the tail computes what a lane would.

    private static void subtract(float[] x, int xo, float value, float[] y, int yo, int n) {
        int whole = Lanes.whole(n);
        for (int i = 0; i < whole; i += Lanes.COUNT) {
            VECTOR.cast(fromArray(FLOATS, x, xo + i)).sub(value).intoArray(y, yo + i);
        }
        for (int i = whole; i < n; i++) {
            y[yo + i] = x[xo + i] - value;
        }
    }

    private static void divide(float[] y, int yo, float value, int n) {
        int whole = Lanes.whole(n);
        for (int i = 0; i < whole; i += Lanes.COUNT) {
            VECTOR.cast(fromArray(FLOATS, y, yo + i)).div(value).intoArray(y, yo + i);
        }
        for (int i = whole; i < n; i++) {
            y[yo + i] /= value;
        }
    }

    private static void multiply(float[] y, int yo, float value, int n) {
        int whole = Lanes.whole(n);
        for (int i = 0; i < whole; i += Lanes.COUNT) {
            VECTOR.cast(fromArray(FLOATS, y, yo + i)).mul(value).intoArray(y, yo + i);
        }
        for (int i = whole; i < n; i++) {
            y[yo + i] *= value;
        }
    }

    /** {@code y = (g − value)·p}. */
    private static void subtractAndMultiply(
            float[] g, int go, float value, float[] p, int po, float[] y, int yo, int n) {
        int whole = Lanes.whole(n);
        for (int i = 0; i < whole; i += Lanes.COUNT) {
            VECTOR.cast(fromArray(FLOATS, g, go + i))
                    .sub(value)
                    .mul(fromArray(FLOATS, p, po + i))
                    .intoArray(y, yo + i);
        }
        for (int i = whole; i < n; i++) {
            y[yo + i] = (g[go + i] - value) * p[po + i];
        }
    }

    /** {@code y = g − p·value}. */
    private static void subtractMultiple(float[] g, int go, float[] p, int po, float value, float[] y, int yo, int n) {
        int whole = Lanes.whole(n);
        FloatVector factor = FloatVector.broadcast(FLOATS, -value);
        for (int i = 0; i < whole; i += Lanes.COUNT) {
            VECTOR.cast(fromArray(FLOATS, p, po + i))
                    .fma(factor, fromArray(FLOATS, g, go + i))
                    .intoArray(y, yo + i);
        }
        for (int i = whole; i < n; i++) {
            y[yo + i] = Math.fma(p[po + i], -value, g[go + i]);
        }
    }
}
