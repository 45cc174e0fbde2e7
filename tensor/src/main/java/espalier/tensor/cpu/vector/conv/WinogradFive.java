package espalier.tensor.cpu.vector.conv;

import static espalier.tensor.cpu.vector.lanes.Lanes.ONE;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;
import static jdk.incubator.vector.FloatVector.fromArray;

import espalier.tensor.cpu.vector.lanes.Lanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Winograd's minimal filtering F(2, 5): two results of a filter with five taps by six multiplications instead of ten.
 * The products are those of polynomials at 0, 1, −1, 2, −2 and infinity (Lavin and Gray 2016, section 4.3, have the
 * same points for F(4, 3)).
 *
 * <pre>
 *        4  0 −5  0  1  0           1/4   0     0     0     0
 *        0 −4 −4  1  1  0          −1/6 −1/6  −1/6  −1/6  −1/6           1  1  1  1  1  0
 *   Bᵀ = 0  4 −4 −1  1  0      G = −1/6  1/6  −1/6   1/6  −1/6      Aᵀ = 0  1 −1  2 −2  1
 *        0 −2 −1  2  1  0          1/24  2/24  4/24  8/24 16/24
 *        0  2 −1 −2  1  0          1/24 −2/24  4/24 −8/24 16/24
 *        0  4  0 −5  0  1            0    0     0     0     1
 * </pre>
 *
 * <p>y = Aᵀ[(G g) ⊙ (Bᵀ d)], as in {@link WinogradRows}. The larger factors cost a digit of accuracy: sums differ from
 * plain ones by some 10⁻⁶ of the largest.
 */
final class WinogradFive {
    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    private static final int LANES = Lanes.COUNT;
    private static final int TERMS = 6;
    private static final int TAPS = 5;

    private WinogradFive() {}

    /** {@code Bᵀ d} of six rows of {@code count} floats, {@code stride} apart; the terms are {@code step} apart. */
    static void combine(float[] d, int dAt, int stride, int count, float[] to, int toAt, int step) {
        FloatVector minus = ONE.broadcast(-1f);
        FloatVector four = ONE.broadcast(4f);
        FloatVector minusFour = ONE.broadcast(-4f);
        int i = 0;
        for (; i <= count - LANES; i += LANES) {
            int at = dAt + i;
            int put = toAt + i;
            FloatVector d1 = fromArray(SPECIES, d, at + stride);
            FloatVector d2 = fromArray(SPECIES, d, at + 2 * stride);
            FloatVector d3 = fromArray(SPECIES, d, at + 3 * stride);
            FloatVector d4 = fromArray(SPECIES, d, at + 4 * stride);
            FloatVector even = minusFour.fma(d2, d4);
            FloatVector odd = minusFour.fma(d1, d3);
            FloatVector even2 = minus.fma(d2, d4);
            FloatVector odd2 = minus.fma(d1, d3).mul(2f);
            four.fma(fromArray(SPECIES, d, at), even.sub(d2)).intoArray(to, put);
            even.add(odd).intoArray(to, put + step);
            even.sub(odd).intoArray(to, put + 2 * step);
            even2.add(odd2).intoArray(to, put + 3 * step);
            even2.sub(odd2).intoArray(to, put + 4 * step);
            FloatVector last = minus.fma(odd, fromArray(SPECIES, d, at + 5 * stride));
            minusFour.fma(d3, last).intoArray(to, put + 5 * step);
        }
        for (; i < count; i++) {
            int at = dAt + i;
            int put = toAt + i;
            float d1 = d[at + stride];
            float d2 = d[at + 2 * stride];
            float d3 = d[at + 3 * stride];
            float d4 = d[at + 4 * stride];
            float even = d4 - 4 * d2;
            float odd = d3 - 4 * d1;
            float even2 = d4 - d2;
            float odd2 = 2 * (d3 - d1);
            to[put] = 4 * d[at] + (even - d2);
            to[put + step] = even + odd;
            to[put + 2 * step] = even - odd;
            to[put + 3 * step] = even2 + odd2;
            to[put + 4 * step] = even2 - odd2;
            to[put + 5 * step] = d[at + 5 * stride] - odd - 4 * d3;
        }
    }

    /** {@code A dy} of two rows. */
    static void spread(float[] y, int y0, int y1, int count, float[] to, int toAt, int step) {
        FloatVector minus = ONE.broadcast(-1f);
        FloatVector two = ONE.broadcast(2f);
        FloatVector minusTwo = ONE.broadcast(-2f);
        int i = 0;
        for (; i <= count - LANES; i += LANES) {
            FloatVector first = fromArray(SPECIES, y, y0 + i);
            FloatVector second = fromArray(SPECIES, y, y1 + i);
            VECTOR.cast(first).intoArray(to, toAt + i);
            VECTOR.cast(first).add(second).intoArray(to, toAt + i + step);
            minus.fma(second, first).intoArray(to, toAt + i + 2 * step);
            two.fma(second, first).intoArray(to, toAt + i + 3 * step);
            minusTwo.fma(second, first).intoArray(to, toAt + i + 4 * step);
            VECTOR.cast(second).intoArray(to, toAt + i + 5 * step);
        }
        for (; i < count; i++) {
            float first = y[y0 + i];
            float second = y[y1 + i];
            to[toAt + i] = first;
            to[toAt + i + step] = first + second;
            to[toAt + i + 2 * step] = first - second;
            to[toAt + i + 3 * step] = first + 2 * second;
            to[toAt + i + 4 * step] = first - 2 * second;
            to[toAt + i + 5 * step] = second;
        }
    }

    /** The same where the second row is zero. */
    static void spreadFirst(float[] y, int y0, int count, float[] to, int toAt, int step) {
        for (int i = 0; i < count; i++) {
            for (int term = 0; term < TERMS - 1; term++) {
                to[toAt + i + term * step] = y[y0 + i];
            }
            to[toAt + i + (TERMS - 1) * step] = 0f;
        }
    }

    /** {@code Gᵀ m} of filters {@code [term][column]}; {@code g} takes {@code [tap][column]}. */
    static void taps(float[] m, int filters, int columns, float[] g, int gAt) {
        for (int f = 0; f < filters; f++) {
            for (int q = 0; q < columns; q++) {
                int from = f * TERMS * columns + q;
                int to = gAt + f * TAPS * columns + q;
                float m1 = m[from + columns] * (-1f / 6);
                float m2 = m[from + 2 * columns] * (-1f / 6);
                float m3 = m[from + 3 * columns] * (1f / 24);
                float m4 = m[from + 4 * columns] * (1f / 24);
                float ones = m1 + m2;
                float signs = m1 - m2;
                float twos = m3 + m4;
                float twoSigns = m3 - m4;
                g[to] = 0.25f * m[from] + ones + twos;
                g[to + columns] = signs + 2 * twoSigns;
                g[to + 2 * columns] = ones + 4 * twos;
                g[to + 3 * columns] = signs + 8 * twoSigns;
                g[to + 4 * columns] = ones + 16 * twos + m[from + 5 * columns];
            }
        }
    }

    /** {@code G g} of one filter. */
    static void factors(float[] g, float[] to) {
        float ones = g[0] + g[2] + g[4];
        float signs = g[1] + g[3];
        float twos = g[0] + 4 * g[2] + 16 * g[4];
        float twoSigns = 2 * g[1] + 8 * g[3];
        to[0] = 0.25f * g[0];
        to[1] = (ones + signs) * (-1f / 6);
        to[2] = (ones - signs) * (-1f / 6);
        to[3] = (twos + twoSigns) * (1f / 24);
        to[4] = (twos - twoSigns) * (1f / 24);
        to[5] = g[4];
    }

    /** {@code Aᵀ m}, two rows; {@code count} is a multiple of a vector. */
    static void both(float[] m, int mAt, int step, int count, float[] y, int y0, int y1) {
        FloatVector minus = ONE.broadcast(-1f);
        for (int i = 0; i < count; i += LANES) {
            FloatVector m1 = fromArray(SPECIES, m, mAt + i + step);
            FloatVector m2 = fromArray(SPECIES, m, mAt + i + 2 * step);
            FloatVector m3 = fromArray(SPECIES, m, mAt + i + 3 * step);
            FloatVector m4 = fromArray(SPECIES, m, mAt + i + 4 * step);
            FloatVector ones = VECTOR.cast(m1).add(m2);
            FloatVector twos = VECTOR.cast(m3).add(m4);
            VECTOR.cast(fromArray(SPECIES, m, mAt + i)).add(ones).add(twos).intoArray(y, y0 + i);
            FloatVector twoSigns = minus.fma(m4, m3).mul(2f);
            FloatVector signs = minus.fma(m2, m1).add(twoSigns);
            signs.add(fromArray(SPECIES, m, mAt + i + 5 * step)).intoArray(y, y1 + i);
        }
    }

    /** Adds {@code B m} to six rows; {@code count} is a multiple of a vector. */
    static void addSpread(float[] m, int mAt, int step, int count, float[] y, int yAt, int stride) {
        FloatVector minus = ONE.broadcast(-1f);
        FloatVector four = ONE.broadcast(4f);
        FloatVector five = ONE.broadcast(5f);
        for (int i = 0; i < count; i += LANES) {
            FloatVector m0 = fromArray(SPECIES, m, mAt + i);
            FloatVector m1 = fromArray(SPECIES, m, mAt + i + step);
            FloatVector m2 = fromArray(SPECIES, m, mAt + i + 2 * step);
            FloatVector m3 = fromArray(SPECIES, m, mAt + i + 3 * step);
            FloatVector m4 = fromArray(SPECIES, m, mAt + i + 4 * step);
            FloatVector m5 = fromArray(SPECIES, m, mAt + i + 5 * step);
            FloatVector even = VECTOR.cast(m1).add(m2);
            FloatVector even2 = VECTOR.cast(m3).add(m4);
            FloatVector odd = minus.fma(m2, m1);
            FloatVector odd2 = minus.fma(m4, m3).mul(2f);
            int at = yAt + i;
            four.fma(m0, fromArray(SPECIES, y, at)).intoArray(y, at);
            FloatVector row1 = minus.fma(odd, m5).mul(4f).sub(odd2);
            VECTOR.cast(row1).add(fromArray(SPECIES, y, at + stride)).intoArray(y, at + stride);
            FloatVector row2 = even.mul(-4f).sub(even2).sub(five.mul(m0));
            VECTOR.cast(row2).add(fromArray(SPECIES, y, at + 2 * stride)).intoArray(y, at + 2 * stride);
            FloatVector row3 = odd.add(odd2).sub(five.mul(m5));
            VECTOR.cast(row3).add(fromArray(SPECIES, y, at + 3 * stride)).intoArray(y, at + 3 * stride);
            FloatVector row4 = VECTOR.cast(m0).add(even).add(even2);
            VECTOR.cast(row4).add(fromArray(SPECIES, y, at + 4 * stride)).intoArray(y, at + 4 * stride);
            VECTOR.cast(m5).add(fromArray(SPECIES, y, at + 5 * stride)).intoArray(y, at + 5 * stride);
        }
    }
}
