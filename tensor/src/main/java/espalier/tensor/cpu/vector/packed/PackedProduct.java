package espalier.tensor.cpu.vector.packed;

import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.conv.ConvTile;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.Span;
import java.util.Arrays;

/**
 * Packed matrix times dense matrix: {@code a [M, K], b [K, N] → c [M, N]}, row by row and without gaps.
 *
 * <p>The columns of {@code b} are read where they lie, by vectors; the last vector ends with the row and overlaps the
 * one before. Two kinds of {@code b} are copied first: one narrower than a vector, which is widened with zeros, and one
 * whose rows are a large power of two apart, because its columns would share a few sets of the cache.
 */
final class PackedProduct {
    /** Vectors in a copied panel, and the least that a task takes. */
    private static final int PANEL = 8;

    private static final int LANES = Lanes.COUNT;

    /** Columns of a panel. */
    private static final int WIDTH = PANEL * LANES;

    private PackedProduct() {}

    /** {@code c = a · b + bias}; {@code bias} has a value for each row of {@code a}, or is left out. */
    static void multiply(Parallel parallel, PackedRows a, Span b, int n, Span c, Span bias) {
        if (a.rows == 0 || n == 0) {
            return;
        }
        if (n == 1) {
            multiplyVector(parallel, a, b, c, bias);
            return;
        }
        if (n < LANES) {
            multiplyNarrow(parallel, a, b, n, c, bias);
            return;
        }
        boolean copies = n % 256 == 0;
        int panels = Math.ceilDiv(n, WIDTH);
        int[] table = a.table(multiples(a.columns, copies ? WIDTH : n));
        RightLayout full = new RightLayout(table, panel(0, n));
        RightLayout last = new RightLayout(table, panel((panels - 1) * WIDTH, n));

        long panelCycles = Math.max(1, (long) (a.cycles(Lane.IMAGE) * PANEL));
        int splits = Math.clamp(panelCycles / PackedRows.TASK_CYCLES, 1, a.mostSplits());
        int panelsPerTask = Math.clamp(PackedRows.TASK_CYCLES / panelCycles, 1, panels);
        parallel.forEach(Math.ceilDiv(panels, panelsPerTask) * splits, task -> {
            int fromRow = a.firstRow(task % splits, splits);
            int toRow = a.firstRow(task % splits + 1, splits);
            int firstPanel = task / splits * panelsPerTask;
            int endPanel = Math.min(panels, firstPanel + panelsPerTask);
            for (int panel = firstPanel; panel < endPanel; panel++) {
                int column = panel * WIDTH;
                float[] x = copies ? copyPanel(b, column, n, a.columns) : b.array();
                int xBase = copies ? 0 : b.at() + column;
                RightLayout right = panel == panels - 1 ? last : full;
                a.multiply(right, x, xBase, c.array(), c.at() + column, fromRow, toRow, bias);
            }
        });
    }

    /** One column: {@code y [M] = a · x [K] + bias}. */
    private static void multiplyVector(Parallel parallel, PackedRows a, Span x, Span y, Span bias) {
        int splits = Math.clamp((long) (a.cycles(Lane.IMAGE) / (2 * PackedRows.TASK_CYCLES)), 1, a.mostSplits());
        parallel.forEach(
                splits,
                split -> a.multiplyVector(x, y, a.firstRow(split, splits), a.firstRow(split + 1, splits), bias));
    }

    /** Fewer columns than lanes: the rest of each vector is computed from zeros and dropped. */
    private static void multiplyNarrow(Parallel parallel, PackedRows a, Span b, int n, Span c, Span bias) {
        int[] start = new int[1];
        RightLayout right = new RightLayout(a.table(multiples(a.columns, LANES)), new ConvTile(start, start, LANES));
        parallel.once(() -> {
            float[] x = Scratch.zeros(Scratch.GEMM_B, a.columns * LANES);
            for (int k = 0; k < a.columns; k++) {
                System.arraycopy(b.array(), b.at() + k * n, x, k * LANES, n);
            }
            float[] wide = Scratch.floats(Scratch.CONV_OUTPUT, a.rows * LANES);
            a.multiply(right, x, 0, wide, 0, 0, a.rows, bias);
            for (int i = 0; i < a.rows; i++) {
                System.arraycopy(wide, i * LANES, c.array(), c.at() + i * n, n);
            }
        });
    }

    private static float[] copyPanel(Span b, int column, int n, int rows) {
        float[] panel = Scratch.floats(Scratch.GEMM_B, rows * WIDTH);
        for (int k = 0; k < rows; k++) {
            System.arraycopy(b.array(), b.at() + column + k * n, panel, k * WIDTH, WIDTH);
        }
        return panel;
    }

    /** The vectors of the panel that begins with a column; where the matrix ends, the last one ends with it. */
    private static ConvTile panel(int column, int n) {
        int[] starts = new int[Math.ceilDiv(Math.min(WIDTH, n - column), LANES)];
        Arrays.setAll(starts, v -> Math.min(v * LANES, n - LANES - column));
        return new ConvTile(starts, starts, n);
    }

    private static int[] multiples(int count, int step) {
        int[] multiples = new int[count];
        Arrays.setAll(multiples, k -> k * step);
        return multiples;
    }
}
