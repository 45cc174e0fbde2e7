package espalier.tensor.cpu.vector.pool;

import static espalier.tensor.cpu.vector.lanes.Lanes.COUNT;
import static espalier.tensor.cpu.vector.lanes.Lanes.FLOATS;
import static espalier.tensor.cpu.vector.lanes.Lanes.INTS;
import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.LE;

import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.vector.lanes.Heap;
import espalier.tensor.cpu.vector.lanes.Tasks;
import espalier.tensor.spi.PoolSpec;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/**
 * Pooling with a 2×2 window, stride 2 and no padding, the commonest, straight from the input: each vector of windows
 * reads two vectors of two rows and sorts their elements into even and odd columns.
 *
 * <p>The last vector of an output row begins so early that it ends with the row; what it has in common with the one
 * before is written twice. Two output rows of half a vector each are handled as one. Other rows shorter than a vector
 * are left to plain loops.
 */
public final class PairPool {
    private static final VectorShuffle<Float> EVEN = VectorShuffle.fromOp(FLOATS, i -> 2 * i % COUNT);
    private static final VectorShuffle<Float> ODD = VectorShuffle.fromOp(FLOATS, i -> 2 * i % COUNT + 1);
    private static final VectorShuffle<Float> LOW = VectorShuffle.fromOp(FLOATS, i -> i / 2);
    private static final VectorShuffle<Float> HIGH = VectorShuffle.fromOp(FLOATS, i -> COUNT / 2 + i / 2);
    private static final VectorMask<Float> UPPER = VectorMask.fromLong(FLOATS, (1L << COUNT) - (1L << COUNT / 2));
    private static final IntVector TWICE_LANE = IntVector.zero(INTS).addIndex(2);

    private PairPool() {}

    /** Whether every window of the outputs {@code [N, C, H', W']} is a whole 2×2 block of a plane. */
    public static boolean takes(PoolSpec spec, Shape input, Shape output) {
        return takes(spec, input.dim(2), input.dim(3), output.dim(2), output.dim(3));
    }

    /** Whether every window of {@code rows × columns} outputs is a whole 2×2 block of a plane. */
    static boolean takes(PoolSpec spec, int height, int width, int rows, int columns) {
        return spec.kernelH() == 2
                && spec.kernelW() == 2
                && spec.strideH() == 2
                && spec.strideW() == 2
                && spec.padH() == 0
                && spec.padW() == 0
                && 2 * rows <= height
                && 2 * columns <= width;
    }

    /** The maxima of one plane and their places {@code h·width + w}. */
    public static void max(
            float[] x, int xo, int width, float[] y, int yo, int[] place, int po, int rows, int columns) {
        for (int i = 0; i < rows; i++) {
            int top = 2 * i * width;
            int to = i * columns;
            if (columns >= COUNT) {
                maxOfRow(x, xo, top, width, COUNT, y, yo + to, place, po + to, columns);
                continue;
            }
            if (areHalves(i, rows, columns)) {
                maxOfRow(x, xo, top, width, 2 * width, y, yo + to, place, po + to, COUNT);
                i++;
                continue;
            }
            for (int j = 0; j < columns; j++) {
                int best = top + 2 * j;
                best = winner(x, xo, best, best + 1);
                best = winner(x, xo, best, top + 2 * j + width);
                best = winner(x, xo, best, top + 2 * j + width + 1);
                y[yo + to + j] = x[xo + best];
                place[po + to + j] = best;
            }
        }
    }

    /** Whether output rows i and i + 1 are there and fill one vector together. */
    private static boolean areHalves(int i, int rows, int columns) {
        return 2 * columns == COUNT && i + 1 < rows;
    }

    /** The place of the larger of two elements; the first of equals; NaN is largest. */
    private static int winner(float[] x, int xo, int first, int second) {
        float a = x[xo + first];
        float b = x[xo + second];
        return b <= a || Float.isNaN(a) ? first : second;
    }

    /** One row, or two halves; the second half of a vector of windows begins {@code step} elements after the first. */
    private static void maxOfRow(
            float[] x, int xo, int top, int width, int step, float[] y, int yo, int[] place, int po, int columns) {
        IntVector lane = TWICE_LANE.add(step - COUNT, UPPER.cast(INTS));
        for (int k = 0; k < columns; k += COUNT) {
            int j = Math.min(k, columns - COUNT);
            int at = xo + top + 2 * j;
            FloatVector p = fromArray(FLOATS, x, at);
            FloatVector q = fromArray(FLOATS, x, at + step);
            FloatVector r = fromArray(FLOATS, x, at + width);
            FloatVector s = fromArray(FLOATS, x, at + width + step);
            FloatVector best = p.rearrange(EVEN).blend(q.rearrange(EVEN), UPPER);
            IntVector index = lane.add(top + 2 * j);
            FloatVector right = p.rearrange(ODD).blend(q.rearrange(ODD), UPPER);
            FloatVector below = r.rearrange(EVEN).blend(s.rearrange(EVEN), UPPER);
            FloatVector across = r.rearrange(ODD).blend(s.rearrange(ODD), UPPER);
            IntVector chosen = index;
            var wins = right.compare(LE, best).not().and(best.compare(EQ, best));
            best = best.blend(right, wins);
            chosen = chosen.blend(index.add(1), wins.cast(INTS));
            wins = below.compare(LE, best).not().and(best.compare(EQ, best));
            best = best.blend(below, wins);
            chosen = chosen.blend(index.add(width), wins.cast(INTS));
            wins = across.compare(LE, best).not().and(best.compare(EQ, best));
            best.blend(across, wins).intoArray(y, yo + j);
            chosen.blend(index.add(width + 1), wins.cast(INTS)).intoArray(place, po + j);
        }
    }

    /**
     * The maxima of all planes of {@code x [N, C, H, W]} without their places, and ReLU of them if wanted. Then rows can be
     * compared before columns are sorted, which halves the sorting.
     */
    public static void max(Parallel parallel, Tensor x, boolean relu, Tensor out) {
        Tensor input = x.contiguous();
        float[] from = Heap.floats(input);
        float[] to = Heap.floats(out);
        int xo = Heap.at(input);
        int yo = Heap.at(out);
        int width = x.dim(3);
        int plane = x.dim(2) * width;
        int rows = out.dim(2);
        int columns = out.dim(3);
        int windows = rows * columns;
        float floor = relu ? 0f : Float.NEGATIVE_INFINITY;
        double nanos = 20 + 0.5 * windows;
        Tasks.ranges(parallel, x.dim(0) * x.dim(1), Tasks.rowsPerTask(plane), nanos, (first, end) -> {
            for (int p = first; p < end; p++) {
                maxOfPlane(from, xo + p * plane, width, floor, to, yo + p * windows, rows, columns);
            }
        });
    }

    private static void maxOfPlane(
            float[] x, int xo, int width, float floor, float[] y, int yo, int rows, int columns) {
        for (int i = 0; i < rows; i++) {
            int top = xo + 2 * i * width;
            int to = yo + i * columns;
            if (columns >= COUNT) {
                maxOfRow(x, top, width, COUNT, floor, y, to, columns);
                continue;
            }
            if (areHalves(i, rows, columns)) {
                maxOfRow(x, top, width, 2 * width, floor, y, to, COUNT);
                i++;
                continue;
            }
            for (int j = 0; j < columns; j++) {
                int at = top + 2 * j;
                float left = Math.max(x[at], x[at + width]);
                float right = Math.max(x[at + 1], x[at + 1 + width]);
                y[to + j] = Math.max(Math.max(left, right), floor);
            }
        }
    }

    private static void maxOfRow(float[] x, int top, int width, int step, float floor, float[] y, int yo, int columns) {
        for (int k = 0; k < columns; k += COUNT) {
            int j = Math.min(k, columns - COUNT);
            int at = top + 2 * j;
            FloatVector p = fromArray(FLOATS, x, at).max(fromArray(FLOATS, x, at + width));
            FloatVector q = fromArray(FLOATS, x, at + step).max(fromArray(FLOATS, x, at + width + step));
            FloatVector even = p.rearrange(EVEN).blend(q.rearrange(EVEN), UPPER);
            FloatVector odd = p.rearrange(ODD).blend(q.rearrange(ODD), UPPER);
            even.max(odd).max(floor).intoArray(y, yo + j);
        }
    }

    /** The means of one plane: the sum in the order of the window, over 4. */
    static void average(float[] x, int xo, int width, float[] y, int yo, int rows, int columns) {
        for (int i = 0; i < rows; i++) {
            int top = xo + 2 * i * width;
            int to = yo + i * columns;
            if (columns >= COUNT) {
                averageOfRow(x, top, width, COUNT, y, to, columns);
                continue;
            }
            if (areHalves(i, rows, columns)) {
                averageOfRow(x, top, width, 2 * width, y, to, COUNT);
                i++;
                continue;
            }
            for (int j = 0; j < columns; j++) {
                int at = top + 2 * j;
                y[to + j] = (x[at] + x[at + 1] + x[at + width] + x[at + width + 1]) * 0.25f;
            }
        }
    }

    private static void averageOfRow(float[] x, int top, int width, int step, float[] y, int yo, int columns) {
        for (int k = 0; k < columns; k += COUNT) {
            int j = Math.min(k, columns - COUNT);
            int at = top + 2 * j;
            FloatVector p = fromArray(FLOATS, x, at);
            FloatVector q = fromArray(FLOATS, x, at + step);
            FloatVector r = fromArray(FLOATS, x, at + width);
            FloatVector s = fromArray(FLOATS, x, at + width + step);
            FloatVector sum = p.rearrange(EVEN).blend(q.rearrange(EVEN), UPPER);
            sum = sum.add(p.rearrange(ODD).blend(q.rearrange(ODD), UPPER));
            sum = sum.add(r.rearrange(EVEN).blend(s.rearrange(EVEN), UPPER));
            sum = sum.add(r.rearrange(ODD).blend(s.rearrange(ODD), UPPER));
            sum.mul(0.25f).intoArray(y, yo + j);
        }
    }

    /** A quarter of each {@code g} to the four places of its window; the caller has cleared the plane. */
    static void averageGradient(float[] g, int go, int rows, int columns, float[] dx, int xo, int width) {
        for (int i = 0; i < rows; i++) {
            int top = xo + 2 * i * width;
            int from = go + i * columns;
            if (columns >= COUNT) {
                spread(g, from, columns, dx, top, width, COUNT);
                continue;
            }
            if (areHalves(i, rows, columns)) {
                spread(g, from, COUNT, dx, top, width, 2 * width);
                i++;
                continue;
            }
            for (int j = 0; j < columns; j++) {
                float share = g[from + j] * 0.25f;
                int at = top + 2 * j;
                dx[at] = share;
                dx[at + 1] = share;
                dx[at + width] = share;
                dx[at + width + 1] = share;
            }
        }
    }

    private static void spread(float[] g, int go, int columns, float[] dx, int top, int width, int step) {
        for (int k = 0; k < columns; k += COUNT) {
            int j = Math.min(k, columns - COUNT);
            int at = top + 2 * j;
            FloatVector share = fromArray(FLOATS, g, go + j).mul(0.25f);
            FloatVector low = share.rearrange(LOW);
            FloatVector high = share.rearrange(HIGH);
            low.intoArray(dx, at);
            high.intoArray(dx, at + step);
            low.intoArray(dx, at + width);
            high.intoArray(dx, at + width + step);
        }
    }
}
