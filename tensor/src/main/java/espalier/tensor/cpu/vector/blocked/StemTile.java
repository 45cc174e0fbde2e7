package espalier.tensor.cpu.vector.blocked;

import static espalier.tensor.cpu.vector.lanes.Lanes.ONE;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;

import espalier.tensor.cpu.vector.channels.BlockTiles;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.RowGroups;
import java.lang.invoke.VarHandle;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Sums for some neighbouring pixels and the output channels of two vectors: what of a {@link BlockStem} has to be fast.
 *
 * <p>As {@link BlockTiles}, but neighbouring pixels are neighbouring floats: {@code y[o, j] = max(floor, bias[o] + Σₜ
 * x[terms[t] + j]·w[t, o])}.
 */
final class StemTile {
    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    private static final int LANES = Lanes.COUNT;

    /** How many pixels. */
    static final int PIXELS = RowGroups.MOST == 8 ? 8 : 6;

    private StemTile() {}

    /**
     * Runs the tile.
     *
     * @param x what holds the pixels, the first of them at {@code xAt} for a term whose place is 0
     * @param terms places of the terms
     * @param w weights, those of two vectors of channels side by side for each term
     * @param bias of the channels of two vectors
     * @param floor 0 for ReLU, negative infinity for none
     * @param y results: those of the first vector of channels at {@code y0}, of the second at {@code y1}
     */
    static void run(
            float[] x,
            int xAt,
            int[] terms,
            float[] w,
            int wAt,
            float[] bias,
            int biasAt,
            float floor,
            float[] y,
            int y0,
            int y1) {
        if (PIXELS == 8) {
            tile8(x, xAt, terms, w, wAt, bias, biasAt, floor, y, y0, y1);
        } else {
            tile6(x, xAt, terms, w, wAt, bias, biasAt, floor, y, y0, y1);
        }
    }

    /** Six pixels. */
    static void tile6(
            float[] x,
            int xAt,
            int[] terms,
            float[] w,
            int wAt,
            float[] bias,
            int biasAt,
            float floor,
            float[] y,
            int y0,
            int y1) {
        FloatVector b0 = FloatVector.fromArray(SPECIES, bias, biasAt);
        FloatVector b1 = FloatVector.fromArray(SPECIES, bias, biasAt + LANES);
        FloatVector s00 = b0;
        FloatVector s01 = b1;
        FloatVector s10 = b0;
        FloatVector s11 = b1;
        FloatVector s20 = b0;
        FloatVector s21 = b1;
        FloatVector s30 = b0;
        FloatVector s31 = b1;
        FloatVector s40 = b0;
        FloatVector s41 = b1;
        FloatVector s50 = b0;
        FloatVector s51 = b1;
        for (int t = 0, q = wAt; t < terms.length; t++, q += 2 * LANES) {
            int p = xAt + terms[t];
            FloatVector w0 = FloatVector.fromArray(SPECIES, w, q);
            FloatVector w1 = FloatVector.fromArray(SPECIES, w, q + LANES);
            FloatVector x0 = ONE.broadcast(x[p]);
            s00 = x0.fma(w0, s00);
            s01 = x0.fma(w1, s01);
            VarHandle.loadLoadFence();
            FloatVector x1 = ONE.broadcast(x[p + 1]);
            s10 = x1.fma(w0, s10);
            s11 = x1.fma(w1, s11);
            VarHandle.loadLoadFence();
            FloatVector x2 = ONE.broadcast(x[p + 2]);
            s20 = x2.fma(w0, s20);
            s21 = x2.fma(w1, s21);
            VarHandle.loadLoadFence();
            FloatVector x3 = ONE.broadcast(x[p + 3]);
            s30 = x3.fma(w0, s30);
            s31 = x3.fma(w1, s31);
            VarHandle.loadLoadFence();
            FloatVector x4 = ONE.broadcast(x[p + 4]);
            s40 = x4.fma(w0, s40);
            s41 = x4.fma(w1, s41);
            VarHandle.loadLoadFence();
            FloatVector x5 = ONE.broadcast(x[p + 5]);
            s50 = x5.fma(w0, s50);
            s51 = x5.fma(w1, s51);
        }
        FloatVector least = ONE.broadcast(floor);
        VECTOR.cast(least.max(s00)).intoArray(y, y0);
        VECTOR.cast(least.max(s01)).intoArray(y, y1);
        VECTOR.cast(least.max(s10)).intoArray(y, y0 + LANES);
        VECTOR.cast(least.max(s11)).intoArray(y, y1 + LANES);
        VECTOR.cast(least.max(s20)).intoArray(y, y0 + 2 * LANES);
        VECTOR.cast(least.max(s21)).intoArray(y, y1 + 2 * LANES);
        VECTOR.cast(least.max(s30)).intoArray(y, y0 + 3 * LANES);
        VECTOR.cast(least.max(s31)).intoArray(y, y1 + 3 * LANES);
        VECTOR.cast(least.max(s40)).intoArray(y, y0 + 4 * LANES);
        VECTOR.cast(least.max(s41)).intoArray(y, y1 + 4 * LANES);
        VECTOR.cast(least.max(s50)).intoArray(y, y0 + 5 * LANES);
        VECTOR.cast(least.max(s51)).intoArray(y, y1 + 5 * LANES);
    }

    /** Eight pixels. */
    static void tile8(
            float[] x,
            int xAt,
            int[] terms,
            float[] w,
            int wAt,
            float[] bias,
            int biasAt,
            float floor,
            float[] y,
            int y0,
            int y1) {
        FloatVector b0 = FloatVector.fromArray(SPECIES, bias, biasAt);
        FloatVector b1 = FloatVector.fromArray(SPECIES, bias, biasAt + LANES);
        FloatVector s00 = b0;
        FloatVector s01 = b1;
        FloatVector s10 = b0;
        FloatVector s11 = b1;
        FloatVector s20 = b0;
        FloatVector s21 = b1;
        FloatVector s30 = b0;
        FloatVector s31 = b1;
        FloatVector s40 = b0;
        FloatVector s41 = b1;
        FloatVector s50 = b0;
        FloatVector s51 = b1;
        FloatVector s60 = b0;
        FloatVector s61 = b1;
        FloatVector s70 = b0;
        FloatVector s71 = b1;
        for (int t = 0, q = wAt; t < terms.length; t++, q += 2 * LANES) {
            int p = xAt + terms[t];
            FloatVector w0 = FloatVector.fromArray(SPECIES, w, q);
            FloatVector w1 = FloatVector.fromArray(SPECIES, w, q + LANES);
            FloatVector x0 = ONE.broadcast(x[p]);
            s00 = x0.fma(w0, s00);
            s01 = x0.fma(w1, s01);
            FloatVector x1 = ONE.broadcast(x[p + 1]);
            s10 = x1.fma(w0, s10);
            s11 = x1.fma(w1, s11);
            FloatVector x2 = ONE.broadcast(x[p + 2]);
            s20 = x2.fma(w0, s20);
            s21 = x2.fma(w1, s21);
            FloatVector x3 = ONE.broadcast(x[p + 3]);
            s30 = x3.fma(w0, s30);
            s31 = x3.fma(w1, s31);
            FloatVector x4 = ONE.broadcast(x[p + 4]);
            s40 = x4.fma(w0, s40);
            s41 = x4.fma(w1, s41);
            FloatVector x5 = ONE.broadcast(x[p + 5]);
            s50 = x5.fma(w0, s50);
            s51 = x5.fma(w1, s51);
            FloatVector x6 = ONE.broadcast(x[p + 6]);
            s60 = x6.fma(w0, s60);
            s61 = x6.fma(w1, s61);
            FloatVector x7 = ONE.broadcast(x[p + 7]);
            s70 = x7.fma(w0, s70);
            s71 = x7.fma(w1, s71);
        }
        FloatVector least = ONE.broadcast(floor);
        VECTOR.cast(least.max(s00)).intoArray(y, y0);
        VECTOR.cast(least.max(s01)).intoArray(y, y1);
        VECTOR.cast(least.max(s10)).intoArray(y, y0 + LANES);
        VECTOR.cast(least.max(s11)).intoArray(y, y1 + LANES);
        VECTOR.cast(least.max(s20)).intoArray(y, y0 + 2 * LANES);
        VECTOR.cast(least.max(s21)).intoArray(y, y1 + 2 * LANES);
        VECTOR.cast(least.max(s30)).intoArray(y, y0 + 3 * LANES);
        VECTOR.cast(least.max(s31)).intoArray(y, y1 + 3 * LANES);
        VECTOR.cast(least.max(s40)).intoArray(y, y0 + 4 * LANES);
        VECTOR.cast(least.max(s41)).intoArray(y, y1 + 4 * LANES);
        VECTOR.cast(least.max(s50)).intoArray(y, y0 + 5 * LANES);
        VECTOR.cast(least.max(s51)).intoArray(y, y1 + 5 * LANES);
        VECTOR.cast(least.max(s60)).intoArray(y, y0 + 6 * LANES);
        VECTOR.cast(least.max(s61)).intoArray(y, y1 + 6 * LANES);
        VECTOR.cast(least.max(s70)).intoArray(y, y0 + 7 * LANES);
        VECTOR.cast(least.max(s71)).intoArray(y, y1 + 7 * LANES);
    }
}
