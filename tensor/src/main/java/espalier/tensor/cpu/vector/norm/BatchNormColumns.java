package espalier.tensor.cpu.vector.norm;

import static espalier.tensor.cpu.vector.lanes.Lanes.COUNT;
import static espalier.tensor.cpu.vector.lanes.Lanes.FLOATS;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;
import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LE;

import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * The loops of batch normalization over channels whose planes are short: {@code [N, C, S]} is taken as a matrix
 * {@code [N, C·S]}, and what belongs to a channel is repeated S times, so that a loop runs along part of a row without
 * regard to where a plane ends. Sums are kept for each column, and so are taken in the order of the images.
 *
 * <p>The loops end in scalar tails. Every operation is exactly rounded, so a tail computes what a lane would.
 */
final class BatchNormColumns {
    private BatchNormColumns() {}

    /**
     * Each of {@code values[first]} to {@code values[end - 1]}, {@code times} times in a row, in a slot of this thread.
     */
    static float[] repeated(int slot, float[] values, int first, int end, int times) {
        float[] columns = Scratch.floats(slot, (end - first) * times);
        for (int c = first; c < end; c++) {
            Arrays.fill(columns, (c - first) * times, (c - first + 1) * times, values[c]);
        }
        return columns;
    }

    /** {@code sums += x}. */
    static void add(float[] x, int xo, float[] sums, int columns) {
        int whole = Lanes.whole(columns);
        for (int j = 0; j < whole; j += COUNT) {
            VECTOR.cast(fromArray(FLOATS, sums, j))
                    .add(fromArray(FLOATS, x, xo + j))
                    .intoArray(sums, j);
        }
        for (int j = whole; j < columns; j++) {
            sums[j] += x[xo + j];
        }
    }

    /** {@code squares += (x − mean)²}. */
    static void addSquaredDistances(float[] x, int xo, float[] mean, float[] squares, int columns) {
        int whole = Lanes.whole(columns);
        for (int j = 0; j < whole; j += COUNT) {
            FloatVector centred = VECTOR.cast(fromArray(FLOATS, x, xo + j)).sub(fromArray(FLOATS, mean, j));
            centred.fma(centred, fromArray(FLOATS, squares, j)).intoArray(squares, j);
        }
        for (int j = whole; j < columns; j++) {
            float centred = x[xo + j] - mean[j];
            squares[j] = Math.fma(centred, centred, squares[j]);
        }
    }

    /** {@code dots += (x − mean)·g}. */
    static void addProducts(float[] x, int xo, float[] mean, float[] g, int go, float[] dots, int columns) {
        int whole = Lanes.whole(columns);
        for (int j = 0; j < whole; j += COUNT) {
            FloatVector centred = VECTOR.cast(fromArray(FLOATS, x, xo + j)).sub(fromArray(FLOATS, mean, j));
            centred.fma(fromArray(FLOATS, g, go + j), fromArray(FLOATS, dots, j))
                    .intoArray(dots, j);
        }
        for (int j = whole; j < columns; j++) {
            dots[j] = Math.fma(x[xo + j] - mean[j], g[go + j], dots[j]);
        }
    }

    /** {@code y = max((x − mean)·factor + shift, floor)}; {@code floor} is 0 or −∞. */
    static void normalize(
            float[] x,
            int xo,
            float[] mean,
            float[] factor,
            float[] shift,
            float floor,
            float[] y,
            int yo,
            int columns) {
        int whole = Lanes.whole(columns);
        for (int j = 0; j < whole; j += COUNT) {
            FloatVector centred = VECTOR.cast(fromArray(FLOATS, x, xo + j)).sub(fromArray(FLOATS, mean, j));
            FloatVector v = centred.fma(fromArray(FLOATS, factor, j), fromArray(FLOATS, shift, j));
            v.blend(floor, v.compare(LE, floor)).intoArray(y, yo + j);
        }
        for (int j = whole; j < columns; j++) {
            y[yo + j] = Math.max(Math.fma(x[xo + j] - mean[j], factor[j], shift[j]), floor);
        }
    }

    /** {@code to = g} where {@link #normalize} gives more than 0, else 0. */
    static void pass(
            float[] x,
            int xo,
            float[] mean,
            float[] factor,
            float[] shift,
            float[] g,
            int go,
            float[] to,
            int columns) {
        int whole = Lanes.whole(columns);
        FloatVector zero = FloatVector.broadcast(FLOATS, 0f);
        for (int j = 0; j < whole; j += COUNT) {
            FloatVector centred = VECTOR.cast(fromArray(FLOATS, x, xo + j)).sub(fromArray(FLOATS, mean, j));
            FloatVector v = centred.fma(fromArray(FLOATS, factor, j), fromArray(FLOATS, shift, j));
            zero.blend(fromArray(FLOATS, g, go + j), v.compare(GT, 0f)).intoArray(to, j);
        }
        for (int j = whole; j < columns; j++) {
            to[j] = Math.fma(x[xo + j] - mean[j], factor[j], shift[j]) > 0 ? g[go + j] : 0f;
        }
    }

    /** {@code y = max(x·scale + shift, floor)}; {@code floor} is 0 or −∞. */
    static void scaleShift(
            float[] x, int xo, float[] scale, float[] shift, float floor, float[] y, int yo, int columns) {
        int whole = Lanes.whole(columns);
        for (int j = 0; j < whole; j += COUNT) {
            FloatVector v = VECTOR.cast(fromArray(FLOATS, x, xo + j));
            v.fma(fromArray(FLOATS, scale, j), fromArray(FLOATS, shift, j))
                    .max(floor)
                    .intoArray(y, yo + j);
        }
        for (int j = whole; j < columns; j++) {
            y[yo + j] = Math.max(Math.fma(x[xo + j], scale[j], shift[j]), floor);
        }
    }

    /** {@code dx = (g − (x − mean)·along − offset)·factor}. */
    static void gradient(
            float[] x,
            int xo,
            float[] mean,
            float[] g,
            int go,
            float[] along,
            float[] offset,
            float[] factor,
            float[] dx,
            int to,
            int columns) {
        int whole = Lanes.whole(columns);
        for (int j = 0; j < whole; j += COUNT) {
            FloatVector rest = VECTOR.cast(fromArray(FLOATS, g, go + j)).sub(fromArray(FLOATS, offset, j));
            FloatVector centred = VECTOR.cast(fromArray(FLOATS, x, xo + j))
                    .sub(fromArray(FLOATS, mean, j))
                    .neg();
            FloatVector free = centred.fma(fromArray(FLOATS, along, j), rest);
            free.mul(fromArray(FLOATS, factor, j)).intoArray(dx, to + j);
        }
        for (int j = whole; j < columns; j++) {
            dx[to + j] = Math.fma(-(x[xo + j] - mean[j]), along[j], g[go + j] - offset[j]) * factor[j];
        }
    }
}
