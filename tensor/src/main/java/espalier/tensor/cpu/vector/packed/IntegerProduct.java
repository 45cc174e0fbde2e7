package espalier.tensor.cpu.vector.packed;

import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.conv.ConvTile;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.packed.QuantizedMatrix;
import java.util.Arrays;
import java.util.Optional;

/**
 * Exact products of integers: codes {@code a [M, K]} times codes {@code b [K, N]}, both a byte each, give {@code c [M,
 * N]} in 32 bits.
 *
 * <p>The Vector API has no instruction that multiplies bytes and adds up in 32 bits. Two ways remain:
 *
 * <ul>
 *   <li>16-bit sums, flushed to 32 bits before they can overflow: twice the lanes of floats. Worth it when the largest
 *       product of two codes fits 16 bits several dozen times, as with 4-bit or ternary weights.
 *   <li>Float sums: every integer up to 2<sup>24</sup> is a float, so sums of 1024 products of two bytes are exact.
 * </ul>
 */
final class IntegerProduct {
    /** The shortest 16-bit sum that is worth flushing. */
    private static final int SHORTEST = 64;

    /** Products of -128 and -128 whose sum a float can hold: 1024 times 2^14 is 2^24. */
    private static final int FLOAT_DEPTH = 1024;

    private static final int FLOAT_VECTORS = 4;

    /** Multiply-adds of a task: about 50 microseconds. */
    private static final long TASK_WORK = 2_000_000;

    private final QuantizedMatrix a;

    /** The codes in strips of rows; each kind is made when it is needed first, and is then the same for ever. */
    private volatile Optional<short[]> shorts = Optional.empty();

    private volatile Optional<float[]> floats = Optional.empty();

    IntegerProduct(QuantizedMatrix a) {
        this.a = a;
    }

    /** {@code c = a · b}, row by row; the scales of {@code a} play no part. {@code K * 128 * 127} must be an int. */
    void multiply(Parallel parallel, byte[] b, int bAt, int n, int[] c, int cAt) {
        int largest = ByteLanes.maxMagnitude(b, bAt, a.columns() * n);
        int depth = Short.MAX_VALUE / Math.max(1, a.maxCode() * largest);
        if (depth >= Math.min(SHORTEST, a.columns())) {
            multiplyShorts(parallel, b, bAt, n, c, cAt, depth);
        } else {
            multiplyFloats(parallel, b, bAt, n, c, cAt);
        }
    }

    private void multiplyShorts(Parallel parallel, byte[] b, int bAt, int n, int[] c, int cAt, int depth) {
        int columns = a.columns();
        int strips = Math.ceilDiv(a.rows(), ShortTile.ROWS);
        short[] packed = packedShorts(strips);
        forPanels(parallel, n, ShortTile.WIDTH, (first, width) -> {
            short[] panel = new short[columns * ShortTile.WIDTH];
            for (int k = 0; k < columns; k++) {
                ByteLanes.widen(b, bAt + k * n + first, panel, k * ShortTile.WIDTH, width);
            }
            int[] tile = new int[ShortTile.ROWS * ShortTile.WIDTH];
            for (int strip = 0; strip < strips; strip++) {
                Arrays.fill(tile, 0);
                for (int k = 0; k < columns; k += depth) {
                    int at = ShortTile.ROWS * (strip * columns + k);
                    int count = Math.min(depth, columns - k);
                    ShortTile.add(count, packed, at, panel, k * ShortTile.WIDTH, tile, 0, ShortTile.WIDTH);
                }
                for (int i = 0; i < Math.min(ShortTile.ROWS, a.rows() - strip * ShortTile.ROWS); i++) {
                    int to = cAt + (strip * ShortTile.ROWS + i) * n + first;
                    System.arraycopy(tile, i * ShortTile.WIDTH, c, to, width);
                }
            }
        });
    }

    private void multiplyFloats(Parallel parallel, byte[] b, int bAt, int n, int[] c, int cAt) {
        int columns = a.columns();
        int panelWidth = FLOAT_VECTORS * Lanes.COUNT;
        int strips = Math.ceilDiv(a.rows(), PackedRows.STRIP);
        float[] packed = packedFloats(strips);
        int[] offsets = new int[columns];
        Arrays.setAll(offsets, k -> k * panelWidth);
        int[] starts = new int[FLOAT_VECTORS];
        Arrays.setAll(starts, v -> v * Lanes.COUNT);
        ConvTile tile = new ConvTile(starts, starts, panelWidth);
        forPanels(parallel, n, panelWidth, (first, width) -> {
            float[] panel = Scratch.zeros(Scratch.GEMM_B, columns * panelWidth);
            for (int k = 0; k < columns; k++) {
                ByteLanes.widen(b, bAt + k * n + first, panel, k * panelWidth, width);
            }
            float[] sums = new float[PackedRows.STRIP * panelWidth];
            for (int strip = 0; strip < strips; strip++) {
                int top = strip * PackedRows.STRIP;
                int end = Math.min(a.rows(), top + PackedRows.STRIP);
                for (int i = top; i < end; i++) {
                    Arrays.fill(c, cAt + i * n + first, cAt + i * n + first + width, 0);
                }
                for (int k = 0; k < columns; k += FLOAT_DEPTH) {
                    tile.run(
                            PackedRows.STRIP,
                            Math.min(FLOAT_DEPTH, columns - k),
                            packed,
                            (top * columns) + k * PackedRows.STRIP,
                            offsets,
                            k,
                            panel,
                            0,
                            sums,
                            0,
                            0,
                            FLOAT_VECTORS,
                            false,
                            ConvTile.NO_BIAS,
                            0);
                    for (int i = top; i < end; i++) {
                        for (int j = 0; j < width; j++) {
                            c[cAt + i * n + first + j] += (int) sums[(i - top) * panelWidth + j];
                        }
                    }
                }
            }
        });
    }

    private short[] packedShorts(int strips) {
        return shorts.orElseGet(() -> {
            short[] packed = new short[strips * ShortTile.ROWS * a.columns()];
            pack(ShortTile.ROWS, (i, code) -> packed[i] = code);
            shorts = Optional.of(packed);
            return packed;
        });
    }

    private float[] packedFloats(int strips) {
        return floats.orElseGet(() -> {
            float[] packed = new float[strips * PackedRows.STRIP * a.columns()];
            pack(PackedRows.STRIP, (i, code) -> packed[i] = code);
            floats = Optional.of(packed);
            return packed;
        });
    }

    /** Takes one code to its place. */
    private interface Place {
        void put(int index, byte code);
    }

    /** Some columns of the result: the first and how many. */
    private interface Panel {
        void multiply(int first, int width);
    }

    /** Codes in the order [strip][column][row of the strip]. */
    private void pack(int strip, Place place) {
        byte[] codes = new byte[a.columns()];
        for (int row = 0; row < a.rows(); row++) {
            a.copyCodes(row, codes, 0);
            int at = row / strip * strip * a.columns() + row % strip;
            for (int k = 0; k < codes.length; k++) {
                place.put(at + k * strip, codes[k]);
            }
        }
    }

    private void forPanels(Parallel parallel, int n, int width, Panel panel) {
        int panels = Math.ceilDiv(n, width);
        long work = Math.max(1, (long) a.rows() * a.columns() * width);
        int perTask = Math.clamp(TASK_WORK / work, 1, Math.max(1, panels));
        parallel.forEach(Math.ceilDiv(panels, perTask), task -> {
            for (int p = task * perTask; p < Math.min(panels, (task + 1) * perTask); p++) {
                panel.multiply(p * width, Math.min(width, n - p * width));
            }
        });
    }
}
