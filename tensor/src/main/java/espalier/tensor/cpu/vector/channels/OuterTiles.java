package espalier.tensor.cpu.vector.channels;

import static espalier.tensor.cpu.vector.lanes.Lanes.ONE;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;

import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Sums of outer products over pixels, what the gradient to a weight is made of: for channels r of {@code m} and c of
 * {@code v}, {@code y[r, c] = sum over pixels t of m[t, r] * v[t, c]}. The pixels of either are vectors of channels,
 * one after the other.
 */
public final class OuterTiles {
    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    private static final int LANES = Lanes.COUNT;

    /** Rows of a tile of two vectors: as many as leave its sums in registers. */
    private static final int PAIR_ROWS = LANES == 16 ? 8 : 4;

    private OuterTiles() {}

    /**
     * All products of a vector of channels of {@code m} and two of {@code v}.
     *
     * @param n pixels
     * @param m pixels, the first at {@code mAt}
     * @param v pixels of one vector of channels from {@code v0} on, of another from {@code v1} on
     * @param y results, those of a row from {@code yAt + r * pitch} on
     * @param add whether to add to what is there
     */
    public static void pair(
            int n, float[] m, int mAt, float[] v, int v0, int v1, float[] y, int yAt, int pitch, boolean add) {
        int width = 2 * LANES;
        float[] to = add ? Scratch.floats(Scratch.TILE, LANES * width) : y;
        int at = add ? 0 : yAt;
        int step = add ? width : pitch;
        for (int r = 0; r < LANES; r += PAIR_ROWS) {
            if (PAIR_ROWS == 8) {
                tile8x2(n, m, mAt + r, v, v0, v1, to, at + r * step, step);
            } else {
                tile4x2(n, m, mAt + r, v, v0, v1, to, at + r * step, step);
            }
        }
        if (add) {
            add(to, width, y, yAt, pitch);
        }
    }

    /** The same for one vector of {@code v}, if vectors have 16 lanes. */
    public static void single(
            int n, float[] m, int mAt, float[] v, int v0, float[] y, int yAt, int pitch, boolean add) {
        float[] to = add ? Scratch.floats(Scratch.TILE, LANES * LANES) : y;
        tile16x1(n, m, mAt, v, v0, to, add ? 0 : yAt, add ? LANES : pitch);
        if (add) {
            add(to, LANES, y, yAt, pitch);
        }
    }

    /** Adds rows of {@code width} floats, end to end, to rows {@code pitch} apart. */
    private static void add(float[] from, int width, float[] to, int toAt, int pitch) {
        for (int r = 0; r < LANES; r++) {
            BlockTiles.add(from, r * width, width, to, toAt + r * pitch, Float.NEGATIVE_INFINITY, to, toAt + r * pitch);
        }
    }

    /** Four rows of two vectors. */
    private static void tile4x2(int n, float[] m, int mAt, float[] v, int v0, int v1, float[] y, int yAt, int pitch) {
        FloatVector zero = ONE.broadcast(0f);
        FloatVector s00 = zero;
        FloatVector s01 = zero;
        FloatVector s10 = zero;
        FloatVector s11 = zero;
        FloatVector s20 = zero;
        FloatVector s21 = zero;
        FloatVector s30 = zero;
        FloatVector s31 = zero;
        for (int t = 0; t < n * LANES; t += LANES) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, v, v0 + t);
            FloatVector b1 = FloatVector.fromArray(SPECIES, v, v1 + t);
            FloatVector a0 = ONE.broadcast(m[mAt + t]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            FloatVector a1 = ONE.broadcast(m[mAt + t + 1]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            FloatVector a2 = ONE.broadcast(m[mAt + t + 2]);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            FloatVector a3 = ONE.broadcast(m[mAt + t + 3]);
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
        }
        VECTOR.cast(s00).intoArray(y, yAt);
        VECTOR.cast(s01).intoArray(y, yAt + LANES);
        VECTOR.cast(s10).intoArray(y, yAt + pitch);
        VECTOR.cast(s11).intoArray(y, yAt + pitch + LANES);
        VECTOR.cast(s20).intoArray(y, yAt + 2 * pitch);
        VECTOR.cast(s21).intoArray(y, yAt + 2 * pitch + LANES);
        VECTOR.cast(s30).intoArray(y, yAt + 3 * pitch);
        VECTOR.cast(s31).intoArray(y, yAt + 3 * pitch + LANES);
    }

    /** Eight rows of two vectors. */
    private static void tile8x2(int n, float[] m, int mAt, float[] v, int v0, int v1, float[] y, int yAt, int pitch) {
        FloatVector zero = ONE.broadcast(0f);
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
        for (int t = 0; t < n * LANES; t += LANES) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, v, v0 + t);
            FloatVector b1 = FloatVector.fromArray(SPECIES, v, v1 + t);
            FloatVector a0 = ONE.broadcast(m[mAt + t]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            FloatVector a1 = ONE.broadcast(m[mAt + t + 1]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            FloatVector a2 = ONE.broadcast(m[mAt + t + 2]);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            FloatVector a3 = ONE.broadcast(m[mAt + t + 3]);
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
            FloatVector a4 = ONE.broadcast(m[mAt + t + 4]);
            s40 = a4.fma(b0, s40);
            s41 = a4.fma(b1, s41);
            FloatVector a5 = ONE.broadcast(m[mAt + t + 5]);
            s50 = a5.fma(b0, s50);
            s51 = a5.fma(b1, s51);
            FloatVector a6 = ONE.broadcast(m[mAt + t + 6]);
            s60 = a6.fma(b0, s60);
            s61 = a6.fma(b1, s61);
            FloatVector a7 = ONE.broadcast(m[mAt + t + 7]);
            s70 = a7.fma(b0, s70);
            s71 = a7.fma(b1, s71);
        }
        VECTOR.cast(s00).intoArray(y, yAt);
        VECTOR.cast(s01).intoArray(y, yAt + LANES);
        VECTOR.cast(s10).intoArray(y, yAt + pitch);
        VECTOR.cast(s11).intoArray(y, yAt + pitch + LANES);
        VECTOR.cast(s20).intoArray(y, yAt + 2 * pitch);
        VECTOR.cast(s21).intoArray(y, yAt + 2 * pitch + LANES);
        VECTOR.cast(s30).intoArray(y, yAt + 3 * pitch);
        VECTOR.cast(s31).intoArray(y, yAt + 3 * pitch + LANES);
        VECTOR.cast(s40).intoArray(y, yAt + 4 * pitch);
        VECTOR.cast(s41).intoArray(y, yAt + 4 * pitch + LANES);
        VECTOR.cast(s50).intoArray(y, yAt + 5 * pitch);
        VECTOR.cast(s51).intoArray(y, yAt + 5 * pitch + LANES);
        VECTOR.cast(s60).intoArray(y, yAt + 6 * pitch);
        VECTOR.cast(s61).intoArray(y, yAt + 6 * pitch + LANES);
        VECTOR.cast(s70).intoArray(y, yAt + 7 * pitch);
        VECTOR.cast(s71).intoArray(y, yAt + 7 * pitch + LANES);
    }

    /** Sixteen rows of one vector. */
    private static void tile16x1(int n, float[] m, int mAt, float[] v, int v0, float[] y, int yAt, int pitch) {
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
        for (int t = 0; t < n * LANES; t += LANES) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, v, v0 + t);
            FloatVector a0 = ONE.broadcast(m[mAt + t]);
            s0 = a0.fma(b0, s0);
            FloatVector a1 = ONE.broadcast(m[mAt + t + 1]);
            s1 = a1.fma(b0, s1);
            FloatVector a2 = ONE.broadcast(m[mAt + t + 2]);
            s2 = a2.fma(b0, s2);
            FloatVector a3 = ONE.broadcast(m[mAt + t + 3]);
            s3 = a3.fma(b0, s3);
            FloatVector a4 = ONE.broadcast(m[mAt + t + 4]);
            s4 = a4.fma(b0, s4);
            FloatVector a5 = ONE.broadcast(m[mAt + t + 5]);
            s5 = a5.fma(b0, s5);
            FloatVector a6 = ONE.broadcast(m[mAt + t + 6]);
            s6 = a6.fma(b0, s6);
            FloatVector a7 = ONE.broadcast(m[mAt + t + 7]);
            s7 = a7.fma(b0, s7);
            FloatVector a8 = ONE.broadcast(m[mAt + t + 8]);
            s8 = a8.fma(b0, s8);
            FloatVector a9 = ONE.broadcast(m[mAt + t + 9]);
            s9 = a9.fma(b0, s9);
            FloatVector a10 = ONE.broadcast(m[mAt + t + 10]);
            s10 = a10.fma(b0, s10);
            FloatVector a11 = ONE.broadcast(m[mAt + t + 11]);
            s11 = a11.fma(b0, s11);
            FloatVector a12 = ONE.broadcast(m[mAt + t + 12]);
            s12 = a12.fma(b0, s12);
            FloatVector a13 = ONE.broadcast(m[mAt + t + 13]);
            s13 = a13.fma(b0, s13);
            FloatVector a14 = ONE.broadcast(m[mAt + t + 14]);
            s14 = a14.fma(b0, s14);
            FloatVector a15 = ONE.broadcast(m[mAt + t + 15]);
            s15 = a15.fma(b0, s15);
        }
        VECTOR.cast(s0).intoArray(y, yAt);
        VECTOR.cast(s1).intoArray(y, yAt + pitch);
        VECTOR.cast(s2).intoArray(y, yAt + 2 * pitch);
        VECTOR.cast(s3).intoArray(y, yAt + 3 * pitch);
        VECTOR.cast(s4).intoArray(y, yAt + 4 * pitch);
        VECTOR.cast(s5).intoArray(y, yAt + 5 * pitch);
        VECTOR.cast(s6).intoArray(y, yAt + 6 * pitch);
        VECTOR.cast(s7).intoArray(y, yAt + 7 * pitch);
        VECTOR.cast(s8).intoArray(y, yAt + 8 * pitch);
        VECTOR.cast(s9).intoArray(y, yAt + 9 * pitch);
        VECTOR.cast(s10).intoArray(y, yAt + 10 * pitch);
        VECTOR.cast(s11).intoArray(y, yAt + 11 * pitch);
        VECTOR.cast(s12).intoArray(y, yAt + 12 * pitch);
        VECTOR.cast(s13).intoArray(y, yAt + 13 * pitch);
        VECTOR.cast(s14).intoArray(y, yAt + 14 * pitch);
        VECTOR.cast(s15).intoArray(y, yAt + 15 * pitch);
    }
}
