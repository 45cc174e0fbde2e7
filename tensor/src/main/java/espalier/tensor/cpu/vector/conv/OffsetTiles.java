package espalier.tensor.cpu.vector.conv;

import static espalier.tensor.cpu.vector.lanes.Lanes.ONE;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;

import espalier.tensor.cpu.vector.lanes.Lanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The loops of {@link ConvTile}, one for each shape of a tile: so many rows of packed weights by so many vectors.
 *
 * <p>All have the same plan. For each term of the sum, an offset says where the vectors lie in {@code x}; they are
 * loaded once, and each row's weight is broadcast and multiplied with all of them. Each accumulator is a variable of
 * its own, which the compiler keeps in a register. Counters walk through weights ({@code p}) and offsets ({@code q}):
 * positions computed from {@code k} would cost 7 % where sums have 25 terms. Eight of them hide the latency of two FMA
 * units, so 4 × 2 and 2 × 4 are the shapes for the 16 registers of AVX2; 4 × 4 needs the 32 of AVX-512.
 */
final class OffsetTiles {
    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;

    private OffsetTiles() {}

    /** Four rows, two vectors. */
    static void tile4x2(
            int n,
            float[] a,
            int aAt,
            int[] offsets,
            int offsetsAt,
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
        FloatVector s01 = s00;
        FloatVector s10 = ONE.broadcast(bias[biasAt + 1]);
        FloatVector s11 = s10;
        FloatVector s20 = ONE.broadcast(bias[biasAt + 2]);
        FloatVector s21 = s20;
        FloatVector s30 = ONE.broadcast(bias[biasAt + 3]);
        FloatVector s31 = s30;
        int end = aAt + 4 * n;
        for (int p = aAt, q = offsetsAt; p < end; p += 4, q++) {
            int at = offsets[q];
            FloatVector b0 = FloatVector.fromArray(SPECIES, x, x0 + at);
            FloatVector b1 = FloatVector.fromArray(SPECIES, x, x1 + at);
            FloatVector a0 = ONE.broadcast(a[p]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            FloatVector a1 = ONE.broadcast(a[p + 1]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            FloatVector a2 = ONE.broadcast(a[p + 2]);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            FloatVector a3 = ONE.broadcast(a[p + 3]);
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

    /** Four rows, four vectors. */
    static void tile4x4(
            int n,
            float[] a,
            int aAt,
            int[] offsets,
            int offsetsAt,
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
        FloatVector s00 = ONE.broadcast(bias[biasAt]);
        FloatVector s01 = s00;
        FloatVector s02 = s00;
        FloatVector s03 = s00;
        FloatVector s10 = ONE.broadcast(bias[biasAt + 1]);
        FloatVector s11 = s10;
        FloatVector s12 = s10;
        FloatVector s13 = s10;
        FloatVector s20 = ONE.broadcast(bias[biasAt + 2]);
        FloatVector s21 = s20;
        FloatVector s22 = s20;
        FloatVector s23 = s20;
        FloatVector s30 = ONE.broadcast(bias[biasAt + 3]);
        FloatVector s31 = s30;
        FloatVector s32 = s30;
        FloatVector s33 = s30;
        int end = aAt + 4 * n;
        for (int p = aAt, q = offsetsAt; p < end; p += 4, q++) {
            int at = offsets[q];
            FloatVector b0 = FloatVector.fromArray(SPECIES, x, x0 + at);
            FloatVector b1 = FloatVector.fromArray(SPECIES, x, x1 + at);
            FloatVector b2 = FloatVector.fromArray(SPECIES, x, x2 + at);
            FloatVector b3 = FloatVector.fromArray(SPECIES, x, x3 + at);
            FloatVector a0 = ONE.broadcast(a[p]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            s02 = a0.fma(b2, s02);
            s03 = a0.fma(b3, s03);
            FloatVector a1 = ONE.broadcast(a[p + 1]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            s12 = a1.fma(b2, s12);
            s13 = a1.fma(b3, s13);
            FloatVector a2 = ONE.broadcast(a[p + 2]);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            s22 = a2.fma(b2, s22);
            s23 = a2.fma(b3, s23);
            FloatVector a3 = ONE.broadcast(a[p + 3]);
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
            s32 = a3.fma(b2, s32);
            s33 = a3.fma(b3, s33);
        }
        VECTOR.cast(s00).intoArray(c, c0);
        VECTOR.cast(s01).intoArray(c, c1);
        VECTOR.cast(s02).intoArray(c, c2);
        VECTOR.cast(s03).intoArray(c, c3);
        VECTOR.cast(s10).intoArray(c, c0 + rowStride);
        VECTOR.cast(s11).intoArray(c, c1 + rowStride);
        VECTOR.cast(s12).intoArray(c, c2 + rowStride);
        VECTOR.cast(s13).intoArray(c, c3 + rowStride);
        VECTOR.cast(s20).intoArray(c, c0 + 2 * rowStride);
        VECTOR.cast(s21).intoArray(c, c1 + 2 * rowStride);
        VECTOR.cast(s22).intoArray(c, c2 + 2 * rowStride);
        VECTOR.cast(s23).intoArray(c, c3 + 2 * rowStride);
        VECTOR.cast(s30).intoArray(c, c0 + 3 * rowStride);
        VECTOR.cast(s31).intoArray(c, c1 + 3 * rowStride);
        VECTOR.cast(s32).intoArray(c, c2 + 3 * rowStride);
        VECTOR.cast(s33).intoArray(c, c3 + 3 * rowStride);
    }

    /** Three rows, three vectors. */
    static void tile3x3(
            int n,
            float[] a,
            int aAt,
            int[] offsets,
            int offsetsAt,
            float[] x,
            int x0,
            int x1,
            int x2,
            float[] c,
            int c0,
            int c1,
            int c2,
            int rowStride,
            float[] bias,
            int biasAt) {
        FloatVector s00 = ONE.broadcast(bias[biasAt]);
        FloatVector s01 = s00;
        FloatVector s02 = s00;
        FloatVector s10 = ONE.broadcast(bias[biasAt + 1]);
        FloatVector s11 = s10;
        FloatVector s12 = s10;
        FloatVector s20 = ONE.broadcast(bias[biasAt + 2]);
        FloatVector s21 = s20;
        FloatVector s22 = s20;
        int end = aAt + 3 * n;
        for (int p = aAt, q = offsetsAt; p < end; p += 3, q++) {
            int at = offsets[q];
            FloatVector b0 = FloatVector.fromArray(SPECIES, x, x0 + at);
            FloatVector b1 = FloatVector.fromArray(SPECIES, x, x1 + at);
            FloatVector b2 = FloatVector.fromArray(SPECIES, x, x2 + at);
            FloatVector a0 = ONE.broadcast(a[p]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            s02 = a0.fma(b2, s02);
            FloatVector a1 = ONE.broadcast(a[p + 1]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            s12 = a1.fma(b2, s12);
            FloatVector a2 = ONE.broadcast(a[p + 2]);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            s22 = a2.fma(b2, s22);
        }
        VECTOR.cast(s00).intoArray(c, c0);
        VECTOR.cast(s01).intoArray(c, c1);
        VECTOR.cast(s02).intoArray(c, c2);
        VECTOR.cast(s10).intoArray(c, c0 + rowStride);
        VECTOR.cast(s11).intoArray(c, c1 + rowStride);
        VECTOR.cast(s12).intoArray(c, c2 + rowStride);
        VECTOR.cast(s20).intoArray(c, c0 + 2 * rowStride);
        VECTOR.cast(s21).intoArray(c, c1 + 2 * rowStride);
        VECTOR.cast(s22).intoArray(c, c2 + 2 * rowStride);
    }

    /** Two rows, four vectors. */
    static void tile2x4(
            int n,
            float[] a,
            int aAt,
            int[] offsets,
            int offsetsAt,
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
        FloatVector s00 = ONE.broadcast(bias[biasAt]);
        FloatVector s01 = s00;
        FloatVector s02 = s00;
        FloatVector s03 = s00;
        FloatVector s10 = ONE.broadcast(bias[biasAt + 1]);
        FloatVector s11 = s10;
        FloatVector s12 = s10;
        FloatVector s13 = s10;
        int end = aAt + 2 * n;
        for (int p = aAt, q = offsetsAt; p < end; p += 2, q++) {
            int at = offsets[q];
            FloatVector b0 = FloatVector.fromArray(SPECIES, x, x0 + at);
            FloatVector b1 = FloatVector.fromArray(SPECIES, x, x1 + at);
            FloatVector b2 = FloatVector.fromArray(SPECIES, x, x2 + at);
            FloatVector b3 = FloatVector.fromArray(SPECIES, x, x3 + at);
            FloatVector a0 = ONE.broadcast(a[p]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            s02 = a0.fma(b2, s02);
            s03 = a0.fma(b3, s03);
            FloatVector a1 = ONE.broadcast(a[p + 1]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            s12 = a1.fma(b2, s12);
            s13 = a1.fma(b3, s13);
        }
        VECTOR.cast(s00).intoArray(c, c0);
        VECTOR.cast(s01).intoArray(c, c1);
        VECTOR.cast(s02).intoArray(c, c2);
        VECTOR.cast(s03).intoArray(c, c3);
        VECTOR.cast(s10).intoArray(c, c0 + rowStride);
        VECTOR.cast(s11).intoArray(c, c1 + rowStride);
        VECTOR.cast(s12).intoArray(c, c2 + rowStride);
        VECTOR.cast(s13).intoArray(c, c3 + rowStride);
    }

    /** One row, four vectors. */
    @SuppressWarnings("unused") // one row needs no distance to the next; the tiles share one signature
    static void tile1x4(
            int n,
            float[] a,
            int aAt,
            int[] offsets,
            int offsetsAt,
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
        FloatVector s00 = ONE.broadcast(bias[biasAt]);
        FloatVector s01 = s00;
        FloatVector s02 = s00;
        FloatVector s03 = s00;
        int end = aAt + n;
        for (int p = aAt, q = offsetsAt; p < end; p++, q++) {
            int at = offsets[q];
            FloatVector b0 = FloatVector.fromArray(SPECIES, x, x0 + at);
            FloatVector b1 = FloatVector.fromArray(SPECIES, x, x1 + at);
            FloatVector b2 = FloatVector.fromArray(SPECIES, x, x2 + at);
            FloatVector b3 = FloatVector.fromArray(SPECIES, x, x3 + at);
            FloatVector a0 = ONE.broadcast(a[p]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            s02 = a0.fma(b2, s02);
            s03 = a0.fma(b3, s03);
        }
        VECTOR.cast(s00).intoArray(c, c0);
        VECTOR.cast(s01).intoArray(c, c1);
        VECTOR.cast(s02).intoArray(c, c2);
        VECTOR.cast(s03).intoArray(c, c3);
    }
}
