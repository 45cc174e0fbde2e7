package espalier.tensor.cpu.vector.blocked;

import static espalier.tensor.cpu.vector.lanes.Lanes.ONE;

import espalier.tensor.cpu.vector.lanes.Lanes;
import java.lang.invoke.VarHandle;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Sums for up to four neighbouring pixels and the output channels of two vectors: what of a {@link BlockSweep} has to be fast.
 *
 * <p>A tile computes, for pixels j and channels o, {@code y[o, j] = from[o, j] + Σₜ x[terms[t] + j·LANES]·w[t, o]}. Neighbouring
 * pixels are {@code LANES} floats apart, a number that the compiler knows, so that one place read from the table finds all of them.
 *
 * <p>A tile does nothing else, and computes with {@link Lanes#ONE}, for the sake of the compiler (C2). Of a method with more than some
 * 100 operations on vectors it leaves the last ones until it has done the others, and vectors that it meets then stay objects.
 */
final class BlockTiles {
    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    private static final int LANES = Lanes.COUNT;

    private BlockTiles() {}

    /**
     * Runs the tile of so many pixels.
     *
     * @param pixels neighbours, up to {@link espalier.tensor.cpu.vector.lanes.RowGroups#MOST}
     * @param n terms of the sum
     * @param x what holds the pixels, the first of them at {@code xAt} for a term whose place is 0
     * @param terms places of the terms, from {@code termsAt} on
     * @param w weights, those of two vectors of channels side by side for each term
     * @param from what the sums start from: that of the first vector of channels at {@code from0}, of the second at {@code from1}
     * @param y results, in two places likewise; may be what the sums start from
     */
    static void run(
            int pixels,
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
        switch (pixels) {
            case 1 -> tile1(n, x, xAt, terms, termsAt, w, wAt, from, from0, from1, y, y0, y1);
            case 2 -> tile2(n, x, xAt, terms, termsAt, w, wAt, from, from0, from1, y, y0, y1);
            case 3 -> tile3(n, x, xAt, terms, termsAt, w, wAt, from, from0, from1, y, y0, y1);
            case 4 -> tile4(n, x, xAt, terms, termsAt, w, wAt, from, from0, from1, y, y0, y1);
            case 5 -> TallBlockTiles.tile5(n, x, xAt, terms, termsAt, w, wAt, from, from0, from1, y, y0, y1);
            case 6 -> TallBlockTiles.tile6(n, x, xAt, terms, termsAt, w, wAt, from, from0, from1, y, y0, y1);
            case 7 -> TallBlockTiles.tile7(n, x, xAt, terms, termsAt, w, wAt, from, from0, from1, y, y0, y1);
            case 8 -> TallBlockTiles.tile8(n, x, xAt, terms, termsAt, w, wAt, from, from0, from1, y, y0, y1);
            default -> throw new IllegalArgumentException("a tile of " + pixels + " pixels");
        }
    }

    /**
     * Adds a bias to results of a tile, and raises them to a floor.
     *
     * @param floor 0 for ReLU, negative infinity for none
     */
    static void finish(int pixels, float[] bias, int biasAt, float floor, float[] y, int y0, int y1) {
        FloatVector least = ONE.broadcast(floor);
        FloatVector b0 = FloatVector.fromArray(SPECIES, bias, biasAt);
        FloatVector b1 = FloatVector.fromArray(SPECIES, bias, biasAt + LANES);
        for (int i = 0; i < pixels * LANES; i += LANES) {
            least.max(ONE.fma(FloatVector.fromArray(SPECIES, y, y0 + i), b0)).intoArray(y, y0 + i);
            least.max(ONE.fma(FloatVector.fromArray(SPECIES, y, y1 + i), b1)).intoArray(y, y1 + i);
        }
    }

    /** One pixel. */
    static void tile1(
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
        int end = termsAt + n;
        for (int t = termsAt, q = wAt; t < end; t++, q += 2 * LANES) {
            int p = xAt + terms[t];
            FloatVector w0 = FloatVector.fromArray(SPECIES, w, q);
            FloatVector w1 = FloatVector.fromArray(SPECIES, w, q + LANES);
            FloatVector x0 = ONE.broadcast(x[p]);
            s00 = x0.fma(w0, s00);
            s01 = x0.fma(w1, s01);
        }
        ONE.fma(s00, FloatVector.fromArray(SPECIES, from, from0)).intoArray(y, y0);
        ONE.fma(s01, FloatVector.fromArray(SPECIES, from, from1)).intoArray(y, y1);
    }

    /** Two pixels. */
    static void tile2(
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
        }
        ONE.fma(s00, FloatVector.fromArray(SPECIES, from, from0)).intoArray(y, y0);
        ONE.fma(s01, FloatVector.fromArray(SPECIES, from, from1)).intoArray(y, y1);
        ONE.fma(s10, FloatVector.fromArray(SPECIES, from, from0 + LANES)).intoArray(y, y0 + LANES);
        ONE.fma(s11, FloatVector.fromArray(SPECIES, from, from1 + LANES)).intoArray(y, y1 + LANES);
    }

    /** Three pixels. */
    static void tile3(
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
        }
        ONE.fma(s00, FloatVector.fromArray(SPECIES, from, from0)).intoArray(y, y0);
        ONE.fma(s01, FloatVector.fromArray(SPECIES, from, from1)).intoArray(y, y1);
        ONE.fma(s10, FloatVector.fromArray(SPECIES, from, from0 + LANES)).intoArray(y, y0 + LANES);
        ONE.fma(s11, FloatVector.fromArray(SPECIES, from, from1 + LANES)).intoArray(y, y1 + LANES);
        ONE.fma(s20, FloatVector.fromArray(SPECIES, from, from0 + 2 * LANES)).intoArray(y, y0 + 2 * LANES);
        ONE.fma(s21, FloatVector.fromArray(SPECIES, from, from1 + 2 * LANES)).intoArray(y, y1 + 2 * LANES);
    }

    /** Four pixels. */
    static void tile4(
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
        }
        ONE.fma(s00, FloatVector.fromArray(SPECIES, from, from0)).intoArray(y, y0);
        ONE.fma(s01, FloatVector.fromArray(SPECIES, from, from1)).intoArray(y, y1);
        ONE.fma(s10, FloatVector.fromArray(SPECIES, from, from0 + LANES)).intoArray(y, y0 + LANES);
        ONE.fma(s11, FloatVector.fromArray(SPECIES, from, from1 + LANES)).intoArray(y, y1 + LANES);
        ONE.fma(s20, FloatVector.fromArray(SPECIES, from, from0 + 2 * LANES)).intoArray(y, y0 + 2 * LANES);
        ONE.fma(s21, FloatVector.fromArray(SPECIES, from, from1 + 2 * LANES)).intoArray(y, y1 + 2 * LANES);
        ONE.fma(s30, FloatVector.fromArray(SPECIES, from, from0 + 3 * LANES)).intoArray(y, y0 + 3 * LANES);
        ONE.fma(s31, FloatVector.fromArray(SPECIES, from, from1 + 3 * LANES)).intoArray(y, y1 + 3 * LANES);
    }
}
