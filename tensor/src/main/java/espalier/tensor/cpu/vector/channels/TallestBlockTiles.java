package espalier.tensor.cpu.vector.channels;

import static espalier.tensor.cpu.vector.lanes.Lanes.ONE;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;

import espalier.tensor.cpu.vector.lanes.Lanes;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The tiles of {@link BlockTiles} for nine to twelve pixels, for machines of 32 vector registers.
 *
 * <p>They take 24 sums instead of 16 from the weights of a term, and are slowed down less between runs. C2 keeps
 * numbers that it has no general register for in vector registers that are free, and gets them back through the port
 * that multiplies, behind all products that wait there; with the place of a run it comes to 30 cycles a run. Tiles of
 * ten to twelve pixels leave it no vector register. On a Xeon with AVX-512 they reach 0.92 to 0.95 of the peak where
 * those of eight reach 0.80, from the nearest cache.
 */
final class TallestBlockTiles {
    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    private static final int LANES = Lanes.COUNT;

    private TallestBlockTiles() {}

    /** Nine pixels. */
    static void tile9(
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
        FloatVector s80 = b0;
        FloatVector s81 = b1;
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
                FloatVector x8 = ONE.broadcast(x[p + 8 * LANES]);
                s80 = x8.fma(w0, s80);
                s81 = x8.fma(w1, s81);
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
        VECTOR.cast(s80).intoArray(y, y0 + 8 * LANES);
        VECTOR.cast(s81).intoArray(y, y1 + 8 * LANES);
    }

    /** Ten pixels. */
    static void tile10(
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
        FloatVector s80 = b0;
        FloatVector s81 = b1;
        FloatVector s90 = b0;
        FloatVector s91 = b1;
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
                FloatVector x8 = ONE.broadcast(x[p + 8 * LANES]);
                s80 = x8.fma(w0, s80);
                s81 = x8.fma(w1, s81);
                FloatVector x9 = ONE.broadcast(x[p + 9 * LANES]);
                s90 = x9.fma(w0, s90);
                s91 = x9.fma(w1, s91);
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
        VECTOR.cast(s80).intoArray(y, y0 + 8 * LANES);
        VECTOR.cast(s81).intoArray(y, y1 + 8 * LANES);
        VECTOR.cast(s90).intoArray(y, y0 + 9 * LANES);
        VECTOR.cast(s91).intoArray(y, y1 + 9 * LANES);
    }

    /** Eleven pixels. */
    static void tile11(
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
        FloatVector s80 = b0;
        FloatVector s81 = b1;
        FloatVector s90 = b0;
        FloatVector s91 = b1;
        FloatVector sa0 = b0;
        FloatVector sa1 = b1;
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
                FloatVector x8 = ONE.broadcast(x[p + 8 * LANES]);
                s80 = x8.fma(w0, s80);
                s81 = x8.fma(w1, s81);
                FloatVector x9 = ONE.broadcast(x[p + 9 * LANES]);
                s90 = x9.fma(w0, s90);
                s91 = x9.fma(w1, s91);
                FloatVector xa = ONE.broadcast(x[p + 10 * LANES]);
                sa0 = xa.fma(w0, sa0);
                sa1 = xa.fma(w1, sa1);
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
        VECTOR.cast(s80).intoArray(y, y0 + 8 * LANES);
        VECTOR.cast(s81).intoArray(y, y1 + 8 * LANES);
        VECTOR.cast(s90).intoArray(y, y0 + 9 * LANES);
        VECTOR.cast(s91).intoArray(y, y1 + 9 * LANES);
        VECTOR.cast(sa0).intoArray(y, y0 + 10 * LANES);
        VECTOR.cast(sa1).intoArray(y, y1 + 10 * LANES);
    }

    /** Twelve pixels. */
    static void tile12(
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
        FloatVector s80 = b0;
        FloatVector s81 = b1;
        FloatVector s90 = b0;
        FloatVector s91 = b1;
        FloatVector sa0 = b0;
        FloatVector sa1 = b1;
        FloatVector sb0 = b0;
        FloatVector sb1 = b1;
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
                FloatVector x8 = ONE.broadcast(x[p + 8 * LANES]);
                s80 = x8.fma(w0, s80);
                s81 = x8.fma(w1, s81);
                FloatVector x9 = ONE.broadcast(x[p + 9 * LANES]);
                s90 = x9.fma(w0, s90);
                s91 = x9.fma(w1, s91);
                FloatVector xa = ONE.broadcast(x[p + 10 * LANES]);
                sa0 = xa.fma(w0, sa0);
                sa1 = xa.fma(w1, sa1);
                FloatVector xb = ONE.broadcast(x[p + 11 * LANES]);
                sb0 = xb.fma(w0, sb0);
                sb1 = xb.fma(w1, sb1);
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
        VECTOR.cast(s80).intoArray(y, y0 + 8 * LANES);
        VECTOR.cast(s81).intoArray(y, y1 + 8 * LANES);
        VECTOR.cast(s90).intoArray(y, y0 + 9 * LANES);
        VECTOR.cast(s91).intoArray(y, y1 + 9 * LANES);
        VECTOR.cast(sa0).intoArray(y, y0 + 10 * LANES);
        VECTOR.cast(sa1).intoArray(y, y1 + 10 * LANES);
        VECTOR.cast(sb0).intoArray(y, y0 + 11 * LANES);
        VECTOR.cast(sb1).intoArray(y, y1 + 11 * LANES);
    }
}
