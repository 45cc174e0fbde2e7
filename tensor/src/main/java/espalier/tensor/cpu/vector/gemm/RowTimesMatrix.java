package espalier.tensor.cpu.vector.gemm;

import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;

import espalier.tensor.cpu.MatrixView;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.vector.lanes.Lanes;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * One row times a row-major matrix, {@code [1, K] × [K, N] → [1, N]}: the sum of K rows, each times a number.
 *
 * <p>Every element of the matrix is used once, so memory is the limit, and it is read in long runs: eight rows at a
 * time are added to the result, which stays in the first-level cache.
 */
final class RowTimesMatrix {
    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    private static final int LANES = Lanes.COUNT;

    /** Elements of the matrix for one task: about 30 microseconds. */
    private static final int TASK_ELEMENTS = 1 << 18;

    /** Fewest and most columns of a task: long runs, and at most 8 KB of the result. */
    private static final int LEAST_COLUMNS = 512;

    private static final int MOST_COLUMNS = 2048;

    private RowTimesMatrix() {}

    /**
     * {@code c = a·b}, or {@code c += a·b}.
     *
     * @param a one row, any stride
     * @param b row-major, at least a vector of columns
     * @param c one row, column stride 1
     */
    static void multiply(Parallel parallel, MatrixView a, MatrixView b, MatrixView c, boolean accumulate) {
        int n = c.columns();
        int columns = Math.clamp(TASK_ELEMENTS / b.rows() / LANES * LANES, LEAST_COLUMNS, MOST_COLUMNS);
        int tasks = Math.max(1, n / columns); // the last one takes the rest
        parallel.forEach(tasks, task -> {
            int from = task * columns;
            run(a, b, c, accumulate, from, task == tasks - 1 ? n - from : columns);
        });
    }

    private static void run(MatrixView a, MatrixView b, MatrixView c, boolean accumulate, int from, int columns) {
        float[] y = c.values();
        int at = c.at(0, from);
        if (!accumulate) {
            Arrays.fill(y, at, at + columns, 0f);
        }
        int whole = columns / LANES;
        int tail = columns - whole * LANES;
        // the last vector overlaps the one before it; it is summed apart and only its new part kept
        float[] rest = Arrays.copyOfRange(y, at + columns - LANES, at + columns);
        int restAt = columns - LANES;
        int k = 0;
        for (; k + 8 <= b.rows(); k += 8) {
            int bAt = b.at(k, from);
            eight(whole, a.values(), a.at(0, k), a.columnStride(), b.values(), bAt, b.rowStride(), y, at);
            if (tail > 0) {
                eight(1, a.values(), a.at(0, k), a.columnStride(), b.values(), bAt + restAt, b.rowStride(), rest, 0);
            }
        }
        for (; k < b.rows(); k++) {
            one(whole, a.values()[a.at(0, k)], b.values(), b.at(k, from), y, at);
            one(1, a.values()[a.at(0, k)], b.values(), b.at(k, from) + restAt, rest, 0);
        }
        System.arraycopy(rest, LANES - tail, y, at + whole * LANES, tail);
    }

    /** Eight rows. */
    private static void eight(int n, float[] x, int xAt, int step, float[] b, int bAt, int stride, float[] y, int at) {
        FloatVector x0 = FloatVector.broadcast(SPECIES, x[xAt]);
        FloatVector x1 = FloatVector.broadcast(SPECIES, x[xAt + step]);
        FloatVector x2 = FloatVector.broadcast(SPECIES, x[xAt + 2 * step]);
        FloatVector x3 = FloatVector.broadcast(SPECIES, x[xAt + 3 * step]);
        FloatVector x4 = FloatVector.broadcast(SPECIES, x[xAt + 4 * step]);
        FloatVector x5 = FloatVector.broadcast(SPECIES, x[xAt + 5 * step]);
        FloatVector x6 = FloatVector.broadcast(SPECIES, x[xAt + 6 * step]);
        FloatVector x7 = FloatVector.broadcast(SPECIES, x[xAt + 7 * step]);
        for (int j = 0; j < n; j++) {
            int b0 = bAt + j * LANES;
            FloatVector sum = VECTOR.cast(FloatVector.fromArray(SPECIES, y, at + j * LANES));
            sum = x0.fma(FloatVector.fromArray(SPECIES, b, b0), sum);
            sum = x1.fma(FloatVector.fromArray(SPECIES, b, b0 + stride), sum);
            sum = x2.fma(FloatVector.fromArray(SPECIES, b, b0 + 2 * stride), sum);
            sum = x3.fma(FloatVector.fromArray(SPECIES, b, b0 + 3 * stride), sum);
            sum = x4.fma(FloatVector.fromArray(SPECIES, b, b0 + 4 * stride), sum);
            sum = x5.fma(FloatVector.fromArray(SPECIES, b, b0 + 5 * stride), sum);
            sum = x6.fma(FloatVector.fromArray(SPECIES, b, b0 + 6 * stride), sum);
            sum = x7.fma(FloatVector.fromArray(SPECIES, b, b0 + 7 * stride), sum);
            VECTOR.cast(sum).intoArray(y, at + j * LANES);
        }
    }

    private static void one(int n, float x, float[] b, int bAt, float[] y, int at) {
        FloatVector x0 = FloatVector.broadcast(SPECIES, x);
        for (int j = 0; j < n; j++) {
            x0.fma(
                            FloatVector.fromArray(SPECIES, b, bAt + j * LANES),
                            FloatVector.fromArray(SPECIES, y, at + j * LANES))
                    .intoArray(y, at + j * LANES);
        }
    }
}
