package espalier.tensor.cpu;

import java.util.Arrays;

/**
 * Matrix product {@code [M, K] × [K, N] → [M, N]} of floats without the Vector API, in loops that the JVM turns into
 * vector instructions by itself.
 *
 * <p>The JVM does so only for loops whose every access is {@code array[j]}: with {@code array[offset + j]} it cannot
 * rule out that two of the arrays overlap. So a block of B is copied to one array for each row, a row of C is summed up
 * in an array of its own, and the inner loop adds eight rows of B at once, {@code c[j] += a0 * b0[j] + ... + a7 *
 * b7[j]}. That is about four times as fast as the loops of {@link PlainGemm}.
 *
 * <p>Each element is a chain of fused multiply-adds in the order of K: the bits are those of {@link PlainGemm}, for any
 * number of threads.
 */
public final class ScalarGemm {
    /** Rows of B in the inner loop. */
    private static final int UNROLL = 8;

    /** Columns of a block: a row of it and the sums stay in the first-level cache. */
    private static final int COLUMNS = 256;

    /** Rows of B in a block: the block stays in the second-level cache. */
    private static final int DEPTH = 256;

    /** Rows of C for one task: enough to make up for the copy of B. */
    private static final int TASK_ROWS = 128;

    /** A result with fewer columns than this, and more rows, is computed as its transpose. */
    private static final int NARROW = 32;

    /** With so few rows a transposed B is not worth its copy. */
    private static final int FEW_ROWS = 4;

    /** Elements of a transposed B for one task. */
    private static final int TASK_ELEMENTS = 1 << 17;

    private static final ThreadLocal<float[][]> ROWS_OF_B = ThreadLocal.withInitial(() -> new float[DEPTH][COLUMNS]);

    private ScalarGemm() {}

    /** {@code c = a·b}, or {@code c += a·b}; {@code c} is not read unless {@code accumulate}. */
    public static void multiply(Parallel parallel, MatrixView a, MatrixView b, MatrixView c, boolean accumulate) {
        MatrixView.requireProduct(a, b, c);
        if (c.columns() < NARROW && c.rows() > c.columns()) {
            multiply(parallel, b.transposed(), a.transposed(), c.transposed(), accumulate);
            return;
        }
        if (c.rows() <= FEW_ROWS && b.rowStride() == 1 && c.columns() >= UNROLL) {
            dotProducts(parallel, a, b, c, accumulate);
            return;
        }
        if (c.columns() < UNROLL || a.columns() == 0) {
            parallel.once(() -> PlainGemm.multiply(a, b, c, accumulate));
            return;
        }
        int across = Math.ceilDiv(c.columns(), COLUMNS);
        int down = Math.ceilDiv(c.rows(), TASK_ROWS);
        parallel.forEach(across * down, task -> {
            int i = task / across * TASK_ROWS;
            int j = task % across * COLUMNS;
            int end = Math.min(c.rows(), i + TASK_ROWS);
            block(a, b, c, accumulate, i, end, j, Math.min(COLUMNS, c.columns() - j));
        });
    }

    /** Few rows times a transposed matrix: eight sums at a time, which do not wait for one another. */
    private static void dotProducts(Parallel parallel, MatrixView a, MatrixView b, MatrixView c, boolean accumulate) {
        int groups = c.columns() / UNROLL;
        int perTask = Math.max(1, TASK_ELEMENTS / (UNROLL * Math.max(1, a.columns())));
        parallel.forEach(Math.ceilDiv(groups, perTask), task -> {
            int end = Math.min(groups, (task + 1) * perTask);
            for (int group = task * perTask; group < end; group++) {
                for (int i = 0; i < c.rows(); i++) {
                    eightDotProducts(a, i, b, group * UNROLL, c, accumulate);
                }
            }
        });
        MatrixView restOfB = b.fromColumn(groups * UNROLL);
        MatrixView restOfC = c.fromColumn(groups * UNROLL);
        parallel.once(() -> PlainGemm.multiply(a, restOfB, restOfC, accumulate));
    }

    private static void eightDotProducts(MatrixView a, int i, MatrixView b, int j, MatrixView c, boolean accumulate) {
        float[] x = a.values();
        float[] w = b.values();
        float[] y = c.values();
        int yAt = c.at(i, j);
        int yStep = c.columnStride();
        float s0 = accumulate ? y[yAt] : 0f;
        float s1 = accumulate ? y[yAt + yStep] : 0f;
        float s2 = accumulate ? y[yAt + 2 * yStep] : 0f;
        float s3 = accumulate ? y[yAt + 3 * yStep] : 0f;
        float s4 = accumulate ? y[yAt + 4 * yStep] : 0f;
        float s5 = accumulate ? y[yAt + 5 * yStep] : 0f;
        float s6 = accumulate ? y[yAt + 6 * yStep] : 0f;
        float s7 = accumulate ? y[yAt + 7 * yStep] : 0f;
        int at = a.at(i, 0);
        int step = a.columnStride();
        int w0 = b.at(0, j);
        int stride = b.columnStride();
        for (int k = 0; k < a.columns(); k++) {
            float xk = x[at + k * step];
            s0 = Math.fma(xk, w[w0 + k], s0);
            s1 = Math.fma(xk, w[w0 + stride + k], s1);
            s2 = Math.fma(xk, w[w0 + 2 * stride + k], s2);
            s3 = Math.fma(xk, w[w0 + 3 * stride + k], s3);
            s4 = Math.fma(xk, w[w0 + 4 * stride + k], s4);
            s5 = Math.fma(xk, w[w0 + 5 * stride + k], s5);
            s6 = Math.fma(xk, w[w0 + 6 * stride + k], s6);
            s7 = Math.fma(xk, w[w0 + 7 * stride + k], s7);
        }
        y[yAt] = s0;
        y[yAt + yStep] = s1;
        y[yAt + 2 * yStep] = s2;
        y[yAt + 3 * yStep] = s3;
        y[yAt + 4 * yStep] = s4;
        y[yAt + 5 * yStep] = s5;
        y[yAt + 6 * yStep] = s6;
        y[yAt + 7 * yStep] = s7;
    }

    /** Rows {@code i0} to {@code i1 - 1}, columns {@code j0} to {@code j0 + columns - 1} of c. */
    private static void block(
            MatrixView a, MatrixView b, MatrixView c, boolean accumulate, int i0, int i1, int j0, int columns) {
        float[][] rows = ROWS_OF_B.get();
        float[] sums = Scratch.floats(Scratch.GEMM_B, COLUMNS);
        for (int k0 = 0; k0 < a.columns(); k0 += DEPTH) {
            int depth = Math.min(DEPTH, a.columns() - k0);
            copyRows(b, k0, depth, j0, columns, rows);
            for (int i = i0; i < i1; i++) {
                if (accumulate || k0 > 0) {
                    copy(c.values(), c.at(i, j0), c.columnStride(), sums, 0, 1, columns);
                } else {
                    Arrays.fill(sums, 0, columns, 0f);
                }
                addProducts(a, i, k0, depth, rows, sums, columns);
                copy(sums, 0, 1, c.values(), c.at(i, j0), c.columnStride(), columns);
            }
        }
    }

    private static void copyRows(MatrixView b, int k0, int depth, int j0, int columns, float[][] rows) {
        if (b.columnStride() == 1) {
            for (int k = 0; k < depth; k++) {
                System.arraycopy(b.values(), b.at(k0 + k, j0), rows[k], 0, columns);
            }
            return;
        }
        for (int j = 0; j < columns; j += UNROLL) { // a few columns at a time, since those may be the runs in memory
            int end = Math.min(columns, j + UNROLL);
            for (int k = 0; k < depth; k++) {
                float[] row = rows[k];
                int at = b.at(k0 + k, j0);
                for (int i = j; i < end; i++) {
                    row[i] = b.values()[at + i * b.columnStride()];
                }
            }
        }
    }

    private static void copy(float[] from, int at, int step, float[] to, int toAt, int toStep, int n) {
        if (step == 1 && toStep == 1) {
            System.arraycopy(from, at, to, toAt, n);
            return;
        }
        for (int j = 0; j < n; j++) {
            to[toAt + j * toStep] = from[at + j * step];
        }
    }

    /** Adds row {@code i} of a block of a times the rows of b to {@code sums}. */
    private static void addProducts(MatrixView a, int i, int k0, int depth, float[][] rows, float[] sums, int columns) {
        float[] x = a.values();
        int at = a.at(i, k0);
        int step = a.columnStride();
        int k = 0;
        for (; k + UNROLL <= depth; k += UNROLL, at += UNROLL * step) {
            eight(
                    sums,
                    columns,
                    x[at],
                    rows[k],
                    x[at + step],
                    rows[k + 1],
                    x[at + 2 * step],
                    rows[k + 2],
                    x[at + 3 * step],
                    rows[k + 3],
                    x[at + 4 * step],
                    rows[k + 4],
                    x[at + 5 * step],
                    rows[k + 5],
                    x[at + 6 * step],
                    rows[k + 6],
                    x[at + 7 * step],
                    rows[k + 7]);
        }
        for (; k < depth; k++, at += step) {
            one(sums, columns, x[at], rows[k]);
        }
    }

    private static void eight(
            float[] c,
            int n,
            float a0,
            float[] b0,
            float a1,
            float[] b1,
            float a2,
            float[] b2,
            float a3,
            float[] b3,
            float a4,
            float[] b4,
            float a5,
            float[] b5,
            float a6,
            float[] b6,
            float a7,
            float[] b7) {
        for (int j = 0; j < n; j++) {
            float low = Math.fma(a3, b3[j], Math.fma(a2, b2[j], Math.fma(a1, b1[j], Math.fma(a0, b0[j], c[j]))));
            c[j] = Math.fma(a7, b7[j], Math.fma(a6, b6[j], Math.fma(a5, b5[j], Math.fma(a4, b4[j], low))));
        }
    }

    private static void one(float[] c, int n, float a, float[] b) {
        for (int j = 0; j < n; j++) {
            c[j] = Math.fma(a, b[j], c[j]);
        }
    }
}
