package espalier.tensor.cpu.vector.gemm;

import static espalier.tensor.cpu.vector.lanes.Lanes.ONE;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;

import espalier.tensor.cpu.vector.lanes.Lanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The tile of {@link TransposedRight}, two vectors wide: as {@link GemmTile}, but with a left matrix whose rows are
 * read where they lie.
 *
 * <p>A right matrix of a layer's size comes from the second-level cache, at half a vector a cycle. Eight rows, for
 * which there must be 32 registers, have twice as much to do for each vector that they wait for.
 */
final class RowsTile {
    /** Rows of a tile. */
    static final int ROWS = Lanes.COUNT == 16 ? 8 : 4;

    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    private static final int LANES = Lanes.COUNT;

    private RowsTile() {}

    /**
     * {@code c[r * 2 * LANES + j] = sum over k < n of a[aAt + r * lda + k] * b[bAt + k * ld + j]}, for {@link #ROWS}
     * rows.
     */
    static void multiply(int n, float[] a, int aAt, int lda, float[] b, int bAt, int ld, float[] c) {
        if (ROWS == 8) {
            eight(n, a, aAt, lda, b, bAt, ld, c);
        } else {
            four(n, a, aAt, lda, b, bAt, ld, c);
        }
    }

    /** Eight rows. */
    private static void eight(int n, float[] a, int aAt, int lda, float[] b, int bAt, int ld, float[] c) {
        FloatVector zero = ONE.broadcast(0f);
        FloatVector s00 = zero;
        FloatVector s01 = zero;
        FloatVector s10 = zero;
        FloatVector s11 = zero;
        FloatVector s20 = zero;
        FloatVector s21 = zero;
        FloatVector s30 = zero;
        FloatVector s31 = zero;
        FloatVector s40 = zero;
        FloatVector s41 = zero;
        FloatVector s50 = zero;
        FloatVector s51 = zero;
        FloatVector s60 = zero;
        FloatVector s61 = zero;
        FloatVector s70 = zero;
        FloatVector s71 = zero;
        for (int k = 0; k < n; k++) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, bAt + k * ld);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, bAt + k * ld + LANES);
            FloatVector a0 = ONE.broadcast(a[aAt + k]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            FloatVector a1 = ONE.broadcast(a[aAt + lda + k]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            FloatVector a2 = ONE.broadcast(a[aAt + 2 * lda + k]);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            FloatVector a3 = ONE.broadcast(a[aAt + 3 * lda + k]);
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
            FloatVector a4 = ONE.broadcast(a[aAt + 4 * lda + k]);
            s40 = a4.fma(b0, s40);
            s41 = a4.fma(b1, s41);
            FloatVector a5 = ONE.broadcast(a[aAt + 5 * lda + k]);
            s50 = a5.fma(b0, s50);
            s51 = a5.fma(b1, s51);
            FloatVector a6 = ONE.broadcast(a[aAt + 6 * lda + k]);
            s60 = a6.fma(b0, s60);
            s61 = a6.fma(b1, s61);
            FloatVector a7 = ONE.broadcast(a[aAt + 7 * lda + k]);
            s70 = a7.fma(b0, s70);
            s71 = a7.fma(b1, s71);
        }
        VECTOR.cast(s00).intoArray(c, 0);
        VECTOR.cast(s01).intoArray(c, LANES);
        VECTOR.cast(s10).intoArray(c, 2 * LANES);
        VECTOR.cast(s11).intoArray(c, 3 * LANES);
        VECTOR.cast(s20).intoArray(c, 4 * LANES);
        VECTOR.cast(s21).intoArray(c, 5 * LANES);
        VECTOR.cast(s30).intoArray(c, 6 * LANES);
        VECTOR.cast(s31).intoArray(c, 7 * LANES);
        VECTOR.cast(s40).intoArray(c, 8 * LANES);
        VECTOR.cast(s41).intoArray(c, 9 * LANES);
        VECTOR.cast(s50).intoArray(c, 10 * LANES);
        VECTOR.cast(s51).intoArray(c, 11 * LANES);
        VECTOR.cast(s60).intoArray(c, 12 * LANES);
        VECTOR.cast(s61).intoArray(c, 13 * LANES);
        VECTOR.cast(s70).intoArray(c, 14 * LANES);
        VECTOR.cast(s71).intoArray(c, 15 * LANES);
    }

    /** Four rows. */
    private static void four(int n, float[] a, int aAt, int lda, float[] b, int bAt, int ld, float[] c) {
        FloatVector zero = ONE.broadcast(0f);
        FloatVector s00 = zero;
        FloatVector s01 = zero;
        FloatVector s10 = zero;
        FloatVector s11 = zero;
        FloatVector s20 = zero;
        FloatVector s21 = zero;
        FloatVector s30 = zero;
        FloatVector s31 = zero;
        for (int k = 0; k < n; k++) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, bAt + k * ld);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, bAt + k * ld + LANES);
            FloatVector a0 = ONE.broadcast(a[aAt + k]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            FloatVector a1 = ONE.broadcast(a[aAt + lda + k]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            FloatVector a2 = ONE.broadcast(a[aAt + 2 * lda + k]);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            FloatVector a3 = ONE.broadcast(a[aAt + 3 * lda + k]);
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
        }
        VECTOR.cast(s00).intoArray(c, 0);
        VECTOR.cast(s01).intoArray(c, LANES);
        VECTOR.cast(s10).intoArray(c, 2 * LANES);
        VECTOR.cast(s11).intoArray(c, 3 * LANES);
        VECTOR.cast(s20).intoArray(c, 4 * LANES);
        VECTOR.cast(s21).intoArray(c, 5 * LANES);
        VECTOR.cast(s30).intoArray(c, 6 * LANES);
        VECTOR.cast(s31).intoArray(c, 7 * LANES);
    }
}
