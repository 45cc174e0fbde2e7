package espalier.tensor.cpu.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The micro-kernel of large products: 4 rows of a packed left matrix times one panel of a packed right matrix.
 *
 * <p>Both are read from start to end. Per {@code k} there are 2 vector loads, 4 broadcasts and 8 fused multiply-adds, so
 * the FMA units are the limit. {@link OffsetTile} does the same for a right matrix that lies anywhere.
 *
 * <p>Each accumulator is a local variable, which the compiler keeps in a register. 8 hide the latency of two FMA units and
 * fit the 16 registers of AVX2; with the 32 registers of AVX-512 there are 16.
 */
final class GemmTile {
    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    private static final int LANES = Lanes.COUNT;
    private static final boolean WIDE = LANES >= 16;

    /** Rows of a tile. */
    static final int ROWS = 4;

    /** Columns of a tile, and of a panel of the right matrix. */
    static final int COLUMNS = WIDE ? 4 * LANES : 2 * LANES;

    /** A tile of zeros, to start from. */
    static final float[] ZERO = new float[ROWS * COLUMNS];

    private GemmTile() {}

    /**
     * {@code c[cAt + r * stride + j] = start[r * COLUMNS + j] + sum over k < n of a[aAt + k * ROWS + r] * b[bAt + k *
     * COLUMNS + j]}.
     */
    static void multiply(
            float[] start, int n, float[] a, int aAt, float[] b, int bAt, float[] c, int cAt, int stride) {
        if (WIDE) {
            tile4x4(start, n, a, aAt, b, bAt, c, cAt, stride);
        } else {
            tile4x2(start, n, a, aAt, b, bAt, c, cAt, stride);
        }
    }

    /** 4 rows, 2 vectors. */
    private static void tile4x2(
            float[] start, int n, float[] a, int aAt, float[] b, int bAt, float[] c, int cAt, int stride) {
        FloatVector s00 = FloatVector.fromArray(SPECIES, start, 0);
        FloatVector s01 = FloatVector.fromArray(SPECIES, start, LANES);
        FloatVector s10 = FloatVector.fromArray(SPECIES, start, 2 * LANES);
        FloatVector s11 = FloatVector.fromArray(SPECIES, start, 3 * LANES);
        FloatVector s20 = FloatVector.fromArray(SPECIES, start, 4 * LANES);
        FloatVector s21 = FloatVector.fromArray(SPECIES, start, 5 * LANES);
        FloatVector s30 = FloatVector.fromArray(SPECIES, start, 6 * LANES);
        FloatVector s31 = FloatVector.fromArray(SPECIES, start, 7 * LANES);
        for (int k = 0; k < n; k++) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, bAt + k * 2 * LANES);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, bAt + k * 2 * LANES + LANES);
            FloatVector a0 = FloatVector.broadcast(SPECIES, a[aAt + 4 * k]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            FloatVector a1 = FloatVector.broadcast(SPECIES, a[aAt + 4 * k + 1]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            FloatVector a2 = FloatVector.broadcast(SPECIES, a[aAt + 4 * k + 2]);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            FloatVector a3 = FloatVector.broadcast(SPECIES, a[aAt + 4 * k + 3]);
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
        }
        s00.intoArray(c, cAt);
        s01.intoArray(c, cAt + LANES);
        s10.intoArray(c, cAt + stride);
        s11.intoArray(c, cAt + stride + LANES);
        s20.intoArray(c, cAt + 2 * stride);
        s21.intoArray(c, cAt + 2 * stride + LANES);
        s30.intoArray(c, cAt + 3 * stride);
        s31.intoArray(c, cAt + 3 * stride + LANES);
    }

    /** 4 rows, 4 vectors. */
    private static void tile4x4(
            float[] start, int n, float[] a, int aAt, float[] b, int bAt, float[] c, int cAt, int stride) {
        FloatVector s00 = FloatVector.fromArray(SPECIES, start, 0);
        FloatVector s01 = FloatVector.fromArray(SPECIES, start, LANES);
        FloatVector s02 = FloatVector.fromArray(SPECIES, start, 2 * LANES);
        FloatVector s03 = FloatVector.fromArray(SPECIES, start, 3 * LANES);
        FloatVector s10 = FloatVector.fromArray(SPECIES, start, 4 * LANES);
        FloatVector s11 = FloatVector.fromArray(SPECIES, start, 5 * LANES);
        FloatVector s12 = FloatVector.fromArray(SPECIES, start, 6 * LANES);
        FloatVector s13 = FloatVector.fromArray(SPECIES, start, 7 * LANES);
        FloatVector s20 = FloatVector.fromArray(SPECIES, start, 8 * LANES);
        FloatVector s21 = FloatVector.fromArray(SPECIES, start, 9 * LANES);
        FloatVector s22 = FloatVector.fromArray(SPECIES, start, 10 * LANES);
        FloatVector s23 = FloatVector.fromArray(SPECIES, start, 11 * LANES);
        FloatVector s30 = FloatVector.fromArray(SPECIES, start, 12 * LANES);
        FloatVector s31 = FloatVector.fromArray(SPECIES, start, 13 * LANES);
        FloatVector s32 = FloatVector.fromArray(SPECIES, start, 14 * LANES);
        FloatVector s33 = FloatVector.fromArray(SPECIES, start, 15 * LANES);
        for (int k = 0; k < n; k++) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, bAt + k * 4 * LANES);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, bAt + k * 4 * LANES + LANES);
            FloatVector b2 = FloatVector.fromArray(SPECIES, b, bAt + k * 4 * LANES + 2 * LANES);
            FloatVector b3 = FloatVector.fromArray(SPECIES, b, bAt + k * 4 * LANES + 3 * LANES);
            FloatVector a0 = FloatVector.broadcast(SPECIES, a[aAt + 4 * k]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            s02 = a0.fma(b2, s02);
            s03 = a0.fma(b3, s03);
            FloatVector a1 = FloatVector.broadcast(SPECIES, a[aAt + 4 * k + 1]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            s12 = a1.fma(b2, s12);
            s13 = a1.fma(b3, s13);
            FloatVector a2 = FloatVector.broadcast(SPECIES, a[aAt + 4 * k + 2]);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            s22 = a2.fma(b2, s22);
            s23 = a2.fma(b3, s23);
            FloatVector a3 = FloatVector.broadcast(SPECIES, a[aAt + 4 * k + 3]);
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
            s32 = a3.fma(b2, s32);
            s33 = a3.fma(b3, s33);
        }
        s00.intoArray(c, cAt);
        s01.intoArray(c, cAt + LANES);
        s02.intoArray(c, cAt + 2 * LANES);
        s03.intoArray(c, cAt + 3 * LANES);
        s10.intoArray(c, cAt + stride);
        s11.intoArray(c, cAt + stride + LANES);
        s12.intoArray(c, cAt + stride + 2 * LANES);
        s13.intoArray(c, cAt + stride + 3 * LANES);
        s20.intoArray(c, cAt + 2 * stride);
        s21.intoArray(c, cAt + 2 * stride + LANES);
        s22.intoArray(c, cAt + 2 * stride + 2 * LANES);
        s23.intoArray(c, cAt + 2 * stride + 3 * LANES);
        s30.intoArray(c, cAt + 3 * stride);
        s31.intoArray(c, cAt + 3 * stride + LANES);
        s32.intoArray(c, cAt + 3 * stride + 2 * LANES);
        s33.intoArray(c, cAt + 3 * stride + 3 * LANES);
    }
}
