package espalier.tensor.cpu.vector.channels;

import espalier.tensor.cpu.vector.lanes.Lanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link BlockTiles} for the output channels of one vector: sums for 16 neighbouring pixels. They need 16 registers, so it is for
 * vectors of 16 lanes.
 */
public final class NarrowTile {
    /** Pixels of a tile. */
    public static final int PIXELS = 16;

    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    private static final int LANES = Lanes.COUNT;

    private NarrowTile() {}

    /**
     * {@code y[o, j] = sum over t of x[terms[t] + j * LANES] * w[t, o]}.
     *
     * @param n terms of the sum
     * @param x what holds the pixels, the first of them at {@code xAt} for a term whose place is 0
     * @param w weights, a vector for each term
     */
    public static void run(int n, float[] x, int xAt, int[] terms, float[] w, int wAt, float[] y, int yAt) {
        FloatVector s0 = FloatVector.zero(SPECIES);
        FloatVector s1 = FloatVector.zero(SPECIES);
        FloatVector s2 = FloatVector.zero(SPECIES);
        FloatVector s3 = FloatVector.zero(SPECIES);
        FloatVector s4 = FloatVector.zero(SPECIES);
        FloatVector s5 = FloatVector.zero(SPECIES);
        FloatVector s6 = FloatVector.zero(SPECIES);
        FloatVector s7 = FloatVector.zero(SPECIES);
        FloatVector s8 = FloatVector.zero(SPECIES);
        FloatVector s9 = FloatVector.zero(SPECIES);
        FloatVector s10 = FloatVector.zero(SPECIES);
        FloatVector s11 = FloatVector.zero(SPECIES);
        FloatVector s12 = FloatVector.zero(SPECIES);
        FloatVector s13 = FloatVector.zero(SPECIES);
        FloatVector s14 = FloatVector.zero(SPECIES);
        FloatVector s15 = FloatVector.zero(SPECIES);
        for (int t = 0, q = wAt; t < n; t++, q += LANES) {
            int p = xAt + terms[t];
            FloatVector w0 = FloatVector.fromArray(SPECIES, w, q);
            s0 = FloatVector.broadcast(SPECIES, x[p]).fma(w0, s0);
            s1 = FloatVector.broadcast(SPECIES, x[p + LANES]).fma(w0, s1);
            s2 = FloatVector.broadcast(SPECIES, x[p + 2 * LANES]).fma(w0, s2);
            s3 = FloatVector.broadcast(SPECIES, x[p + 3 * LANES]).fma(w0, s3);
            s4 = FloatVector.broadcast(SPECIES, x[p + 4 * LANES]).fma(w0, s4);
            s5 = FloatVector.broadcast(SPECIES, x[p + 5 * LANES]).fma(w0, s5);
            s6 = FloatVector.broadcast(SPECIES, x[p + 6 * LANES]).fma(w0, s6);
            s7 = FloatVector.broadcast(SPECIES, x[p + 7 * LANES]).fma(w0, s7);
            s8 = FloatVector.broadcast(SPECIES, x[p + 8 * LANES]).fma(w0, s8);
            s9 = FloatVector.broadcast(SPECIES, x[p + 9 * LANES]).fma(w0, s9);
            s10 = FloatVector.broadcast(SPECIES, x[p + 10 * LANES]).fma(w0, s10);
            s11 = FloatVector.broadcast(SPECIES, x[p + 11 * LANES]).fma(w0, s11);
            s12 = FloatVector.broadcast(SPECIES, x[p + 12 * LANES]).fma(w0, s12);
            s13 = FloatVector.broadcast(SPECIES, x[p + 13 * LANES]).fma(w0, s13);
            s14 = FloatVector.broadcast(SPECIES, x[p + 14 * LANES]).fma(w0, s14);
            s15 = FloatVector.broadcast(SPECIES, x[p + 15 * LANES]).fma(w0, s15);
        }
        s0.intoArray(y, yAt);
        s1.intoArray(y, yAt + LANES);
        s2.intoArray(y, yAt + 2 * LANES);
        s3.intoArray(y, yAt + 3 * LANES);
        s4.intoArray(y, yAt + 4 * LANES);
        s5.intoArray(y, yAt + 5 * LANES);
        s6.intoArray(y, yAt + 6 * LANES);
        s7.intoArray(y, yAt + 7 * LANES);
        s8.intoArray(y, yAt + 8 * LANES);
        s9.intoArray(y, yAt + 9 * LANES);
        s10.intoArray(y, yAt + 10 * LANES);
        s11.intoArray(y, yAt + 11 * LANES);
        s12.intoArray(y, yAt + 12 * LANES);
        s13.intoArray(y, yAt + 13 * LANES);
        s14.intoArray(y, yAt + 14 * LANES);
        s15.intoArray(y, yAt + 15 * LANES);
    }
}
