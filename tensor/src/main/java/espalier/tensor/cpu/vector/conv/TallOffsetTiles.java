package espalier.tensor.cpu.vector.conv;

import static espalier.tensor.cpu.vector.lanes.Lanes.ONE;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;

import espalier.tensor.cpu.vector.lanes.Lanes;
import java.lang.invoke.VarHandle;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The tiles of {@link OffsetTiles} with five to eight rows by two vectors.
 *
 * <p>Up to six rows fit machines with 16 vector registers: twelve sums, two vectors of x and one value of a fill 15.
 * The fence between two rows makes the compiler load each row's value when its turn comes; all at once they would push
 * the sums out into memory. On x86 it is no instruction. Seven and eight rows take 32 registers and need no fence.
 */
final class TallOffsetTiles {
    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;

    private TallOffsetTiles() {}

    /** Six rows, two vectors. */
    static void tile6x2(
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
        FloatVector s40 = ONE.broadcast(bias[biasAt + 4]);
        FloatVector s41 = s40;
        FloatVector s50 = ONE.broadcast(bias[biasAt + 5]);
        FloatVector s51 = s50;
        int end = aAt + 6 * n;
        for (int p = aAt, q = offsetsAt; p < end; p += 6, q++) {
            int at = offsets[q];
            FloatVector b0 = FloatVector.fromArray(SPECIES, x, x0 + at);
            FloatVector b1 = FloatVector.fromArray(SPECIES, x, x1 + at);
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
        VECTOR.cast(s00).intoArray(c, c0);
        VECTOR.cast(s01).intoArray(c, c1);
        VECTOR.cast(s10).intoArray(c, c0 + rowStride);
        VECTOR.cast(s11).intoArray(c, c1 + rowStride);
        VECTOR.cast(s20).intoArray(c, c0 + 2 * rowStride);
        VECTOR.cast(s21).intoArray(c, c1 + 2 * rowStride);
        VECTOR.cast(s30).intoArray(c, c0 + 3 * rowStride);
        VECTOR.cast(s31).intoArray(c, c1 + 3 * rowStride);
        VECTOR.cast(s40).intoArray(c, c0 + 4 * rowStride);
        VECTOR.cast(s41).intoArray(c, c1 + 4 * rowStride);
        VECTOR.cast(s50).intoArray(c, c0 + 5 * rowStride);
        VECTOR.cast(s51).intoArray(c, c1 + 5 * rowStride);
    }

    /** Five rows, two vectors. */
    static void tile5x2(
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
        FloatVector s40 = ONE.broadcast(bias[biasAt + 4]);
        FloatVector s41 = s40;
        int end = aAt + 5 * n;
        for (int p = aAt, q = offsetsAt; p < end; p += 5, q++) {
            int at = offsets[q];
            FloatVector b0 = FloatVector.fromArray(SPECIES, x, x0 + at);
            FloatVector b1 = FloatVector.fromArray(SPECIES, x, x1 + at);
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
        VECTOR.cast(s00).intoArray(c, c0);
        VECTOR.cast(s01).intoArray(c, c1);
        VECTOR.cast(s10).intoArray(c, c0 + rowStride);
        VECTOR.cast(s11).intoArray(c, c1 + rowStride);
        VECTOR.cast(s20).intoArray(c, c0 + 2 * rowStride);
        VECTOR.cast(s21).intoArray(c, c1 + 2 * rowStride);
        VECTOR.cast(s30).intoArray(c, c0 + 3 * rowStride);
        VECTOR.cast(s31).intoArray(c, c1 + 3 * rowStride);
        VECTOR.cast(s40).intoArray(c, c0 + 4 * rowStride);
        VECTOR.cast(s41).intoArray(c, c1 + 4 * rowStride);
    }

    /** Seven rows, two vectors, where there are 32 registers. */
    static void tile7x2(
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
        FloatVector s40 = ONE.broadcast(bias[biasAt + 4]);
        FloatVector s41 = s40;
        FloatVector s50 = ONE.broadcast(bias[biasAt + 5]);
        FloatVector s51 = s50;
        FloatVector s60 = ONE.broadcast(bias[biasAt + 6]);
        FloatVector s61 = s60;
        int end = aAt + 7 * n;
        for (int p = aAt, q = offsetsAt; p < end; p += 7, q++) {
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
        VECTOR.cast(s00).intoArray(c, c0);
        VECTOR.cast(s01).intoArray(c, c1);
        VECTOR.cast(s10).intoArray(c, c0 + rowStride);
        VECTOR.cast(s11).intoArray(c, c1 + rowStride);
        VECTOR.cast(s20).intoArray(c, c0 + 2 * rowStride);
        VECTOR.cast(s21).intoArray(c, c1 + 2 * rowStride);
        VECTOR.cast(s30).intoArray(c, c0 + 3 * rowStride);
        VECTOR.cast(s31).intoArray(c, c1 + 3 * rowStride);
        VECTOR.cast(s40).intoArray(c, c0 + 4 * rowStride);
        VECTOR.cast(s41).intoArray(c, c1 + 4 * rowStride);
        VECTOR.cast(s50).intoArray(c, c0 + 5 * rowStride);
        VECTOR.cast(s51).intoArray(c, c1 + 5 * rowStride);
        VECTOR.cast(s60).intoArray(c, c0 + 6 * rowStride);
        VECTOR.cast(s61).intoArray(c, c1 + 6 * rowStride);
    }

    /** Eight rows, two vectors, where there are 32 registers. */
    static void tile8x2(
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
        FloatVector s40 = ONE.broadcast(bias[biasAt + 4]);
        FloatVector s41 = s40;
        FloatVector s50 = ONE.broadcast(bias[biasAt + 5]);
        FloatVector s51 = s50;
        FloatVector s60 = ONE.broadcast(bias[biasAt + 6]);
        FloatVector s61 = s60;
        FloatVector s70 = ONE.broadcast(bias[biasAt + 7]);
        FloatVector s71 = s70;
        int end = aAt + 8 * n;
        for (int p = aAt, q = offsetsAt; p < end; p += 8, q++) {
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
        VECTOR.cast(s00).intoArray(c, c0);
        VECTOR.cast(s01).intoArray(c, c1);
        VECTOR.cast(s10).intoArray(c, c0 + rowStride);
        VECTOR.cast(s11).intoArray(c, c1 + rowStride);
        VECTOR.cast(s20).intoArray(c, c0 + 2 * rowStride);
        VECTOR.cast(s21).intoArray(c, c1 + 2 * rowStride);
        VECTOR.cast(s30).intoArray(c, c0 + 3 * rowStride);
        VECTOR.cast(s31).intoArray(c, c1 + 3 * rowStride);
        VECTOR.cast(s40).intoArray(c, c0 + 4 * rowStride);
        VECTOR.cast(s41).intoArray(c, c1 + 4 * rowStride);
        VECTOR.cast(s50).intoArray(c, c0 + 5 * rowStride);
        VECTOR.cast(s51).intoArray(c, c1 + 5 * rowStride);
        VECTOR.cast(s60).intoArray(c, c0 + 6 * rowStride);
        VECTOR.cast(s61).intoArray(c, c1 + 6 * rowStride);
        VECTOR.cast(s70).intoArray(c, c0 + 7 * rowStride);
        VECTOR.cast(s71).intoArray(c, c1 + 7 * rowStride);
    }
}
