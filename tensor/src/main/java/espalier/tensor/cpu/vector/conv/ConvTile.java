package espalier.tensor.cpu.vector.conv;

import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;
import static jdk.incubator.vector.FloatVector.fromArray;

import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.RowGroups;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The micro-kernel of the convolutions: a few rows of packed weights times columns of {@code x} that are found through
 * a table of offsets. {@link espalier.tensor.cpu.vector.gemm.GemmTile} is its sister for columns at even distances.
 *
 * <pre>
 *   c[cBase + r * rowStride + cStarts[v] + j] = start + sum over k of
 *           a[aAt + k * rows + r] * x[xBase + offsets[offsetsAt + k] + xStarts[v] + j]
 *   for r in [0, rows), v in [from, to), k in [0, n), j in [0, LANES)
 * </pre>
 *
 * <p>where start is {@code bias[biasAt + r]} or, when adding, what {@code c} holds. A piece is summed from zero, kept
 * apart and then added to {@code c}: accumulators that begin as a load from {@code c} make the compiler spill registers
 * in the inner loop, which costs a tenth.
 *
 * <p>The tiles themselves do nothing but sums. Of a sum on which anything is called after the loop before it is cast to
 * its class ({@link Lanes#VECTOR}), the compiler (C2) made objects in some processes, in every turn and for as long as
 * they ran: 6.0 ms instead of 1.4 for the second layer of LeNet-5.
 *
 * <p>Every element is a chain of fused multiply-adds in the order of {@code k}, cut where the caller cuts it. The
 * result does not depend on the vector width, on the shape of the tile or on the number of threads.
 */
public final class ConvTile {
    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    private static final int LANES = Lanes.COUNT;

    /** Whether there are 32 vector registers, as with AVX-512 and NEON, so that 16 accumulators fit. */
    private static final boolean WIDE = LANES != 8;

    /** A bias of zero for every row. */
    public static final float[] NO_BIAS = new float[RowGroups.MOST];

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
    public ConvTile(int[] xStarts, int[] cStarts, int rowStride) {
        this.xStarts = xStarts;
        this.cStarts = cStarts;
        this.rowStride = rowStride;
    }

    /**
     * Roughly the cycles of {@code rows} rows and two vectors with {@code n} terms. A single row has too few sums to
     * keep the FMA units busy and takes as long as two.
     */
    static double cycles(int rows, int n) {
        return 45.0 * RowGroups.count(rows) + (double) Math.max(2, rows) * n;
    }

    /** The number of vectors. */
    public int vectors() {
        return xStarts.length;
    }

    /** Where a vector's input begins, relative to {@code xBase + offsets[k]}. */
    public int xStart(int v) {
        return xStarts[v];
    }

    /** Where a vector's output begins, relative to {@code cBase}. */
    public int cStart(int v) {
        return cStarts[v];
    }

    /** Whether vectors {@code from} to {@code to - 1} lie side by side in the input and in the output. */
    public boolean areNeighbours(int from, int to) {
        for (int v = from + 1; v < to; v++) {
            if (xStarts[v] - xStarts[v - 1] != LANES || cStarts[v] - cStarts[v - 1] != LANES) {
                return false;
            }
        }
        return true;
    }

    /** Distance in the output between two rows. */
    public int rowStride() {
        return rowStride;
    }

    /** As {@link #run} with all vectors, one row and nine terms. */
    void runNine(float[] a, int aAt, int[] offsets, float[] x, int xBase, float[] c, int cBase, float bias) {
        NineTaps.correlate(a, aAt, offsets, x, xBase, xStarts, c, cBase, cStarts, bias);
    }

    /**
     * Computes vectors {@code from} to {@code to - 1} of {@code rows} rows. A last tile with vectors to spare computes
     * its last vector more than once, which costs nothing: with fewer accumulators the loop would wait for the latency
     * of the FMA units instead.
     *
     * @param rows 1 to {@link RowGroups#MOST}
     * @param n how many {@code k} there are
     * @param add whether to add to {@code c}, in which case no two vectors may overlap there and {@code bias} is taken
     *     as zero
     */
    public void run(
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
        int width = rows > 4 ? 2 : rows == 4 ? (WIDE && to - from > 2 ? 4 : 2) : rows == 3 ? 3 : 4;
        float[] y = add ? Scratch.floats(Scratch.SUMS, rows * width * LANES) : c;
        int stride = add ? width * LANES : rowStride;
        float[] start = add ? NO_BIAS : bias;
        int startAt = add ? 0 : biasAt;
        int last = to - 1;
        for (int v = from; v < to; v += width) {
            int v1 = Math.min(v + 1, last);
            int v2 = Math.min(v + 2, last);
            int v3 = Math.min(v + 3, last);
            tile(
                    rows,
                    width,
                    n,
                    a,
                    aAt,
                    offsets,
                    offsetsAt,
                    x,
                    xBase + xStarts[v],
                    xBase + xStarts[v1],
                    xBase + xStarts[v2],
                    xBase + xStarts[v3],
                    y,
                    add ? 0 : cBase + cStarts[v],
                    add ? LANES : cBase + cStarts[v1],
                    add ? 2 * LANES : cBase + cStarts[v2],
                    add ? 3 * LANES : cBase + cStarts[v3],
                    stride,
                    start,
                    startAt);
            if (add) {
                addSums(rows, v, Math.min(v + width, to), y, stride, c, cBase);
            }
        }
    }

    /** Adds a tile's sums, which are kept apart, to vectors {@code from} to {@code to - 1} of what is there. */
    private void addSums(int rows, int from, int to, float[] sums, int stride, float[] c, int cBase) {
        for (int i = from; i < to; i += 2) {
            int j = Math.min(i + 1, to - 1);
            int c0 = cBase + cStarts[i];
            int c1 = cBase + cStarts[j];
            add(rows, sums, (i - from) * LANES, (j - from) * LANES, stride, c, c0, c1, rowStride);
        }
    }

    /** Adds two vectors of each row of a tile, or twice the same one: what there was is read before it is written. */
    private static void add(
            int rows, float[] sums, int s0, int s1, int stride, float[] c, int c0, int c1, int rowStride) {
        for (int r = 0; r < rows; r++) {
            int p0 = c0 + r * rowStride;
            int p1 = c1 + r * rowStride;
            FloatVector y0 =
                    VECTOR.cast(fromArray(SPECIES, sums, s0 + r * stride)).add(fromArray(SPECIES, c, p0));
            FloatVector y1 =
                    VECTOR.cast(fromArray(SPECIES, sums, s1 + r * stride)).add(fromArray(SPECIES, c, p1));
            y0.intoArray(c, p0);
            y1.intoArray(c, p1);
        }
    }

    private static void tile(
            int rows,
            int width,
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
            float[] bias,
            int biasAt) {
        if (width == 2) {
            switch (rows) {
                case 8 ->
                    TallOffsetTiles.tile8x2(
                            n, a, aAt, offsets, offsetsAt, x, x0, x1, c, c0, c1, rowStride, bias, biasAt);
                case 7 ->
                    TallOffsetTiles.tile7x2(
                            n, a, aAt, offsets, offsetsAt, x, x0, x1, c, c0, c1, rowStride, bias, biasAt);
                case 6 ->
                    TallOffsetTiles.tile6x2(
                            n, a, aAt, offsets, offsetsAt, x, x0, x1, c, c0, c1, rowStride, bias, biasAt);
                case 5 ->
                    TallOffsetTiles.tile5x2(
                            n, a, aAt, offsets, offsetsAt, x, x0, x1, c, c0, c1, rowStride, bias, biasAt);
                default ->
                    OffsetTiles.tile4x2(n, a, aAt, offsets, offsetsAt, x, x0, x1, c, c0, c1, rowStride, bias, biasAt);
            }
            return;
        }
        switch (rows) {
            case 4 ->
                OffsetTiles.tile4x4(
                        n, a, aAt, offsets, offsetsAt, x, x0, x1, x2, x3, c, c0, c1, c2, c3, rowStride, bias, biasAt);
            case 3 ->
                OffsetTiles.tile3x3(
                        n, a, aAt, offsets, offsetsAt, x, x0, x1, x2, c, c0, c1, c2, rowStride, bias, biasAt);
            case 2 ->
                OffsetTiles.tile2x4(
                        n, a, aAt, offsets, offsetsAt, x, x0, x1, x2, x3, c, c0, c1, c2, c3, rowStride, bias, biasAt);
            case 1 ->
                OffsetTiles.tile1x4(
                        n, a, aAt, offsets, offsetsAt, x, x0, x1, x2, x3, c, c0, c1, c2, c3, rowStride, bias, biasAt);
            default ->
                throw new IllegalArgumentException("ConvTile: rows must be 1 to " + RowGroups.MOST + ", got " + rows);
        }
    }
}
