package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.RowGroups;
import java.util.Arrays;
import java.util.Optional;

/**
 * A {@link PixelWindow} for the gradient by a {@link RowFilter}: for each term the rows of the window, and the rows of
 * the output's gradient, combined by pairs. With three rows of weights, four sums over half the pixels take the place
 * of three over all; with five, six of five.
 */
final class WinogradPixels implements Pixels {
    private final ConvGeometry g;
    private final RowFilter filter;
    private final PixelWindow window;
    private final int pairs;

    /** @param window with an even number of rows in a block, unless it is all of them */
    WinogradPixels(ConvGeometry g, RowFilter filter, PixelWindow window) {
        this.g = g;
        this.filter = filter;
        this.window = window;
        pairs = Math.ceilDiv(window.rowsPerBlock(), 2);
    }

    /** The filter of a gradient, if it is of this kind. */
    static Optional<RowFilter> filter(ConvGeometry g) {
        boolean walks =
                g.spec().dilationH() == 1 && g.spec().strideH() == 1 && g.spec().strideW() == 1 && g.outH() > 1;
        // Vectors of weights for a pixel: there are few where a row of the kernel leaves most lanes empty.
        int row = Math.ceilDiv(g.kw() * g.groupInputs(), Lanes.COUNT);
        int all = Math.ceilDiv(g.kh() * g.kw() * g.groupInputs(), Lanes.COUNT);
        return Arrays.stream(RowFilter.values())
                .filter(filter -> walks && filter.taps() == g.kh())
                .filter(filter -> filter == RowFilter.THREE || filter.terms() * row < 2 * all)
                .findFirst();
    }

    @Override
    public int kernelRows() {
        return filter.terms();
    }

    @Override
    public int stack() {
        return 1;
    }

    @Override
    public int tap(int term, int q) {
        return term * termPixels() + q * g.spec().dilationW();
    }

    /** Pixels of the window that one term takes. */
    private int termPixels() {
        return window.imagesPerBlock() * pairs * window.columns();
    }

    /** Floats of the combined window. */
    int length(int pitch) {
        return filter.terms() * termPixels() * pitch;
    }

    /** The most pixels of a block, each standing for two. */
    int pixels() {
        return window.imagesPerBlock() * pairs * g.outW();
    }

    /** The pixels of a block. */
    int pixels(int block) {
        return window.images(block) * Math.ceilDiv(window.outRows(block), 2) * g.outW();
    }

    @Override
    public int[] pixelOffsets(int pitch) {
        int[] offsets = new int[pixels()];
        int at = 0;
        for (int row = 0; row < window.imagesPerBlock() * pairs; row++) {
            for (int j = 0; j < g.outW(); j++) {
                offsets[at++] = (row * window.columns() + j) * pitch;
            }
        }
        return offsets;
    }

    /** The rows of a block's window to those of each term; both begin at {@code at}. */
    void combine(int block, float[] rows, int pitch, float[] to, int at) {
        int row = window.columns() * pitch;
        int count = Math.ceilDiv(window.outRows(block), 2);
        for (int n = 0; n < window.images(block); n++) {
            for (int i = 0; i < count; i++) {
                int from = at + (n * window.rows() + 2 * i) * row;
                filter.combine(rows, from, row, row, to, at + (n * pairs + i) * row, termPixels() * pitch);
            }
        }
    }

    /**
     * Panels {@code [panel][pixel][row]} of the output's gradient to those of each term, {@code channels * pixels()}
     * apart.
     */
    void spread(int block, float[] panels, int channels, float[] to) {
        int plain = window.pixels(block);
        int halved = pixels(block);
        int rows = window.outRows(block);
        int step = channels * pixels();
        for (int r = 0, height; r < channels; r += height) {
            height = RowGroups.height(channels, r);
            int run = g.outW() * height;
            int put = r * halved;
            for (int n = 0; n < window.images(block); n++) {
                for (int i = 0; i < rows; i += 2) {
                    int from = r * plain + (n * rows + i) * run;
                    if (i + 1 < rows) {
                        filter.spread(panels, from, from + run, run, to, put, step);
                    } else {
                        filter.spreadFirst(panels, from, run, to, put, step);
                    }
                    put += run;
                }
            }
        }
    }
}
