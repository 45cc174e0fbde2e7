package espalier.tensor.cpu.vector.packed;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Products of small integers in 16 bits: a vector holds twice as many shorts as floats.
 *
 * <p>The caller keeps the sums short enough that none leaves [-32768, 32767]; they are then added to sums of 32 bits.
 */
final class ShortTile {
    private static final VectorSpecies<Short> SHORTS = ShortVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;

    /** Shorts in a vector. */
    static final int LANES = SHORTS.length();

    /** Columns of a tile. */
    static final int WIDTH = 2 * LANES;

    /** Rows of a tile. */
    static final int ROWS = 4;

    private ShortTile() {}

    /**
     * {@code c[r][j] += sum over k in [0, n) of a[aAt + 4 k + r] * b[bAt + k * WIDTH + j]} for 4 rows and {@link #WIDTH}
     * columns; rows of {@code c} are {@code rowStride} apart.
     */
    static void add(int n, short[] a, int aAt, short[] b, int bAt, int[] c, int cAt, int rowStride) {
        ShortVector s00 = ShortVector.zero(SHORTS);
        ShortVector s01 = ShortVector.zero(SHORTS);
        ShortVector s10 = ShortVector.zero(SHORTS);
        ShortVector s11 = ShortVector.zero(SHORTS);
        ShortVector s20 = ShortVector.zero(SHORTS);
        ShortVector s21 = ShortVector.zero(SHORTS);
        ShortVector s30 = ShortVector.zero(SHORTS);
        ShortVector s31 = ShortVector.zero(SHORTS);
        for (int k = 0; k < n; k++) {
            ShortVector b0 = ShortVector.fromArray(SHORTS, b, bAt + k * WIDTH);
            ShortVector b1 = ShortVector.fromArray(SHORTS, b, bAt + k * WIDTH + LANES);
            ShortVector a0 = ShortVector.broadcast(SHORTS, a[aAt + 4 * k]);
            s00 = s00.add(a0.mul(b0));
            s01 = s01.add(a0.mul(b1));
            ShortVector a1 = ShortVector.broadcast(SHORTS, a[aAt + 4 * k + 1]);
            s10 = s10.add(a1.mul(b0));
            s11 = s11.add(a1.mul(b1));
            ShortVector a2 = ShortVector.broadcast(SHORTS, a[aAt + 4 * k + 2]);
            s20 = s20.add(a2.mul(b0));
            s21 = s21.add(a2.mul(b1));
            ShortVector a3 = ShortVector.broadcast(SHORTS, a[aAt + 4 * k + 3]);
            s30 = s30.add(a3.mul(b0));
            s31 = s31.add(a3.mul(b1));
        }
        widen(s00, c, cAt);
        widen(s01, c, cAt + LANES);
        widen(s10, c, cAt + rowStride);
        widen(s11, c, cAt + rowStride + LANES);
        widen(s20, c, cAt + 2 * rowStride);
        widen(s21, c, cAt + 2 * rowStride + LANES);
        widen(s30, c, cAt + 3 * rowStride);
        widen(s31, c, cAt + 3 * rowStride + LANES);
    }

    private static void widen(ShortVector sum, int[] c, int at) {
        int half = LANES / 2;
        IntVector low = (IntVector) sum.convertShape(VectorOperators.S2I, INTS, 0);
        IntVector high = (IntVector) sum.convertShape(VectorOperators.S2I, INTS, 1);
        low.add(IntVector.fromArray(INTS, c, at)).intoArray(c, at);
        high.add(IntVector.fromArray(INTS, c, at + half)).intoArray(c, at + half);
    }
}
