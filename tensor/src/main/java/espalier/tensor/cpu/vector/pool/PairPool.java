package espalier.tensor.cpu.vector.pool;

import static espalier.tensor.cpu.vector.lanes.Lanes.COUNT;
import static espalier.tensor.cpu.vector.lanes.Lanes.FLOATS;
import static espalier.tensor.cpu.vector.lanes.Lanes.INTS;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;
import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.LE;

import espalier.tensor.Shape;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.spi.PoolSpec;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/**
 * Pooling with a 2×2 window, stride 2 and no padding, the commonest, straight from the input: each vector of windows
 * reads two vectors of two rows and sorts their elements into even and odd columns.
 *
 * <p>The last vector of an output row begins so early that it ends with the row; what it has in common with the one
 * before is written twice. The vector of a shorter row runs on into what the next row will write over, as long as there
 * is one; the last vector of the plane, and all of rows shorter than half a vector, gather their elements by the table
 * of {@link #corners}. Planes smaller than a vector are left to plain loops.
 */
public final class PairPool {
    private static final VectorShuffle<Float> EVEN = VectorShuffle.fromOp(FLOATS, i -> 2 * i % COUNT);
    private static final VectorShuffle<Float> ODD = VectorShuffle.fromOp(FLOATS, i -> 2 * i % COUNT + 1);
    private static final VectorShuffle<Float> LOW = VectorShuffle.fromOp(FLOATS, i -> i / 2);
    private static final VectorShuffle<Float> HIGH = VectorShuffle.fromOp(FLOATS, i -> COUNT / 2 + i / 2);
    private static final VectorMask<Float> UPPER = VectorMask.fromLong(FLOATS, (1L << COUNT) - (1L << COUNT / 2));
    private static final IntVector TWICE_LANE = IntVector.zero(INTS).addIndex(2);

    private static final int[] NO_TABLE = {};

    private PairPool() {}

    /** Whether every window of the outputs {@code [N, C, H', W']} is a whole 2×2 block of a plane. */
    public static boolean takes(PoolSpec spec, Shape input, Shape output) {
        return takes(spec, input.dim(2), input.dim(3), output.dim(2), output.dim(3));
    }

    /** Whether every window of {@code rows × columns} outputs is a whole 2×2 block of a plane. */
    static boolean takes(PoolSpec spec, int height, int width, int rows, int columns) {
        return spec.kernelH() == 2
                && spec.kernelW() == 2
                && spec.strideH() == 2
                && spec.strideW() == 2
                && spec.padH() == 0
                && spec.padW() == 0
                && 2 * rows <= height
                && 2 * columns <= width;
    }

    /**
     * Where in a plane the window of each output begins, {@code h·width + w}; in memory of the calling thread, until it
     * asks again. Rows of a vector or more need no table, and then it is empty.
     */
    public static int[] corners(int width, int rows, int columns) {
        if (columns >= COUNT) {
            return NO_TABLE;
        }
        int[] corners = Scratch.ints(Scratch.PLACES, rows * columns);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                corners[i * columns + j] = 2 * (i * width + j);
            }
        }
        return corners;
    }

    /**
     * Whether a plane has too few windows for a vector. Vectors of four lanes are not worth it, and not all machines
     * gather.
     */
    private static boolean isSmall(int rows, int columns) {
        return columns < COUNT && (rows * columns < COUNT || COUNT <= 4);
    }

    /** How many of a plane's rows, from the first on, begin with whole vectors that may run on into the next row. */
    private static int rowsToRead(int rows, int columns) {
        if (columns >= COUNT) {
            return rows;
        }
        return 2 * columns >= COUNT ? (rows * columns - COUNT) / columns + 1 : 0;
    }

    /** The maxima of one plane and their places {@code h·width + w}. */
    public static void max(
            float[] x,
            int xo,
            int width,
            int[] corners,
            float[] y,
            int yo,
            int[] place,
            int po,
            int rows,
            int columns) {
        if (isSmall(rows, columns)) {
            for (int k = 0; k < rows * columns; k++) {
                int best = corners[k];
                best = winner(x, xo, best, best + 1);
                best = winner(x, xo, best, corners[k] + width);
                best = winner(x, xo, best, corners[k] + width + 1);
                y[yo + k] = x[xo + best];
                place[po + k] = best;
            }
            return;
        }
        int read = rowsToRead(rows, columns);
        for (int i = 0; i < read; i++) {
            int to = i * columns;
            maxOfRow(x, xo, 2 * i * width, width, y, yo + to, place, po + to, Math.max(columns, COUNT));
        }
        if (read < rows) {
            gatherMax(x, xo, width, corners, y, yo, place, po, read * columns, rows * columns);
        }
    }

    /** The place of the larger of two elements; the first of equals; NaN is largest. */
    private static int winner(float[] x, int xo, int first, int second) {
        float a = x[xo + first];
        float b = x[xo + second];
        return b <= a || Float.isNaN(a) ? first : second;
    }

    // The next two loops differ in how they load. They share no method that takes vectors: now and then the compiler
    // leaves such a call, and then each vector that is passed becomes an object.

    private static void maxOfRow(
            float[] x, int xo, int top, int width, float[] y, int yo, int[] place, int po, int columns) {
        for (int k = 0; k < columns; k += COUNT) {
            int j = Math.min(k, columns - COUNT);
            int at = xo + top + 2 * j;
            FloatVector p = fromArray(FLOATS, x, at);
            FloatVector q = fromArray(FLOATS, x, at + COUNT);
            FloatVector r = fromArray(FLOATS, x, at + width);
            FloatVector s = fromArray(FLOATS, x, at + width + COUNT);
            FloatVector right = p.rearrange(ODD).blend(q.rearrange(ODD), UPPER);
            FloatVector below = r.rearrange(EVEN).blend(s.rearrange(EVEN), UPPER);
            FloatVector across = r.rearrange(ODD).blend(s.rearrange(ODD), UPPER);
            FloatVector best = p.rearrange(EVEN).blend(q.rearrange(EVEN), UPPER);
            IntVector corner = TWICE_LANE.add(top + 2 * j);
            var wins = right.compare(LE, best).not().and(best.compare(EQ, best));
            best = best.blend(right, wins);
            IntVector chosen = corner.blend(corner.add(1), wins.cast(INTS));
            wins = below.compare(LE, best).not().and(best.compare(EQ, best));
            best = best.blend(below, wins);
            chosen = chosen.blend(corner.add(width), wins.cast(INTS));
            wins = across.compare(LE, best).not().and(best.compare(EQ, best));
            best.blend(across, wins).intoArray(y, yo + j);
            chosen.blend(corner.add(width + 1), wins.cast(INTS)).intoArray(place, po + j);
        }
    }

    private static void gatherMax(
            float[] x,
            int xo,
            int width,
            int[] corners,
            float[] y,
            int yo,
            int[] place,
            int po,
            int first,
            int windows) {
        for (int k = first; k < windows; k += COUNT) {
            int j = Math.min(k, windows - COUNT);
            FloatVector right = fromArray(FLOATS, x, xo + 1, corners, j);
            FloatVector below = fromArray(FLOATS, x, xo + width, corners, j);
            FloatVector across = fromArray(FLOATS, x, xo + width + 1, corners, j);
            FloatVector best = fromArray(FLOATS, x, xo, corners, j);
            IntVector corner = IntVector.fromArray(INTS, corners, j);
            var wins = right.compare(LE, best).not().and(best.compare(EQ, best));
            best = best.blend(right, wins);
            IntVector chosen = corner.blend(corner.add(1), wins.cast(INTS));
            wins = below.compare(LE, best).not().and(best.compare(EQ, best));
            best = best.blend(below, wins);
            chosen = chosen.blend(corner.add(width), wins.cast(INTS));
            wins = across.compare(LE, best).not().and(best.compare(EQ, best));
            best.blend(across, wins).intoArray(y, yo + j);
            chosen.blend(corner.add(width + 1), wins.cast(INTS)).intoArray(place, po + j);
        }
    }

    /**
     * The maxima of one plane without their places, and no less than {@code floor}. Then rows can be compared before
     * columns are sorted, which halves the sorting.
     */
    static void max(
            float[] x, int xo, int width, int[] corners, float floor, float[] y, int yo, int rows, int columns) {
        if (isSmall(rows, columns)) {
            for (int k = 0; k < rows * columns; k++) {
                int at = xo + corners[k];
                float left = Math.max(x[at], x[at + width]);
                float right = Math.max(x[at + 1], x[at + 1 + width]);
                y[yo + k] = Math.max(Math.max(left, right), floor);
            }
            return;
        }
        int read = rowsToRead(rows, columns);
        for (int i = 0; i < read; i++) {
            maxOfRow(x, xo + 2 * i * width, width, floor, y, yo + i * columns, Math.max(columns, COUNT));
        }
        if (read < rows) {
            gatherMax(x, xo, width, corners, floor, y, yo, read * columns, rows * columns);
        }
    }

    private static void maxOfRow(float[] x, int top, int width, float floor, float[] y, int yo, int columns) {
        for (int k = 0; k < columns; k += COUNT) {
            int j = Math.min(k, columns - COUNT);
            int at = top + 2 * j;
            FloatVector p = VECTOR.cast(fromArray(FLOATS, x, at)).max(fromArray(FLOATS, x, at + width));
            FloatVector q = VECTOR.cast(fromArray(FLOATS, x, at + COUNT)).max(fromArray(FLOATS, x, at + width + COUNT));
            FloatVector even = p.rearrange(EVEN).blend(q.rearrange(EVEN), UPPER);
            FloatVector odd = p.rearrange(ODD).blend(q.rearrange(ODD), UPPER);
            even.max(odd).max(floor).intoArray(y, yo + j);
        }
    }

    private static void gatherMax(
            float[] x, int xo, int width, int[] corners, float floor, float[] y, int yo, int first, int windows) {
        for (int k = first; k < windows; k += COUNT) {
            int j = Math.min(k, windows - COUNT);
            FloatVector above =
                    VECTOR.cast(fromArray(FLOATS, x, xo, corners, j)).max(fromArray(FLOATS, x, xo + 1, corners, j));
            FloatVector below = VECTOR.cast(fromArray(FLOATS, x, xo + width, corners, j))
                    .max(fromArray(FLOATS, x, xo + width + 1, corners, j));
            above.max(below).max(floor).intoArray(y, yo + j);
        }
    }

    /** The means of one plane: the sum in the order of the window, over 4. */
    static void average(float[] x, int xo, int width, int[] corners, float[] y, int yo, int rows, int columns) {
        if (isSmall(rows, columns)) {
            for (int k = 0; k < rows * columns; k++) {
                int at = xo + corners[k];
                y[yo + k] = (x[at] + x[at + 1] + x[at + width] + x[at + width + 1]) * 0.25f;
            }
            return;
        }
        int read = rowsToRead(rows, columns);
        for (int i = 0; i < read; i++) {
            averageOfRow(x, xo + 2 * i * width, width, y, yo + i * columns, Math.max(columns, COUNT));
        }
        if (read < rows) {
            gatherAverage(x, xo, width, corners, y, yo, read * columns, rows * columns);
        }
    }

    private static void averageOfRow(float[] x, int top, int width, float[] y, int yo, int columns) {
        for (int k = 0; k < columns; k += COUNT) {
            int j = Math.min(k, columns - COUNT);
            int at = top + 2 * j;
            FloatVector p = fromArray(FLOATS, x, at);
            FloatVector q = fromArray(FLOATS, x, at + COUNT);
            FloatVector r = fromArray(FLOATS, x, at + width);
            FloatVector s = fromArray(FLOATS, x, at + width + COUNT);
            FloatVector sum = p.rearrange(EVEN).blend(q.rearrange(EVEN), UPPER);
            sum = sum.add(p.rearrange(ODD).blend(q.rearrange(ODD), UPPER));
            sum = sum.add(r.rearrange(EVEN).blend(s.rearrange(EVEN), UPPER));
            sum = sum.add(r.rearrange(ODD).blend(s.rearrange(ODD), UPPER));
            sum.mul(0.25f).intoArray(y, yo + j);
        }
    }

    private static void gatherAverage(
            float[] x, int xo, int width, int[] corners, float[] y, int yo, int first, int windows) {
        for (int k = first; k < windows; k += COUNT) {
            int j = Math.min(k, windows - COUNT);
            FloatVector sum = VECTOR.cast(fromArray(FLOATS, x, xo, corners, j));
            sum = sum.add(fromArray(FLOATS, x, xo + 1, corners, j));
            sum = sum.add(fromArray(FLOATS, x, xo + width, corners, j));
            sum = sum.add(fromArray(FLOATS, x, xo + width + 1, corners, j));
            sum.mul(0.25f).intoArray(y, yo + j);
        }
    }

    /** A quarter of each {@code g} to the four places of its window; the caller has cleared the plane. */
    static void averageGradient(float[] g, int go, int rows, int columns, float[] dx, int xo, int width) {
        for (int i = 0; i < rows; i++) {
            int top = xo + 2 * i * width;
            int from = go + i * columns;
            if (columns >= COUNT) {
                spread(g, from, columns, dx, top, width, COUNT);
                continue;
            }
            if (2 * columns == COUNT && i + 1 < rows) { // two rows of half a vector each are handled as one
                spread(g, from, COUNT, dx, top, width, 2 * width);
                i++;
                continue;
            }
            for (int j = 0; j < columns; j++) {
                float share = g[from + j] * 0.25f;
                int at = top + 2 * j;
                dx[at] = share;
                dx[at + 1] = share;
                dx[at + width] = share;
                dx[at + width + 1] = share;
            }
        }
    }

    private static void spread(float[] g, int go, int columns, float[] dx, int top, int width, int step) {
        for (int k = 0; k < columns; k += COUNT) {
            int j = Math.min(k, columns - COUNT);
            int at = top + 2 * j;
            FloatVector share = VECTOR.cast(fromArray(FLOATS, g, go + j)).mul(0.25f);
            FloatVector low = share.rearrange(LOW);
            FloatVector high = share.rearrange(HIGH);
            low.intoArray(dx, at);
            high.intoArray(dx, at + step);
            low.intoArray(dx, at + width);
            high.intoArray(dx, at + width + step);
        }
    }
}
