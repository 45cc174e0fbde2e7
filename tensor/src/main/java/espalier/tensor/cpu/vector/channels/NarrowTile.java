package espalier.tensor.cpu.vector.channels;

import static espalier.tensor.cpu.vector.lanes.Lanes.ONE;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;

import espalier.tensor.cpu.vector.lanes.Lanes;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link BlockTiles} for the output channels of one vector: sums for 16 neighbouring pixels. They need 16 registers, so
 * it is for vectors of 16 lanes.
 */
public final class NarrowTile {
    /** Pixels of a tile. */
    public static final int PIXELS = 16;

    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    private static final int LANES = Lanes.COUNT;

    private NarrowTile() {}

    /**
     * {@code y[o, j] = sum over runs r and channels i of x[places[r] + i + j * LANES] * w[r, i, o]}.
     *
     * @param runs of {@code LANES} terms of the sum
     * @param x what holds the pixels, the first of them at {@code xAt} for a run whose place is 0
     * @param w weights, a vector for each term
     */
    public static void run(int runs, float[] x, int xAt, int[] places, float[] w, int wAt, float[] y, int yAt) {
        FloatVector zero = ONE.broadcast(0f);
        FloatVector s0 = zero;
        FloatVector s1 = zero;
        FloatVector s2 = zero;
        FloatVector s3 = zero;
        FloatVector s4 = zero;
        FloatVector s5 = zero;
        FloatVector s6 = zero;
        FloatVector s7 = zero;
        FloatVector s8 = zero;
        FloatVector s9 = zero;
        FloatVector s10 = zero;
        FloatVector s11 = zero;
        FloatVector s12 = zero;
        FloatVector s13 = zero;
        FloatVector s14 = zero;
        FloatVector s15 = zero;
        for (int r = 0; r < runs; r++) {
            int from = Objects.checkIndex(xAt + places[r], BlockTiles.FAR);
            int weights = wAt + r * LANES * LANES;
            for (int c = 0; c < LANES; c++) {
                int p = from + c;
                FloatVector w0 = FloatVector.fromArray(SPECIES, w, weights + c * LANES);
                s0 = ONE.broadcast(x[p]).fma(w0, s0);
                s1 = ONE.broadcast(x[p + LANES]).fma(w0, s1);
                s2 = ONE.broadcast(x[p + 2 * LANES]).fma(w0, s2);
                s3 = ONE.broadcast(x[p + 3 * LANES]).fma(w0, s3);
                s4 = ONE.broadcast(x[p + 4 * LANES]).fma(w0, s4);
                s5 = ONE.broadcast(x[p + 5 * LANES]).fma(w0, s5);
                s6 = ONE.broadcast(x[p + 6 * LANES]).fma(w0, s6);
                s7 = ONE.broadcast(x[p + 7 * LANES]).fma(w0, s7);
                s8 = ONE.broadcast(x[p + 8 * LANES]).fma(w0, s8);
                s9 = ONE.broadcast(x[p + 9 * LANES]).fma(w0, s9);
                s10 = ONE.broadcast(x[p + 10 * LANES]).fma(w0, s10);
                s11 = ONE.broadcast(x[p + 11 * LANES]).fma(w0, s11);
                s12 = ONE.broadcast(x[p + 12 * LANES]).fma(w0, s12);
                s13 = ONE.broadcast(x[p + 13 * LANES]).fma(w0, s13);
                s14 = ONE.broadcast(x[p + 14 * LANES]).fma(w0, s14);
                s15 = ONE.broadcast(x[p + 15 * LANES]).fma(w0, s15);
            }
        }
        VECTOR.cast(s0).intoArray(y, yAt);
        VECTOR.cast(s1).intoArray(y, yAt + LANES);
        VECTOR.cast(s2).intoArray(y, yAt + 2 * LANES);
        VECTOR.cast(s3).intoArray(y, yAt + 3 * LANES);
        VECTOR.cast(s4).intoArray(y, yAt + 4 * LANES);
        VECTOR.cast(s5).intoArray(y, yAt + 5 * LANES);
        VECTOR.cast(s6).intoArray(y, yAt + 6 * LANES);
        VECTOR.cast(s7).intoArray(y, yAt + 7 * LANES);
        VECTOR.cast(s8).intoArray(y, yAt + 8 * LANES);
        VECTOR.cast(s9).intoArray(y, yAt + 9 * LANES);
        VECTOR.cast(s10).intoArray(y, yAt + 10 * LANES);
        VECTOR.cast(s11).intoArray(y, yAt + 11 * LANES);
        VECTOR.cast(s12).intoArray(y, yAt + 12 * LANES);
        VECTOR.cast(s13).intoArray(y, yAt + 13 * LANES);
        VECTOR.cast(s14).intoArray(y, yAt + 14 * LANES);
        VECTOR.cast(s15).intoArray(y, yAt + 15 * LANES);
    }
}
