package espalier.tensor.cpu.vector.reduce;

import static espalier.tensor.cpu.vector.lanes.Lanes.COUNT;
import static espalier.tensor.cpu.vector.lanes.Lanes.FLOATS;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;
import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.VectorOperators.NE;

import espalier.tensor.cpu.Scratch;
import espalier.tensor.spi.ReduceOp;
import jdk.incubator.vector.FloatVector;

/**
 * Reduction over the rows of a matrix: one number a column.
 *
 * <p>A strip of neighbouring columns is held in four vectors while the loop walks down its rows, so every column is
 * accumulated in the order of its rows whatever the width of the vectors. After {@value #DEPTH} rows the strip is added
 * to sums in double precision.
 */
public final class ColumnReduction {
    /** Rows accumulated in float. */
    private static final int DEPTH = 128;

    /** Columns of a strip. */
    private static final int STRIP = 4 * COUNT;

    private ColumnReduction() {}

    /** The reduction of one strip over some rows, into {@code STRIP} floats. */
    private interface Strip {
        void reduce(float[] x, int at, int stride, int rows, float[] y);
    }

    /**
     * Adds {@code rows} rows of {@code columns} elements to {@code so}, which holds the columns' results so far. ANY
     * and ALL are counted by the caller.
     *
     * @param stride distance between rows
     */
    static void run(ReduceOp op, float[] x, int at, int stride, int rows, int columns, double[] so, int to) {
        Strip strip = stripOf(op);
        float[] y = Scratch.floats(Scratch.LANES, STRIP);
        int whole = columns - columns % STRIP;
        for (int row = 0; row < rows; row += DEPTH) {
            int depth = Math.min(DEPTH, rows - row);
            int start = at + row * stride;
            for (int column = 0; column < whole; column += STRIP) {
                strip.reduce(x, start + column, stride, depth, y);
                combine(op, y, so, to + column, STRIP);
            }
            if (whole < columns) {
                float[] padded = padded(x, start + whole, stride, depth, columns - whole);
                strip.reduce(padded, 0, STRIP, depth, y);
                combine(op, y, so, to + whole, columns - whole);
            }
        }
    }

    /** Less than a strip of columns, in a matrix one strip wide. */
    private static float[] padded(float[] x, int at, int stride, int rows, int columns) {
        float[] copy = Scratch.floats(Scratch.COLUMNS, rows * STRIP);
        for (int row = 0; row < rows; row++) {
            System.arraycopy(x, at + row * stride, copy, row * STRIP, columns);
        }
        return copy;
    }

    private static void combine(ReduceOp op, float[] y, double[] so, int to, int n) {
        if (op == ReduceOp.SUM) {
            for (int j = 0; j < n; j++) {
                so[to + j] += y[j];
            }
            return;
        }
        for (int j = 0; j < n; j++) {
            so[to + j] = RowReduction.combine(op, so[to + j], y[j]);
        }
    }

    private static Strip stripOf(ReduceOp op) {
        return switch (op) {
            case SUM -> ColumnReduction::sum;
            case SUM_OF_SQUARES -> ColumnReduction::squares;
            case PROD -> ColumnReduction::product;
            case MIN -> ColumnReduction::min;
            case MAX -> ColumnReduction::max;
            case COUNT_NONZERO, ANY, ALL -> ColumnReduction::count;
        };
    }

    private static void sum(float[] x, int at, int stride, int rows, float[] y) {
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = FloatVector.zero(FLOATS);
        FloatVector c = FloatVector.zero(FLOATS);
        FloatVector d = FloatVector.zero(FLOATS);
        for (int row = 0; row < rows; row++) {
            int i = at + row * stride;
            a = VECTOR.cast(a).add(fromArray(FLOATS, x, i));
            b = VECTOR.cast(b).add(fromArray(FLOATS, x, i + COUNT));
            c = VECTOR.cast(c).add(fromArray(FLOATS, x, i + 2 * COUNT));
            d = VECTOR.cast(d).add(fromArray(FLOATS, x, i + 3 * COUNT));
        }
        VECTOR.cast(a).intoArray(y, 0);
        VECTOR.cast(b).intoArray(y, COUNT);
        VECTOR.cast(c).intoArray(y, 2 * COUNT);
        VECTOR.cast(d).intoArray(y, 3 * COUNT);
    }

    private static void squares(float[] x, int at, int stride, int rows, float[] y) {
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = FloatVector.zero(FLOATS);
        FloatVector c = FloatVector.zero(FLOATS);
        FloatVector d = FloatVector.zero(FLOATS);
        for (int row = 0; row < rows; row++) {
            int i = at + row * stride;
            FloatVector p = VECTOR.cast(fromArray(FLOATS, x, i));
            a = p.fma(p, a);
            FloatVector q = VECTOR.cast(fromArray(FLOATS, x, i + COUNT));
            b = q.fma(q, b);
            FloatVector r = VECTOR.cast(fromArray(FLOATS, x, i + 2 * COUNT));
            c = r.fma(r, c);
            FloatVector s = VECTOR.cast(fromArray(FLOATS, x, i + 3 * COUNT));
            d = s.fma(s, d);
        }
        VECTOR.cast(a).intoArray(y, 0);
        VECTOR.cast(b).intoArray(y, COUNT);
        VECTOR.cast(c).intoArray(y, 2 * COUNT);
        VECTOR.cast(d).intoArray(y, 3 * COUNT);
    }

    private static void product(float[] x, int at, int stride, int rows, float[] y) {
        FloatVector a = FloatVector.broadcast(FLOATS, 1f);
        FloatVector b = FloatVector.broadcast(FLOATS, 1f);
        FloatVector c = FloatVector.broadcast(FLOATS, 1f);
        FloatVector d = FloatVector.broadcast(FLOATS, 1f);
        for (int row = 0; row < rows; row++) {
            int i = at + row * stride;
            a = VECTOR.cast(a).mul(fromArray(FLOATS, x, i));
            b = VECTOR.cast(b).mul(fromArray(FLOATS, x, i + COUNT));
            c = VECTOR.cast(c).mul(fromArray(FLOATS, x, i + 2 * COUNT));
            d = VECTOR.cast(d).mul(fromArray(FLOATS, x, i + 3 * COUNT));
        }
        VECTOR.cast(a).intoArray(y, 0);
        VECTOR.cast(b).intoArray(y, COUNT);
        VECTOR.cast(c).intoArray(y, 2 * COUNT);
        VECTOR.cast(d).intoArray(y, 3 * COUNT);
    }

    private static void min(float[] x, int at, int stride, int rows, float[] y) {
        FloatVector a = FloatVector.broadcast(FLOATS, Float.POSITIVE_INFINITY);
        FloatVector b = FloatVector.broadcast(FLOATS, Float.POSITIVE_INFINITY);
        FloatVector c = FloatVector.broadcast(FLOATS, Float.POSITIVE_INFINITY);
        FloatVector d = FloatVector.broadcast(FLOATS, Float.POSITIVE_INFINITY);
        for (int row = 0; row < rows; row++) {
            int i = at + row * stride;
            a = VECTOR.cast(a).min(fromArray(FLOATS, x, i));
            b = VECTOR.cast(b).min(fromArray(FLOATS, x, i + COUNT));
            c = VECTOR.cast(c).min(fromArray(FLOATS, x, i + 2 * COUNT));
            d = VECTOR.cast(d).min(fromArray(FLOATS, x, i + 3 * COUNT));
        }
        VECTOR.cast(a).intoArray(y, 0);
        VECTOR.cast(b).intoArray(y, COUNT);
        VECTOR.cast(c).intoArray(y, 2 * COUNT);
        VECTOR.cast(d).intoArray(y, 3 * COUNT);
    }

    private static void max(float[] x, int at, int stride, int rows, float[] y) {
        FloatVector a = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
        FloatVector b = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
        FloatVector c = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
        FloatVector d = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
        for (int row = 0; row < rows; row++) {
            int i = at + row * stride;
            a = VECTOR.cast(a).max(fromArray(FLOATS, x, i));
            b = VECTOR.cast(b).max(fromArray(FLOATS, x, i + COUNT));
            c = VECTOR.cast(c).max(fromArray(FLOATS, x, i + 2 * COUNT));
            d = VECTOR.cast(d).max(fromArray(FLOATS, x, i + 3 * COUNT));
        }
        VECTOR.cast(a).intoArray(y, 0);
        VECTOR.cast(b).intoArray(y, COUNT);
        VECTOR.cast(c).intoArray(y, 2 * COUNT);
        VECTOR.cast(d).intoArray(y, 3 * COUNT);
    }

    private static void count(float[] x, int at, int stride, int rows, float[] y) {
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = FloatVector.zero(FLOATS);
        FloatVector c = FloatVector.zero(FLOATS);
        FloatVector d = FloatVector.zero(FLOATS);
        for (int row = 0; row < rows; row++) {
            int i = at + row * stride;
            a = VECTOR.cast(a).add(1f, fromArray(FLOATS, x, i).compare(NE, 0f));
            b = VECTOR.cast(b).add(1f, fromArray(FLOATS, x, i + COUNT).compare(NE, 0f));
            c = VECTOR.cast(c).add(1f, fromArray(FLOATS, x, i + 2 * COUNT).compare(NE, 0f));
            d = VECTOR.cast(d).add(1f, fromArray(FLOATS, x, i + 3 * COUNT).compare(NE, 0f));
        }
        VECTOR.cast(a).intoArray(y, 0);
        VECTOR.cast(b).intoArray(y, COUNT);
        VECTOR.cast(c).intoArray(y, 2 * COUNT);
        VECTOR.cast(d).intoArray(y, 3 * COUNT);
    }
}
