package espalier.tensor.cpu.vector.conv;

import static espalier.tensor.cpu.vector.lanes.Lanes.ONE;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;
import static jdk.incubator.vector.FloatVector.fromArray;

import espalier.tensor.cpu.vector.lanes.Lanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Winograd's minimal filtering F(2, 3): two results of a filter with three taps by four multiplications instead of six
 * (Winograd 1980, "Arithmetic Complexity of Computations"; Lavin and Gray 2016, "Fast Algorithms for Convolutional
 * Neural Networks", equation 3, use it in two dimensions).
 *
 * <pre>
 *   y0 = d0·g0 + d1·g1 + d2·g2 = m0 + m1 + m2     m0 = (d0 − d2) · g0
 *   y1 = d1·g0 + d2·g1 + d3·g2 = m1 − m2 − m3     m1 = (d1 + d2) · (g0 + g1 + g2)/2
 *                                                 m2 = (d2 − d1) · (g0 − g1 + g2)/2
 *                                                 m3 = (d1 − d3) · g2
 * </pre>
 *
 * <p>Here a filter's taps lie one above the other, and d0 to d3 are four rows of an image: what is combined are whole
 * rows, side by side in memory, so that no lane of a vector has to change its place. In the sum over channels and
 * kernel columns the results are linear in the m, so each m is summed first. Halves are exact; the sums round more than
 * the plain ones, since they hold products that cancel. A row with a NaN reaches the same results as in the plain sum;
 * an infinity can become a NaN.
 */
final class WinogradRows {
    /** The rows that are read, and the products that are made, for two rows of results. */
    static final int TERMS = 4;

    /** The taps of the filter. */
    static final int TAPS = 3;

    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    private static final int LANES = Lanes.COUNT;

    private WinogradRows() {}

    /**
     * The taps of {@code count} filters to their factors of m0 to m3, which are {@code step} apart.
     *
     * @param g0 where in {@code g} the filters' first taps begin; likewise the others
     */
    static void weights(float[] g, int g0, int g1, int g2, int count, float[] to, int toAt, int step) {
        if (count < LANES) {
            for (int i = 0; i < count; i++) {
                float outer = 0.5f * (g[g0 + i] + g[g2 + i]);
                float inner = 0.5f * g[g1 + i];
                to[toAt + i] = g[g0 + i];
                to[toAt + i + step] = outer + inner;
                to[toAt + i + 2 * step] = outer - inner;
                to[toAt + i + 3 * step] = g[g2 + i];
            }
            return;
        }
        FloatVector half = ONE.broadcast(0.5f);
        for (int from = 0; from < count; from += LANES) {
            int i = Math.min(from, count - LANES);
            FloatVector first = fromArray(SPECIES, g, g0 + i);
            FloatVector last = fromArray(SPECIES, g, g2 + i);
            FloatVector outer = VECTOR.cast(first).add(last).mul(0.5f);
            FloatVector inner = half.mul(fromArray(SPECIES, g, g1 + i));
            VECTOR.cast(first).intoArray(to, toAt + i);
            outer.add(inner).intoArray(to, toAt + i + step);
            outer.sub(inner).intoArray(to, toAt + i + 2 * step);
            VECTOR.cast(last).intoArray(to, toAt + i + 3 * step);
        }
    }

    /**
     * Vectors of four rows to the factors of m0 to m3, which are {@code step} apart.
     *
     * @param from where in {@code d} the uppermost row's vectors begin, relative to {@code dAt}; rows are
     *     {@code stride} apart
     * @param to where their factors of m0 go, relative to {@code toAt}
     */
    static void combine(
            float[] d, int dAt, int stride, int[] from, int[] to, int count, float[] window, int toAt, int step) {
        FloatVector minus = ONE.broadcast(-1f);
        for (int i = 0; i < count; i++) {
            int at = dAt + from[i];
            FloatVector d1 = fromArray(SPECIES, d, at + stride);
            FloatVector d2 = fromArray(SPECIES, d, at + 2 * stride);
            int put = toAt + to[i];
            minus.fma(d2, fromArray(SPECIES, d, at)).intoArray(window, put);
            VECTOR.cast(d1).add(d2).intoArray(window, put + step);
            minus.fma(d1, d2).intoArray(window, put + 2 * step);
            minus.fma(fromArray(SPECIES, d, at + 3 * stride), d1).intoArray(window, put + 3 * step);
        }
    }

    /**
     * The same where rows may lie outside an image: each has its own place in {@code from}, and a mask of all ones or
     * zero.
     */
    static void combineAtEdge(
            float[] d, int dAt, int[] from, int[] mask, int[] to, int count, float[] window, int toAt, int step) {
        for (int i = 0; i < count; i++) {
            FloatVector d1 = fromArray(SPECIES, d, dAt + from[4 * i + 1])
                    .reinterpretAsInts()
                    .and(mask[4 * i + 1])
                    .reinterpretAsFloats();
            FloatVector d2 = fromArray(SPECIES, d, dAt + from[4 * i + 2])
                    .reinterpretAsInts()
                    .and(mask[4 * i + 2])
                    .reinterpretAsFloats();
            int put = toAt + to[i];
            fromArray(SPECIES, d, dAt + from[4 * i])
                    .reinterpretAsInts()
                    .and(mask[4 * i])
                    .reinterpretAsFloats()
                    .sub(d2)
                    .intoArray(window, put);
            d1.add(d2).intoArray(window, put + step);
            d2.sub(d1).intoArray(window, put + 2 * step);
            d1.sub(fromArray(SPECIES, d, dAt + from[4 * i + 3])
                            .reinterpretAsInts()
                            .and(mask[4 * i + 3])
                            .reinterpretAsFloats())
                    .intoArray(window, put + 3 * step);
        }
    }

    /** The same, a pixel at a time, for rows shorter than a vector. */
    static void combinePixels(
            float[] d, int dAt, int[] from, int[] mask, int[] to, int count, float[] window, int toAt, int step) {
        for (int i = 0; i < count; i++) {
            float d0 = mask[4 * i] == 0 ? 0f : d[dAt + from[4 * i]];
            float d1 = mask[4 * i + 1] == 0 ? 0f : d[dAt + from[4 * i + 1]];
            float d2 = mask[4 * i + 2] == 0 ? 0f : d[dAt + from[4 * i + 2]];
            float d3 = mask[4 * i + 3] == 0 ? 0f : d[dAt + from[4 * i + 3]];
            int put = toAt + to[i];
            window[put] = d0 - d2;
            window[put + step] = d1 + d2;
            window[put + 2 * step] = d2 - d1;
            window[put + 3 * step] = d1 - d3;
        }
    }

    /** Four rows of {@code count} floats, {@code stride} apart, to the factors of m0 to m3, {@code step} apart. */
    static void combine(float[] d, int dAt, int stride, int count, float[] to, int toAt, int step) {
        FloatVector minus = ONE.broadcast(-1f);
        int i = 0;
        for (; i <= count - LANES; i += LANES) {
            FloatVector d1 = fromArray(SPECIES, d, dAt + stride + i);
            FloatVector d2 = fromArray(SPECIES, d, dAt + 2 * stride + i);
            minus.fma(d2, fromArray(SPECIES, d, dAt + i)).intoArray(to, toAt + i);
            VECTOR.cast(d1).add(d2).intoArray(to, toAt + i + step);
            minus.fma(d1, d2).intoArray(to, toAt + i + 2 * step);
            minus.fma(fromArray(SPECIES, d, dAt + 3 * stride + i), d1).intoArray(to, toAt + i + 3 * step);
        }
        for (; i < count; i++) {
            float d1 = d[dAt + stride + i];
            float d2 = d[dAt + 2 * stride + i];
            to[toAt + i] = d[dAt + i] - d2;
            to[toAt + i + step] = d1 + d2;
            to[toAt + i + 2 * step] = d2 - d1;
            to[toAt + i + 3 * step] = d1 - d[dAt + 3 * stride + i];
        }
    }

    /** The rows y0 and y1 from m0 to m3, which are {@code step} apart. */
    static void both(float[] m, int mAt, int step, int count, float[] y, int y0, int y1) {
        int i = 0;
        for (; i <= count - LANES; i += LANES) {
            bothOne(m, mAt + i, step, y, y0 + i, y1 + i);
        }
        if (i < count && count >= LANES) {
            i = count - LANES;
            bothOne(m, mAt + i, step, y, y0 + i, y1 + i);
            return;
        }
        for (; i < count; i++) {
            float sum = m[mAt + i + step];
            float difference = m[mAt + i + 2 * step];
            y[y0 + i] = m[mAt + i] + sum + difference;
            y[y1 + i] = sum - difference - m[mAt + i + 3 * step];
        }
    }

    private static void bothOne(float[] m, int at, int step, float[] y, int y0, int y1) {
        FloatVector m1 = fromArray(SPECIES, m, at + step);
        FloatVector m2 = fromArray(SPECIES, m, at + 2 * step);
        VECTOR.cast(fromArray(SPECIES, m, at)).add(m1).add(m2).intoArray(y, y0);
        FloatVector difference = ONE.broadcast(-1f).fma(m2, m1);
        difference.sub(fromArray(SPECIES, m, at + 3 * step)).intoArray(y, y1);
    }

    /** The row y0 alone. */
    static void first(float[] m, int mAt, int step, int count, float[] y, int y0) {
        for (int i = 0; i < count; i++) {
            y[y0 + i] = m[mAt + i] + m[mAt + i + step] + m[mAt + i + 2 * step];
        }
    }

    /**
     * The gradients of m0 to m3, {@code step} apart, from those of y0 and y1: y0, y0 + y1, y0 − y1, and y1 for −y1,
     * whose sign {@link #taps} knows.
     */
    static void spread(float[] y, int y0, int y1, int count, float[] to, int toAt, int step) {
        FloatVector minus = ONE.broadcast(-1f);
        int i = 0;
        for (; i <= count - LANES; i += LANES) {
            FloatVector first = fromArray(SPECIES, y, y0 + i);
            FloatVector second = fromArray(SPECIES, y, y1 + i);
            VECTOR.cast(first).intoArray(to, toAt + i);
            VECTOR.cast(first).add(second).intoArray(to, toAt + i + step);
            minus.fma(second, first).intoArray(to, toAt + i + 2 * step);
            VECTOR.cast(second).intoArray(to, toAt + i + 3 * step);
        }
        for (; i < count; i++) {
            to[toAt + i] = y[y0 + i];
            to[toAt + i + step] = y[y0 + i] + y[y1 + i];
            to[toAt + i + 2 * step] = y[y0 + i] - y[y1 + i];
            to[toAt + i + 3 * step] = y[y1 + i];
        }
    }

    /** The same where there is no y1. */
    static void spreadFirst(float[] y, int y0, int count, float[] to, int toAt, int step) {
        for (int i = 0; i < count; i++) {
            to[toAt + i] = y[y0 + i];
            to[toAt + i + step] = y[y0 + i];
            to[toAt + i + 2 * step] = y[y0 + i];
            to[toAt + i + 3 * step] = 0f;
        }
    }

    /**
     * The gradients of a filter's taps from those of its factors: {@code m} holds {@code [filter][term][column]},
     * {@code g} takes {@code [filter][tap][column]}.
     */
    static void taps(float[] m, int filters, int columns, float[] g, int gAt) {
        for (int f = 0; f < filters; f++) {
            for (int q = 0; q < columns; q++) {
                int from = f * TERMS * columns + q;
                int to = gAt + f * TAPS * columns + q;
                float m1 = 0.5f * m[from + columns];
                float m2 = 0.5f * m[from + 2 * columns];
                g[to] = m[from] + (m1 + m2);
                g[to + columns] = m1 - m2;
                g[to + 2 * columns] = m1 + m2 - m[from + 3 * columns];
            }
        }
    }

    /**
     * Adds to four rows, {@code stride} apart, B times the terms that {@link #spread} has made factors for: the
     * gradients of d0 to d3.
     *
     * @param count a multiple of a vector
     */
    static void addSpread(float[] m, int mAt, int step, int count, float[] y, int yAt, int stride) {
        FloatVector minus = ONE.broadcast(-1f);
        for (int i = 0; i < count; i += LANES) {
            FloatVector m0 = fromArray(SPECIES, m, mAt + i);
            FloatVector m1 = fromArray(SPECIES, m, mAt + i + step);
            FloatVector m2 = fromArray(SPECIES, m, mAt + i + 2 * step);
            FloatVector m3 = fromArray(SPECIES, m, mAt + i + 3 * step);
            int at = yAt + i;
            VECTOR.cast(m0).add(fromArray(SPECIES, y, at)).intoArray(y, at);
            FloatVector row1 = minus.fma(m2, m1).sub(m3);
            VECTOR.cast(row1).add(fromArray(SPECIES, y, at + stride)).intoArray(y, at + stride);
            FloatVector row2 = VECTOR.cast(m1).add(m2).sub(m0);
            VECTOR.cast(row2).add(fromArray(SPECIES, y, at + 2 * stride)).intoArray(y, at + 2 * stride);
            VECTOR.cast(m3).add(fromArray(SPECIES, y, at + 3 * stride)).intoArray(y, at + 3 * stride);
        }
    }
}
