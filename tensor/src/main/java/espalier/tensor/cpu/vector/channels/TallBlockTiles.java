package espalier.tensor.cpu.vector.channels;

import static espalier.tensor.cpu.vector.lanes.Lanes.ONE;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;

import espalier.tensor.cpu.vector.lanes.Lanes;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The tiles of {@link BlockTiles} for five to eight pixels.
 *
 * <p>As in the tiles of plain images, up to six fit 16 vector registers if a fence between pixels keeps the compiler
 * from loading all of them at once; seven and eight take 32 registers and need no fence.
 */
final class TallBlockTiles {
    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    private static final int LANES = Lanes.COUNT;

    private TallBlockTiles() {}

    /** Five pixels. */
    static void tile5(
            int runs,
            float[] x,
            int xAt,
            int[] places,
            int placesAt,
            float[] w,
            int wAt,
            float[] bias,
            int biasAt,
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
        for (int r = 0; r < runs; r++) {
            int from = Objects.checkIndex(xAt + places[placesAt + r], BlockTiles.FAR);
            int weights = wAt + r * BlockTiles.WEIGHTS;
            for (int c = 0; c < LANES; c++) {
                int p = from + c;
                int q = weights + c * 2 * LANES;
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
        }
        VECTOR.cast(s00).intoArray(y, y0);
        VECTOR.cast(s01).intoArray(y, y1);
        VECTOR.cast(s10).intoArray(y, y0 + LANES);
        VECTOR.cast(s11).intoArray(y, y1 + LANES);
        VECTOR.cast(s20).intoArray(y, y0 + 2 * LANES);
        VECTOR.cast(s21).intoArray(y, y1 + 2 * LANES);
        VECTOR.cast(s30).intoArray(y, y0 + 3 * LANES);
        VECTOR.cast(s31).intoArray(y, y1 + 3 * LANES);
        VECTOR.cast(s40).intoArray(y, y0 + 4 * LANES);
        VECTOR.cast(s41).intoArray(y, y1 + 4 * LANES);
    }

    /** Six pixels. */
    static void tile6(
            int runs,
            float[] x,
            int xAt,
            int[] places,
            int placesAt,
            float[] w,
            int wAt,
            float[] bias,
            int biasAt,
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
        for (int r = 0; r < runs; r++) {
            int from = Objects.checkIndex(xAt + places[placesAt + r], BlockTiles.FAR);
            int weights = wAt + r * BlockTiles.WEIGHTS;
            for (int c = 0; c < LANES; c++) {
                int p = from + c;
                int q = weights + c * 2 * LANES;
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
        }
        VECTOR.cast(s00).intoArray(y, y0);
        VECTOR.cast(s01).intoArray(y, y1);
        VECTOR.cast(s10).intoArray(y, y0 + LANES);
        VECTOR.cast(s11).intoArray(y, y1 + LANES);
        VECTOR.cast(s20).intoArray(y, y0 + 2 * LANES);
        VECTOR.cast(s21).intoArray(y, y1 + 2 * LANES);
        VECTOR.cast(s30).intoArray(y, y0 + 3 * LANES);
        VECTOR.cast(s31).intoArray(y, y1 + 3 * LANES);
        VECTOR.cast(s40).intoArray(y, y0 + 4 * LANES);
        VECTOR.cast(s41).intoArray(y, y1 + 4 * LANES);
        VECTOR.cast(s50).intoArray(y, y0 + 5 * LANES);
        VECTOR.cast(s51).intoArray(y, y1 + 5 * LANES);
    }

    /** Seven pixels. */
    static void tile7(
            int runs,
            float[] x,
            int xAt,
            int[] places,
            int placesAt,
            float[] w,
            int wAt,
            float[] bias,
            int biasAt,
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
        for (int r = 0; r < runs; r++) {
            int from = Objects.checkIndex(xAt + places[placesAt + r], BlockTiles.FAR);
            int weights = wAt + r * BlockTiles.WEIGHTS;
            for (int c = 0; c < LANES; c++) {
                int p = from + c;
                int q = weights + c * 2 * LANES;
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
        }
        VECTOR.cast(s00).intoArray(y, y0);
        VECTOR.cast(s01).intoArray(y, y1);
        VECTOR.cast(s10).intoArray(y, y0 + LANES);
        VECTOR.cast(s11).intoArray(y, y1 + LANES);
        VECTOR.cast(s20).intoArray(y, y0 + 2 * LANES);
        VECTOR.cast(s21).intoArray(y, y1 + 2 * LANES);
        VECTOR.cast(s30).intoArray(y, y0 + 3 * LANES);
        VECTOR.cast(s31).intoArray(y, y1 + 3 * LANES);
        VECTOR.cast(s40).intoArray(y, y0 + 4 * LANES);
        VECTOR.cast(s41).intoArray(y, y1 + 4 * LANES);
        VECTOR.cast(s50).intoArray(y, y0 + 5 * LANES);
        VECTOR.cast(s51).intoArray(y, y1 + 5 * LANES);
        VECTOR.cast(s60).intoArray(y, y0 + 6 * LANES);
        VECTOR.cast(s61).intoArray(y, y1 + 6 * LANES);
    }

    /** Eight pixels. */
    static void tile8(
            int runs,
            float[] x,
            int xAt,
            int[] places,
            int placesAt,
            float[] w,
            int wAt,
            float[] bias,
            int biasAt,
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
        for (int r = 0; r < runs; r++) {
            int from = Objects.checkIndex(xAt + places[placesAt + r], BlockTiles.FAR);
            int weights = wAt + r * BlockTiles.WEIGHTS;
            for (int c = 0; c < LANES; c++) {
                int p = from + c;
                int q = weights + c * 2 * LANES;
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
        }
        VECTOR.cast(s00).intoArray(y, y0);
        VECTOR.cast(s01).intoArray(y, y1);
        VECTOR.cast(s10).intoArray(y, y0 + LANES);
        VECTOR.cast(s11).intoArray(y, y1 + LANES);
        VECTOR.cast(s20).intoArray(y, y0 + 2 * LANES);
        VECTOR.cast(s21).intoArray(y, y1 + 2 * LANES);
        VECTOR.cast(s30).intoArray(y, y0 + 3 * LANES);
        VECTOR.cast(s31).intoArray(y, y1 + 3 * LANES);
        VECTOR.cast(s40).intoArray(y, y0 + 4 * LANES);
        VECTOR.cast(s41).intoArray(y, y1 + 4 * LANES);
        VECTOR.cast(s50).intoArray(y, y0 + 5 * LANES);
        VECTOR.cast(s51).intoArray(y, y1 + 5 * LANES);
        VECTOR.cast(s60).intoArray(y, y0 + 6 * LANES);
        VECTOR.cast(s61).intoArray(y, y1 + 6 * LANES);
        VECTOR.cast(s70).intoArray(y, y0 + 7 * LANES);
        VECTOR.cast(s71).intoArray(y, y1 + 7 * LANES);
    }
}
