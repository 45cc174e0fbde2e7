package espalier.tensor.cpu.vector.packed;

import espalier.tensor.cpu.vector.lanes.Lanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link espalier.tensor.cpu.vector.conv.ConvTile} for sums that are short: with a few dozen terms to a sum, what
 * happens between the sums is a good part of the time, so these take just what they need.
 *
 * <p>Term t reads {@code x} at {@code table[first + t]}. Sums are chains of fused multiply-adds in the order of the
 * terms, as in {@link espalier.tensor.cpu.vector.conv.ConvTile}. Each kernel is one loop: with the loop over the rows
 * inside, the compiler sometimes fails to keep the sums in registers, and all is ten times slower.
 */
final class SparseTile {
    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    private static final int LANES = SPECIES.length();

    /** One value for each row of a strip of four. */
    private static final VectorSpecies<Float> FOUR = FloatVector.SPECIES_128;

    private SparseTile() {}

    /** One row of {@code count} terms, eight neighbouring vectors. */
    static void oneRow(
            int first, int count, float[] values, int[] table, float[] x, int xAt, float[] c, int cAt, float start) {
        FloatVector s0 = FloatVector.broadcast(SPECIES, start);
        FloatVector s1 = FloatVector.broadcast(SPECIES, start);
        FloatVector s2 = FloatVector.broadcast(SPECIES, start);
        FloatVector s3 = FloatVector.broadcast(SPECIES, start);
        FloatVector s4 = FloatVector.broadcast(SPECIES, start);
        FloatVector s5 = FloatVector.broadcast(SPECIES, start);
        FloatVector s6 = FloatVector.broadcast(SPECIES, start);
        FloatVector s7 = FloatVector.broadcast(SPECIES, start);
        for (int t = 0; t < count; t++) {
            int at = xAt + table[first + t];
            FloatVector a = FloatVector.broadcast(SPECIES, values[first + t]);
            s0 = a.fma(FloatVector.fromArray(SPECIES, x, at), s0);
            s1 = a.fma(FloatVector.fromArray(SPECIES, x, at + LANES), s1);
            s2 = a.fma(FloatVector.fromArray(SPECIES, x, at + 2 * LANES), s2);
            s3 = a.fma(FloatVector.fromArray(SPECIES, x, at + 3 * LANES), s3);
            s4 = a.fma(FloatVector.fromArray(SPECIES, x, at + 4 * LANES), s4);
            s5 = a.fma(FloatVector.fromArray(SPECIES, x, at + 5 * LANES), s5);
            s6 = a.fma(FloatVector.fromArray(SPECIES, x, at + 6 * LANES), s6);
            s7 = a.fma(FloatVector.fromArray(SPECIES, x, at + 7 * LANES), s7);
        }
        s0.intoArray(c, cAt);
        s1.intoArray(c, cAt + LANES);
        s2.intoArray(c, cAt + 2 * LANES);
        s3.intoArray(c, cAt + 3 * LANES);
        s4.intoArray(c, cAt + 4 * LANES);
        s5.intoArray(c, cAt + 5 * LANES);
        s6.intoArray(c, cAt + 6 * LANES);
        s7.intoArray(c, cAt + 7 * LANES);
    }

    /** One row of {@code count} terms, four vectors anywhere. */
    static void oneRow(
            int first,
            int count,
            float[] values,
            int[] table,
            float[] x,
            int x0,
            int x1,
            int x2,
            int x3,
            float[] c,
            int c0,
            int c1,
            int c2,
            int c3,
            float start) {
        FloatVector s0 = FloatVector.broadcast(SPECIES, start);
        FloatVector s1 = FloatVector.broadcast(SPECIES, start);
        FloatVector s2 = FloatVector.broadcast(SPECIES, start);
        FloatVector s3 = FloatVector.broadcast(SPECIES, start);
        for (int t = 0; t < count; t++) {
            int at = table[first + t];
            FloatVector a = FloatVector.broadcast(SPECIES, values[first + t]);
            s0 = a.fma(FloatVector.fromArray(SPECIES, x, x0 + at), s0);
            s1 = a.fma(FloatVector.fromArray(SPECIES, x, x1 + at), s1);
            s2 = a.fma(FloatVector.fromArray(SPECIES, x, x2 + at), s2);
            s3 = a.fma(FloatVector.fromArray(SPECIES, x, x3 + at), s3);
        }
        s0.intoArray(c, c0);
        s1.intoArray(c, c1);
        s2.intoArray(c, c2);
        s3.intoArray(c, c3);
    }

    /** Four rows of {@code count} terms, two vectors; row r starts from {@code bias[biasAt + r]}. */
    static void fourRows(
            int first,
            int count,
            float[] values,
            int[] table,
            float[] x,
            int x0,
            int x1,
            float[] c,
            int c0,
            int c1,
            int rowStride,
            float[] bias,
            int biasAt) {
        FloatVector s00 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s01 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s10 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s11 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s20 = FloatVector.broadcast(SPECIES, bias[biasAt + 2]);
        FloatVector s21 = FloatVector.broadcast(SPECIES, bias[biasAt + 2]);
        FloatVector s30 = FloatVector.broadcast(SPECIES, bias[biasAt + 3]);
        FloatVector s31 = FloatVector.broadcast(SPECIES, bias[biasAt + 3]);
        for (int t = 0; t < count; t++) {
            int at = table[first + t];
            FloatVector b0 = FloatVector.fromArray(SPECIES, x, x0 + at);
            FloatVector b1 = FloatVector.fromArray(SPECIES, x, x1 + at);
            FloatVector a0 = FloatVector.broadcast(SPECIES, values[4 * first + 4 * t]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            FloatVector a1 = FloatVector.broadcast(SPECIES, values[4 * first + 4 * t + 1]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            FloatVector a2 = FloatVector.broadcast(SPECIES, values[4 * first + 4 * t + 2]);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            FloatVector a3 = FloatVector.broadcast(SPECIES, values[4 * first + 4 * t + 3]);
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
        }
        s00.intoArray(c, c0);
        s01.intoArray(c, c1);
        s10.intoArray(c, c0 + rowStride);
        s11.intoArray(c, c1 + rowStride);
        s20.intoArray(c, c0 + 2 * rowStride);
        s21.intoArray(c, c1 + 2 * rowStride);
        s30.intoArray(c, c0 + 3 * rowStride);
        s31.intoArray(c, c1 + 3 * rowStride);
    }

    /** Four rows times one column; two sums take turns. Writes 4 elements of {@code y}. */
    static void fourRowsTimesVector(
            int first,
            int count,
            float[] values,
            int[] columns,
            float[] x,
            int xAt,
            float[] y,
            int yAt,
            float[] bias,
            int biasAt) {
        FloatVector even = FloatVector.zero(FOUR);
        FloatVector odd = FloatVector.zero(FOUR);
        int pairs = count / 2;
        for (int t = 0; t < pairs; t++) {
            FloatVector x0 = FloatVector.broadcast(FOUR, x[xAt + columns[first + 2 * t]]);
            FloatVector x1 = FloatVector.broadcast(FOUR, x[xAt + columns[first + 2 * t + 1]]);
            even = FloatVector.fromArray(FOUR, values, 4 * first + 8 * t).fma(x0, even);
            odd = FloatVector.fromArray(FOUR, values, 4 * first + 8 * t + 4).fma(x1, odd);
        }
        FloatVector sum = even.add(odd);
        if (count % 2 == 1) {
            int last = first + count - 1;
            FloatVector xLast = FloatVector.broadcast(FOUR, x[xAt + columns[last]]);
            sum = FloatVector.fromArray(FOUR, values, 4 * last).fma(xLast, sum);
        }
        sum.add(FloatVector.fromArray(FOUR, bias, biasAt)).intoArray(y, yAt);
    }

    /** One row times one column; four sums take turns. */
    static float oneRowTimesVector(int first, int count, float[] values, int[] columns, float[] x, int xAt) {
        float s0 = 0f;
        float s1 = 0f;
        float s2 = 0f;
        float s3 = 0f;
        int rounds = count / 4;
        for (int i = 0; i < rounds; i++) {
            int t = first + 4 * i;
            s0 = Math.fma(values[t], x[xAt + columns[t]], s0);
            s1 = Math.fma(values[t + 1], x[xAt + columns[t + 1]], s1);
            s2 = Math.fma(values[t + 2], x[xAt + columns[t + 2]], s2);
            s3 = Math.fma(values[t + 3], x[xAt + columns[t + 3]], s3);
        }
        for (int t = first + 4 * rounds; t < first + count; t++) {
            s0 = Math.fma(values[t], x[xAt + columns[t]], s0);
        }
        return (s0 + s1) + (s2 + s3);
    }
}
