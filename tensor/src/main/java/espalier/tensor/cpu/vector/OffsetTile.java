package espalier.tensor.cpu.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The one micro-kernel behind dense products, convolutions and block-sparse weights: a few rows of a small matrix
 * {@code a} times columns of {@code x} that are found through a table of offsets.
 *
 * <pre>
 *   c[cBase + r * rowStride + cStarts[v] + j] = bias[biasAt + r] + sum over k of
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
 * one before it so as to end where the row ends: overlapping vectors write equal values.
 *
 * <p>Every element of {@code c} is a chain of fused multiply-adds in the order of {@code k}. The result does not depend
 * on the vector width, on the shape of the tile or on the number of threads.
 *
 * <p>The tiles have 8 or 9 accumulators, a local variable each: enough to hide the latency of two FMA units, few enough
 * for the 16 registers of AVX2. Fewer rows are given more vectors.
 */
final class OffsetTile {
    static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    static final int LANES = SPECIES.length();

    /** The most rows {@link #set} takes at once. */
    static final int ROWS = 4;

    /** Whether there are 32 vector registers, as with AVX-512, so that 16 accumulators fit. */
    private static final boolean WIDE = LANES >= 16;

    /** A bias of zero for every row. */
    static final float[] NO_BIAS = new float[ROWS];

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
     * Computes vectors {@code from} to {@code to - 1} of {@code rows} rows. A last tile with vectors to spare computes the
     * last vector more than once, which costs nothing: with fewer accumulators the loop would wait for the latency of
     * the FMA units instead.
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
        int last = to - 1;
        switch (rows) {
            case 4 -> {
                int v = from;
                for (; WIDE && v + 2 < to; v += 4) {
                    int v1 = Math.min(v + 1, last);
                    int v2 = Math.min(v + 2, last);
                    int v3 = Math.min(v + 3, last);
                    tile4x4(a, aAt, offsets, x, xBase + xStarts[v], xBase + xStarts[v1], xBase + xStarts[v2], xBase + xStarts[v3], c, cBase + cStarts[v], cBase + cStarts[v1], cBase + cStarts[v2], cBase + cStarts[v3], rowStride, bias, biasAt);
                }
                for (; v < to; v += 2) {
                    int v1 = Math.min(v + 1, last);
                    tile4x2(a, aAt, offsets, x, xBase + xStarts[v], xBase + xStarts[v1], c, cBase + cStarts[v], cBase + cStarts[v1], rowStride, bias, biasAt);
                }
            }
            case 3 -> {
                for (int v = from; v < to; v += 3) {
                    int v1 = Math.min(v + 1, last);
                    int v2 = Math.min(v + 2, last);
                    tile3x3(a, aAt, offsets, x, xBase + xStarts[v], xBase + xStarts[v1], xBase + xStarts[v2], c, cBase + cStarts[v], cBase + cStarts[v1], cBase + cStarts[v2], rowStride, bias, biasAt);
                }
            }
            case 2 -> {
                for (int v = from; v < to; v += 4) {
                    int v1 = Math.min(v + 1, last);
                    int v2 = Math.min(v + 2, last);
                    int v3 = Math.min(v + 3, last);
                    tile2x4(a, aAt, offsets, x, xBase + xStarts[v], xBase + xStarts[v1], xBase + xStarts[v2], xBase + xStarts[v3], c, cBase + cStarts[v], cBase + cStarts[v1], cBase + cStarts[v2], cBase + cStarts[v3], rowStride, bias, biasAt);
                }
            }
            case 1 -> {
                for (int v = from; v < to; v += 4) {
                    int v1 = Math.min(v + 1, last);
                    int v2 = Math.min(v + 2, last);
                    int v3 = Math.min(v + 3, last);
                    tile1x4(a, aAt, offsets, x, xBase + xStarts[v], xBase + xStarts[v1], xBase + xStarts[v2], xBase + xStarts[v3], c, cBase + cStarts[v], cBase + cStarts[v1], cBase + cStarts[v2], cBase + cStarts[v3], rowStride, bias, biasAt);
                }
            }
            default -> throw new IllegalArgumentException("OffsetTile: rows must be 1 to 4, got " + rows);
        }
    }

    /** 4 rows, 2 vectors. */
    private static void tile4x2(
            float[] a, int aAt, int[] offsets, float[] x, int x0, int x1,
            float[] c, int c0, int c1, int rowStride, float[] bias, int biasAt) {
        FloatVector s00 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s01 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s10 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s11 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s20 = FloatVector.broadcast(SPECIES, bias[biasAt + 2]);
        FloatVector s21 = FloatVector.broadcast(SPECIES, bias[biasAt + 2]);
        FloatVector s30 = FloatVector.broadcast(SPECIES, bias[biasAt + 3]);
        FloatVector s31 = FloatVector.broadcast(SPECIES, bias[biasAt + 3]);
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
            float[] a, int aAt, int[] offsets, float[] x, int x0, int x1, int x2, int x3,
            float[] c, int c0, int c1, int c2, int c3, int rowStride, float[] bias, int biasAt) {
        FloatVector s00 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s01 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s02 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s03 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s10 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s11 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s12 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s13 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s20 = FloatVector.broadcast(SPECIES, bias[biasAt + 2]);
        FloatVector s21 = FloatVector.broadcast(SPECIES, bias[biasAt + 2]);
        FloatVector s22 = FloatVector.broadcast(SPECIES, bias[biasAt + 2]);
        FloatVector s23 = FloatVector.broadcast(SPECIES, bias[biasAt + 2]);
        FloatVector s30 = FloatVector.broadcast(SPECIES, bias[biasAt + 3]);
        FloatVector s31 = FloatVector.broadcast(SPECIES, bias[biasAt + 3]);
        FloatVector s32 = FloatVector.broadcast(SPECIES, bias[biasAt + 3]);
        FloatVector s33 = FloatVector.broadcast(SPECIES, bias[biasAt + 3]);
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
            float[] a, int aAt, int[] offsets, float[] x, int x0, int x1, int x2,
            float[] c, int c0, int c1, int c2, int rowStride, float[] bias, int biasAt) {
        FloatVector s00 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s01 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s02 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s10 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s11 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s12 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s20 = FloatVector.broadcast(SPECIES, bias[biasAt + 2]);
        FloatVector s21 = FloatVector.broadcast(SPECIES, bias[biasAt + 2]);
        FloatVector s22 = FloatVector.broadcast(SPECIES, bias[biasAt + 2]);
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
            float[] a, int aAt, int[] offsets, float[] x, int x0, int x1, int x2, int x3,
            float[] c, int c0, int c1, int c2, int c3, int rowStride, float[] bias, int biasAt) {
        FloatVector s00 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s01 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s02 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s03 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s10 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s11 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s12 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s13 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
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
    private static void tile1x4(
            float[] a, int aAt, int[] offsets, float[] x, int x0, int x1, int x2, int x3,
            float[] c, int c0, int c1, int c2, int c3, int rowStride, float[] bias, int biasAt) {
        FloatVector s00 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s01 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s02 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s03 = FloatVector.broadcast(SPECIES, bias[biasAt]);
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
