package espalier.tensor.cpu.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The micro-kernel of the convolutions: a few rows of packed weights times columns of {@code x} that are found through a
 * table of offsets. {@link GemmTile} is its sister for columns at even distances.
 *
 * <pre>
 *   c[cBase + r * rowStride + cStarts[v] + j] = start + sum over k of
 *           a[aAt + k * rows + r] * x[xBase + offsets[offsetsAt + k] + xStarts[v] + j]
 *   for r in [0, rows), v in [from, to), k in [0, n), j in [0, LANES)
 * </pre>
 *
 * <p>where start is {@code bias[biasAt + r]} or, when adding, what {@code c} holds. A piece is summed from zero and
 * added to {@code c} at its end: accumulators that begin as a load from {@code c} make the compiler spill registers in
 * the inner loop, which costs a tenth.
 *
 * <p>Every element is a chain of fused multiply-adds in the order of {@code k}, cut where the caller cuts it. The result
 * does not depend on the vector width, on the shape of the tile or on the number of threads.
 */
final class ConvTile {
    static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    static final int LANES = Lanes.COUNT;

    /** The most rows a tile takes at once. */
    static final int ROWS = 4;

    /** Whether there are 32 vector registers, as with AVX-512 and NEON, so that 16 accumulators fit. */
    private static final boolean WIDE = LANES != 8;

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
    ConvTile(int[] xStarts, int[] cStarts, int rowStride) {
        this.xStarts = xStarts;
        this.cStarts = cStarts;
        this.rowStride = rowStride;
    }

    /** Roughly the cycles of a tile of {@link #ROWS} rows and two vectors with {@code n} terms. */
    static double cycles(int n) {
        return 45 + 4.0 * n;
    }

    /** The number of vectors. */
    int vectors() {
        return xStarts.length;
    }

    /** Where a vector's input begins, relative to {@code xBase + offsets[k]}. */
    int xStart(int v) {
        return xStarts[v];
    }

    /** Where a vector's output begins, relative to {@code cBase}. */
    int cStart(int v) {
        return cStarts[v];
    }

    /** Whether vectors {@code from} to {@code to - 1} lie side by side in the input and in the output. */
    boolean areNeighbours(int from, int to) {
        for (int v = from + 1; v < to; v++) {
            if (xStarts[v] - xStarts[v - 1] != LANES || cStarts[v] - cStarts[v - 1] != LANES) {
                return false;
            }
        }
        return true;
    }

    /** Distance in the output between two rows. */
    int rowStride() {
        return rowStride;
    }

    /** As {@link #run} with all vectors, one row and nine terms. */
    void runNine(float[] a, int aAt, int[] offsets, float[] x, int xBase, float[] c, int cBase, float bias) {
        NineTaps.correlate(a, aAt, offsets, x, xBase, xStarts, c, cBase, cStarts, bias);
    }

    /**
     * Computes vectors {@code from} to {@code to - 1} of {@code rows} rows. A last tile with vectors to spare computes its
     * last vector more than once, which costs nothing: with fewer accumulators the loop would wait for the latency of
     * the FMA units instead.
     *
     * @param rows 1 to {@link #ROWS}
     * @param n how many {@code k} there are
     * @param add whether to add to {@code c}, in which case no two vectors may overlap there and {@code bias} is taken
     *     as zero
     */
    void run(
            int rows,
            int n,
            float[] a,
            int aAt,
            int[] offsets,
            int offsetsAt,
            float[] x,
            int xBase,
            float[] c,
            int cBase,
            int from,
            int to,
            boolean add,
            float[] bias,
            int biasAt) {
        float[] start = add ? NO_BIAS : bias;
        int startAt = add ? 0 : biasAt;
        int width = rows == 4 ? (WIDE && to - from > 2 ? 4 : 2) : rows == 3 ? 3 : 4;
        int last = to - 1;
        for (int v = from; v < to; v += width) {
            int v1 = Math.min(v + 1, last);
            int v2 = Math.min(v + 2, last);
            int v3 = Math.min(v + 3, last);
            int x0 = xBase + xStarts[v];
            int x1 = xBase + xStarts[v1];
            int c0 = cBase + cStarts[v];
            int c1 = cBase + cStarts[v1];
            if (rows == 4 && width == 2) {
                tile4x2(n, a, aAt, offsets, offsetsAt, x, x0, x1, c, c0, c1, rowStride, add, start, startAt);
                continue;
            }
            int x2 = xBase + xStarts[v2];
            int c2 = cBase + cStarts[v2];
            int x3 = xBase + xStarts[v3];
            int c3 = cBase + cStarts[v3];
            switch (rows) {
                case 4 ->
                    tile4x4(
                            n, a, aAt, offsets, offsetsAt, x, x0, x1, x2, x3, c, c0, c1, c2, c3, rowStride, add, start,
                            startAt);
                case 3 ->
                    tile3x3(
                            n, a, aAt, offsets, offsetsAt, x, x0, x1, x2, c, c0, c1, c2, rowStride, add, start,
                            startAt);
                case 2 ->
                    tile2x4(
                            n, a, aAt, offsets, offsetsAt, x, x0, x1, x2, x3, c, c0, c1, c2, c3, rowStride, add, start,
                            startAt);
                case 1 ->
                    tile1x4(
                            n, a, aAt, offsets, offsetsAt, x, x0, x1, x2, x3, c, c0, c1, c2, c3, rowStride, add, start,
                            startAt);
                default -> throw new IllegalArgumentException("ConvTile: rows must be 1 to 4, got " + rows);
            }
        }
    }

    /** Four rows, two vectors. */
    private static void tile4x2(
            int n,
            float[] a,
            int aAt,
            int[] offsets,
            int offsetsAt,
            float[] x,
            int x0,
            int x1,
            float[] c,
            int c0,
            int c1,
            int rowStride,
            boolean add,
            float[] bias,
            int biasAt) {
        FloatVector s00 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s01 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s10 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s11 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s20 = FloatVector.broadcast(SPECIES, bias[biasAt + 2]);
        FloatVector s21 = FloatVector.broadcast(SPECIES, bias[biasAt + 2]);
        FloatVector s30 = FloatVector.broadcast(SPECIES, bias[biasAt + 3]);
        FloatVector s31 = FloatVector.broadcast(SPECIES, bias[biasAt + 3]);
        for (int k = 0; k < n; k++) {
            int at = offsets[offsetsAt + k];
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
        if (add) {
            s00 = s00.add(FloatVector.fromArray(SPECIES, c, c0));
            s01 = s01.add(FloatVector.fromArray(SPECIES, c, c1));
            s10 = s10.add(FloatVector.fromArray(SPECIES, c, c0 + rowStride));
            s11 = s11.add(FloatVector.fromArray(SPECIES, c, c1 + rowStride));
            s20 = s20.add(FloatVector.fromArray(SPECIES, c, c0 + 2 * rowStride));
            s21 = s21.add(FloatVector.fromArray(SPECIES, c, c1 + 2 * rowStride));
            s30 = s30.add(FloatVector.fromArray(SPECIES, c, c0 + 3 * rowStride));
            s31 = s31.add(FloatVector.fromArray(SPECIES, c, c1 + 3 * rowStride));
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

    /** Four rows, four vectors. */
    private static void tile4x4(
            int n,
            float[] a,
            int aAt,
            int[] offsets,
            int offsetsAt,
            float[] x,
            int x0,
            int x1,
            int x2,
            int x3,
            float[] c,
            int c0,
            int c1,
            int c2,
            int c3,
            int rowStride,
            boolean add,
            float[] bias,
            int biasAt) {
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
        for (int k = 0; k < n; k++) {
            int at = offsets[offsetsAt + k];
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
        if (add) {
            s00 = s00.add(FloatVector.fromArray(SPECIES, c, c0));
            s01 = s01.add(FloatVector.fromArray(SPECIES, c, c1));
            s02 = s02.add(FloatVector.fromArray(SPECIES, c, c2));
            s03 = s03.add(FloatVector.fromArray(SPECIES, c, c3));
            s10 = s10.add(FloatVector.fromArray(SPECIES, c, c0 + rowStride));
            s11 = s11.add(FloatVector.fromArray(SPECIES, c, c1 + rowStride));
            s12 = s12.add(FloatVector.fromArray(SPECIES, c, c2 + rowStride));
            s13 = s13.add(FloatVector.fromArray(SPECIES, c, c3 + rowStride));
            s20 = s20.add(FloatVector.fromArray(SPECIES, c, c0 + 2 * rowStride));
            s21 = s21.add(FloatVector.fromArray(SPECIES, c, c1 + 2 * rowStride));
            s22 = s22.add(FloatVector.fromArray(SPECIES, c, c2 + 2 * rowStride));
            s23 = s23.add(FloatVector.fromArray(SPECIES, c, c3 + 2 * rowStride));
            s30 = s30.add(FloatVector.fromArray(SPECIES, c, c0 + 3 * rowStride));
            s31 = s31.add(FloatVector.fromArray(SPECIES, c, c1 + 3 * rowStride));
            s32 = s32.add(FloatVector.fromArray(SPECIES, c, c2 + 3 * rowStride));
            s33 = s33.add(FloatVector.fromArray(SPECIES, c, c3 + 3 * rowStride));
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

    /** Three rows, three vectors. */
    private static void tile3x3(
            int n,
            float[] a,
            int aAt,
            int[] offsets,
            int offsetsAt,
            float[] x,
            int x0,
            int x1,
            int x2,
            float[] c,
            int c0,
            int c1,
            int c2,
            int rowStride,
            boolean add,
            float[] bias,
            int biasAt) {
        FloatVector s00 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s01 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s02 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s10 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s11 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s12 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s20 = FloatVector.broadcast(SPECIES, bias[biasAt + 2]);
        FloatVector s21 = FloatVector.broadcast(SPECIES, bias[biasAt + 2]);
        FloatVector s22 = FloatVector.broadcast(SPECIES, bias[biasAt + 2]);
        for (int k = 0; k < n; k++) {
            int at = offsets[offsetsAt + k];
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
        if (add) {
            s00 = s00.add(FloatVector.fromArray(SPECIES, c, c0));
            s01 = s01.add(FloatVector.fromArray(SPECIES, c, c1));
            s02 = s02.add(FloatVector.fromArray(SPECIES, c, c2));
            s10 = s10.add(FloatVector.fromArray(SPECIES, c, c0 + rowStride));
            s11 = s11.add(FloatVector.fromArray(SPECIES, c, c1 + rowStride));
            s12 = s12.add(FloatVector.fromArray(SPECIES, c, c2 + rowStride));
            s20 = s20.add(FloatVector.fromArray(SPECIES, c, c0 + 2 * rowStride));
            s21 = s21.add(FloatVector.fromArray(SPECIES, c, c1 + 2 * rowStride));
            s22 = s22.add(FloatVector.fromArray(SPECIES, c, c2 + 2 * rowStride));
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

    /** Two rows, four vectors. */
    private static void tile2x4(
            int n,
            float[] a,
            int aAt,
            int[] offsets,
            int offsetsAt,
            float[] x,
            int x0,
            int x1,
            int x2,
            int x3,
            float[] c,
            int c0,
            int c1,
            int c2,
            int c3,
            int rowStride,
            boolean add,
            float[] bias,
            int biasAt) {
        FloatVector s00 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s01 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s02 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s03 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s10 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s11 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s12 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        FloatVector s13 = FloatVector.broadcast(SPECIES, bias[biasAt + 1]);
        for (int k = 0; k < n; k++) {
            int at = offsets[offsetsAt + k];
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
        if (add) {
            s00 = s00.add(FloatVector.fromArray(SPECIES, c, c0));
            s01 = s01.add(FloatVector.fromArray(SPECIES, c, c1));
            s02 = s02.add(FloatVector.fromArray(SPECIES, c, c2));
            s03 = s03.add(FloatVector.fromArray(SPECIES, c, c3));
            s10 = s10.add(FloatVector.fromArray(SPECIES, c, c0 + rowStride));
            s11 = s11.add(FloatVector.fromArray(SPECIES, c, c1 + rowStride));
            s12 = s12.add(FloatVector.fromArray(SPECIES, c, c2 + rowStride));
            s13 = s13.add(FloatVector.fromArray(SPECIES, c, c3 + rowStride));
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

    /** One row, four vectors. */
    @SuppressWarnings("unused") // one row needs no distance to the next; the tiles share one signature
    private static void tile1x4(
            int n,
            float[] a,
            int aAt,
            int[] offsets,
            int offsetsAt,
            float[] x,
            int x0,
            int x1,
            int x2,
            int x3,
            float[] c,
            int c0,
            int c1,
            int c2,
            int c3,
            int rowStride,
            boolean add,
            float[] bias,
            int biasAt) {
        FloatVector s00 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s01 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s02 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        FloatVector s03 = FloatVector.broadcast(SPECIES, bias[biasAt]);
        for (int k = 0; k < n; k++) {
            int at = offsets[offsetsAt + k];
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
        if (add) {
            s00 = s00.add(FloatVector.fromArray(SPECIES, c, c0));
            s01 = s01.add(FloatVector.fromArray(SPECIES, c, c1));
            s02 = s02.add(FloatVector.fromArray(SPECIES, c, c2));
            s03 = s03.add(FloatVector.fromArray(SPECIES, c, c3));
        }
        s00.intoArray(c, c0);
        s01.intoArray(c, c1);
        s02.intoArray(c, c2);
        s03.intoArray(c, c3);
    }
}
