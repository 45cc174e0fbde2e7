package espalier.tensor.cpu.vector;

import espalier.tensor.cpu.Scratch;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The one micro-kernel behind dense products, convolutions and block-sparse weights: a few rows of a small matrix
 * {@code a} times columns of {@code x} that are found through a table of offsets.
 *
 * <pre>
 *   c[cBase + r * rowStride + cStarts[v] + j] = bias[r] + sum over k of
 *           a[aAt + k * rows + r] * x[xBase + offsets[k] + xStarts[v] + j]
 *   for r in [0, rows), v in [from, to), j in [0, LANES)
 * </pre>
 *
 * <p>With {@code offsets[k] = k * columns} this is a matrix product. With {@code offsets[k] = channel * height * width +
 * kernelRow * width + kernelColumn} it is a convolution. With some of the offsets left out it is a product with a
 * sparse matrix whose zeros come in groups of {@code rows}. The weights {@code a} are packed so that the values of one
 * {@code k} lie together; {@code x} is read where it lies.
 *
 * <p>A {@code v} is one vector of {@link #LANES} neighbouring outputs. Each has its own place in {@code x} and in
 * {@code c}, so the vectors of one tile may lie in different image rows, and the last vector of a row may overlap the
 * one before it so as to end where the row ends: with {@link #set} overlapping vectors write equal values.
 *
 * <p>Every element of {@code c} is a chain of fused multiply-adds in the order of {@code k}. The result does not depend
 * on the vector width, on the shape of the tile or on the number of threads.
 *
 * <p>The tiles have 8 or 9 accumulators, a local variable each: enough to hide the latency of two FMA units, few enough
 * for the 16 registers of AVX2. Fewer rows are given more vectors.
 */
final class OffsetTile {
    static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    static final int LANES = Lanes.COUNT;

    /** The most rows {@link #set} and {@link #add} take at once. */
    static final int ROWS = 4;

    /** A bias of zero for every row. */
    static final float[] NO_BIAS = new float[ROWS];

    /** Whether there are 32 vector registers, as with AVX-512, so that 16 accumulators fit. */
    private static final boolean WIDE = LANES >= 16;

    private final int[] xStarts;
    private final int[] cStarts;
    private final int rowStride;

    /**
     * Where the vectors lie. The arrays are not copied.
     *
     * @param xStarts for each vector, where its input begins, relative to {@code xBase + offsets[k]}
     * @param cStarts for each vector, where its output begins, relative to {@code cBase}
     * @param rowStride distance in {@code c} between the outputs of two rows of {@code a}
     */
    OffsetTile(int[] xStarts, int[] cStarts, int rowStride) {
        if (xStarts.length != cStarts.length) {
            throw new IllegalArgumentException(
                    "OffsetTile: " + xStarts.length + " input starts, but " + cStarts.length + " output starts");
        }
        this.xStarts = xStarts;
        this.cStarts = cStarts;
        this.rowStride = rowStride;
    }

    /** The number of vectors. */
    int vectors() {
        return xStarts.length;
    }

    /**
     * Computes vectors {@code from} to {@code to - 1} of {@code rows} rows; row {@code r} starts from
     * {@code bias[biasAt + r]}.
     *
     * @param rows 1 to {@link #ROWS}
     * @param offsets one entry for each {@code k}; {@code a} holds {@code rows * offsets.length} values from {@code aAt}
     */
    void set(
            int rows,
            float[] a,
            int aAt,
            int[] offsets,
            float[] x,
            int xBase,
            float[] c,
            int cBase,
            int from,
            int to,
            float[] bias,
            int biasAt) {
        int width = width(rows, to - from);
        float[] start = Scratch.floats(Scratch.TILE, rows * width * LANES);
        for (int r = 0; r < rows; r++) {
            Arrays.fill(start, r * width * LANES, (r + 1) * width * LANES, bias[biasAt + r]);
        }
        for (int v = from; v < to; v += width) {
            tile(rows, width, start, a, aAt, offsets, x, xBase, c, cBase, v, to - 1);
        }
    }

    /** As {@link #set}, but each sum starts from what {@code c} holds; here no two vectors may overlap. */
    void add(
            int rows,
            float[] a,
            int aAt,
            int[] offsets,
            float[] x,
            int xBase,
            float[] c,
            int cBase,
            int from,
            int to) {
        int width = width(rows, to - from);
        float[] start = Scratch.floats(Scratch.TILE, rows * width * LANES);
        for (int v = from; v < to; v += width) {
            for (int i = 0; i < rows * width; i++) {
                int at = cStarts[Math.min(v + i % width, to - 1)] + i / width * rowStride;
                FloatVector.fromArray(SPECIES, c, cBase + at).intoArray(start, i * LANES);
            }
            tile(rows, width, start, a, aAt, offsets, x, xBase, c, cBase, v, to - 1);
        }
    }

    /** How many vectors a tile of some rows has. */
    private static int width(int rows, int vectors) {
        return switch (rows) {
            case 4 -> WIDE && vectors > 2 ? 4 : 2;
            case 3 -> 3;
            case 1, 2 -> 4;
            default -> throw new IllegalArgumentException("OffsetTile: rows must be 1 to " + ROWS + ", got " + rows);
        };
    }

    /**
     * One tile from vector {@code v} on. If vectors are left over it computes the last one more than once. That costs
     * nothing: with fewer accumulators the loop would wait for the latency of the FMA units instead.
     */
    private void tile(
            int rows,
            int width,
            float[] start,
            float[] a,
            int aAt,
            int[] offsets,
            float[] x,
            int xBase,
            float[] c,
            int cBase,
            int v,
            int last) {
        int v1 = Math.min(v + 1, last);
        int v2 = Math.min(v + 2, last);
        int v3 = Math.min(v + 3, last);
        int x0 = xBase + xStarts[v];
        int x1 = xBase + xStarts[v1];
        int x2 = xBase + xStarts[v2];
        int x3 = xBase + xStarts[v3];
        int c0 = cBase + cStarts[v];
        int c1 = cBase + cStarts[v1];
        int c2 = cBase + cStarts[v2];
        int c3 = cBase + cStarts[v3];
        switch (rows) {
            case 1 -> tile1x4(start, a, aAt, offsets, x, x0, x1, x2, x3, c, c0, c1, c2, c3);
            case 2 -> tile2x4(start, a, aAt, offsets, x, x0, x1, x2, x3, c, c0, c1, c2, c3, rowStride);
            case 3 -> tile3x3(start, a, aAt, offsets, x, x0, x1, x2, c, c0, c1, c2, rowStride);
            default -> {
                if (width == 2) {
                    tile4x2(start, a, aAt, offsets, x, x0, x1, c, c0, c1, rowStride);
                } else {
                    tile4x4(start, a, aAt, offsets, x, x0, x1, x2, x3, c, c0, c1, c2, c3, rowStride);
                }
            }
        }
    }

    /** 4 rows, 2 vectors. */
    private static void tile4x2(
            float[] start, float[] a, int aAt, int[] offsets, float[] x, int x0, int x1,
            float[] c, int c0, int c1, int rowStride) {
        FloatVector s00 = FloatVector.fromArray(SPECIES, start, 0);
        FloatVector s01 = FloatVector.fromArray(SPECIES, start, LANES);
        FloatVector s10 = FloatVector.fromArray(SPECIES, start, 2 * LANES);
        FloatVector s11 = FloatVector.fromArray(SPECIES, start, 3 * LANES);
        FloatVector s20 = FloatVector.fromArray(SPECIES, start, 4 * LANES);
        FloatVector s21 = FloatVector.fromArray(SPECIES, start, 5 * LANES);
        FloatVector s30 = FloatVector.fromArray(SPECIES, start, 6 * LANES);
        FloatVector s31 = FloatVector.fromArray(SPECIES, start, 7 * LANES);
        for (int k = 0; k < offsets.length; k++) {
            int at = offsets[k];
            FloatVector b0 = FloatVector.fromArray(SPECIES, x, x0 + at);
            FloatVector b1 = FloatVector.fromArray(SPECIES, x, x1 + at);
            FloatVector a0 = FloatVector.broadcast(SPECIES, a[aAt + 4 * k]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            FloatVector a1 = FloatVector.broadcast(SPECIES, a[aAt + 4 * k + 1]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            FloatVector a2 = FloatVector.broadcast(SPECIES, a[aAt + 4 * k + 2]);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            FloatVector a3 = FloatVector.broadcast(SPECIES, a[aAt + 4 * k + 3]);
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
        }
        s00.intoArray(c, c0);
        s01.intoArray(c, c1);
        s10.intoArray(c, c0 + rowStride);
        s11.intoArray(c, c1 + rowStride);
        s20.intoArray(c, c0 + 2 * rowStride);
        s21.intoArray(c, c1 + 2 * rowStride);
        s30.intoArray(c, c0 + 3 * rowStride);
        s31.intoArray(c, c1 + 3 * rowStride);
    }

    /** 4 rows, 4 vectors. */
    private static void tile4x4(
            float[] start, float[] a, int aAt, int[] offsets, float[] x, int x0, int x1, int x2, int x3,
            float[] c, int c0, int c1, int c2, int c3, int rowStride) {
        FloatVector s00 = FloatVector.fromArray(SPECIES, start, 0);
        FloatVector s01 = FloatVector.fromArray(SPECIES, start, LANES);
        FloatVector s02 = FloatVector.fromArray(SPECIES, start, 2 * LANES);
        FloatVector s03 = FloatVector.fromArray(SPECIES, start, 3 * LANES);
        FloatVector s10 = FloatVector.fromArray(SPECIES, start, 4 * LANES);
        FloatVector s11 = FloatVector.fromArray(SPECIES, start, 5 * LANES);
        FloatVector s12 = FloatVector.fromArray(SPECIES, start, 6 * LANES);
        FloatVector s13 = FloatVector.fromArray(SPECIES, start, 7 * LANES);
        FloatVector s20 = FloatVector.fromArray(SPECIES, start, 8 * LANES);
        FloatVector s21 = FloatVector.fromArray(SPECIES, start, 9 * LANES);
        FloatVector s22 = FloatVector.fromArray(SPECIES, start, 10 * LANES);
        FloatVector s23 = FloatVector.fromArray(SPECIES, start, 11 * LANES);
        FloatVector s30 = FloatVector.fromArray(SPECIES, start, 12 * LANES);
        FloatVector s31 = FloatVector.fromArray(SPECIES, start, 13 * LANES);
        FloatVector s32 = FloatVector.fromArray(SPECIES, start, 14 * LANES);
        FloatVector s33 = FloatVector.fromArray(SPECIES, start, 15 * LANES);
        for (int k = 0; k < offsets.length; k++) {
            int at = offsets[k];
            FloatVector b0 = FloatVector.fromArray(SPECIES, x, x0 + at);
            FloatVector b1 = FloatVector.fromArray(SPECIES, x, x1 + at);
            FloatVector b2 = FloatVector.fromArray(SPECIES, x, x2 + at);
            FloatVector b3 = FloatVector.fromArray(SPECIES, x, x3 + at);
            FloatVector a0 = FloatVector.broadcast(SPECIES, a[aAt + 4 * k]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            s02 = a0.fma(b2, s02);
            s03 = a0.fma(b3, s03);
            FloatVector a1 = FloatVector.broadcast(SPECIES, a[aAt + 4 * k + 1]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            s12 = a1.fma(b2, s12);
            s13 = a1.fma(b3, s13);
            FloatVector a2 = FloatVector.broadcast(SPECIES, a[aAt + 4 * k + 2]);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            s22 = a2.fma(b2, s22);
            s23 = a2.fma(b3, s23);
            FloatVector a3 = FloatVector.broadcast(SPECIES, a[aAt + 4 * k + 3]);
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
            s32 = a3.fma(b2, s32);
            s33 = a3.fma(b3, s33);
        }
        s00.intoArray(c, c0);
        s01.intoArray(c, c1);
        s02.intoArray(c, c2);
        s03.intoArray(c, c3);
        s10.intoArray(c, c0 + rowStride);
        s11.intoArray(c, c1 + rowStride);
        s12.intoArray(c, c2 + rowStride);
        s13.intoArray(c, c3 + rowStride);
        s20.intoArray(c, c0 + 2 * rowStride);
        s21.intoArray(c, c1 + 2 * rowStride);
        s22.intoArray(c, c2 + 2 * rowStride);
        s23.intoArray(c, c3 + 2 * rowStride);
        s30.intoArray(c, c0 + 3 * rowStride);
        s31.intoArray(c, c1 + 3 * rowStride);
        s32.intoArray(c, c2 + 3 * rowStride);
        s33.intoArray(c, c3 + 3 * rowStride);
    }

    /** 3 rows, 3 vectors. */
    private static void tile3x3(
            float[] start, float[] a, int aAt, int[] offsets, float[] x, int x0, int x1, int x2,
            float[] c, int c0, int c1, int c2, int rowStride) {
        FloatVector s00 = FloatVector.fromArray(SPECIES, start, 0);
        FloatVector s01 = FloatVector.fromArray(SPECIES, start, LANES);
        FloatVector s02 = FloatVector.fromArray(SPECIES, start, 2 * LANES);
        FloatVector s10 = FloatVector.fromArray(SPECIES, start, 3 * LANES);
        FloatVector s11 = FloatVector.fromArray(SPECIES, start, 4 * LANES);
        FloatVector s12 = FloatVector.fromArray(SPECIES, start, 5 * LANES);
        FloatVector s20 = FloatVector.fromArray(SPECIES, start, 6 * LANES);
        FloatVector s21 = FloatVector.fromArray(SPECIES, start, 7 * LANES);
        FloatVector s22 = FloatVector.fromArray(SPECIES, start, 8 * LANES);
        for (int k = 0; k < offsets.length; k++) {
            int at = offsets[k];
            FloatVector b0 = FloatVector.fromArray(SPECIES, x, x0 + at);
            FloatVector b1 = FloatVector.fromArray(SPECIES, x, x1 + at);
            FloatVector b2 = FloatVector.fromArray(SPECIES, x, x2 + at);
            FloatVector a0 = FloatVector.broadcast(SPECIES, a[aAt + 3 * k]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            s02 = a0.fma(b2, s02);
            FloatVector a1 = FloatVector.broadcast(SPECIES, a[aAt + 3 * k + 1]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            s12 = a1.fma(b2, s12);
            FloatVector a2 = FloatVector.broadcast(SPECIES, a[aAt + 3 * k + 2]);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            s22 = a2.fma(b2, s22);
        }
        s00.intoArray(c, c0);
        s01.intoArray(c, c1);
        s02.intoArray(c, c2);
        s10.intoArray(c, c0 + rowStride);
        s11.intoArray(c, c1 + rowStride);
        s12.intoArray(c, c2 + rowStride);
        s20.intoArray(c, c0 + 2 * rowStride);
        s21.intoArray(c, c1 + 2 * rowStride);
        s22.intoArray(c, c2 + 2 * rowStride);
    }

    /** 2 rows, 4 vectors. */
    private static void tile2x4(
            float[] start, float[] a, int aAt, int[] offsets, float[] x, int x0, int x1, int x2, int x3,
            float[] c, int c0, int c1, int c2, int c3, int rowStride) {
        FloatVector s00 = FloatVector.fromArray(SPECIES, start, 0);
        FloatVector s01 = FloatVector.fromArray(SPECIES, start, LANES);
        FloatVector s02 = FloatVector.fromArray(SPECIES, start, 2 * LANES);
        FloatVector s03 = FloatVector.fromArray(SPECIES, start, 3 * LANES);
        FloatVector s10 = FloatVector.fromArray(SPECIES, start, 4 * LANES);
        FloatVector s11 = FloatVector.fromArray(SPECIES, start, 5 * LANES);
        FloatVector s12 = FloatVector.fromArray(SPECIES, start, 6 * LANES);
        FloatVector s13 = FloatVector.fromArray(SPECIES, start, 7 * LANES);
        for (int k = 0; k < offsets.length; k++) {
            int at = offsets[k];
            FloatVector b0 = FloatVector.fromArray(SPECIES, x, x0 + at);
            FloatVector b1 = FloatVector.fromArray(SPECIES, x, x1 + at);
            FloatVector b2 = FloatVector.fromArray(SPECIES, x, x2 + at);
            FloatVector b3 = FloatVector.fromArray(SPECIES, x, x3 + at);
            FloatVector a0 = FloatVector.broadcast(SPECIES, a[aAt + 2 * k]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            s02 = a0.fma(b2, s02);
            s03 = a0.fma(b3, s03);
            FloatVector a1 = FloatVector.broadcast(SPECIES, a[aAt + 2 * k + 1]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            s12 = a1.fma(b2, s12);
            s13 = a1.fma(b3, s13);
        }
        s00.intoArray(c, c0);
        s01.intoArray(c, c1);
        s02.intoArray(c, c2);
        s03.intoArray(c, c3);
        s10.intoArray(c, c0 + rowStride);
        s11.intoArray(c, c1 + rowStride);
        s12.intoArray(c, c2 + rowStride);
        s13.intoArray(c, c3 + rowStride);
    }

    /** 1 row, 4 vectors. */
    @SuppressWarnings("unused") // one row needs no distance to the next; the tiles share one signature
    private static void tile1x4(
            float[] start, float[] a, int aAt, int[] offsets, float[] x, int x0, int x1, int x2, int x3,
            float[] c, int c0, int c1, int c2, int c3) {
        FloatVector s00 = FloatVector.fromArray(SPECIES, start, 0);
        FloatVector s01 = FloatVector.fromArray(SPECIES, start, LANES);
        FloatVector s02 = FloatVector.fromArray(SPECIES, start, 2 * LANES);
        FloatVector s03 = FloatVector.fromArray(SPECIES, start, 3 * LANES);
        for (int k = 0; k < offsets.length; k++) {
            int at = offsets[k];
            FloatVector b0 = FloatVector.fromArray(SPECIES, x, x0 + at);
            FloatVector b1 = FloatVector.fromArray(SPECIES, x, x1 + at);
            FloatVector b2 = FloatVector.fromArray(SPECIES, x, x2 + at);
            FloatVector b3 = FloatVector.fromArray(SPECIES, x, x3 + at);
            FloatVector a0 = FloatVector.broadcast(SPECIES, a[aAt + k]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            s02 = a0.fma(b2, s02);
            s03 = a0.fma(b3, s03);
        }
        s00.intoArray(c, c0);
        s01.intoArray(c, c1);
        s02.intoArray(c, c2);
        s03.intoArray(c, c3);
    }
}
