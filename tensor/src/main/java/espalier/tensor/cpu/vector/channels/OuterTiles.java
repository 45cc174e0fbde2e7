package espalier.tensor.cpu.vector.channels;

import espalier.tensor.cpu.vector.lanes.Lanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Sums of outer products over pixels, what the gradient to a weight is made of: for channels r of {@code m} and c of {@code v},
 * {@code y[r, c] = sum over pixels t of m[t, r] * v[t, c]}. The pixels of either are vectors of channels, one after the other.
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
     * @param y results, {@code pitch} from one r to the next, those of the two vectors from {@code y0} and {@code y1} on
     * @param add whether to add to what is there
     */
    public static void pair(int n, float[] m, int mAt, float[] v, int v0, int v1, float[] y, int y0, int y1, int pitch, boolean add) {
        for (int r = 0; r < LANES; r += PAIR_ROWS) {
            if (PAIR_ROWS == 8) {
                tile8x2(n, m, mAt + r, v, v0, v1, y, y0 + r * pitch, y1 + r * pitch, pitch, add);
            } else {
                tile4x2(n, m, mAt + r, v, v0, v1, y, y0 + r * pitch, y1 + r * pitch, pitch, add);
            }
        }
    }

    /** The same for one vector of {@code v}, if vectors have 16 lanes. */
    public static void single(int n, float[] m, int mAt, float[] v, int v0, float[] y, int y0, int pitch, boolean add) {
        tile16x1(n, m, mAt, v, v0, y, y0, pitch, add);
    }

    /** Four rows of two vectors. */
    private static void tile4x2(int n, float[] m, int mAt, float[] v, int v0, int v1, float[] y, int y0, int y1, int pitch, boolean add) {
        FloatVector s00 = FloatVector.zero(SPECIES);
        FloatVector s01 = FloatVector.zero(SPECIES);
        FloatVector s10 = FloatVector.zero(SPECIES);
        FloatVector s11 = FloatVector.zero(SPECIES);
        FloatVector s20 = FloatVector.zero(SPECIES);
        FloatVector s21 = FloatVector.zero(SPECIES);
        FloatVector s30 = FloatVector.zero(SPECIES);
        FloatVector s31 = FloatVector.zero(SPECIES);
        for (int t = 0; t < n * LANES; t += LANES) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, v, v0 + t);
            FloatVector b1 = FloatVector.fromArray(SPECIES, v, v1 + t);
            FloatVector a0 = FloatVector.broadcast(SPECIES, m[mAt + t]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            FloatVector a1 = FloatVector.broadcast(SPECIES, m[mAt + t + 1]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            FloatVector a2 = FloatVector.broadcast(SPECIES, m[mAt + t + 2]);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            FloatVector a3 = FloatVector.broadcast(SPECIES, m[mAt + t + 3]);
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
        }
        if (add) {
            s00.add(FloatVector.fromArray(SPECIES, y, y0)).intoArray(y, y0);
            s01.add(FloatVector.fromArray(SPECIES, y, y1)).intoArray(y, y1);
            s10.add(FloatVector.fromArray(SPECIES, y, y0 + pitch)).intoArray(y, y0 + pitch);
            s11.add(FloatVector.fromArray(SPECIES, y, y1 + pitch)).intoArray(y, y1 + pitch);
            s20.add(FloatVector.fromArray(SPECIES, y, y0 + 2 * pitch)).intoArray(y, y0 + 2 * pitch);
            s21.add(FloatVector.fromArray(SPECIES, y, y1 + 2 * pitch)).intoArray(y, y1 + 2 * pitch);
            s30.add(FloatVector.fromArray(SPECIES, y, y0 + 3 * pitch)).intoArray(y, y0 + 3 * pitch);
            s31.add(FloatVector.fromArray(SPECIES, y, y1 + 3 * pitch)).intoArray(y, y1 + 3 * pitch);
        } else {
            s00.intoArray(y, y0);
            s01.intoArray(y, y1);
            s10.intoArray(y, y0 + pitch);
            s11.intoArray(y, y1 + pitch);
            s20.intoArray(y, y0 + 2 * pitch);
            s21.intoArray(y, y1 + 2 * pitch);
            s30.intoArray(y, y0 + 3 * pitch);
            s31.intoArray(y, y1 + 3 * pitch);
        }
    }

    /** Eight rows of two vectors. */
    private static void tile8x2(int n, float[] m, int mAt, float[] v, int v0, int v1, float[] y, int y0, int y1, int pitch, boolean add) {
        FloatVector s00 = FloatVector.zero(SPECIES);
        FloatVector s01 = FloatVector.zero(SPECIES);
        FloatVector s10 = FloatVector.zero(SPECIES);
        FloatVector s11 = FloatVector.zero(SPECIES);
        FloatVector s20 = FloatVector.zero(SPECIES);
        FloatVector s21 = FloatVector.zero(SPECIES);
        FloatVector s30 = FloatVector.zero(SPECIES);
        FloatVector s31 = FloatVector.zero(SPECIES);
        FloatVector s40 = FloatVector.zero(SPECIES);
        FloatVector s41 = FloatVector.zero(SPECIES);
        FloatVector s50 = FloatVector.zero(SPECIES);
        FloatVector s51 = FloatVector.zero(SPECIES);
        FloatVector s60 = FloatVector.zero(SPECIES);
        FloatVector s61 = FloatVector.zero(SPECIES);
        FloatVector s70 = FloatVector.zero(SPECIES);
        FloatVector s71 = FloatVector.zero(SPECIES);
        for (int t = 0; t < n * LANES; t += LANES) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, v, v0 + t);
            FloatVector b1 = FloatVector.fromArray(SPECIES, v, v1 + t);
            FloatVector a0 = FloatVector.broadcast(SPECIES, m[mAt + t]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            FloatVector a1 = FloatVector.broadcast(SPECIES, m[mAt + t + 1]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            FloatVector a2 = FloatVector.broadcast(SPECIES, m[mAt + t + 2]);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            FloatVector a3 = FloatVector.broadcast(SPECIES, m[mAt + t + 3]);
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
            FloatVector a4 = FloatVector.broadcast(SPECIES, m[mAt + t + 4]);
            s40 = a4.fma(b0, s40);
            s41 = a4.fma(b1, s41);
            FloatVector a5 = FloatVector.broadcast(SPECIES, m[mAt + t + 5]);
            s50 = a5.fma(b0, s50);
            s51 = a5.fma(b1, s51);
            FloatVector a6 = FloatVector.broadcast(SPECIES, m[mAt + t + 6]);
            s60 = a6.fma(b0, s60);
            s61 = a6.fma(b1, s61);
            FloatVector a7 = FloatVector.broadcast(SPECIES, m[mAt + t + 7]);
            s70 = a7.fma(b0, s70);
            s71 = a7.fma(b1, s71);
        }
        if (add) {
            s00.add(FloatVector.fromArray(SPECIES, y, y0)).intoArray(y, y0);
            s01.add(FloatVector.fromArray(SPECIES, y, y1)).intoArray(y, y1);
            s10.add(FloatVector.fromArray(SPECIES, y, y0 + pitch)).intoArray(y, y0 + pitch);
            s11.add(FloatVector.fromArray(SPECIES, y, y1 + pitch)).intoArray(y, y1 + pitch);
            s20.add(FloatVector.fromArray(SPECIES, y, y0 + 2 * pitch)).intoArray(y, y0 + 2 * pitch);
            s21.add(FloatVector.fromArray(SPECIES, y, y1 + 2 * pitch)).intoArray(y, y1 + 2 * pitch);
            s30.add(FloatVector.fromArray(SPECIES, y, y0 + 3 * pitch)).intoArray(y, y0 + 3 * pitch);
            s31.add(FloatVector.fromArray(SPECIES, y, y1 + 3 * pitch)).intoArray(y, y1 + 3 * pitch);
            s40.add(FloatVector.fromArray(SPECIES, y, y0 + 4 * pitch)).intoArray(y, y0 + 4 * pitch);
            s41.add(FloatVector.fromArray(SPECIES, y, y1 + 4 * pitch)).intoArray(y, y1 + 4 * pitch);
            s50.add(FloatVector.fromArray(SPECIES, y, y0 + 5 * pitch)).intoArray(y, y0 + 5 * pitch);
            s51.add(FloatVector.fromArray(SPECIES, y, y1 + 5 * pitch)).intoArray(y, y1 + 5 * pitch);
            s60.add(FloatVector.fromArray(SPECIES, y, y0 + 6 * pitch)).intoArray(y, y0 + 6 * pitch);
            s61.add(FloatVector.fromArray(SPECIES, y, y1 + 6 * pitch)).intoArray(y, y1 + 6 * pitch);
            s70.add(FloatVector.fromArray(SPECIES, y, y0 + 7 * pitch)).intoArray(y, y0 + 7 * pitch);
            s71.add(FloatVector.fromArray(SPECIES, y, y1 + 7 * pitch)).intoArray(y, y1 + 7 * pitch);
        } else {
            s00.intoArray(y, y0);
            s01.intoArray(y, y1);
            s10.intoArray(y, y0 + pitch);
            s11.intoArray(y, y1 + pitch);
            s20.intoArray(y, y0 + 2 * pitch);
            s21.intoArray(y, y1 + 2 * pitch);
            s30.intoArray(y, y0 + 3 * pitch);
            s31.intoArray(y, y1 + 3 * pitch);
            s40.intoArray(y, y0 + 4 * pitch);
            s41.intoArray(y, y1 + 4 * pitch);
            s50.intoArray(y, y0 + 5 * pitch);
            s51.intoArray(y, y1 + 5 * pitch);
            s60.intoArray(y, y0 + 6 * pitch);
            s61.intoArray(y, y1 + 6 * pitch);
            s70.intoArray(y, y0 + 7 * pitch);
            s71.intoArray(y, y1 + 7 * pitch);
        }
    }

    /** Sixteen rows of one vector. */
    private static void tile16x1(int n, float[] m, int mAt, float[] v, int v0, float[] y, int y0, int pitch, boolean add) {
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
        for (int t = 0; t < n * LANES; t += LANES) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, v, v0 + t);
            FloatVector a0 = FloatVector.broadcast(SPECIES, m[mAt + t]);
            s0 = a0.fma(b0, s0);
            FloatVector a1 = FloatVector.broadcast(SPECIES, m[mAt + t + 1]);
            s1 = a1.fma(b0, s1);
            FloatVector a2 = FloatVector.broadcast(SPECIES, m[mAt + t + 2]);
            s2 = a2.fma(b0, s2);
            FloatVector a3 = FloatVector.broadcast(SPECIES, m[mAt + t + 3]);
            s3 = a3.fma(b0, s3);
            FloatVector a4 = FloatVector.broadcast(SPECIES, m[mAt + t + 4]);
            s4 = a4.fma(b0, s4);
            FloatVector a5 = FloatVector.broadcast(SPECIES, m[mAt + t + 5]);
            s5 = a5.fma(b0, s5);
            FloatVector a6 = FloatVector.broadcast(SPECIES, m[mAt + t + 6]);
            s6 = a6.fma(b0, s6);
            FloatVector a7 = FloatVector.broadcast(SPECIES, m[mAt + t + 7]);
            s7 = a7.fma(b0, s7);
            FloatVector a8 = FloatVector.broadcast(SPECIES, m[mAt + t + 8]);
            s8 = a8.fma(b0, s8);
            FloatVector a9 = FloatVector.broadcast(SPECIES, m[mAt + t + 9]);
            s9 = a9.fma(b0, s9);
            FloatVector a10 = FloatVector.broadcast(SPECIES, m[mAt + t + 10]);
            s10 = a10.fma(b0, s10);
            FloatVector a11 = FloatVector.broadcast(SPECIES, m[mAt + t + 11]);
            s11 = a11.fma(b0, s11);
            FloatVector a12 = FloatVector.broadcast(SPECIES, m[mAt + t + 12]);
            s12 = a12.fma(b0, s12);
            FloatVector a13 = FloatVector.broadcast(SPECIES, m[mAt + t + 13]);
            s13 = a13.fma(b0, s13);
            FloatVector a14 = FloatVector.broadcast(SPECIES, m[mAt + t + 14]);
            s14 = a14.fma(b0, s14);
            FloatVector a15 = FloatVector.broadcast(SPECIES, m[mAt + t + 15]);
            s15 = a15.fma(b0, s15);
        }
        if (add) {
            s0.add(FloatVector.fromArray(SPECIES, y, y0)).intoArray(y, y0);
            s1.add(FloatVector.fromArray(SPECIES, y, y0 + pitch)).intoArray(y, y0 + pitch);
            s2.add(FloatVector.fromArray(SPECIES, y, y0 + 2 * pitch)).intoArray(y, y0 + 2 * pitch);
            s3.add(FloatVector.fromArray(SPECIES, y, y0 + 3 * pitch)).intoArray(y, y0 + 3 * pitch);
            s4.add(FloatVector.fromArray(SPECIES, y, y0 + 4 * pitch)).intoArray(y, y0 + 4 * pitch);
            s5.add(FloatVector.fromArray(SPECIES, y, y0 + 5 * pitch)).intoArray(y, y0 + 5 * pitch);
            s6.add(FloatVector.fromArray(SPECIES, y, y0 + 6 * pitch)).intoArray(y, y0 + 6 * pitch);
            s7.add(FloatVector.fromArray(SPECIES, y, y0 + 7 * pitch)).intoArray(y, y0 + 7 * pitch);
            s8.add(FloatVector.fromArray(SPECIES, y, y0 + 8 * pitch)).intoArray(y, y0 + 8 * pitch);
            s9.add(FloatVector.fromArray(SPECIES, y, y0 + 9 * pitch)).intoArray(y, y0 + 9 * pitch);
            s10.add(FloatVector.fromArray(SPECIES, y, y0 + 10 * pitch)).intoArray(y, y0 + 10 * pitch);
            s11.add(FloatVector.fromArray(SPECIES, y, y0 + 11 * pitch)).intoArray(y, y0 + 11 * pitch);
            s12.add(FloatVector.fromArray(SPECIES, y, y0 + 12 * pitch)).intoArray(y, y0 + 12 * pitch);
            s13.add(FloatVector.fromArray(SPECIES, y, y0 + 13 * pitch)).intoArray(y, y0 + 13 * pitch);
            s14.add(FloatVector.fromArray(SPECIES, y, y0 + 14 * pitch)).intoArray(y, y0 + 14 * pitch);
            s15.add(FloatVector.fromArray(SPECIES, y, y0 + 15 * pitch)).intoArray(y, y0 + 15 * pitch);
        } else {
            s0.intoArray(y, y0);
            s1.intoArray(y, y0 + pitch);
            s2.intoArray(y, y0 + 2 * pitch);
            s3.intoArray(y, y0 + 3 * pitch);
            s4.intoArray(y, y0 + 4 * pitch);
            s5.intoArray(y, y0 + 5 * pitch);
            s6.intoArray(y, y0 + 6 * pitch);
            s7.intoArray(y, y0 + 7 * pitch);
            s8.intoArray(y, y0 + 8 * pitch);
            s9.intoArray(y, y0 + 9 * pitch);
            s10.intoArray(y, y0 + 10 * pitch);
            s11.intoArray(y, y0 + 11 * pitch);
            s12.intoArray(y, y0 + 12 * pitch);
            s13.intoArray(y, y0 + 13 * pitch);
            s14.intoArray(y, y0 + 14 * pitch);
            s15.intoArray(y, y0 + 15 * pitch);
        }
    }
}
