package espalier.tensor.cpu.vector.packed;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.conv.ConvTile;
import espalier.tensor.cpu.vector.conv.Correlation;
import espalier.tensor.cpu.vector.conv.PaddedWindow;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.cpu.vector.lanes.Transpose;
import java.util.Arrays;

/**
 * Images side by side: lane l of a vector belongs to image l, and a vector is one pixel. Any stride is only a distance,
 * no lane is left over at the end of a row, and every load takes a whole cache line, which neighbouring pixels hardly
 * ever begin with. The price is to transpose the images, and the results back.
 *
 * <p>A task takes some rows of as many images as a vector has lanes. What they see lies zero-padded in its window:
 *
 * <pre>
 *   window[channel][row][column][image]  →  c[output channel][row][column][image]
 * </pre>
 */
final class PackedLanes implements PackedConvolution {
    private static final int LANES = Lanes.COUNT;

    /**
     * Most floats of a window and its results, if there is more than one row of them: most of the second-level cache.
     */
    private static final int NEAR_FLOATS = 200_000;

    /** How many times longer sums take if there are more. */
    private static final double FAR = 1.6;

    /** Most floats of a window or of results, however few rows they have. */
    private static final long MOST_FLOATS = 1 << 24;

    /** Cycles that a vector takes to be transposed, on its way in or out. */
    private static final double TURN_CYCLES = 14;

    private final PackedRows weights;
    private final Correlation k;
    private final int pitch;
    private final int windowRows;
    private final int plane;
    private final int resultPlane;
    private final int chunkRows;
    private final int chunks;
    private final RightLayout full;
    private final RightLayout last;

    PackedLanes(ConvGeometry geometry, PackedRows weights) {
        this.weights = weights;
        k = Correlation.forward(geometry);
        Correlation.Part taps = k.parts().getFirst();
        int reach = taps.down().getLast().at() + 1;
        pitch = (k.gridW() - 1) * k.strideW() + taps.across().getLast().at() + 1;
        long srcRow = (long) k.channels() * pitch * LANES;
        long dstRow = (long) k.rows() * k.gridW() * LANES;
        long near = (NEAR_FLOATS - (reach - k.strideH()) * srcRow) / (k.strideH() * srcRow + dstRow);
        long quick = (long) (PackedRows.TASK_CYCLES / Math.max(1, weights.cycles(Lane.IMAGE) * k.gridW()));
        int most = Math.clamp(Math.min(near, quick), 1, k.gridH());
        chunkRows = Math.ceilDiv(k.gridH(), Math.ceilDiv(k.gridH(), most));
        chunks = Math.ceilDiv(k.gridH(), chunkRows);
        windowRows = (chunkRows - 1) * k.strideH() + reach;
        plane = PaddedWindow.spread(windowRows * pitch * LANES);
        resultPlane = PaddedWindow.spread(chunkRows * k.gridW() * LANES);
        int[] table = weights.table(PackedConvolution.offsets(k, (c, y, x) -> c * plane + (y * pitch + x) * LANES));
        full = new RightLayout(table, pixels(chunkRows));
        last = new RightLayout(table, pixels(k.gridH() - (chunks - 1) * chunkRows));
    }

    /** Whether a row of results and what it sees are small enough. */
    static boolean takes(ConvGeometry g) {
        Correlation k = Correlation.forward(g);
        long reach = k.parts().getFirst().down().getLast().at() + 1L;
        long pitch = k.srcW() + 2L * k.left();
        return k.channels() * reach * pitch * LANES <= MOST_FLOATS
                && (long) k.rows() * k.gridW() * LANES <= MOST_FLOATS;
    }

    private ConvTile pixels(int rows) {
        int[] xStarts = new int[rows * k.gridW()];
        int[] cStarts = new int[rows * k.gridW()];
        for (int v = 0; v < xStarts.length; v++) {
            int row = v / k.gridW() * k.strideH();
            int column = v % k.gridW() * k.strideW();
            xStarts[v] = (row * pitch + column) * LANES;
            cStarts[v] = v * LANES;
        }
        return new ConvTile(xStarts, cStarts, resultPlane);
    }

    private double chunkCycles() {
        double turned = (double) k.channels() * windowRows * k.srcW() + (double) k.rows() * chunkRows * k.gridW();
        long floats = (long) k.channels() * plane + (long) k.rows() * resultPlane;
        double far = floats > NEAR_FLOATS ? FAR : 1;
        return far * weights.cycles(Lane.IMAGE) * full.tile().vectors() + TURN_CYCLES * turned;
    }

    @Override
    public double cycles() {
        return Math.ceilDiv(k.images(), LANES) * chunks * chunkCycles();
    }

    @Override
    public void run(Parallel parallel, Span x, Span bias, Span y) {
        int units = Math.ceilDiv(k.images(), LANES) * chunks;
        int unitsPerTask = Math.clamp((long) (PackedRows.TASK_CYCLES / chunkCycles()), 1, Math.max(1, units));
        parallel.forEach(Math.ceilDiv(units, unitsPerTask), task -> {
            int end = Math.min(units, (task + 1) * unitsPerTask);
            for (int unit = task * unitsPerTask; unit < end; unit++) {
                runUnit(unit / chunks * LANES, unit % chunks, x, bias, y);
            }
        });
    }

    private void runUnit(int image, int chunk, Span x, Span bias, Span y) {
        int images = Math.min(LANES, k.images() - image);
        int firstRow = chunk * chunkRows;
        RightLayout right = chunk == chunks - 1 ? last : full;
        float[] window = window(x, image, images, firstRow * k.strideH() - k.top());
        float[] c = Scratch.onLines(Scratch.CONV_OUTPUT, k.rows() * resultPlane);
        weights.multiply(right, window, Scratch.LINE, c, Scratch.LINE, 0, k.rows(), bias);
        int pixels = right.tile().vectors();
        int dstPlane = k.dstH() * k.dstW();
        int dstImage = k.rows() * dstPlane;
        int to = y.at() + image * dstImage + firstRow * k.dstW();
        for (int r = 0; r < k.rows(); r++) {
            int from = Scratch.LINE + r * resultPlane;
            Transpose.run(c, from, LANES, pixels, images, y.array(), to + r * dstPlane, dstImage);
        }
    }

    /** What rows of results see of some images, from row {@code top} of the source on, which may be above the first. */
    private float[] window(Span x, int image, int images, int top) {
        float[] window = Scratch.onLines(Scratch.CONV_INPUT, k.channels() * plane);
        if (images < LANES) {
            Arrays.fill(
                    window, Scratch.LINE, Scratch.LINE + k.channels() * plane, 0f); // nobody wants those lanes' results
        }
        int above = Math.clamp(-top, 0, windowRows);
        int below = Math.clamp(k.srcH() - top, above, windowRows);
        int srcImage = k.channels() * k.srcH() * k.srcW();
        for (int c = 0; c < k.channels(); c++) {
            int from = x.at() + image * srcImage + (c * k.srcH() + top + above) * k.srcW();
            int to = Scratch.LINE + c * plane;
            Arrays.fill(window, to, to + above * pitch * LANES, 0f);
            turnRows(x.array(), from, images, below - above, window, to + above * pitch * LANES);
            Arrays.fill(window, to + below * pitch * LANES, to + windowRows * pitch * LANES, 0f);
        }
        return window;
    }

    /** {@code [image][row][column] → [row][column][image]}, with zeros beside the rows. */
    private void turnRows(float[] x, int from, int images, int rows, float[] window, int to) {
        int srcImage = k.channels() * k.srcH() * k.srcW();
        if (pitch == k.srcW() && k.left() == 0) {
            Transpose.run(x, from, srcImage, images, rows * pitch, window, to, LANES);
            return;
        }
        int left = Math.min(k.left(), pitch);
        int right = Math.min(k.left() + k.srcW(), pitch);
        for (int i = 0; i < rows; i++) {
            int row = to + i * pitch * LANES;
            Arrays.fill(window, row, row + left * LANES, 0f);
            Transpose.run(x, from + i * k.srcW(), srcImage, images, right - left, window, row + left * LANES, LANES);
            Arrays.fill(window, row + right * LANES, row + pitch * LANES, 0f);
        }
    }
}
