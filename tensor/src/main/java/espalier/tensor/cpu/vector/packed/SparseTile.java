package espalier.tensor.cpu.vector.packed;

import static espalier.tensor.cpu.vector.lanes.Lanes.ONE;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;

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

    /** As {@link Lanes#VECTOR}. */
    private static final Class<? extends FloatVector> QUARTET =
            FloatVector.zero(FOUR).getClass();

    private SparseTile() {}

    /** One row of {@code count} terms, eight neighbouring vectors. */
    static void oneRow(
            int first, int count, float[] values, int[] table, float[] x, int xAt, float[] c, int cAt, float start) {
        FloatVector s0 = ONE.broadcast(start);
        FloatVector s1 = ONE.broadcast(start);
        FloatVector s2 = ONE.broadcast(start);
        FloatVector s3 = ONE.broadcast(start);
        FloatVector s4 = ONE.broadcast(start);
        FloatVector s5 = ONE.broadcast(start);
        FloatVector s6 = ONE.broadcast(start);
        FloatVector s7 = ONE.broadcast(start);
        for (int t = 0; t < count; t++) {
            int at = xAt + table[first + t];
            FloatVector a = ONE.broadcast(values[first + t]);
            s0 = a.fma(FloatVector.fromArray(SPECIES, x, at), s0);
            s1 = a.fma(FloatVector.fromArray(SPECIES, x, at + LANES), s1);
            s2 = a.fma(FloatVector.fromArray(SPECIES, x, at + 2 * LANES), s2);
            s3 = a.fma(FloatVector.fromArray(SPECIES, x, at + 3 * LANES), s3);
            s4 = a.fma(FloatVector.fromArray(SPECIES, x, at + 4 * LANES), s4);
            s5 = a.fma(FloatVector.fromArray(SPECIES, x, at + 5 * LANES), s5);
            s6 = a.fma(FloatVector.fromArray(SPECIES, x, at + 6 * LANES), s6);
            s7 = a.fma(FloatVector.fromArray(SPECIES, x, at + 7 * LANES), s7);
        }
        VECTOR.cast(s0).intoArray(c, cAt);
        VECTOR.cast(s1).intoArray(c, cAt + LANES);
        VECTOR.cast(s2).intoArray(c, cAt + 2 * LANES);
        VECTOR.cast(s3).intoArray(c, cAt + 3 * LANES);
        VECTOR.cast(s4).intoArray(c, cAt + 4 * LANES);
        VECTOR.cast(s5).intoArray(c, cAt + 5 * LANES);
        VECTOR.cast(s6).intoArray(c, cAt + 6 * LANES);
        VECTOR.cast(s7).intoArray(c, cAt + 7 * LANES);
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
        FloatVector s0 = ONE.broadcast(start);
        FloatVector s1 = ONE.broadcast(start);
        FloatVector s2 = ONE.broadcast(start);
        FloatVector s3 = ONE.broadcast(start);
        for (int t = 0; t < count; t++) {
            int at = table[first + t];
            FloatVector a = ONE.broadcast(values[first + t]);
            s0 = a.fma(FloatVector.fromArray(SPECIES, x, x0 + at), s0);
            s1 = a.fma(FloatVector.fromArray(SPECIES, x, x1 + at), s1);
            s2 = a.fma(FloatVector.fromArray(SPECIES, x, x2 + at), s2);
            s3 = a.fma(FloatVector.fromArray(SPECIES, x, x3 + at), s3);
        }
        VECTOR.cast(s0).intoArray(c, c0);
        VECTOR.cast(s1).intoArray(c, c1);
        VECTOR.cast(s2).intoArray(c, c2);
        VECTOR.cast(s3).intoArray(c, c3);
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
        FloatVector s00 = ONE.broadcast(bias[biasAt]);
        FloatVector s01 = ONE.broadcast(bias[biasAt]);
        FloatVector s10 = ONE.broadcast(bias[biasAt + 1]);
        FloatVector s11 = ONE.broadcast(bias[biasAt + 1]);
        FloatVector s20 = ONE.broadcast(bias[biasAt + 2]);
        FloatVector s21 = ONE.broadcast(bias[biasAt + 2]);
        FloatVector s30 = ONE.broadcast(bias[biasAt + 3]);
        FloatVector s31 = ONE.broadcast(bias[biasAt + 3]);
        for (int t = 0; t < count; t++) {
            int at = table[first + t];
            FloatVector b0 = FloatVector.fromArray(SPECIES, x, x0 + at);
            FloatVector b1 = FloatVector.fromArray(SPECIES, x, x1 + at);
            FloatVector a0 = ONE.broadcast(values[4 * first + 4 * t]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            FloatVector a1 = ONE.broadcast(values[4 * first + 4 * t + 1]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            FloatVector a2 = ONE.broadcast(values[4 * first + 4 * t + 2]);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            FloatVector a3 = ONE.broadcast(values[4 * first + 4 * t + 3]);
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
        }
        VECTOR.cast(s00).intoArray(c, c0);
        VECTOR.cast(s01).intoArray(c, c1);
        VECTOR.cast(s10).intoArray(c, c0 + rowStride);
        VECTOR.cast(s11).intoArray(c, c1 + rowStride);
        VECTOR.cast(s20).intoArray(c, c0 + 2 * rowStride);
        VECTOR.cast(s21).intoArray(c, c1 + 2 * rowStride);
        VECTOR.cast(s30).intoArray(c, c0 + 3 * rowStride);
        VECTOR.cast(s31).intoArray(c, c1 + 3 * rowStride);
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
            even = QUARTET.cast(FloatVector.fromArray(FOUR, values, 4 * first + 8 * t))
                    .fma(x0, even);
            odd = QUARTET.cast(FloatVector.fromArray(FOUR, values, 4 * first + 8 * t + 4))
                    .fma(x1, odd);
        }
        FloatVector sum = QUARTET.cast(even).add(odd);
        if (count % 2 == 1) {
            int last = first + count - 1;
            FloatVector xLast = FloatVector.broadcast(FOUR, x[xAt + columns[last]]);
            sum = QUARTET.cast(FloatVector.fromArray(FOUR, values, 4 * last)).fma(xLast, sum);
        }
        QUARTET.cast(sum).add(FloatVector.fromArray(FOUR, bias, biasAt)).intoArray(y, yAt);
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
