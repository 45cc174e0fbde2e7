package espalier.tensor.cpu.vector.channels;

import static espalier.tensor.cpu.vector.lanes.Lanes.ONE;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;

import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.RowGroups;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Sums for some neighbouring pixels and the output channels of two vectors: what of a convolution of blocks of channels
 * has to be fast. The tiles of up to four pixels are here, others in {@link TallBlockTiles} and
 * {@link TallestBlockTiles}.
 *
 * <p>A tile computes, for pixels j and channels o, {@code y[o, j] = bias[o] + Σᵣ Σᵢ x[places[r] + i + j·LANES]·w[r, i,
 * o]}, where a run r is a vector of input channels i under one tap. Neighbouring pixels are {@code LANES} floats apart
 * and runs {@code LANES} terms long, numbers that the compiler knows: one place read from the table finds a run of all
 * pixels, and the inner loop has no bounds left to check. (With a place for each term it checked them at each, and
 * lacked registers; long sums took a tenth longer.) What the compiler knows to be less than {@link #FAR} cannot
 * overflow when a small number is added, so that it checks a run in half the instructions, and addresses all its pixels
 * by one register.
 *
 * <p>A tile does nothing else, for the sake of the compilers. In a large method the second one (C2) puts calls off, see
 * {@link Lanes#VECTOR}. With 74 operations on vectors, those of a tile of 14 pixels, the first one (C1) runs out of
 * registers of its own while it adds what collects the profile; a method that has come to it that way (one process in
 * twelve) is never compiled by C2, and takes 80 times as long. The largest tile has 64.
 */
public final class BlockTiles {
    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    private static final int LANES = Lanes.COUNT;

    /** The most pixels of a tile: as the rows of {@link RowGroups}, but more with 32 registers, which pays here. */
    public static final int MOST = LANES == 16 ? 12 : RowGroups.MOST;

    /** From here on no array holds the pixels of the largest tile. */
    static final int FAR = Integer.MAX_VALUE - NarrowTile.PIXELS * LANES;

    /** Weights of a run. */
    static final int WEIGHTS = 2 * LANES * LANES;

    private BlockTiles() {}

    /**
     * Runs the tile of so many pixels.
     *
     * @param pixels neighbours, up to {@link #MOST}
     * @param runs of {@code LANES} terms of the sum
     * @param x what holds the pixels, the first of them at {@code xAt} for a run whose place is 0
     * @param places of the runs, from {@code placesAt} on
     * @param w weights, those of two vectors of channels side by side for each term
     * @param bias of the channels of two vectors
     * @param y results: those of the first vector of channels at {@code y0}, of the second at {@code y1}
     */
    public static void run(
            int pixels,
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
        switch (pixels) {
            case 1 -> tile1(runs, x, xAt, places, placesAt, w, wAt, bias, biasAt, y, y0, y1);
            case 2 -> tile2(runs, x, xAt, places, placesAt, w, wAt, bias, biasAt, y, y0, y1);
            case 3 -> tile3(runs, x, xAt, places, placesAt, w, wAt, bias, biasAt, y, y0, y1);
            case 4 -> tile4(runs, x, xAt, places, placesAt, w, wAt, bias, biasAt, y, y0, y1);
            case 5 -> TallBlockTiles.tile5(runs, x, xAt, places, placesAt, w, wAt, bias, biasAt, y, y0, y1);
            case 6 -> TallBlockTiles.tile6(runs, x, xAt, places, placesAt, w, wAt, bias, biasAt, y, y0, y1);
            case 7 -> TallBlockTiles.tile7(runs, x, xAt, places, placesAt, w, wAt, bias, biasAt, y, y0, y1);
            case 8 -> TallBlockTiles.tile8(runs, x, xAt, places, placesAt, w, wAt, bias, biasAt, y, y0, y1);
            case 9 -> TallestBlockTiles.tile9(runs, x, xAt, places, placesAt, w, wAt, bias, biasAt, y, y0, y1);
            case 10 -> TallestBlockTiles.tile10(runs, x, xAt, places, placesAt, w, wAt, bias, biasAt, y, y0, y1);
            case 11 -> TallestBlockTiles.tile11(runs, x, xAt, places, placesAt, w, wAt, bias, biasAt, y, y0, y1);
            case 12 -> TallestBlockTiles.tile12(runs, x, xAt, places, placesAt, w, wAt, bias, biasAt, y, y0, y1);
            default -> throw new IllegalArgumentException("a tile of " + pixels + " pixels");
        }
    }

    /** Adds a run of floats, whole vectors, to another: {@code y = max(floor, x + add)}; y may be what is added. */
    public static void add(float[] x, int at, int n, float[] add, int addAt, float floor, float[] y, int to) {
        FloatVector least = ONE.broadcast(floor);
        for (int i = 0; i < n; i += LANES) {
            FloatVector sum = VECTOR.cast(FloatVector.fromArray(SPECIES, x, at + i))
                    .add(FloatVector.fromArray(SPECIES, add, addAt + i));
            least.max(sum).intoArray(y, to + i);
        }
    }

    /** ReLU of a run of floats, whole vectors. */
    public static void relu(float[] y, int at, int n) {
        FloatVector zero = ONE.broadcast(0f);
        for (int i = at; i < at + n; i += LANES) {
            zero.max(FloatVector.fromArray(SPECIES, y, i)).intoArray(y, i);
        }
    }

    /** One pixel. */
    static void tile1(
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
        for (int r = 0; r < runs; r++) {
            int from = Objects.checkIndex(xAt + places[placesAt + r], FAR);
            int weights = wAt + r * WEIGHTS;
            for (int c = 0; c < LANES; c++) {
                int p = from + c;
                int q = weights + c * 2 * LANES;
                FloatVector w0 = FloatVector.fromArray(SPECIES, w, q);
                FloatVector w1 = FloatVector.fromArray(SPECIES, w, q + LANES);
                FloatVector x0 = ONE.broadcast(x[p]);
                s00 = x0.fma(w0, s00);
                s01 = x0.fma(w1, s01);
            }
        }
        VECTOR.cast(s00).intoArray(y, y0);
        VECTOR.cast(s01).intoArray(y, y1);
    }

    /** Two pixels. */
    static void tile2(
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
        for (int r = 0; r < runs; r++) {
            int from = Objects.checkIndex(xAt + places[placesAt + r], FAR);
            int weights = wAt + r * WEIGHTS;
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
            }
        }
        VECTOR.cast(s00).intoArray(y, y0);
        VECTOR.cast(s01).intoArray(y, y1);
        VECTOR.cast(s10).intoArray(y, y0 + LANES);
        VECTOR.cast(s11).intoArray(y, y1 + LANES);
    }

    /** Three pixels. */
    static void tile3(
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
        for (int r = 0; r < runs; r++) {
            int from = Objects.checkIndex(xAt + places[placesAt + r], FAR);
            int weights = wAt + r * WEIGHTS;
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
            }
        }
        VECTOR.cast(s00).intoArray(y, y0);
        VECTOR.cast(s01).intoArray(y, y1);
        VECTOR.cast(s10).intoArray(y, y0 + LANES);
        VECTOR.cast(s11).intoArray(y, y1 + LANES);
        VECTOR.cast(s20).intoArray(y, y0 + 2 * LANES);
        VECTOR.cast(s21).intoArray(y, y1 + 2 * LANES);
    }

    /** Four pixels. */
    static void tile4(
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
        for (int r = 0; r < runs; r++) {
            int from = Objects.checkIndex(xAt + places[placesAt + r], FAR);
            int weights = wAt + r * WEIGHTS;
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
    }
}
