package espalier.tensor.cpu;

import java.util.Arrays;

/**
 * Matrix product {@code [M, K] × [K, N] → [M, N]} of floats without the Vector API, in loops that the JVM turns into
 * vector instructions by itself.
 *
 * <p>The JVM does so only for loops whose every access is {@code array[j]}: with {@code array[offset + j]} it cannot rule
 * out that two of the arrays overlap. So a block of B is copied to one array for each row, a row of C is summed up in
 * an array of its own, and the inner loop adds eight rows of B at once, {@code c[j] += a0 * b0[j] + ... + a7 * b7[j]}.
 * That is about four times as fast as the loops of {@link PlainGemm}.
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

    /** Multiply-adds of a task. */
    private static final long TASK_WORK = 1L << 20;

    private static final ThreadLocal<float[][]> ROWS_OF_B = ThreadLocal.withInitial(() -> new float[DEPTH][COLUMNS]);

    private ScalarGemm() {}

    /** {@code c = a·b}, or {@code c += a·b}; {@code c} is row-major, not read unless {@code accumulate}. */
    public static void multiply(Parallel parallel, MatrixView a, MatrixView b, MatrixView c, boolean accumulate) {
        MatrixView.requireProduct(a, b, c);
        if (c.columns() < UNROLL || a.columns() == 0) {
            PlainGemm.multiply(a, b, c, accumulate);
            return;
        }
        int columns = Math.min(COLUMNS, c.columns());
        int rows = Math.clamp(TASK_WORK / ((long) columns * a.columns()), 32, Math.max(32, c.rows()));
        int across = Math.ceilDiv(c.columns(), columns);
        int down = Math.ceilDiv(c.rows(), rows);
        parallel.forEach(across * down, task -> {
            int i = task / across * rows;
            int j = task % across * columns;
            block(a, b, c, accumulate, i, Math.min(c.rows(), i + rows), j, Math.min(columns, c.columns() - j));
        });
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
                    System.arraycopy(c.values(), c.at(i, j0), sums, 0, columns);
                } else {
                    Arrays.fill(sums, 0, columns, 0f);
                }
                addProducts(a, i, k0, depth, rows, sums, columns);
                System.arraycopy(sums, 0, c.values(), c.at(i, j0), columns);
            }
        }
    }

    private static void copyRows(MatrixView b, int k0, int depth, int j0, int columns, float[][] rows) {
        for (int k = 0; k < depth; k++) {
            if (b.columnStride() == 1) {
                System.arraycopy(b.values(), b.at(k0 + k, j0), rows[k], 0, columns);
            } else {
                for (int j = 0; j < columns; j++) {
                    rows[k][j] = b.values()[b.at(k0 + k, j0 + j)];
                }
            }
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
