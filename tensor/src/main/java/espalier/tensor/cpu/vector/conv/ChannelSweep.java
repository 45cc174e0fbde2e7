package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Fetch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.RowGroups;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.cpu.vector.lanes.StridedCopy;
import espalier.tensor.cpu.vector.lanes.Transpose;
import java.util.Arrays;

/**
 * Computes a {@link Correlation} with output channels side by side in a vector: the weights are the vectors, and what
 * the other ways multiply as vectors, pixels, are here the single numbers.
 *
 * <p>The way for images of a few pixels and many channels. No lane is left empty at the end of a row, and a stretch of
 * weights, which is what such sums read most of, comes from memory once for all pixels of a block. For that the pixels
 * under each tap are written side by side, a few neighbours of a row at a time, and the results are transposed at the
 * end; both are paid once for all output channels.
 */
final class ChannelSweep extends Sweep {
    private static final int LANES = Lanes.COUNT;

    /** Output channels of a panel: two vectors. */
    private static final int WIDTH = 2 * LANES;

    /** Most floats of a window: half a megabyte, so that it stays in the second-level cache. */
    private static final int BLOCK_FLOATS = 1 << 17;

    /** Longest sum before it is cut: that stretch of a panel of weights stays in the nearest cache. */
    private static final int DEPTH = 384;

    /** Where in a stretch of weights each term is found. */
    private static final int[] TERMS = multiples(WIDTH, DEPTH);

    /** Floats of the channels that are written together: half of the nearest cache. */
    private static final int FILL_FLOATS = 1 << 12;

    /** Packed weights of a task: about 50 microseconds. */
    private static final int PACK_FLOATS = 1 << 16;

    /**
     * Neighbouring pixels of a grid row, the rows of a tile.
     *
     * @param row of the grid
     * @param column of the first one
     * @param height how many
     * @param pixel how many pixels come before, in rows from the top
     */
    private record Run(int row, int column, int height, int pixel) {}

    private final Correlation.Part part;
    private final int length;
    private final int plane;
    private final int panels;
    private final Run[] runs;
    private final int blockRuns;
    private final PaddedWindow padded;
    private final int pitch;
    private final int together;
    private final int[] starts;
    private final boolean inPlace;
    private final int runFloats;
    private final int mostPixels;
    private final int depth;
    private final ConvTile tile;
    private final Cut cut;

    /** Whether a sum is of this kind. */
    static boolean takes(Correlation k) {
        return k.parts().size() == 1
                && k.stepH() == 1
                && k.stepW() == 1
                && k.channels() * k.parts().getFirst().taps() > 0
                && k.parts().getFirst().dstY() == 0
                && k.parts().getFirst().dstX() == 0
                && k.gridH() == k.dstH()
                && k.gridW() == k.dstW()
                && k.gridW() >= RowGroups.MOST / 2
                && k.rows() >= WIDTH;
    }

    ChannelSweep(Correlation correlation) {
        super(correlation);
        part = k.parts().getFirst();
        length = k.channels() * part.taps();
        plane = k.srcH() * k.srcW();
        panels = Math.ceilDiv(k.rows(), WIDTH);
        runs = runs();
        int blocks = Math.clamp(
                Math.ceilDiv((long) k.gridH() * k.gridW() * length, BLOCK_FLOATS), 1, Math.max(1, runs.length));
        blockRuns = Math.ceilDiv(runs.length, blocks);
        blocks = Math.ceilDiv(runs.length, Math.max(1, blockRuns));
        int rows = 1;
        int pixels = 0;
        for (int block = 0; block < blocks; block++) {
            Run last = runs[end(block) - 1];
            rows = Math.max(rows, last.row() - first(block).row() + 1);
            pixels =
                    Math.max(pixels, last.pixel() + last.height() - first(block).pixel());
        }
        mostPixels = pixels;
        inPlace = part.taps() == 1 && isUnmoved();
        padded = new PaddedWindow(k, rows);
        pitch = inPlace ? k.srcW() : padded.pitch();
        // In place a channel's share of the nearest cache is a line or two.
        together = Math.clamp(FILL_FLOATS / (inPlace ? 2 * WIDTH : padded.plane()), 1, k.channels());
        starts = starts();
        runFloats = RowGroups.MOST * length + SLACK;
        int stretches = Math.max(1, Math.ceilDiv(length, DEPTH));
        depth = Math.max(1, Math.ceilDiv(length, stretches));
        tile = new ConvTile(new int[] {0, LANES}, new int[] {0, LANES}, PaddedWindow.spread(panels * WIDTH));
        long work = (long) mostPixels * length * k.rows();
        cut = new Cut(k.images() * k.groups(), blocks, blockRuns * runFloats, work);
    }

    /** Whether each grid point lies under the source pixel of the same row and column. */
    private boolean isUnmoved() {
        return k.strideH() == 1
                && k.strideW() == 1
                && k.top() == part.down().getFirst().at()
                && k.left() == part.across().getFirst().at()
                && k.gridH() <= k.srcH()
                && k.gridW() <= k.srcW();
    }

    private static int[] multiples(int step, int count) {
        int[] table = new int[count];
        Arrays.setAll(table, i -> i * step);
        return table;
    }

    private Run[] runs() {
        int perRow = Math.ceilDiv(k.gridW(), RowGroups.MOST);
        Run[] made = new Run[k.gridH() * perRow];
        for (int i = 0; i < made.length; i++) {
            int row = i / perRow;
            int column = k.gridW() * (i % perRow) / perRow;
            int end = k.gridW() * (i % perRow + 1) / perRow;
            made[i] = new Run(row, column, end - column, row * k.gridW() + column);
        }
        return made;
    }

    /** Where the taps find the first pixel, in each of the channels that are written together. */
    private int[] starts() {
        int[] found = new int[together * part.taps()];
        int at = 0;
        for (int c = 0; c < together; c++) {
            for (Correlation.Tap down : part.down()) {
                for (Correlation.Tap across : part.across()) {
                    found[at++] = inPlace ? c * plane : c * padded.plane() + padded.at(down.at(), across.at());
                }
            }
        }
        return found;
    }

    private Run first(int block) {
        return runs[block * blockRuns];
    }

    private int end(int block) {
        return Math.min(runs.length, (block + 1) * blockRuns);
    }

    @Override
    public double cost() {
        double pixels = (double) k.gridH() * k.gridW();
        int stretches = Math.ceilDiv(length, depth);
        double sums = panels * (45.0 * stretches * runs.length + pixels * length);
        double fill = 4.0 * length * runs.length + (inPlace ? 0 : k.channels() * (50 + pixels));
        double store = 1.5 * pixels * k.rows();
        return sums + fill + store;
    }

    @Override
    Cut cut() {
        return cut;
    }

    @Override
    public Order order() {
        return Order.CHANNELS_ABREAST;
    }

    @Override
    int panels() {
        return panels;
    }

    @Override
    int firstRow(int panel) {
        return Math.min(k.rows(), panel * WIDTH);
    }

    @Override
    public int packedLength() {
        return k.groups() * panels * WIDTH * length;
    }

    private int packedAt(int group, int panel) {
        return (group * panels + panel) * WIDTH * length;
    }

    /**
     * Panels of output channels; in a panel the channels' weights of one term side by side. What stands beyond the last
     * channel does not count.
     */
    @Override
    public void pack(Parallel parallel, Span weight, Span packed) {
        int[] terms = k.terms(part, false);
        int all = k.groups() * panels;
        int panelsPerTask = Math.clamp(PACK_FLOATS / Math.max(1, WIDTH * length), 1, Math.max(1, all));
        parallel.forEach(Math.ceilDiv(all, panelsPerTask), task -> {
            for (int i = task * panelsPerTask; i < Math.min(all, (task + 1) * panelsPerTask); i++) {
                int row = firstRow(i % panels);
                int height = Math.min(WIDTH, k.rows() - row);
                int from = weight.at() + i / panels * k.weightGroup() + row * k.weightRow();
                int to = packed.at() + packedAt(i / panels, i % panels);
                packPanel(weight.array(), from, height, terms, packed.array(), to);
            }
        });
    }

    private void packPanel(float[] weight, int from, int height, int[] terms, float[] packed, int to) {
        if (Correlation.inOrder(terms)) {
            Transpose.run(weight, from, k.weightRow(), height, length, packed, to, WIDTH);
            return;
        }
        for (int i = 0; i < height; i++) {
            for (int t = 0; t < length; t++) {
                packed[to + t * WIDTH + i] = weight[from + i * k.weightRow() + terms[t]];
            }
        }
    }

    @Override
    void fill(Span src, int block, int from, int to, float[] window, int windowAt) {
        int source = src.at() + cut.round(block) * k.channels() * plane;
        int index = cut.inRound(block);
        if (cut.blocks() == 1) {
            Fetch.lines(src.array(), source + from * plane, (to - from) * plane);
        }
        int firstGridRow = inPlace ? 0 : first(index).row();
        float[] x = inPlace ? src.array() : Scratch.floats(Scratch.ROW, together * padded.plane() + SLACK);
        for (int c = from; c < to; c += together) {
            int count = Math.min(together, to - c);
            int at = source + c * plane;
            if (!inPlace) {
                padded.fill(src.array(), at, count, firstGridRow, x, c > from);
                at = 0;
            }
            for (int i = index * blockRuns; i < end(index); i++) {
                Run run = runs[i];
                int read = at + (run.row() - firstGridRow) * pitch + run.column();
                int put = windowAt + (i - index * blockRuns) * runFloats + c * part.taps() * run.height();
                boolean more = c + count < to; // later channels write over what these write too much
                StridedCopy.runs(x, read, starts, count * part.taps(), window, put, run.height(), more);
            }
        }
    }

    @Override
    void compute(Operands o, int block, int firstRow, int endRow, float[] x, int xAt) {
        int round = cut.round(block);
        int group = round % k.groups();
        int index = cut.inRound(block);
        int firstPixel = first(index).pixel();
        Run last = runs[end(index) - 1];
        int pixels = last.pixel() + last.height() - firstPixel;
        int width = tile.rowStride();
        float[] sums = Scratch.floats(Scratch.CONV_OUTPUT, mostPixels * width);
        boolean biased = !o.bias().isEmpty();
        if (biased) {
            for (int p = 0; p < pixels; p++) {
                int from = o.bias().at() + group * k.rows() + firstRow;
                StridedCopy.copy(o.bias().array(), from, sums, p * width + firstRow, endRow - firstRow);
            }
        }
        for (int panel = firstRow / WIDTH; panel * WIDTH < endRow; panel++) {
            for (int term = 0; term < length; term += depth) {
                int n = Math.min(depth, length - term);
                int weights = o.packed().at() + packedAt(group, panel) + term * WIDTH;
                boolean add = biased || term > 0;
                for (int i = index * blockRuns; i < end(index); i++) {
                    int height = runs[i].height();
                    int a = xAt + (i - index * blockRuns) * runFloats + term * height;
                    int c = (runs[i].pixel() - firstPixel) * width + panel * WIDTH;
                    tile.run(
                            height,
                            n,
                            x,
                            a,
                            TERMS,
                            0,
                            o.packed().array(),
                            weights,
                            sums,
                            c,
                            0,
                            2,
                            add,
                            ConvTile.NO_BIAS,
                            0);
                }
            }
        }
        int image = k.dstH() * k.dstW();
        int to = o.dst().at() + (round * k.rows() + firstRow) * image + firstPixel;
        Transpose.run(sums, firstRow, width, pixels, endRow - firstRow, o.dst().array(), to, image);
    }
}
