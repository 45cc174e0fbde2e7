package espalier.tensor.cpu.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link ConvTile} for sums that are short: the loop over the strips of a sparse matrix is part of the kernel, because
 * with a few dozen terms to a sum the call of a method is a good part of its time.
 *
 * <p>Strip s has the terms {@code [pointers[s], pointers[s + 1])}; term t reads {@code x} at {@code table[t]}. Sums are
 * chains of fused multiply-adds in the order of the terms, as in {@link ConvTile}.
 */
final class SparseTile {
    private static final VectorSpecies<Float> SPECIES = ConvTile.SPECIES;
    private static final int LANES = SPECIES.length();

    /** One value for each row of a strip of four. */
    private static final VectorSpecies<Float> FOUR = FloatVector.SPECIES_128;

    private SparseTile() {}

    /** Strips {@code [from, to)} of one row, eight neighbouring vectors. */
    static void oneRow(
            int from,
            int to,
            int[] pointers,
            float[] values,
            int[] table,
            float[] x,
            int xAt,
            float[] c,
            int cAt,
            int rowStride,
            float[] bias,
            int biasAt) {
        for (int s = from; s < to; s++) {
            int first = pointers[s];
            int count = pointers[s + 1] - first;
            FloatVector start = FloatVector.broadcast(SPECIES, bias.length > 0 ? bias[biasAt + s] : 0f);
            FloatVector s0 = start;
            FloatVector s1 = start;
            FloatVector s2 = start;
            FloatVector s3 = start;
            FloatVector s4 = start;
            FloatVector s5 = start;
            FloatVector s6 = start;
            FloatVector s7 = start;
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
            int to0 = cAt + s * rowStride;
            s0.intoArray(c, to0);
            s1.intoArray(c, to0 + LANES);
            s2.intoArray(c, to0 + 2 * LANES);
            s3.intoArray(c, to0 + 3 * LANES);
            s4.intoArray(c, to0 + 4 * LANES);
            s5.intoArray(c, to0 + 5 * LANES);
            s6.intoArray(c, to0 + 6 * LANES);
            s7.intoArray(c, to0 + 7 * LANES);
        }
    }

    /** Strips {@code [from, to)} of one row, four vectors anywhere. */
    static void oneRow(
            int from,
            int to,
            int[] pointers,
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
            int rowStride,
            float[] bias,
            int biasAt) {
        for (int s = from; s < to; s++) {
            int first = pointers[s];
            int count = pointers[s + 1] - first;
            FloatVector start = FloatVector.broadcast(SPECIES, bias.length > 0 ? bias[biasAt + s] : 0f);
            FloatVector s0 = start;
            FloatVector s1 = start;
            FloatVector s2 = start;
            FloatVector s3 = start;
            for (int t = 0; t < count; t++) {
                int at = table[first + t];
                FloatVector a = FloatVector.broadcast(SPECIES, values[first + t]);
                s0 = a.fma(FloatVector.fromArray(SPECIES, x, x0 + at), s0);
                s1 = a.fma(FloatVector.fromArray(SPECIES, x, x1 + at), s1);
                s2 = a.fma(FloatVector.fromArray(SPECIES, x, x2 + at), s2);
                s3 = a.fma(FloatVector.fromArray(SPECIES, x, x3 + at), s3);
            }
            int row = s * rowStride;
            s0.intoArray(c, c0 + row);
            s1.intoArray(c, c1 + row);
            s2.intoArray(c, c2 + row);
            s3.intoArray(c, c3 + row);
        }
    }

    /** Strips {@code [from, to)} of four rows, two vectors. */
    static void fourRows(
            int from,
            int to,
            int[] pointers,
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
        for (int s = from; s < to; s++) {
            int first = pointers[s];
            int count = pointers[s + 1] - first;
            int start = biasAt + 4 * s;
            FloatVector s00 = FloatVector.broadcast(SPECIES, bias.length > 0 ? bias[start] : 0f);
            FloatVector s10 = FloatVector.broadcast(SPECIES, bias.length > 0 ? bias[start + 1] : 0f);
            FloatVector s20 = FloatVector.broadcast(SPECIES, bias.length > 0 ? bias[start + 2] : 0f);
            FloatVector s30 = FloatVector.broadcast(SPECIES, bias.length > 0 ? bias[start + 3] : 0f);
            FloatVector s01 = s00;
            FloatVector s11 = s10;
            FloatVector s21 = s20;
            FloatVector s31 = s30;
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
            int row = 4 * s * rowStride;
            s00.intoArray(c, c0 + row);
            s01.intoArray(c, c1 + row);
            s10.intoArray(c, c0 + row + rowStride);
            s11.intoArray(c, c1 + row + rowStride);
            s20.intoArray(c, c0 + row + 2 * rowStride);
            s21.intoArray(c, c1 + row + 2 * rowStride);
            s30.intoArray(c, c0 + row + 3 * rowStride);
            s31.intoArray(c, c1 + row + 3 * rowStride);
        }
    }

    /** Strips {@code [from, to)} of four rows times one column; two sums take turns. */
    static void blocksTimesVector(
            int from,
            int to,
            int[] pointers,
            float[] values,
            int[] columns,
            float[] x,
            int xAt,
            float[] y,
            int yAt,
            float[] bias,
            int biasAt) {
        for (int s = from; s < to; s++) {
            int first = pointers[s];
            int pairs = (pointers[s + 1] - first) / 2;
            FloatVector even =
                    bias.length > 0 ? FloatVector.fromArray(FOUR, bias, biasAt + 4 * s) : FloatVector.zero(FOUR);
            FloatVector odd = FloatVector.zero(FOUR);
            for (int t = 0; t < pairs; t++) {
                int k = first + 2 * t;
                even = FloatVector.fromArray(FOUR, values, 4 * first + 8 * t)
                        .fma(FloatVector.broadcast(FOUR, x[xAt + columns[k]]), even);
                odd = FloatVector.fromArray(FOUR, values, 4 * first + 8 * t + 4)
                        .fma(FloatVector.broadcast(FOUR, x[xAt + columns[k + 1]]), odd);
            }
            if (first + 2 * pairs < pointers[s + 1]) {
                int k = first + 2 * pairs;
                even = FloatVector.fromArray(FOUR, values, 4 * k)
                        .fma(FloatVector.broadcast(FOUR, x[xAt + columns[k]]), even);
            }
            even.add(odd).intoArray(y, yAt + 4 * s);
        }
    }
}
