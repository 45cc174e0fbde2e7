package espalier.tensor.cpu.vector.channels;

import static espalier.tensor.cpu.vector.lanes.Lanes.ONE;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;
import static jdk.incubator.vector.FloatVector.fromArray;

import espalier.tensor.cpu.vector.lanes.Lanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The sums of {@link OuterTiles} for any number of channels, in tiles of four rows by four vectors: eight vectors are
 * read for sixteen multiply-adds, whose sums need the 32 registers of AVX-512.
 *
 * <p>Where channels come in whole vectors {@link OuterTiles} are as fast.
 */
public final class QuadTile {
    /** Channels of {@code m}. */
    public static final int ROWS = 4;

    /** Vectors of channels of {@code v}. */
    public static final int VECTORS = 4;

    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    private static final int LANES = Lanes.COUNT;

    private QuadTile() {}

    /**
     * Whether some channels of {@code m} and {@code v} fill tiles well enough, and whether there are registers for
     * their sums.
     */
    public static boolean fits(int m, int v) {
        int rows = Math.ceilDiv(m, ROWS) * ROWS;
        int columns = Math.ceilDiv(v, VECTORS * LANES) * VECTORS * LANES;
        return LANES == 16 && m >= LANES && v >= LANES && 3L * rows * columns <= 4L * m * v;
    }

    /**
     * Adds the products of four channels of {@code m} from {@code first} on with four vectors of {@code v} from
     * {@code block} on. Where there are fewer before {@code end} and {@code endBlock}, the last are computed twice.
     *
     * @param n pixels
     * @param m pixels, those of channel c in every {@link Lanes#COUNT}th float from {@code mAt + places[c]} on
     * @param v pixels in vectors, those of block b from {@code vAt + b * step} on
     * @param y sums, those of channel c and block b at {@code yAt + c * pitch + b * COUNT}
     */
    public static void run(
            int n,
            float[] m,
            int mAt,
            int[] places,
            int first,
            int end,
            float[] v,
            int vAt,
            int step,
            int block,
            int endBlock,
            float[] y,
            int yAt,
            int pitch) {
        int r1 = Math.min(first + 1, end - 1);
        int r2 = Math.min(first + 2, end - 1);
        int r3 = Math.min(first + 3, end - 1);
        int b1 = Math.min(block + 1, endBlock - 1);
        int b2 = Math.min(block + 2, endBlock - 1);
        int b3 = Math.min(block + 3, endBlock - 1);
        tile(
                n,
                m,
                mAt + places[first],
                mAt + places[r1],
                mAt + places[r2],
                mAt + places[r3],
                v,
                vAt + block * step,
                vAt + b1 * step,
                vAt + b2 * step,
                vAt + b3 * step,
                y,
                yAt + first * pitch,
                yAt + r1 * pitch,
                yAt + r2 * pitch,
                yAt + r3 * pitch,
                block * LANES,
                b1 * LANES,
                b2 * LANES,
                b3 * LANES);
    }

    private static void tile(
            int n,
            float[] m,
            int m0,
            int m1,
            int m2,
            int m3,
            float[] v,
            int v0,
            int v1,
            int v2,
            int v3,
            float[] y,
            int y0,
            int y1,
            int y2,
            int y3,
            int q0,
            int q1,
            int q2,
            int q3) {
        FloatVector s00 = fromArray(SPECIES, y, y0 + q0);
        FloatVector s01 = fromArray(SPECIES, y, y0 + q1);
        FloatVector s02 = fromArray(SPECIES, y, y0 + q2);
        FloatVector s03 = fromArray(SPECIES, y, y0 + q3);
        FloatVector s10 = fromArray(SPECIES, y, y1 + q0);
        FloatVector s11 = fromArray(SPECIES, y, y1 + q1);
        FloatVector s12 = fromArray(SPECIES, y, y1 + q2);
        FloatVector s13 = fromArray(SPECIES, y, y1 + q3);
        FloatVector s20 = fromArray(SPECIES, y, y2 + q0);
        FloatVector s21 = fromArray(SPECIES, y, y2 + q1);
        FloatVector s22 = fromArray(SPECIES, y, y2 + q2);
        FloatVector s23 = fromArray(SPECIES, y, y2 + q3);
        FloatVector s30 = fromArray(SPECIES, y, y3 + q0);
        FloatVector s31 = fromArray(SPECIES, y, y3 + q1);
        FloatVector s32 = fromArray(SPECIES, y, y3 + q2);
        FloatVector s33 = fromArray(SPECIES, y, y3 + q3);
        for (int t = 0; t < n * LANES; t += LANES) {
            FloatVector x0 = fromArray(SPECIES, v, v0 + t);
            FloatVector x1 = fromArray(SPECIES, v, v1 + t);
            FloatVector x2 = fromArray(SPECIES, v, v2 + t);
            FloatVector x3 = fromArray(SPECIES, v, v3 + t);
            FloatVector a0 = ONE.broadcast(m[m0 + t]);
            s00 = a0.fma(x0, s00);
            s01 = a0.fma(x1, s01);
            s02 = a0.fma(x2, s02);
            s03 = a0.fma(x3, s03);
            FloatVector a1 = ONE.broadcast(m[m1 + t]);
            s10 = a1.fma(x0, s10);
            s11 = a1.fma(x1, s11);
            s12 = a1.fma(x2, s12);
            s13 = a1.fma(x3, s13);
            FloatVector a2 = ONE.broadcast(m[m2 + t]);
            s20 = a2.fma(x0, s20);
            s21 = a2.fma(x1, s21);
            s22 = a2.fma(x2, s22);
            s23 = a2.fma(x3, s23);
            FloatVector a3 = ONE.broadcast(m[m3 + t]);
            s30 = a3.fma(x0, s30);
            s31 = a3.fma(x1, s31);
            s32 = a3.fma(x2, s32);
            s33 = a3.fma(x3, s33);
        }
        VECTOR.cast(s00).intoArray(y, y0 + q0);
        VECTOR.cast(s01).intoArray(y, y0 + q1);
        VECTOR.cast(s02).intoArray(y, y0 + q2);
        VECTOR.cast(s03).intoArray(y, y0 + q3);
        VECTOR.cast(s10).intoArray(y, y1 + q0);
        VECTOR.cast(s11).intoArray(y, y1 + q1);
        VECTOR.cast(s12).intoArray(y, y1 + q2);
        VECTOR.cast(s13).intoArray(y, y1 + q3);
        VECTOR.cast(s20).intoArray(y, y2 + q0);
        VECTOR.cast(s21).intoArray(y, y2 + q1);
        VECTOR.cast(s22).intoArray(y, y2 + q2);
        VECTOR.cast(s23).intoArray(y, y2 + q3);
        VECTOR.cast(s30).intoArray(y, y3 + q0);
        VECTOR.cast(s31).intoArray(y, y3 + q1);
        VECTOR.cast(s32).intoArray(y, y3 + q2);
        VECTOR.cast(s33).intoArray(y, y3 + q3);
    }
}
