package espalier.tensor.cpu.vector;

import static espalier.tensor.cpu.vector.Lanes.COUNT;
import static espalier.tensor.cpu.vector.Lanes.FLOATS;
import static jdk.incubator.vector.FloatVector.fromArray;

import espalier.tensor.cpu.Scratch;
import jdk.incubator.vector.FloatVector;

/**
 * Batch normalization of channels whose planes are short: {@code [N, C, S]} is taken as a matrix {@code [N, C·S]}, and
 * what belongs to a channel is repeated S times, so that loops run along rows without regard to where a plane ends.
 *
 * <p>Sums are taken down strips of columns as in {@link ColumnReduction}.
 */
final class BatchNormColumns {
    private static final int DEPTH = 128;
    private static final int STRIP = 4 * COUNT;

    private BatchNormColumns() {}

    /** Each of {@code n} values {@code times} times in a row. */
    static float[] repeated(float[] values, int n, int times) {
        float[] columns = new float[n * times];
        for (int j = 0; j < columns.length; j++) {
            columns[j] = values[j / times];
        }
        return columns;
    }

    /** {@code so[j] += Σ (x[i, j] − mean[j])²} over the rows. */
    static void squaredDistances(float[] x, int xo, int stride, int rows, int columns, float[] mean, double[] so) {
        float[] y = new float[STRIP];
        for (int row = 0; row < rows; row += DEPTH) {
            int depth = Math.min(DEPTH, rows - row);
            for (int column = 0; column < columns; column += STRIP) {
                int width = Math.min(STRIP, columns - column);
                int at = xo + row * stride + column;
                if (width == STRIP) {
                    squares(x, at, stride, depth, mean, column, y);
                } else {
                    float[] means = padded(mean, column, 0, 1, width, Scratch.CHANNEL);
                    squares(padded(x, at, stride, depth, width, Scratch.COLUMNS), 0, STRIP, depth, means, 0, y);
                }
                for (int j = 0; j < width; j++) {
                    so[column + j] += y[j];
                }
            }
        }
    }

    /** {@code so[j] += Σ (x[i, j] − mean[j])·g[i, j]} over the rows. */
    static void dots(
            float[] x, int xo, float[] g, int go, int stride, int rows, int columns, float[] mean, double[] so) {
        float[] y = new float[STRIP];
        for (int row = 0; row < rows; row += DEPTH) {
            int depth = Math.min(DEPTH, rows - row);
            for (int column = 0; column < columns; column += STRIP) {
                int width = Math.min(STRIP, columns - column);
                int skip = row * stride + column;
                if (width == STRIP) {
                    dots(x, xo + skip, g, go + skip, stride, depth, mean, column, y);
                } else {
                    float[] means = padded(mean, column, 0, 1, width, Scratch.CHANNEL);
                    float[] xs = padded(x, xo + skip, stride, depth, width, Scratch.COLUMNS);
                    float[] gs = padded(g, go + skip, stride, depth, width, Scratch.PLANE);
                    dots(xs, 0, gs, 0, STRIP, depth, means, 0, y);
                }
                for (int j = 0; j < width; j++) {
                    so[column + j] += y[j];
                }
            }
        }
    }

    /** Less than a strip of columns, in a matrix one strip wide. */
    private static float[] padded(float[] x, int at, int stride, int rows, int columns, int slot) {
        float[] copy = Scratch.floats(slot, rows * STRIP);
        for (int row = 0; row < rows; row++) {
            System.arraycopy(x, at + row * stride, copy, row * STRIP, columns);
        }
        return copy;
    }

    private static void squares(float[] x, int at, int stride, int rows, float[] mean, int mo, float[] y) {
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = FloatVector.zero(FLOATS);
        FloatVector c = FloatVector.zero(FLOATS);
        FloatVector d = FloatVector.zero(FLOATS);
        for (int row = 0; row < rows; row++) {
            int i = at + row * stride;
            FloatVector p = fromArray(FLOATS, x, i).sub(fromArray(FLOATS, mean, mo));
            a = p.fma(p, a);
            FloatVector q = fromArray(FLOATS, x, i + COUNT).sub(fromArray(FLOATS, mean, mo + COUNT));
            b = q.fma(q, b);
            FloatVector r = fromArray(FLOATS, x, i + 2 * COUNT).sub(fromArray(FLOATS, mean, mo + 2 * COUNT));
            c = r.fma(r, c);
            FloatVector s = fromArray(FLOATS, x, i + 3 * COUNT).sub(fromArray(FLOATS, mean, mo + 3 * COUNT));
            d = s.fma(s, d);
        }
        a.intoArray(y, 0);
        b.intoArray(y, COUNT);
        c.intoArray(y, 2 * COUNT);
        d.intoArray(y, 3 * COUNT);
    }

    private static void dots(
            float[] x, int xo, float[] g, int go, int stride, int rows, float[] mean, int mo, float[] y) {
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = FloatVector.zero(FLOATS);
        FloatVector c = FloatVector.zero(FLOATS);
        FloatVector d = FloatVector.zero(FLOATS);
        for (int row = 0; row < rows; row++) {
            int i = xo + row * stride;
            int k = go + row * stride;
            FloatVector p = fromArray(FLOATS, x, i).sub(fromArray(FLOATS, mean, mo));
            a = p.fma(fromArray(FLOATS, g, k), a);
            FloatVector q = fromArray(FLOATS, x, i + COUNT).sub(fromArray(FLOATS, mean, mo + COUNT));
            b = q.fma(fromArray(FLOATS, g, k + COUNT), b);
            FloatVector r = fromArray(FLOATS, x, i + 2 * COUNT).sub(fromArray(FLOATS, mean, mo + 2 * COUNT));
            c = r.fma(fromArray(FLOATS, g, k + 2 * COUNT), c);
            FloatVector s = fromArray(FLOATS, x, i + 3 * COUNT).sub(fromArray(FLOATS, mean, mo + 3 * COUNT));
            d = s.fma(fromArray(FLOATS, g, k + 3 * COUNT), d);
        }
        a.intoArray(y, 0);
        b.intoArray(y, COUNT);
        c.intoArray(y, 2 * COUNT);
        d.intoArray(y, 3 * COUNT);
    }

    /** {@code y = (x − mean)·factor + shift} on one row. */
    static void normalize(
            float[] x, int xo, float[] mean, float[] factor, float[] shift, float[] y, int yo, int columns) {
        int whole = Lanes.whole(columns);
        for (int j = 0; j < whole; j += COUNT) {
            FloatVector centred = fromArray(FLOATS, x, xo + j).sub(fromArray(FLOATS, mean, j));
            centred.fma(fromArray(FLOATS, factor, j), fromArray(FLOATS, shift, j))
                    .intoArray(y, yo + j);
        }
        for (int j = whole; j < columns; j++) {
            y[yo + j] = Math.fma(x[xo + j] - mean[j], factor[j], shift[j]);
        }
    }

    /** {@code y = max(x·scale + shift, floor)} on one row; {@code floor} is 0 or −∞. */
    static void scaleShift(
            float[] x, int xo, float[] scale, float[] shift, float floor, float[] y, int yo, int columns) {
        int whole = Lanes.whole(columns);
        for (int j = 0; j < whole; j += COUNT) {
            FloatVector v = fromArray(FLOATS, x, xo + j);
            v.fma(fromArray(FLOATS, scale, j), fromArray(FLOATS, shift, j))
                    .max(floor)
                    .intoArray(y, yo + j);
        }
        for (int j = whole; j < columns; j++) {
            y[yo + j] = Math.max(Math.fma(x[xo + j], scale[j], shift[j]), floor);
        }
    }

    /** {@code dx = (g − (x − mean)·along − offset)·factor} on one row. */
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
            FloatVector rest = fromArray(FLOATS, g, go + j).sub(fromArray(FLOATS, offset, j));
            FloatVector centred =
                    fromArray(FLOATS, x, xo + j).sub(fromArray(FLOATS, mean, j)).neg();
            FloatVector free = centred.fma(fromArray(FLOATS, along, j), rest);
            free.mul(fromArray(FLOATS, factor, j)).intoArray(dx, to + j);
        }
        for (int j = whole; j < columns; j++) {
            dx[to + j] = Math.fma(-(x[xo + j] - mean[j]), along[j], g[go + j] - offset[j]) * factor[j];
        }
    }
}
