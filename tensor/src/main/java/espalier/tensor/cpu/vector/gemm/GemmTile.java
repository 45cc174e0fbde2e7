package espalier.tensor.cpu.vector.gemm;

import static espalier.tensor.cpu.vector.lanes.Lanes.ONE;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;

import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.RowGroups;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The micro-kernel of matrix products: a few rows of a packed left matrix times some vectors of columns of a right
 * matrix, packed or not.
 *
 * <p>With 6 rows by 2 vectors there are, for each {@code k}, 2 vector loads, 6 broadcasts and 12 fused multiply-adds,
 * so the FMA units are the limit. Each sum is a local variable, which the compiler keeps in a register; 8 of them just
 * hide the latency of two FMA units, 12 do so with some to spare ({@link TallTiles}). Fewer rows are given more
 * vectors. With the 32 registers of AVX-512 a tile has up to 8 rows.
 *
 * <p>Sums begin at zero and are kept apart before they are added to {@code c}: sums that begin as a load make the
 * compiler spill registers in the loop. Why a tile does nothing but sums says
 * {@link espalier.tensor.cpu.vector.conv.ConvTile}.
 *
 * <p>Positions are counters, {@code p} in a and {@code q} in b, that advance from one {@code k} to the next. The
 * compiler checks the bounds of {@code a} once, before the loop, and has no products of {@code k} to make there: sums
 * of 25 terms take 8 % less by it. {@link espalier.tensor.cpu.vector.conv.ConvTile} does the same work for columns that
 * lie anywhere.
 */
final class GemmTile {
    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    private static final int LANES = Lanes.COUNT;

    /** The most rows of a tile. */
    static final int ROWS = RowGroups.MOST;

    /** Columns of the tile with the most rows. */
    static final int COLUMNS = 2 * LANES;

    /** Columns of the widest tile, a multiple of all widths. */
    static final int WIDEST = 4 * LANES;

    /** Elements of the largest tile. */
    static final int LARGEST = ROWS * WIDEST;

    private GemmTile() {}

    /** The columns of a tile of so many rows, 1 to {@link #ROWS}. */
    static int columns(int rows) {
        return switch (rows) {
            case 8, 7, 6, 5, 4, 3 -> COLUMNS;
            case 2, 1 -> WIDEST;
            default -> throw new IllegalArgumentException("GemmTile: rows must be 1 to " + ROWS + ", got " + rows);
        };
    }

    /**
     * One tile: {@code c[cAt + r * stride + j] = sum over k < n of a[aAt + k * rows + r] * b[bAt + k * ld + j]} for
     * {@code j < w}, the {@link #columns} of so many rows. The sum is added to {@code c} if {@code add}.
     */
    static void multiply(
            int rows,
            int n,
            float[] a,
            int aAt,
            float[] b,
            int bAt,
            int ld,
            float[] c,
            int cAt,
            int stride,
            boolean add) {
        if (!add) {
            tile(rows, n, a, aAt, b, bAt, ld, c, cAt, stride);
            return;
        }
        int width = columns(rows);
        float[] sums = Scratch.floats(Scratch.SUMS, rows * width);
        tile(rows, n, a, aAt, b, bAt, ld, sums, 0, width);
        for (int r = 0; r < rows; r++) {
            for (int j = 0; j < width; j += LANES) {
                int put = cAt + r * stride + j;
                VECTOR.cast(FloatVector.fromArray(SPECIES, sums, r * width + j))
                        .add(FloatVector.fromArray(SPECIES, c, put))
                        .intoArray(c, put);
            }
        }
    }

    private static void tile(
            int rows, int n, float[] a, int aAt, float[] b, int bAt, int ld, float[] c, int cAt, int stride) {
        switch (rows) {
            case 1 -> tile1x4(n, a, aAt, b, bAt, ld, c, cAt);
            case 2 -> tile2x4(n, a, aAt, b, bAt, ld, c, cAt, stride);
            case 3 -> tile3x2(n, a, aAt, b, bAt, ld, c, cAt, stride);
            case 5 -> TallTiles.tile5x2(n, a, aAt, b, bAt, ld, c, cAt, stride);
            case 6 -> TallTiles.tile6x2(n, a, aAt, b, bAt, ld, c, cAt, stride);
            case 7 -> TallTiles.tile7x2(n, a, aAt, b, bAt, ld, c, cAt, stride);
            case 8 -> TallTiles.tile8x2(n, a, aAt, b, bAt, ld, c, cAt, stride);
            default -> tile4x2(n, a, aAt, b, bAt, ld, c, cAt, stride);
        }
    }

    private static void tile4x2(int n, float[] a, int aAt, float[] b, int bAt, int ld, float[] c, int cAt, int stride) {
        FloatVector zero = ONE.broadcast(0f);
        FloatVector s00 = zero;
        FloatVector s01 = zero;
        FloatVector s10 = zero;
        FloatVector s11 = zero;
        FloatVector s20 = zero;
        FloatVector s21 = zero;
        FloatVector s30 = zero;
        FloatVector s31 = zero;
        int end = aAt + 4 * n;
        for (int p = aAt, q = bAt; p < end; p += 4, q += ld) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, q);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, q + LANES);
            FloatVector a0 = ONE.broadcast(a[p]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            FloatVector a1 = ONE.broadcast(a[p + 1]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            FloatVector a2 = ONE.broadcast(a[p + 2]);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            FloatVector a3 = ONE.broadcast(a[p + 3]);
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
        }
        VECTOR.cast(s00).intoArray(c, cAt);
        VECTOR.cast(s01).intoArray(c, cAt + LANES);
        VECTOR.cast(s10).intoArray(c, cAt + stride);
        VECTOR.cast(s11).intoArray(c, cAt + stride + LANES);
        VECTOR.cast(s20).intoArray(c, cAt + 2 * stride);
        VECTOR.cast(s21).intoArray(c, cAt + 2 * stride + LANES);
        VECTOR.cast(s30).intoArray(c, cAt + 3 * stride);
        VECTOR.cast(s31).intoArray(c, cAt + 3 * stride + LANES);
    }

    private static void tile3x2(int n, float[] a, int aAt, float[] b, int bAt, int ld, float[] c, int cAt, int stride) {
        FloatVector zero = ONE.broadcast(0f);
        FloatVector s00 = zero;
        FloatVector s01 = zero;
        FloatVector s10 = zero;
        FloatVector s11 = zero;
        FloatVector s20 = zero;
        FloatVector s21 = zero;
        int end = aAt + 3 * n;
        for (int p = aAt, q = bAt; p < end; p += 3, q += ld) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, q);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, q + LANES);
            FloatVector a0 = ONE.broadcast(a[p]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            FloatVector a1 = ONE.broadcast(a[p + 1]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            FloatVector a2 = ONE.broadcast(a[p + 2]);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
        }
        VECTOR.cast(s00).intoArray(c, cAt);
        VECTOR.cast(s01).intoArray(c, cAt + LANES);
        VECTOR.cast(s10).intoArray(c, cAt + stride);
        VECTOR.cast(s11).intoArray(c, cAt + stride + LANES);
        VECTOR.cast(s20).intoArray(c, cAt + 2 * stride);
        VECTOR.cast(s21).intoArray(c, cAt + 2 * stride + LANES);
    }

    private static void tile2x4(int n, float[] a, int aAt, float[] b, int bAt, int ld, float[] c, int cAt, int stride) {
        FloatVector zero = ONE.broadcast(0f);
        FloatVector s00 = zero;
        FloatVector s01 = zero;
        FloatVector s02 = zero;
        FloatVector s03 = zero;
        FloatVector s10 = zero;
        FloatVector s11 = zero;
        FloatVector s12 = zero;
        FloatVector s13 = zero;
        int end = aAt + 2 * n;
        for (int p = aAt, q = bAt; p < end; p += 2, q += ld) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, q);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, q + LANES);
            FloatVector b2 = FloatVector.fromArray(SPECIES, b, q + 2 * LANES);
            FloatVector b3 = FloatVector.fromArray(SPECIES, b, q + 3 * LANES);
            FloatVector a0 = ONE.broadcast(a[p]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            s02 = a0.fma(b2, s02);
            s03 = a0.fma(b3, s03);
            FloatVector a1 = ONE.broadcast(a[p + 1]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            s12 = a1.fma(b2, s12);
            s13 = a1.fma(b3, s13);
        }
        VECTOR.cast(s00).intoArray(c, cAt);
        VECTOR.cast(s01).intoArray(c, cAt + LANES);
        VECTOR.cast(s02).intoArray(c, cAt + 2 * LANES);
        VECTOR.cast(s03).intoArray(c, cAt + 3 * LANES);
        VECTOR.cast(s10).intoArray(c, cAt + stride);
        VECTOR.cast(s11).intoArray(c, cAt + stride + LANES);
        VECTOR.cast(s12).intoArray(c, cAt + stride + 2 * LANES);
        VECTOR.cast(s13).intoArray(c, cAt + stride + 3 * LANES);
    }

    private static void tile1x4(int n, float[] a, int aAt, float[] b, int bAt, int ld, float[] c, int cAt) {
        FloatVector zero = ONE.broadcast(0f);
        FloatVector s00 = zero;
        FloatVector s01 = zero;
        FloatVector s02 = zero;
        FloatVector s03 = zero;
        for (int k = 0; k < n; k++) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, bAt + k * ld);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, bAt + k * ld + LANES);
            FloatVector b2 = FloatVector.fromArray(SPECIES, b, bAt + k * ld + 2 * LANES);
            FloatVector b3 = FloatVector.fromArray(SPECIES, b, bAt + k * ld + 3 * LANES);
            FloatVector a0 = ONE.broadcast(a[aAt + k]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            s02 = a0.fma(b2, s02);
            s03 = a0.fma(b3, s03);
        }
        VECTOR.cast(s00).intoArray(c, cAt);
        VECTOR.cast(s01).intoArray(c, cAt + LANES);
        VECTOR.cast(s02).intoArray(c, cAt + 2 * LANES);
        VECTOR.cast(s03).intoArray(c, cAt + 3 * LANES);
    }
}
