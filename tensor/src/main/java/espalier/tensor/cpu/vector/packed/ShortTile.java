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
     * {@code c[r][j] += sum over k in [0, n) of a[aAt + 4 k + r] * b[bAt + k * WIDTH + j]} for 4 rows and
     * {@link #WIDTH} columns; rows of {@code c} are {@code rowStride} apart.
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
        int half = LANES / 2;
        IntVector low00 = (IntVector) s00.convertShape(VectorOperators.S2I, INTS, 0);
        low00.add(IntVector.fromArray(INTS, c, cAt)).intoArray(c, cAt);
        IntVector high00 = (IntVector) s00.convertShape(VectorOperators.S2I, INTS, 1);
        high00.add(IntVector.fromArray(INTS, c, cAt + half)).intoArray(c, cAt + half);
        IntVector low01 = (IntVector) s01.convertShape(VectorOperators.S2I, INTS, 0);
        low01.add(IntVector.fromArray(INTS, c, cAt + LANES)).intoArray(c, cAt + LANES);
        IntVector high01 = (IntVector) s01.convertShape(VectorOperators.S2I, INTS, 1);
        high01.add(IntVector.fromArray(INTS, c, cAt + LANES + half)).intoArray(c, cAt + LANES + half);
        IntVector low10 = (IntVector) s10.convertShape(VectorOperators.S2I, INTS, 0);
        low10.add(IntVector.fromArray(INTS, c, cAt + rowStride)).intoArray(c, cAt + rowStride);
        IntVector high10 = (IntVector) s10.convertShape(VectorOperators.S2I, INTS, 1);
        high10.add(IntVector.fromArray(INTS, c, cAt + rowStride + half)).intoArray(c, cAt + rowStride + half);
        IntVector low11 = (IntVector) s11.convertShape(VectorOperators.S2I, INTS, 0);
        low11.add(IntVector.fromArray(INTS, c, cAt + rowStride + LANES)).intoArray(c, cAt + rowStride + LANES);
        IntVector high11 = (IntVector) s11.convertShape(VectorOperators.S2I, INTS, 1);
        high11.add(IntVector.fromArray(INTS, c, cAt + rowStride + LANES + half))
                .intoArray(c, cAt + rowStride + LANES + half);
        IntVector low20 = (IntVector) s20.convertShape(VectorOperators.S2I, INTS, 0);
        low20.add(IntVector.fromArray(INTS, c, cAt + 2 * rowStride)).intoArray(c, cAt + 2 * rowStride);
        IntVector high20 = (IntVector) s20.convertShape(VectorOperators.S2I, INTS, 1);
        high20.add(IntVector.fromArray(INTS, c, cAt + 2 * rowStride + half)).intoArray(c, cAt + 2 * rowStride + half);
        IntVector low21 = (IntVector) s21.convertShape(VectorOperators.S2I, INTS, 0);
        low21.add(IntVector.fromArray(INTS, c, cAt + 2 * rowStride + LANES)).intoArray(c, cAt + 2 * rowStride + LANES);
        IntVector high21 = (IntVector) s21.convertShape(VectorOperators.S2I, INTS, 1);
        high21.add(IntVector.fromArray(INTS, c, cAt + 2 * rowStride + LANES + half))
                .intoArray(c, cAt + 2 * rowStride + LANES + half);
        IntVector low30 = (IntVector) s30.convertShape(VectorOperators.S2I, INTS, 0);
        low30.add(IntVector.fromArray(INTS, c, cAt + 3 * rowStride)).intoArray(c, cAt + 3 * rowStride);
        IntVector high30 = (IntVector) s30.convertShape(VectorOperators.S2I, INTS, 1);
        high30.add(IntVector.fromArray(INTS, c, cAt + 3 * rowStride + half)).intoArray(c, cAt + 3 * rowStride + half);
        IntVector low31 = (IntVector) s31.convertShape(VectorOperators.S2I, INTS, 0);
        low31.add(IntVector.fromArray(INTS, c, cAt + 3 * rowStride + LANES)).intoArray(c, cAt + 3 * rowStride + LANES);
        IntVector high31 = (IntVector) s31.convertShape(VectorOperators.S2I, INTS, 1);
        high31.add(IntVector.fromArray(INTS, c, cAt + 3 * rowStride + LANES + half))
                .intoArray(c, cAt + 3 * rowStride + LANES + half);
    }
}
