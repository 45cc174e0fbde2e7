package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.vector.lanes.Lanes;
import java.lang.invoke.VarHandle;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The tiles of {@link OffsetTiles} with five to eight rows by two vectors.
 *
 * <p>Up to six rows fit machines with 16 vector registers: twelve sums, two vectors of x and one value of a fill 15. The
 * fence between two rows makes the compiler load each row's value when its turn comes; all at once they would push the
 * sums out into memory. On x86 it is no instruction. Seven and eight rows take 32 registers and need no fence.
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
        FloatVector s40 = FloatVector.broadcast(SPECIES, bias[biasAt + 4]);
        FloatVector s41 = FloatVector.broadcast(SPECIES, bias[biasAt + 4]);
        FloatVector s50 = FloatVector.broadcast(SPECIES, bias[biasAt + 5]);
        FloatVector s51 = FloatVector.broadcast(SPECIES, bias[biasAt + 5]);
        int end = aAt + 6 * n;
        for (int p = aAt, q = offsetsAt; p < end; p += 6, q++) {
            int at = offsets[q];
            FloatVector b0 = FloatVector.fromArray(SPECIES, x, x0 + at);
            FloatVector b1 = FloatVector.fromArray(SPECIES, x, x1 + at);
            FloatVector a0 = FloatVector.broadcast(SPECIES, a[p]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            VarHandle.loadLoadFence();
            FloatVector a1 = FloatVector.broadcast(SPECIES, a[p + 1]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            VarHandle.loadLoadFence();
            FloatVector a2 = FloatVector.broadcast(SPECIES, a[p + 2]);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            VarHandle.loadLoadFence();
            FloatVector a3 = FloatVector.broadcast(SPECIES, a[p + 3]);
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
            VarHandle.loadLoadFence();
            FloatVector a4 = FloatVector.broadcast(SPECIES, a[p + 4]);
            s40 = a4.fma(b0, s40);
            s41 = a4.fma(b1, s41);
            VarHandle.loadLoadFence();
            FloatVector a5 = FloatVector.broadcast(SPECIES, a[p + 5]);
            s50 = a5.fma(b0, s50);
            s51 = a5.fma(b1, s51);
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
            FloatVector y40 = s40.add(FloatVector.fromArray(SPECIES, c, c0 + 4 * rowStride));
            FloatVector y41 = s41.add(FloatVector.fromArray(SPECIES, c, c1 + 4 * rowStride));
            y40.intoArray(c, c0 + 4 * rowStride);
            y41.intoArray(c, c1 + 4 * rowStride);
            FloatVector y50 = s50.add(FloatVector.fromArray(SPECIES, c, c0 + 5 * rowStride));
            FloatVector y51 = s51.add(FloatVector.fromArray(SPECIES, c, c1 + 5 * rowStride));
            y50.intoArray(c, c0 + 5 * rowStride);
            y51.intoArray(c, c1 + 5 * rowStride);
        } else {
            s00.intoArray(c, c0);
            s01.intoArray(c, c1);
            s10.intoArray(c, c0 + rowStride);
            s11.intoArray(c, c1 + rowStride);
            s20.intoArray(c, c0 + 2 * rowStride);
            s21.intoArray(c, c1 + 2 * rowStride);
            s30.intoArray(c, c0 + 3 * rowStride);
            s31.intoArray(c, c1 + 3 * rowStride);
            s40.intoArray(c, c0 + 4 * rowStride);
            s41.intoArray(c, c1 + 4 * rowStride);
            s50.intoArray(c, c0 + 5 * rowStride);
            s51.intoArray(c, c1 + 5 * rowStride);
        }
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
        FloatVector s40 = FloatVector.broadcast(SPECIES, bias[biasAt + 4]);
        FloatVector s41 = FloatVector.broadcast(SPECIES, bias[biasAt + 4]);
        int end = aAt + 5 * n;
        for (int p = aAt, q = offsetsAt; p < end; p += 5, q++) {
            int at = offsets[q];
            FloatVector b0 = FloatVector.fromArray(SPECIES, x, x0 + at);
            FloatVector b1 = FloatVector.fromArray(SPECIES, x, x1 + at);
            FloatVector a0 = FloatVector.broadcast(SPECIES, a[p]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            VarHandle.loadLoadFence();
            FloatVector a1 = FloatVector.broadcast(SPECIES, a[p + 1]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            VarHandle.loadLoadFence();
            FloatVector a2 = FloatVector.broadcast(SPECIES, a[p + 2]);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            VarHandle.loadLoadFence();
            FloatVector a3 = FloatVector.broadcast(SPECIES, a[p + 3]);
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
            VarHandle.loadLoadFence();
            FloatVector a4 = FloatVector.broadcast(SPECIES, a[p + 4]);
            s40 = a4.fma(b0, s40);
            s41 = a4.fma(b1, s41);
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
            FloatVector y40 = s40.add(FloatVector.fromArray(SPECIES, c, c0 + 4 * rowStride));
            FloatVector y41 = s41.add(FloatVector.fromArray(SPECIES, c, c1 + 4 * rowStride));
            y40.intoArray(c, c0 + 4 * rowStride);
            y41.intoArray(c, c1 + 4 * rowStride);
        } else {
            s00.intoArray(c, c0);
            s01.intoArray(c, c1);
            s10.intoArray(c, c0 + rowStride);
            s11.intoArray(c, c1 + rowStride);
            s20.intoArray(c, c0 + 2 * rowStride);
            s21.intoArray(c, c1 + 2 * rowStride);
            s30.intoArray(c, c0 + 3 * rowStride);
            s31.intoArray(c, c1 + 3 * rowStride);
            s40.intoArray(c, c0 + 4 * rowStride);
            s41.intoArray(c, c1 + 4 * rowStride);
        }
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
        FloatVector s40 = FloatVector.broadcast(SPECIES, bias[biasAt + 4]);
        FloatVector s41 = FloatVector.broadcast(SPECIES, bias[biasAt + 4]);
        FloatVector s50 = FloatVector.broadcast(SPECIES, bias[biasAt + 5]);
        FloatVector s51 = FloatVector.broadcast(SPECIES, bias[biasAt + 5]);
        FloatVector s60 = FloatVector.broadcast(SPECIES, bias[biasAt + 6]);
        FloatVector s61 = FloatVector.broadcast(SPECIES, bias[biasAt + 6]);
        int end = aAt + 7 * n;
        for (int p = aAt, q = offsetsAt; p < end; p += 7, q++) {
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
            FloatVector a4 = FloatVector.broadcast(SPECIES, a[p + 4]);
            s40 = a4.fma(b0, s40);
            s41 = a4.fma(b1, s41);
            FloatVector a5 = FloatVector.broadcast(SPECIES, a[p + 5]);
            s50 = a5.fma(b0, s50);
            s51 = a5.fma(b1, s51);
            FloatVector a6 = FloatVector.broadcast(SPECIES, a[p + 6]);
            s60 = a6.fma(b0, s60);
            s61 = a6.fma(b1, s61);
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
            FloatVector y40 = s40.add(FloatVector.fromArray(SPECIES, c, c0 + 4 * rowStride));
            FloatVector y41 = s41.add(FloatVector.fromArray(SPECIES, c, c1 + 4 * rowStride));
            y40.intoArray(c, c0 + 4 * rowStride);
            y41.intoArray(c, c1 + 4 * rowStride);
            FloatVector y50 = s50.add(FloatVector.fromArray(SPECIES, c, c0 + 5 * rowStride));
            FloatVector y51 = s51.add(FloatVector.fromArray(SPECIES, c, c1 + 5 * rowStride));
            y50.intoArray(c, c0 + 5 * rowStride);
            y51.intoArray(c, c1 + 5 * rowStride);
            FloatVector y60 = s60.add(FloatVector.fromArray(SPECIES, c, c0 + 6 * rowStride));
            FloatVector y61 = s61.add(FloatVector.fromArray(SPECIES, c, c1 + 6 * rowStride));
            y60.intoArray(c, c0 + 6 * rowStride);
            y61.intoArray(c, c1 + 6 * rowStride);
        } else {
            s00.intoArray(c, c0);
            s01.intoArray(c, c1);
            s10.intoArray(c, c0 + rowStride);
            s11.intoArray(c, c1 + rowStride);
            s20.intoArray(c, c0 + 2 * rowStride);
            s21.intoArray(c, c1 + 2 * rowStride);
            s30.intoArray(c, c0 + 3 * rowStride);
            s31.intoArray(c, c1 + 3 * rowStride);
            s40.intoArray(c, c0 + 4 * rowStride);
            s41.intoArray(c, c1 + 4 * rowStride);
            s50.intoArray(c, c0 + 5 * rowStride);
            s51.intoArray(c, c1 + 5 * rowStride);
            s60.intoArray(c, c0 + 6 * rowStride);
            s61.intoArray(c, c1 + 6 * rowStride);
        }
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
        FloatVector s40 = FloatVector.broadcast(SPECIES, bias[biasAt + 4]);
        FloatVector s41 = FloatVector.broadcast(SPECIES, bias[biasAt + 4]);
        FloatVector s50 = FloatVector.broadcast(SPECIES, bias[biasAt + 5]);
        FloatVector s51 = FloatVector.broadcast(SPECIES, bias[biasAt + 5]);
        FloatVector s60 = FloatVector.broadcast(SPECIES, bias[biasAt + 6]);
        FloatVector s61 = FloatVector.broadcast(SPECIES, bias[biasAt + 6]);
        FloatVector s70 = FloatVector.broadcast(SPECIES, bias[biasAt + 7]);
        FloatVector s71 = FloatVector.broadcast(SPECIES, bias[biasAt + 7]);
        int end = aAt + 8 * n;
        for (int p = aAt, q = offsetsAt; p < end; p += 8, q++) {
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
            FloatVector a4 = FloatVector.broadcast(SPECIES, a[p + 4]);
            s40 = a4.fma(b0, s40);
            s41 = a4.fma(b1, s41);
            FloatVector a5 = FloatVector.broadcast(SPECIES, a[p + 5]);
            s50 = a5.fma(b0, s50);
            s51 = a5.fma(b1, s51);
            FloatVector a6 = FloatVector.broadcast(SPECIES, a[p + 6]);
            s60 = a6.fma(b0, s60);
            s61 = a6.fma(b1, s61);
            FloatVector a7 = FloatVector.broadcast(SPECIES, a[p + 7]);
            s70 = a7.fma(b0, s70);
            s71 = a7.fma(b1, s71);
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
            FloatVector y40 = s40.add(FloatVector.fromArray(SPECIES, c, c0 + 4 * rowStride));
            FloatVector y41 = s41.add(FloatVector.fromArray(SPECIES, c, c1 + 4 * rowStride));
            y40.intoArray(c, c0 + 4 * rowStride);
            y41.intoArray(c, c1 + 4 * rowStride);
            FloatVector y50 = s50.add(FloatVector.fromArray(SPECIES, c, c0 + 5 * rowStride));
            FloatVector y51 = s51.add(FloatVector.fromArray(SPECIES, c, c1 + 5 * rowStride));
            y50.intoArray(c, c0 + 5 * rowStride);
            y51.intoArray(c, c1 + 5 * rowStride);
            FloatVector y60 = s60.add(FloatVector.fromArray(SPECIES, c, c0 + 6 * rowStride));
            FloatVector y61 = s61.add(FloatVector.fromArray(SPECIES, c, c1 + 6 * rowStride));
            y60.intoArray(c, c0 + 6 * rowStride);
            y61.intoArray(c, c1 + 6 * rowStride);
            FloatVector y70 = s70.add(FloatVector.fromArray(SPECIES, c, c0 + 7 * rowStride));
            FloatVector y71 = s71.add(FloatVector.fromArray(SPECIES, c, c1 + 7 * rowStride));
            y70.intoArray(c, c0 + 7 * rowStride);
            y71.intoArray(c, c1 + 7 * rowStride);
        } else {
            s00.intoArray(c, c0);
            s01.intoArray(c, c1);
            s10.intoArray(c, c0 + rowStride);
            s11.intoArray(c, c1 + rowStride);
            s20.intoArray(c, c0 + 2 * rowStride);
            s21.intoArray(c, c1 + 2 * rowStride);
            s30.intoArray(c, c0 + 3 * rowStride);
            s31.intoArray(c, c1 + 3 * rowStride);
            s40.intoArray(c, c0 + 4 * rowStride);
            s41.intoArray(c, c1 + 4 * rowStride);
            s50.intoArray(c, c0 + 5 * rowStride);
            s51.intoArray(c, c1 + 5 * rowStride);
            s60.intoArray(c, c0 + 6 * rowStride);
            s61.intoArray(c, c1 + 6 * rowStride);
            s70.intoArray(c, c0 + 7 * rowStride);
            s71.intoArray(c, c1 + 7 * rowStride);
        }
    }
}
