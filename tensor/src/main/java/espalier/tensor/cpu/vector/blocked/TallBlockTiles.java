package espalier.tensor.cpu.vector.blocked;

import static espalier.tensor.cpu.vector.lanes.Lanes.ONE;

import espalier.tensor.cpu.vector.lanes.Lanes;
import java.lang.invoke.VarHandle;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The tiles of {@link BlockTiles} for five to eight pixels.
 *
 * <p>As in the tiles of plain images, up to six fit 16 vector registers if a fence between pixels keeps the compiler from
 * loading all of them at once; seven and eight take 32 registers and need no fence.
 */
final class TallBlockTiles {
    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    private static final int LANES = Lanes.COUNT;

    private TallBlockTiles() {}

    /** Five pixels. */
    static void tile5(
            int n,
            float[] x,
            int xAt,
            int[] terms,
            int termsAt,
            float[] w,
            int wAt,
            float[] from,
            int from0,
            int from1,
            float[] y,
            int y0,
            int y1) {
        FloatVector zero = FloatVector.zero(SPECIES);
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
        int end = termsAt + n;
        for (int t = termsAt, q = wAt; t < end; t++, q += 2 * LANES) {
            int p = xAt + terms[t];
            FloatVector w0 = FloatVector.fromArray(SPECIES, w, q);
            FloatVector w1 = FloatVector.fromArray(SPECIES, w, q + LANES);
            FloatVector x0 = ONE.broadcast(x[p]);
            s00 = x0.fma(w0, s00);
            s01 = x0.fma(w1, s01);
            VarHandle.loadLoadFence();
            FloatVector x1 = ONE.broadcast(x[p + LANES]);
            s10 = x1.fma(w0, s10);
            s11 = x1.fma(w1, s11);
            VarHandle.loadLoadFence();
            FloatVector x2 = ONE.broadcast(x[p + 2 * LANES]);
            s20 = x2.fma(w0, s20);
            s21 = x2.fma(w1, s21);
            VarHandle.loadLoadFence();
            FloatVector x3 = ONE.broadcast(x[p + 3 * LANES]);
            s30 = x3.fma(w0, s30);
            s31 = x3.fma(w1, s31);
            VarHandle.loadLoadFence();
            FloatVector x4 = ONE.broadcast(x[p + 4 * LANES]);
            s40 = x4.fma(w0, s40);
            s41 = x4.fma(w1, s41);
        }
        ONE.fma(s00, FloatVector.fromArray(SPECIES, from, from0)).intoArray(y, y0);
        ONE.fma(s01, FloatVector.fromArray(SPECIES, from, from1)).intoArray(y, y1);
        ONE.fma(s10, FloatVector.fromArray(SPECIES, from, from0 + LANES)).intoArray(y, y0 + LANES);
        ONE.fma(s11, FloatVector.fromArray(SPECIES, from, from1 + LANES)).intoArray(y, y1 + LANES);
        ONE.fma(s20, FloatVector.fromArray(SPECIES, from, from0 + 2 * LANES)).intoArray(y, y0 + 2 * LANES);
        ONE.fma(s21, FloatVector.fromArray(SPECIES, from, from1 + 2 * LANES)).intoArray(y, y1 + 2 * LANES);
        ONE.fma(s30, FloatVector.fromArray(SPECIES, from, from0 + 3 * LANES)).intoArray(y, y0 + 3 * LANES);
        ONE.fma(s31, FloatVector.fromArray(SPECIES, from, from1 + 3 * LANES)).intoArray(y, y1 + 3 * LANES);
        ONE.fma(s40, FloatVector.fromArray(SPECIES, from, from0 + 4 * LANES)).intoArray(y, y0 + 4 * LANES);
        ONE.fma(s41, FloatVector.fromArray(SPECIES, from, from1 + 4 * LANES)).intoArray(y, y1 + 4 * LANES);
    }

    /** Six pixels. */
    static void tile6(
            int n,
            float[] x,
            int xAt,
            int[] terms,
            int termsAt,
            float[] w,
            int wAt,
            float[] from,
            int from0,
            int from1,
            float[] y,
            int y0,
            int y1) {
        FloatVector zero = FloatVector.zero(SPECIES);
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
        int end = termsAt + n;
        for (int t = termsAt, q = wAt; t < end; t++, q += 2 * LANES) {
            int p = xAt + terms[t];
            FloatVector w0 = FloatVector.fromArray(SPECIES, w, q);
            FloatVector w1 = FloatVector.fromArray(SPECIES, w, q + LANES);
            FloatVector x0 = ONE.broadcast(x[p]);
            s00 = x0.fma(w0, s00);
            s01 = x0.fma(w1, s01);
            VarHandle.loadLoadFence();
            FloatVector x1 = ONE.broadcast(x[p + LANES]);
            s10 = x1.fma(w0, s10);
            s11 = x1.fma(w1, s11);
            VarHandle.loadLoadFence();
            FloatVector x2 = ONE.broadcast(x[p + 2 * LANES]);
            s20 = x2.fma(w0, s20);
            s21 = x2.fma(w1, s21);
            VarHandle.loadLoadFence();
            FloatVector x3 = ONE.broadcast(x[p + 3 * LANES]);
            s30 = x3.fma(w0, s30);
            s31 = x3.fma(w1, s31);
            VarHandle.loadLoadFence();
            FloatVector x4 = ONE.broadcast(x[p + 4 * LANES]);
            s40 = x4.fma(w0, s40);
            s41 = x4.fma(w1, s41);
            VarHandle.loadLoadFence();
            FloatVector x5 = ONE.broadcast(x[p + 5 * LANES]);
            s50 = x5.fma(w0, s50);
            s51 = x5.fma(w1, s51);
        }
        ONE.fma(s00, FloatVector.fromArray(SPECIES, from, from0)).intoArray(y, y0);
        ONE.fma(s01, FloatVector.fromArray(SPECIES, from, from1)).intoArray(y, y1);
        ONE.fma(s10, FloatVector.fromArray(SPECIES, from, from0 + LANES)).intoArray(y, y0 + LANES);
        ONE.fma(s11, FloatVector.fromArray(SPECIES, from, from1 + LANES)).intoArray(y, y1 + LANES);
        ONE.fma(s20, FloatVector.fromArray(SPECIES, from, from0 + 2 * LANES)).intoArray(y, y0 + 2 * LANES);
        ONE.fma(s21, FloatVector.fromArray(SPECIES, from, from1 + 2 * LANES)).intoArray(y, y1 + 2 * LANES);
        ONE.fma(s30, FloatVector.fromArray(SPECIES, from, from0 + 3 * LANES)).intoArray(y, y0 + 3 * LANES);
        ONE.fma(s31, FloatVector.fromArray(SPECIES, from, from1 + 3 * LANES)).intoArray(y, y1 + 3 * LANES);
        ONE.fma(s40, FloatVector.fromArray(SPECIES, from, from0 + 4 * LANES)).intoArray(y, y0 + 4 * LANES);
        ONE.fma(s41, FloatVector.fromArray(SPECIES, from, from1 + 4 * LANES)).intoArray(y, y1 + 4 * LANES);
        ONE.fma(s50, FloatVector.fromArray(SPECIES, from, from0 + 5 * LANES)).intoArray(y, y0 + 5 * LANES);
        ONE.fma(s51, FloatVector.fromArray(SPECIES, from, from1 + 5 * LANES)).intoArray(y, y1 + 5 * LANES);
    }

    /** Seven pixels. */
    static void tile7(
            int n,
            float[] x,
            int xAt,
            int[] terms,
            int termsAt,
            float[] w,
            int wAt,
            float[] from,
            int from0,
            int from1,
            float[] y,
            int y0,
            int y1) {
        FloatVector zero = FloatVector.zero(SPECIES);
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
        int end = termsAt + n;
        for (int t = termsAt, q = wAt; t < end; t++, q += 2 * LANES) {
            int p = xAt + terms[t];
            FloatVector w0 = FloatVector.fromArray(SPECIES, w, q);
            FloatVector w1 = FloatVector.fromArray(SPECIES, w, q + LANES);
            FloatVector x0 = ONE.broadcast(x[p]);
            s00 = x0.fma(w0, s00);
            s01 = x0.fma(w1, s01);
            FloatVector x1 = ONE.broadcast(x[p + LANES]);
            s10 = x1.fma(w0, s10);
            s11 = x1.fma(w1, s11);
            FloatVector x2 = ONE.broadcast(x[p + 2 * LANES]);
            s20 = x2.fma(w0, s20);
            s21 = x2.fma(w1, s21);
            FloatVector x3 = ONE.broadcast(x[p + 3 * LANES]);
            s30 = x3.fma(w0, s30);
            s31 = x3.fma(w1, s31);
            FloatVector x4 = ONE.broadcast(x[p + 4 * LANES]);
            s40 = x4.fma(w0, s40);
            s41 = x4.fma(w1, s41);
            FloatVector x5 = ONE.broadcast(x[p + 5 * LANES]);
            s50 = x5.fma(w0, s50);
            s51 = x5.fma(w1, s51);
            FloatVector x6 = ONE.broadcast(x[p + 6 * LANES]);
            s60 = x6.fma(w0, s60);
            s61 = x6.fma(w1, s61);
        }
        ONE.fma(s00, FloatVector.fromArray(SPECIES, from, from0)).intoArray(y, y0);
        ONE.fma(s01, FloatVector.fromArray(SPECIES, from, from1)).intoArray(y, y1);
        ONE.fma(s10, FloatVector.fromArray(SPECIES, from, from0 + LANES)).intoArray(y, y0 + LANES);
        ONE.fma(s11, FloatVector.fromArray(SPECIES, from, from1 + LANES)).intoArray(y, y1 + LANES);
        ONE.fma(s20, FloatVector.fromArray(SPECIES, from, from0 + 2 * LANES)).intoArray(y, y0 + 2 * LANES);
        ONE.fma(s21, FloatVector.fromArray(SPECIES, from, from1 + 2 * LANES)).intoArray(y, y1 + 2 * LANES);
        ONE.fma(s30, FloatVector.fromArray(SPECIES, from, from0 + 3 * LANES)).intoArray(y, y0 + 3 * LANES);
        ONE.fma(s31, FloatVector.fromArray(SPECIES, from, from1 + 3 * LANES)).intoArray(y, y1 + 3 * LANES);
        ONE.fma(s40, FloatVector.fromArray(SPECIES, from, from0 + 4 * LANES)).intoArray(y, y0 + 4 * LANES);
        ONE.fma(s41, FloatVector.fromArray(SPECIES, from, from1 + 4 * LANES)).intoArray(y, y1 + 4 * LANES);
        ONE.fma(s50, FloatVector.fromArray(SPECIES, from, from0 + 5 * LANES)).intoArray(y, y0 + 5 * LANES);
        ONE.fma(s51, FloatVector.fromArray(SPECIES, from, from1 + 5 * LANES)).intoArray(y, y1 + 5 * LANES);
        ONE.fma(s60, FloatVector.fromArray(SPECIES, from, from0 + 6 * LANES)).intoArray(y, y0 + 6 * LANES);
        ONE.fma(s61, FloatVector.fromArray(SPECIES, from, from1 + 6 * LANES)).intoArray(y, y1 + 6 * LANES);
    }

    /** Eight pixels. */
    static void tile8(
            int n,
            float[] x,
            int xAt,
            int[] terms,
            int termsAt,
            float[] w,
            int wAt,
            float[] from,
            int from0,
            int from1,
            float[] y,
            int y0,
            int y1) {
        FloatVector zero = FloatVector.zero(SPECIES);
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
        int end = termsAt + n;
        for (int t = termsAt, q = wAt; t < end; t++, q += 2 * LANES) {
            int p = xAt + terms[t];
            FloatVector w0 = FloatVector.fromArray(SPECIES, w, q);
            FloatVector w1 = FloatVector.fromArray(SPECIES, w, q + LANES);
            FloatVector x0 = ONE.broadcast(x[p]);
            s00 = x0.fma(w0, s00);
            s01 = x0.fma(w1, s01);
            FloatVector x1 = ONE.broadcast(x[p + LANES]);
            s10 = x1.fma(w0, s10);
            s11 = x1.fma(w1, s11);
            FloatVector x2 = ONE.broadcast(x[p + 2 * LANES]);
            s20 = x2.fma(w0, s20);
            s21 = x2.fma(w1, s21);
            FloatVector x3 = ONE.broadcast(x[p + 3 * LANES]);
            s30 = x3.fma(w0, s30);
            s31 = x3.fma(w1, s31);
            FloatVector x4 = ONE.broadcast(x[p + 4 * LANES]);
            s40 = x4.fma(w0, s40);
            s41 = x4.fma(w1, s41);
            FloatVector x5 = ONE.broadcast(x[p + 5 * LANES]);
            s50 = x5.fma(w0, s50);
            s51 = x5.fma(w1, s51);
            FloatVector x6 = ONE.broadcast(x[p + 6 * LANES]);
            s60 = x6.fma(w0, s60);
            s61 = x6.fma(w1, s61);
            FloatVector x7 = ONE.broadcast(x[p + 7 * LANES]);
            s70 = x7.fma(w0, s70);
            s71 = x7.fma(w1, s71);
        }
        ONE.fma(s00, FloatVector.fromArray(SPECIES, from, from0)).intoArray(y, y0);
        ONE.fma(s01, FloatVector.fromArray(SPECIES, from, from1)).intoArray(y, y1);
        ONE.fma(s10, FloatVector.fromArray(SPECIES, from, from0 + LANES)).intoArray(y, y0 + LANES);
        ONE.fma(s11, FloatVector.fromArray(SPECIES, from, from1 + LANES)).intoArray(y, y1 + LANES);
        ONE.fma(s20, FloatVector.fromArray(SPECIES, from, from0 + 2 * LANES)).intoArray(y, y0 + 2 * LANES);
        ONE.fma(s21, FloatVector.fromArray(SPECIES, from, from1 + 2 * LANES)).intoArray(y, y1 + 2 * LANES);
        ONE.fma(s30, FloatVector.fromArray(SPECIES, from, from0 + 3 * LANES)).intoArray(y, y0 + 3 * LANES);
        ONE.fma(s31, FloatVector.fromArray(SPECIES, from, from1 + 3 * LANES)).intoArray(y, y1 + 3 * LANES);
        ONE.fma(s40, FloatVector.fromArray(SPECIES, from, from0 + 4 * LANES)).intoArray(y, y0 + 4 * LANES);
        ONE.fma(s41, FloatVector.fromArray(SPECIES, from, from1 + 4 * LANES)).intoArray(y, y1 + 4 * LANES);
        ONE.fma(s50, FloatVector.fromArray(SPECIES, from, from0 + 5 * LANES)).intoArray(y, y0 + 5 * LANES);
        ONE.fma(s51, FloatVector.fromArray(SPECIES, from, from1 + 5 * LANES)).intoArray(y, y1 + 5 * LANES);
        ONE.fma(s60, FloatVector.fromArray(SPECIES, from, from0 + 6 * LANES)).intoArray(y, y0 + 6 * LANES);
        ONE.fma(s61, FloatVector.fromArray(SPECIES, from, from1 + 6 * LANES)).intoArray(y, y1 + 6 * LANES);
        ONE.fma(s70, FloatVector.fromArray(SPECIES, from, from0 + 7 * LANES)).intoArray(y, y0 + 7 * LANES);
        ONE.fma(s71, FloatVector.fromArray(SPECIES, from, from1 + 7 * LANES)).intoArray(y, y1 + 7 * LANES);
    }
}
