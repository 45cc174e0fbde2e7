package espalier.tensor.cpu.vector.gemm;

import static espalier.tensor.cpu.vector.lanes.Lanes.ONE;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;

import espalier.tensor.cpu.vector.lanes.Lanes;
import java.lang.invoke.VarHandle;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The tiles of {@link GemmTile} with five to eight rows by two vectors.
 *
 * <p>Up to six rows fit machines with 16 vector registers: twelve sums, two vectors of b and one value of a fill 15.
 * The compiler, left alone, loads the values of all six rows at the top of the loop, runs out of registers, and keeps
 * sums in memory: the tile is then slower than half. A fence between the rows holds each load back until its turn. On
 * x86 it is no instruction, only an order the compiler has to keep. Seven and eight rows take 32 registers and need no
 * fence.
 */
final class TallTiles {
    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    private static final int LANES = Lanes.COUNT;

    private TallTiles() {}

    /** Six rows, two vectors. */
    static void tile6x2(int n, float[] a, int aAt, float[] b, int bAt, int ld, float[] c, int cAt, int stride) {
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
        int end = aAt + 6 * n;
        for (int p = aAt, q = bAt; p < end; p += 6, q += ld) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, q);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, q + LANES);
            FloatVector a0 = ONE.broadcast(a[p]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            VarHandle.loadLoadFence();
            FloatVector a1 = ONE.broadcast(a[p + 1]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            VarHandle.loadLoadFence();
            FloatVector a2 = ONE.broadcast(a[p + 2]);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            VarHandle.loadLoadFence();
            FloatVector a3 = ONE.broadcast(a[p + 3]);
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
            VarHandle.loadLoadFence();
            FloatVector a4 = ONE.broadcast(a[p + 4]);
            s40 = a4.fma(b0, s40);
            s41 = a4.fma(b1, s41);
            VarHandle.loadLoadFence();
            FloatVector a5 = ONE.broadcast(a[p + 5]);
            s50 = a5.fma(b0, s50);
            s51 = a5.fma(b1, s51);
        }
        VECTOR.cast(s00).intoArray(c, cAt);
        VECTOR.cast(s01).intoArray(c, cAt + LANES);
        VECTOR.cast(s10).intoArray(c, cAt + stride);
        VECTOR.cast(s11).intoArray(c, cAt + stride + LANES);
        VECTOR.cast(s20).intoArray(c, cAt + 2 * stride);
        VECTOR.cast(s21).intoArray(c, cAt + 2 * stride + LANES);
        VECTOR.cast(s30).intoArray(c, cAt + 3 * stride);
        VECTOR.cast(s31).intoArray(c, cAt + 3 * stride + LANES);
        VECTOR.cast(s40).intoArray(c, cAt + 4 * stride);
        VECTOR.cast(s41).intoArray(c, cAt + 4 * stride + LANES);
        VECTOR.cast(s50).intoArray(c, cAt + 5 * stride);
        VECTOR.cast(s51).intoArray(c, cAt + 5 * stride + LANES);
    }

    /** Five rows, two vectors. */
    static void tile5x2(int n, float[] a, int aAt, float[] b, int bAt, int ld, float[] c, int cAt, int stride) {
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
        int end = aAt + 5 * n;
        for (int p = aAt, q = bAt; p < end; p += 5, q += ld) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, q);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, q + LANES);
            FloatVector a0 = ONE.broadcast(a[p]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            VarHandle.loadLoadFence();
            FloatVector a1 = ONE.broadcast(a[p + 1]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            VarHandle.loadLoadFence();
            FloatVector a2 = ONE.broadcast(a[p + 2]);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            VarHandle.loadLoadFence();
            FloatVector a3 = ONE.broadcast(a[p + 3]);
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
            VarHandle.loadLoadFence();
            FloatVector a4 = ONE.broadcast(a[p + 4]);
            s40 = a4.fma(b0, s40);
            s41 = a4.fma(b1, s41);
        }
        VECTOR.cast(s00).intoArray(c, cAt);
        VECTOR.cast(s01).intoArray(c, cAt + LANES);
        VECTOR.cast(s10).intoArray(c, cAt + stride);
        VECTOR.cast(s11).intoArray(c, cAt + stride + LANES);
        VECTOR.cast(s20).intoArray(c, cAt + 2 * stride);
        VECTOR.cast(s21).intoArray(c, cAt + 2 * stride + LANES);
        VECTOR.cast(s30).intoArray(c, cAt + 3 * stride);
        VECTOR.cast(s31).intoArray(c, cAt + 3 * stride + LANES);
        VECTOR.cast(s40).intoArray(c, cAt + 4 * stride);
        VECTOR.cast(s41).intoArray(c, cAt + 4 * stride + LANES);
    }

    /** Seven rows, two vectors, where there are 32 registers. */
    static void tile7x2(int n, float[] a, int aAt, float[] b, int bAt, int ld, float[] c, int cAt, int stride) {
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
        int end = aAt + 7 * n;
        for (int p = aAt, q = bAt; p < end; p += 7, q += ld) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, q);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, q + LANES);
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
            FloatVector a4 = ONE.broadcast(a[p + 4]);
            s40 = a4.fma(b0, s40);
            s41 = a4.fma(b1, s41);
            FloatVector a5 = ONE.broadcast(a[p + 5]);
            s50 = a5.fma(b0, s50);
            s51 = a5.fma(b1, s51);
            FloatVector a6 = ONE.broadcast(a[p + 6]);
            s60 = a6.fma(b0, s60);
            s61 = a6.fma(b1, s61);
        }
        VECTOR.cast(s00).intoArray(c, cAt);
        VECTOR.cast(s01).intoArray(c, cAt + LANES);
        VECTOR.cast(s10).intoArray(c, cAt + stride);
        VECTOR.cast(s11).intoArray(c, cAt + stride + LANES);
        VECTOR.cast(s20).intoArray(c, cAt + 2 * stride);
        VECTOR.cast(s21).intoArray(c, cAt + 2 * stride + LANES);
        VECTOR.cast(s30).intoArray(c, cAt + 3 * stride);
        VECTOR.cast(s31).intoArray(c, cAt + 3 * stride + LANES);
        VECTOR.cast(s40).intoArray(c, cAt + 4 * stride);
        VECTOR.cast(s41).intoArray(c, cAt + 4 * stride + LANES);
        VECTOR.cast(s50).intoArray(c, cAt + 5 * stride);
        VECTOR.cast(s51).intoArray(c, cAt + 5 * stride + LANES);
        VECTOR.cast(s60).intoArray(c, cAt + 6 * stride);
        VECTOR.cast(s61).intoArray(c, cAt + 6 * stride + LANES);
    }

    /** Eight rows, two vectors, where there are 32 registers. */
    static void tile8x2(int n, float[] a, int aAt, float[] b, int bAt, int ld, float[] c, int cAt, int stride) {
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
        int end = aAt + 8 * n;
        for (int p = aAt, q = bAt; p < end; p += 8, q += ld) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, q);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, q + LANES);
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
            FloatVector a4 = ONE.broadcast(a[p + 4]);
            s40 = a4.fma(b0, s40);
            s41 = a4.fma(b1, s41);
            FloatVector a5 = ONE.broadcast(a[p + 5]);
            s50 = a5.fma(b0, s50);
            s51 = a5.fma(b1, s51);
            FloatVector a6 = ONE.broadcast(a[p + 6]);
            s60 = a6.fma(b0, s60);
            s61 = a6.fma(b1, s61);
            FloatVector a7 = ONE.broadcast(a[p + 7]);
            s70 = a7.fma(b0, s70);
            s71 = a7.fma(b1, s71);
        }
        VECTOR.cast(s00).intoArray(c, cAt);
        VECTOR.cast(s01).intoArray(c, cAt + LANES);
        VECTOR.cast(s10).intoArray(c, cAt + stride);
        VECTOR.cast(s11).intoArray(c, cAt + stride + LANES);
        VECTOR.cast(s20).intoArray(c, cAt + 2 * stride);
        VECTOR.cast(s21).intoArray(c, cAt + 2 * stride + LANES);
        VECTOR.cast(s30).intoArray(c, cAt + 3 * stride);
        VECTOR.cast(s31).intoArray(c, cAt + 3 * stride + LANES);
        VECTOR.cast(s40).intoArray(c, cAt + 4 * stride);
        VECTOR.cast(s41).intoArray(c, cAt + 4 * stride + LANES);
        VECTOR.cast(s50).intoArray(c, cAt + 5 * stride);
        VECTOR.cast(s51).intoArray(c, cAt + 5 * stride + LANES);
        VECTOR.cast(s60).intoArray(c, cAt + 6 * stride);
        VECTOR.cast(s61).intoArray(c, cAt + 6 * stride + LANES);
        VECTOR.cast(s70).intoArray(c, cAt + 7 * stride);
        VECTOR.cast(s71).intoArray(c, cAt + 7 * stride + LANES);
    }
}
