package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.RowGroups;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.cpu.vector.lanes.StridedCopy;

/**
 * Computes a {@link Correlation} with a single tap, a 1 × 1 kernel: a product of matrices, channels by pixels.
 *
 * <p>Such sums are long and use each pixel once. So pixels are copied into panels of two vectors, in which those of all
 * channels lie one after the other: a panel, or a stretch of it, stays in the nearest cache while all output channels
 * are computed from it. Results go where they belong; the last panel of an image overlaps the one before and computes
 * some pixels again.
 */
final class PointwiseSweep extends Sweep {
    private static final int WIDTH = 2 * Lanes.COUNT;

    /** Most floats of a block's panels: a quarter of a megabyte, so that they stay in the second-level cache. */
    private static final int BLOCK_FLOATS = 1 << 16;

    /** Longest stretch of a sum: a panel of it takes less than the nearest cache. */
    private static final int DEPTH = 320;

    /** Panels of short sums that are taken together, so that runs of results are written. */
    private static final int MOST_TOGETHER = 4;

    private final int pixels;
    private final int panels;
    private final int blockPanels;
    private final int blocks;
    private final int depth;
    private final WindowProduct[] groups;
    private final int together;
    private final Cut cut;

    /** Whether a sum is of this kind, and an image at least a panel. */
    static boolean takes(Correlation k) {
        if (k.parts().size() != 1 || k.parts().getFirst().taps() != 1) {
            return false;
        }
        Correlation.Part part = k.parts().getFirst();
        return k.top() == 0
                && k.left() == 0
                && part.down().getFirst().at() == 0
                && part.across().getFirst().at() == 0
                && k.stepH() == 1
                && k.stepW() == 1
                && part.dstY() == 0
                && part.dstX() == 0
                && k.gridH() == k.dstH()
                && k.gridW() == k.dstW()
                && (k.gridH() - 1) * k.strideH() < k.srcH()
                && (k.gridW() - 1) * k.strideW() < k.srcW()
                && k.gridH() * k.gridW() >= WIDTH;
    }

    PointwiseSweep(Correlation correlation) {
        super(correlation);
        pixels = k.gridH() * k.gridW();
        panels = Math.ceilDiv(pixels, WIDTH);
        // Two at least, so that the last panel and the one it overlaps belong to one block: tasks share no results.
        blockPanels = Math.clamp(BLOCK_FLOATS / (WIDTH * Math.max(1, k.channels())), Math.min(2, panels), panels);
        blocks = Math.max(1, panels / blockPanels); // the last one takes the rest: its panels overlap
        depth = Math.ceilDiv(k.channels(), Math.max(1, Math.ceilDiv(k.channels(), DEPTH)));
        int[] offsets = new int[k.channels()];
        for (int c = 0; c < offsets.length; c++) {
            offsets[c] = c * WIDTH;
        }
        together = Math.clamp(DEPTH / Math.max(1, k.channels()), 1, Math.min(MOST_TOGETHER, blockPanels));
        groups = new WindowProduct[panels];
        for (int block = 0; block < blocks; block++) {
            for (int panel = firstPanel(block); panel < endPanel(block); panel += together) {
                ConvTile tile = tile(panel, Math.min(endPanel(block), panel + together), firstPanel(block));
                groups[panel] = new WindowProduct(tile, offsets, Math.max(1, depth), k.rows(), 0, true);
            }
        }
        int most = panels - (blocks - 1) * blockPanels;
        long work = (long) most * WIDTH * k.channels() * k.rows();
        cut = new Cut(k.images() * k.groups(), blocks, most * WIDTH * k.channels() + SLACK, work);
    }

    /** Panels {@code from} to {@code to - 1}, in a window that begins with panel {@code first}. */
    private ConvTile tile(int from, int to, int first) {
        int[] xStarts = new int[2 * (to - from)];
        int[] cStarts = new int[xStarts.length];
        for (int v = 0; v < xStarts.length; v++) {
            int panel = from + v / 2;
            xStarts[v] = (panel - first) * k.channels() * WIDTH + v % 2 * Lanes.COUNT;
            cStarts[v] = pixel(panel) + v % 2 * Lanes.COUNT;
        }
        return new ConvTile(xStarts, cStarts, pixels);
    }

    @Override
    public double cost() {
        int stretches = Math.ceilDiv(k.channels(), Math.max(1, depth));
        double sums = panels * (stretches * 45.0 * RowGroups.count(k.rows()) + (double) k.rows() * k.channels());
        double fill = k.channels() * (20 + 0.5 * pixels * k.strideW());
        return sums + fill;
    }

    @Override
    Cut cut() {
        return cut;
    }

    private int firstPanel(int block) {
        return block * blockPanels;
    }

    private int endPanel(int block) {
        return block == blocks - 1 ? panels : firstPanel(block + 1);
    }

    /** The first pixel of a panel. */
    private int pixel(int panel) {
        return Math.min(panel * WIDTH, pixels - WIDTH);
    }

    @Override
    void fill(Span src, int block, int from, int to, float[] window, int windowAt) {
        int plane = k.srcH() * k.srcW();
        int round = cut.round(block);
        int first = firstPanel(cut.inRound(block));
        int end = endPanel(cut.inRound(block));
        boolean inRuns = k.strideH() == 1 && k.strideW() == 1 && k.srcW() == k.gridW();
        for (int c = from; c < to; c++) {
            int at = src.at() + (round * k.channels() + c) * plane;
            float[] run = src.array();
            if (!inRuns) {
                run = Scratch.floats(Scratch.ROW, pixels);
                for (int i = pixel(first) / k.gridW(); i < k.gridH() && i * k.gridW() < end * WIDTH; i++) {
                    int row = at + i * k.strideH() * k.srcW();
                    StridedCopy.gather(src.array(), row, k.strideW(), run, i * k.gridW(), k.gridW());
                }
                at = 0;
            }
            for (int panel = first; panel < end; panel++) {
                int put = windowAt + ((panel - first) * k.channels() + c) * WIDTH;
                StridedCopy.two(run, at + pixel(panel), window, put);
            }
        }
    }

    @Override
    void compute(Operands o, int block, int firstRow, int endRow, float[] x, int xAt) {
        int round = cut.round(block);
        int group = round % k.groups();
        float[] dst = o.dst().array();
        int to = o.dst().at() + round * k.rows() * pixels;
        int end = endPanel(cut.inRound(block));
        for (int panel = firstPanel(cut.inRound(block)); panel < end; panel += together) {
            groups[panel].run(o, group, firstRow, endRow, x, xAt, dst, to);
        }
    }
}
