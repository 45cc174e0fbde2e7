package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.vector.lanes.Lanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The loops of {@link ConvTile}, one for each shape of a tile: so many rows of packed weights by so many vectors.
 *
 * <p>All have the same plan. For each term of the sum, an offset says where the vectors lie in {@code x}; they are
 * loaded once, and each row's weight is broadcast and multiplied with all of them. Each accumulator is a variable of its
 * own, which the compiler keeps in a register. Counters walk through weights ({@code p}) and offsets ({@code q}): positions
 * computed from {@code k} would cost 7 % where sums have 25 terms. Eight of them hide the latency of two FMA units, so 4 × 2 and 2 × 4 are
 * the shapes for the 16 registers of AVX2; 4 × 4 needs the 32 of AVX-512.
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
            boolean add,
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
        int end = aAt + 4 * n;
        for (int p = aAt, q = offsetsAt; p < end; p += 4, q++) {
            int at = offsets[q];
            FloatVector b0 = FloatVector.fromArray(SPECIES, x, x0 + at);
            FloatVector b1 = FloatVector.fromArray(SPECIES, x, x1 + at);
            FloatVector a0 = FloatVector.broadcast(SPECIES, a[p]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            FloatVector a1 = FloatVector.broadcast(SPECIES, a[p + 1]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            FloatVector a2 = FloatVector.broadcast(SPECIES, a[p + 2]);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            FloatVector a3 = FloatVector.broadcast(SPECIES, a[p + 3]);
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
        }
        if (add) {
            FloatVector y00 = s00.add(FloatVector.fromArray(SPECIES, c, c0));
            FloatVector y01 = s01.add(FloatVector.fromArray(SPECIES, c, c1));
            y00.intoArray(c, c0);
            y01.intoArray(c, c1);
            FloatVector y10 = s10.add(FloatVector.fromArray(SPECIES, c, c0 + rowStride));
            FloatVector y11 = s11.add(FloatVector.fromArray(SPECIES, c, c1 + rowStride));
            y10.intoArray(c, c0 + rowStride);
            y11.intoArray(c, c1 + rowStride);
            FloatVector y20 = s20.add(FloatVector.fromArray(SPECIES, c, c0 + 2 * rowStride));
            FloatVector y21 = s21.add(FloatVector.fromArray(SPECIES, c, c1 + 2 * rowStride));
            y20.intoArray(c, c0 + 2 * rowStride);
            y21.intoArray(c, c1 + 2 * rowStride);
            FloatVector y30 = s30.add(FloatVector.fromArray(SPECIES, c, c0 + 3 * rowStride));
            FloatVector y31 = s31.add(FloatVector.fromArray(SPECIES, c, c1 + 3 * rowStride));
            y30.intoArray(c, c0 + 3 * rowStride);
            y31.intoArray(c, c1 + 3 * rowStride);
        } else {
            s00.intoArray(c, c0);
            s01.intoArray(c, c1);
            s10.intoArray(c, c0 + rowStride);
            s11.intoArray(c, c1 + rowStride);
            s20.intoArray(c, c0 + 2 * rowStride);
            s21.intoArray(c, c1 + 2 * rowStride);
            s30.intoArray(c, c0 + 3 * rowStride);
            s31.intoArray(c, c1 + 3 * rowStride);
        }
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
            boolean add,
            float[] bias,
            int biasAt) {
        FloatVector s00 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s01 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s02 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s03 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s10 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s11 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s12 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s13 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s20 = FloatVector.broadcast(SPECIES, bias[biasAt + 2]);
        FloatVector s21 = FloatVector.broadcast(SPECIES, bias[biasAt + 2]);
        FloatVector s22 = FloatVector.broadcast(SPECIES, bias[biasAt + 2]);
        FloatVector s23 = FloatVector.broadcast(SPECIES, bias[biasAt + 2]);
        FloatVector s30 = FloatVector.broadcast(SPECIES, bias[biasAt + 3]);
        FloatVector s31 = FloatVector.broadcast(SPECIES, bias[biasAt + 3]);
        FloatVector s32 = FloatVector.broadcast(SPECIES, bias[biasAt + 3]);
        FloatVector s33 = FloatVector.broadcast(SPECIES, bias[biasAt + 3]);
        int end = aAt + 4 * n;
        for (int p = aAt, q = offsetsAt; p < end; p += 4, q++) {
            int at = offsets[q];
            FloatVector b0 = FloatVector.fromArray(SPECIES, x, x0 + at);
            FloatVector b1 = FloatVector.fromArray(SPECIES, x, x1 + at);
            FloatVector b2 = FloatVector.fromArray(SPECIES, x, x2 + at);
            FloatVector b3 = FloatVector.fromArray(SPECIES, x, x3 + at);
            FloatVector a0 = FloatVector.broadcast(SPECIES, a[p]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            s02 = a0.fma(b2, s02);
            s03 = a0.fma(b3, s03);
            FloatVector a1 = FloatVector.broadcast(SPECIES, a[p + 1]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            s12 = a1.fma(b2, s12);
            s13 = a1.fma(b3, s13);
            FloatVector a2 = FloatVector.broadcast(SPECIES, a[p + 2]);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            s22 = a2.fma(b2, s22);
            s23 = a2.fma(b3, s23);
            FloatVector a3 = FloatVector.broadcast(SPECIES, a[p + 3]);
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
            s32 = a3.fma(b2, s32);
            s33 = a3.fma(b3, s33);
        }
        if (add) {
            FloatVector y00 = s00.add(FloatVector.fromArray(SPECIES, c, c0));
            FloatVector y01 = s01.add(FloatVector.fromArray(SPECIES, c, c1));
            FloatVector y02 = s02.add(FloatVector.fromArray(SPECIES, c, c2));
            FloatVector y03 = s03.add(FloatVector.fromArray(SPECIES, c, c3));
            y00.intoArray(c, c0);
            y01.intoArray(c, c1);
            y02.intoArray(c, c2);
            y03.intoArray(c, c3);
            FloatVector y10 = s10.add(FloatVector.fromArray(SPECIES, c, c0 + rowStride));
            FloatVector y11 = s11.add(FloatVector.fromArray(SPECIES, c, c1 + rowStride));
            FloatVector y12 = s12.add(FloatVector.fromArray(SPECIES, c, c2 + rowStride));
            FloatVector y13 = s13.add(FloatVector.fromArray(SPECIES, c, c3 + rowStride));
            y10.intoArray(c, c0 + rowStride);
            y11.intoArray(c, c1 + rowStride);
            y12.intoArray(c, c2 + rowStride);
            y13.intoArray(c, c3 + rowStride);
            FloatVector y20 = s20.add(FloatVector.fromArray(SPECIES, c, c0 + 2 * rowStride));
            FloatVector y21 = s21.add(FloatVector.fromArray(SPECIES, c, c1 + 2 * rowStride));
            FloatVector y22 = s22.add(FloatVector.fromArray(SPECIES, c, c2 + 2 * rowStride));
            FloatVector y23 = s23.add(FloatVector.fromArray(SPECIES, c, c3 + 2 * rowStride));
            y20.intoArray(c, c0 + 2 * rowStride);
            y21.intoArray(c, c1 + 2 * rowStride);
            y22.intoArray(c, c2 + 2 * rowStride);
            y23.intoArray(c, c3 + 2 * rowStride);
            FloatVector y30 = s30.add(FloatVector.fromArray(SPECIES, c, c0 + 3 * rowStride));
            FloatVector y31 = s31.add(FloatVector.fromArray(SPECIES, c, c1 + 3 * rowStride));
            FloatVector y32 = s32.add(FloatVector.fromArray(SPECIES, c, c2 + 3 * rowStride));
            FloatVector y33 = s33.add(FloatVector.fromArray(SPECIES, c, c3 + 3 * rowStride));
            y30.intoArray(c, c0 + 3 * rowStride);
            y31.intoArray(c, c1 + 3 * rowStride);
            y32.intoArray(c, c2 + 3 * rowStride);
            y33.intoArray(c, c3 + 3 * rowStride);
        } else {
            s00.intoArray(c, c0);
            s01.intoArray(c, c1);
            s02.intoArray(c, c2);
            s03.intoArray(c, c3);
            s10.intoArray(c, c0 + rowStride);
            s11.intoArray(c, c1 + rowStride);
            s12.intoArray(c, c2 + rowStride);
            s13.intoArray(c, c3 + rowStride);
            s20.intoArray(c, c0 + 2 * rowStride);
            s21.intoArray(c, c1 + 2 * rowStride);
            s22.intoArray(c, c2 + 2 * rowStride);
            s23.intoArray(c, c3 + 2 * rowStride);
            s30.intoArray(c, c0 + 3 * rowStride);
            s31.intoArray(c, c1 + 3 * rowStride);
            s32.intoArray(c, c2 + 3 * rowStride);
            s33.intoArray(c, c3 + 3 * rowStride);
        }
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
            boolean add,
            float[] bias,
            int biasAt) {
        FloatVector s00 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s01 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s02 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s10 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s11 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s12 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s20 = FloatVector.broadcast(SPECIES, bias[biasAt + 2]);
        FloatVector s21 = FloatVector.broadcast(SPECIES, bias[biasAt + 2]);
        FloatVector s22 = FloatVector.broadcast(SPECIES, bias[biasAt + 2]);
        int end = aAt + 3 * n;
        for (int p = aAt, q = offsetsAt; p < end; p += 3, q++) {
            int at = offsets[q];
            FloatVector b0 = FloatVector.fromArray(SPECIES, x, x0 + at);
            FloatVector b1 = FloatVector.fromArray(SPECIES, x, x1 + at);
            FloatVector b2 = FloatVector.fromArray(SPECIES, x, x2 + at);
            FloatVector a0 = FloatVector.broadcast(SPECIES, a[p]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            s02 = a0.fma(b2, s02);
            FloatVector a1 = FloatVector.broadcast(SPECIES, a[p + 1]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            s12 = a1.fma(b2, s12);
            FloatVector a2 = FloatVector.broadcast(SPECIES, a[p + 2]);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            s22 = a2.fma(b2, s22);
        }
        if (add) {
            FloatVector y00 = s00.add(FloatVector.fromArray(SPECIES, c, c0));
            FloatVector y01 = s01.add(FloatVector.fromArray(SPECIES, c, c1));
            FloatVector y02 = s02.add(FloatVector.fromArray(SPECIES, c, c2));
            y00.intoArray(c, c0);
            y01.intoArray(c, c1);
            y02.intoArray(c, c2);
            FloatVector y10 = s10.add(FloatVector.fromArray(SPECIES, c, c0 + rowStride));
            FloatVector y11 = s11.add(FloatVector.fromArray(SPECIES, c, c1 + rowStride));
            FloatVector y12 = s12.add(FloatVector.fromArray(SPECIES, c, c2 + rowStride));
            y10.intoArray(c, c0 + rowStride);
            y11.intoArray(c, c1 + rowStride);
            y12.intoArray(c, c2 + rowStride);
            FloatVector y20 = s20.add(FloatVector.fromArray(SPECIES, c, c0 + 2 * rowStride));
            FloatVector y21 = s21.add(FloatVector.fromArray(SPECIES, c, c1 + 2 * rowStride));
            FloatVector y22 = s22.add(FloatVector.fromArray(SPECIES, c, c2 + 2 * rowStride));
            y20.intoArray(c, c0 + 2 * rowStride);
            y21.intoArray(c, c1 + 2 * rowStride);
            y22.intoArray(c, c2 + 2 * rowStride);
        } else {
            s00.intoArray(c, c0);
            s01.intoArray(c, c1);
            s02.intoArray(c, c2);
            s10.intoArray(c, c0 + rowStride);
            s11.intoArray(c, c1 + rowStride);
            s12.intoArray(c, c2 + rowStride);
            s20.intoArray(c, c0 + 2 * rowStride);
            s21.intoArray(c, c1 + 2 * rowStride);
            s22.intoArray(c, c2 + 2 * rowStride);
        }
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
            boolean add,
            float[] bias,
            int biasAt) {
        FloatVector s00 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s01 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s02 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s03 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s10 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s11 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s12 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s13 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        int end = aAt + 2 * n;
        for (int p = aAt, q = offsetsAt; p < end; p += 2, q++) {
            int at = offsets[q];
            FloatVector b0 = FloatVector.fromArray(SPECIES, x, x0 + at);
            FloatVector b1 = FloatVector.fromArray(SPECIES, x, x1 + at);
            FloatVector b2 = FloatVector.fromArray(SPECIES, x, x2 + at);
            FloatVector b3 = FloatVector.fromArray(SPECIES, x, x3 + at);
            FloatVector a0 = FloatVector.broadcast(SPECIES, a[p]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            s02 = a0.fma(b2, s02);
            s03 = a0.fma(b3, s03);
            FloatVector a1 = FloatVector.broadcast(SPECIES, a[p + 1]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            s12 = a1.fma(b2, s12);
            s13 = a1.fma(b3, s13);
        }
        if (add) {
            FloatVector y00 = s00.add(FloatVector.fromArray(SPECIES, c, c0));
            FloatVector y01 = s01.add(FloatVector.fromArray(SPECIES, c, c1));
            FloatVector y02 = s02.add(FloatVector.fromArray(SPECIES, c, c2));
            FloatVector y03 = s03.add(FloatVector.fromArray(SPECIES, c, c3));
            y00.intoArray(c, c0);
            y01.intoArray(c, c1);
            y02.intoArray(c, c2);
            y03.intoArray(c, c3);
            FloatVector y10 = s10.add(FloatVector.fromArray(SPECIES, c, c0 + rowStride));
            FloatVector y11 = s11.add(FloatVector.fromArray(SPECIES, c, c1 + rowStride));
            FloatVector y12 = s12.add(FloatVector.fromArray(SPECIES, c, c2 + rowStride));
            FloatVector y13 = s13.add(FloatVector.fromArray(SPECIES, c, c3 + rowStride));
            y10.intoArray(c, c0 + rowStride);
            y11.intoArray(c, c1 + rowStride);
            y12.intoArray(c, c2 + rowStride);
            y13.intoArray(c, c3 + rowStride);
        } else {
            s00.intoArray(c, c0);
            s01.intoArray(c, c1);
            s02.intoArray(c, c2);
            s03.intoArray(c, c3);
            s10.intoArray(c, c0 + rowStride);
            s11.intoArray(c, c1 + rowStride);
            s12.intoArray(c, c2 + rowStride);
            s13.intoArray(c, c3 + rowStride);
        }
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
            boolean add,
            float[] bias,
            int biasAt) {
        FloatVector s00 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s01 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s02 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s03 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        int end = aAt + n;
        for (int p = aAt, q = offsetsAt; p < end; p++, q++) {
            int at = offsets[q];
            FloatVector b0 = FloatVector.fromArray(SPECIES, x, x0 + at);
            FloatVector b1 = FloatVector.fromArray(SPECIES, x, x1 + at);
            FloatVector b2 = FloatVector.fromArray(SPECIES, x, x2 + at);
            FloatVector b3 = FloatVector.fromArray(SPECIES, x, x3 + at);
            FloatVector a0 = FloatVector.broadcast(SPECIES, a[p]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            s02 = a0.fma(b2, s02);
            s03 = a0.fma(b3, s03);
        }
        if (add) {
            FloatVector y00 = s00.add(FloatVector.fromArray(SPECIES, c, c0));
            FloatVector y01 = s01.add(FloatVector.fromArray(SPECIES, c, c1));
            FloatVector y02 = s02.add(FloatVector.fromArray(SPECIES, c, c2));
            FloatVector y03 = s03.add(FloatVector.fromArray(SPECIES, c, c3));
            y00.intoArray(c, c0);
            y01.intoArray(c, c1);
            y02.intoArray(c, c2);
            y03.intoArray(c, c3);
        } else {
            s00.intoArray(c, c0);
            s01.intoArray(c, c1);
            s02.intoArray(c, c2);
            s03.intoArray(c, c3);
        }
    }
}
