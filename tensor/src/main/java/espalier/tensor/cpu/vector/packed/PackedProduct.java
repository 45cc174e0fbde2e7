package espalier.tensor.cpu.vector.packed;

import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.conv.ConvTile;
import espalier.tensor.cpu.vector.lanes.Lanes;
import java.util.Arrays;

/**
 * Packed matrix times dense matrix: {@code a [M, K], b [K, N] → c [M, N]}, row by row and without gaps.
 *
 * <p>The columns of {@code b} are read where they lie, by vectors; the last vector ends with the row and overlaps the one
 * before. Two kinds of {@code b} are copied first: one narrower than a vector, which is widened with zeros, and one
 * whose rows are a large power of two apart, because its columns would share a few sets of the cache.
 */
final class PackedProduct {
    /** Multiply-adds of a vector in a task: about 100 microseconds. */
    private static final long TASK_WORK = 1 << 19;

    /** Vectors in a copied panel, and the least that a task takes. */
    private static final int PANEL = 8;

    private static final int LANES = Lanes.COUNT;

    private PackedProduct() {}

    /** {@code c = a · b + bias}; {@code bias} has a value for each row of {@code a}, or is empty. */
    static void multiply(
            Parallel parallel, PackedRows a, float[] b, int bAt, int n, float[] c, int cAt, float[] bias, int biasAt) {
        if (a.rows == 0 || n == 0) {
            return;
        }
        if (n == 1) {
            multiplyVector(parallel, a, b, bAt, c, cAt, bias, biasAt);
            return;
        }
        if (n < LANES) {
            multiplyNarrow(parallel, a, b, bAt, n, c, cAt, bias, biasAt);
            return;
        }
        int vectors = Math.ceilDiv(n, LANES);
        boolean copies = n % 256 == 0;
        int[] starts = starts(n, vectors);
        int[] columnOffsets = multiples(a.columns, copies ? PANEL * LANES : n);
        int[] table = a.table(columnOffsets);
        ConvTile tile = new ConvTile(copies ? panelStarts(vectors) : starts, starts, n);

        int panels = Math.ceilDiv(vectors, PANEL);
        int rowBlocks = Math.ceilDiv(a.rows, a.rowStep());
        long panelWork = Math.max(1, a.work() * PANEL);
        int splits = Math.clamp(panelWork / TASK_WORK, 1, rowBlocks);
        int panelsPerTask = Math.clamp(TASK_WORK / panelWork, 1, panels);
        parallel.forEach(Math.ceilDiv(panels, panelsPerTask) * splits, task -> {
            int split = task % splits;
            int fromRow = (int) ((long) rowBlocks * split / splits) * a.rowStep();
            int toRow = Math.min(a.rows, (int) ((long) rowBlocks * (split + 1) / splits) * a.rowStep());
            int firstPanel = task / splits * panelsPerTask;
            int endPanel = Math.min(panels, firstPanel + panelsPerTask);
            for (int panel = firstPanel; panel < endPanel; panel++) {
                int from = panel * PANEL;
                int to = Math.min(vectors, from + PANEL);
                float[] x = b;
                int xBase = bAt;
                if (copies) {
                    x = copyPanel(b, bAt + from * LANES, n, a.columns);
                    xBase = 0;
                }
                a.multiply(table, x, xBase, tile, c, cAt, from, to, fromRow, toRow, bias, biasAt);
            }
        });
    }

    /** One column: {@code y [M] = a · x [K] + bias}. */
    private static void multiplyVector(
            Parallel parallel, PackedRows a, float[] x, int xAt, float[] y, int yAt, float[] bias, int biasAt) {
        int rowBlocks = Math.ceilDiv(a.rows, a.rowStep());
        int splits = Math.clamp(a.work() / TASK_WORK, 1, rowBlocks);
        parallel.forEach(splits, split -> {
            int fromRow = (int) ((long) rowBlocks * split / splits) * a.rowStep();
            int toRow = Math.min(a.rows, (int) ((long) rowBlocks * (split + 1) / splits) * a.rowStep());
            a.multiplyVector(x, xAt, y, yAt, fromRow, toRow, bias, biasAt);
        });
    }

    /** Fewer columns than lanes: the rest of each vector is computed from zeros and dropped. */
    private static void multiplyNarrow(
            Parallel parallel, PackedRows a, float[] b, int bAt, int n, float[] c, int cAt, float[] bias, int biasAt) {
        int[] table = a.table(multiples(a.columns, LANES));
        int[] start = new int[1];
        ConvTile tile = new ConvTile(start, start, LANES);
        parallel.once(() -> {
            float[] x = Scratch.zeros(Scratch.GEMM_B, a.columns * LANES);
            for (int k = 0; k < a.columns; k++) {
                for (int j = 0; j < n; j++) {
                    x[k * LANES + j] = b[bAt + k * n + j];
                }
            }
            float[] wide = Scratch.floats(Scratch.CONV_OUTPUT, a.rows * LANES);
            a.multiply(table, x, 0, tile, wide, 0, 0, 1, 0, a.rows, bias, biasAt);
            for (int i = 0; i < a.rows; i++) {
                for (int j = 0; j < n; j++) {
                    c[cAt + i * n + j] = wide[i * LANES + j];
                }
            }
        });
    }

    private static float[] copyPanel(float[] b, int at, int n, int rows) {
        int width = PANEL * LANES;
        float[] panel = Scratch.floats(Scratch.GEMM_B, rows * width);
        for (int k = 0; k < rows; k++) {
            System.arraycopy(b, at + k * n, panel, k * width, width);
        }
        return panel;
    }

    private static int[] starts(int n, int vectors) {
        int[] starts = new int[vectors];
        Arrays.setAll(starts, v -> Math.min(v * LANES, n - LANES));
        return starts;
    }

    private static int[] panelStarts(int vectors) {
        int[] starts = new int[vectors];
        Arrays.setAll(starts, v -> v % PANEL * LANES);
        return starts;
    }

    private static int[] multiples(int count, int step) {
        int[] multiples = new int[count];
        Arrays.setAll(multiples, k -> k * step);
        return multiples;
    }
}
