package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.vector.lanes.Lanes;

/**
 * The weights that belong to some of the input channels, as vectors: where each lies in a window of {@link Pixels} and
 * in the partial sums of {@link ConvWeightGradient}.
 *
 * <p>In the window the channels of a pixel lie side by side, and so do neighbouring pixels. Hence the weights
 * {@code [q][c]} of one kernel row are one run, cut into vectors, unless dilation or a gap after the channels keeps the
 * columns apart; then each kernel column is a run. Where a window is stacked, the weights {@code [q][p][c]} of all
 * kernel rows are one run. The last vector of a run ends where the run ends and so repeats some weights; each vector
 * has its own place in the sums, and {@link #store} takes every weight once.
 */
final class WeightVectors {
    private final int first;
    private final int channels;
    private final int stack;
    private final int pitch;
    private final int at;
    private final int kernelRows;
    private final int kernelColumns;
    private final boolean joined;
    private final int runLength;
    private final int runVectors;
    private final int[] xStarts;
    private final int[] cStarts;
    private final int[] offsets;

    /**
     * @param first the first of the channels, within its group
     * @param channels how many
     * @param at where in a row of sums these weights begin
     */
    WeightVectors(ConvGeometry g, Pixels window, int first, int channels, int at) {
        this.first = first;
        this.channels = channels;
        this.at = at;
        stack = window.stack();
        kernelRows = window.kernelRows();
        kernelColumns = g.kw();
        // A distance of 32 floats from pixel to pixel would use every second cache set only.
        int together = stack * channels;
        pitch = together % 32 == 0 ? together + 16 : together;
        joined = together % Lanes.COUNT != 0 && g.spec().dilationW() == 1;
        runLength = joined ? kernelColumns * together : together;
        runVectors = Math.ceilDiv(runLength, Lanes.COUNT);
        int runsPerRow = joined ? 1 : kernelColumns;
        int runs = kernelRows * runsPerRow;
        xStarts = new int[runs * runVectors];
        cStarts = new int[runs * runVectors];
        for (int run = 0; run < runs; run++) {
            int start = window.tap(run / runsPerRow, run % runsPerRow) * pitch;
            for (int v = 0; v < runVectors; v++) {
                xStarts[run * runVectors + v] = start + vectorStart(v);
                cStarts[run * runVectors + v] = at + (run * runVectors + v) * Lanes.COUNT;
            }
        }
        offsets = window.pixelOffsets(pitch);
    }

    private int vectorStart(int v) {
        return Math.max(0, Math.min(v * Lanes.COUNT, runLength - Lanes.COUNT));
    }

    int first() {
        return first;
    }

    int channels() {
        return channels;
    }

    /** Floats from one pixel of the window to the next. */
    int pitch() {
        return pitch;
    }

    /** Floats that one output channel's sums take. */
    int length() {
        return xStarts.length * Lanes.COUNT;
    }

    /** Where in the window each pixel of a block lies. */
    int[] offsets() {
        return offsets;
    }

    /** The vectors, for sums whose output channels are {@code rowStride} apart. */
    ConvTile tile(int rowStride) {
        return new ConvTile(xStarts, cStarts, rowStride);
    }

    /** Copies one output channel's sums, in the order of the vectors, to {@code dw [C][kH][kW]}. */
    void store(float[] sums, int sumsAt, float[] dw, int dwAt) {
        int rows = kernelRows * stack;
        for (int p = 0; p < rows; p++) {
            for (int q = 0; q < kernelColumns; q++) {
                int run = joined ? p / stack : p / stack * kernelColumns + q;
                int inRun = ((joined ? q : 0) * stack + p % stack) * channels;
                int to = dwAt + (first * rows + p) * kernelColumns + q;
                for (int c = 0; c < channels; c++) {
                    int v = (inRun + c) / Lanes.COUNT;
                    int lane = inRun + c - vectorStart(v);
                    dw[to + c * rows * kernelColumns] = sums[sumsAt + at + (run * runVectors + v) * Lanes.COUNT + lane];
                }
            }
        }
    }
}
