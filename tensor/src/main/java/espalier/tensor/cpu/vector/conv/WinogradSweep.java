package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Fetch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.RowGroups;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.cpu.vector.lanes.Transpose;
import java.util.Comparator;
import java.util.List;

/**
 * Computes a {@link Correlation} whose kernel is three rows high with two thirds of its multiplications, by
 * {@link WinogradRows}: four sums over a {@link WinogradWindow}, each with a kernel one row high, and from them two
 * rows of results.
 */
final class WinogradSweep extends Sweep {
    private static final int LANES = Lanes.COUNT;

    /** Most floats of a window and its sums: half a megabyte, so that they stay in the second-level cache. */
    private static final int BLOCK_FLOATS = 1 << 17;

    /** Packed weights of a task: about 50 microseconds. */
    private static final int PACK_FLOATS = 1 << 16;

    /** Most images of a block. */
    private static final int MOST_IMAGES = 16;

    private final int pairs;
    private final int columns;
    private final int firstTap;
    private final int[] tapWeights;
    private final boolean rowsOfVectors;
    private int blockPairs = 1;
    private int blockImages = 1;
    private double cost = Double.MAX_VALUE;
    private final WinogradWindow window;
    private final int gridPitch;
    private final ConvTile tile;
    private final WindowProduct[] terms = new WindowProduct[WinogradRows.TERMS];
    private final Cut cut;

    /** Whether a sum is of this kind. */
    static boolean takes(Correlation k) {
        if (k.parts().size() != 1 || k.strideH() != 1 || k.strideW() != 1 || k.stepH() != 1 || k.stepW() != 1) {
            return false;
        }
        Correlation.Part part = k.parts().getFirst();
        int[] down = part.down().stream().mapToInt(Correlation.Tap::at).sorted().toArray();
        return down.length == WinogradRows.TAPS
                && down[2] - down[0] == 2
                && down[1] - down[0] == 1
                && !part.across().isEmpty()
                && part.dstY() == 0
                && part.dstX() == 0
                && k.gridH() == k.dstH()
                && k.gridW() == k.dstW()
                && k.left() + k.srcW() > 0;
    }

    WinogradSweep(Correlation correlation) {
        super(correlation);
        Correlation.Part part = k.parts().getFirst();
        List<Correlation.Tap> down = part.down().stream()
                .sorted(Comparator.comparingInt(Correlation.Tap::at))
                .toList();
        firstTap = down.getFirst().at();
        tapWeights = down.stream().mapToInt(Correlation.Tap::weight).toArray();
        columns = part.across().size();
        pairs = Math.ceilDiv(k.gridH(), 2);
        rowsOfVectors = k.gridW() % LANES == 0;
        chooseBlock();
        int rows = blockImages * blockPairs;
        window = new WinogradWindow(k, firstTap, blockImages, blockPairs);
        gridPitch = rowsOfVectors ? k.gridW() : WinogradWindow.pitch(k);
        tile = tile(rows);
        int step = WindowProduct.channelsAtOnce(k.channels(), columns) * columns;
        for (int term = 0; term < terms.length; term++) {
            int[] offsets = new int[length()];
            for (int i = 0; i < offsets.length; i++) {
                int across = part.across().get(i % columns).at();
                offsets[i] = i / columns * window.plane() + window.at(term, across);
            }
            // Both rows of results take m1 once, and with it the bias.
            terms[term] = new WindowProduct(tile, offsets, step, k.rows(), packedAt(term, 0), term == 1);
        }
        cut = new Cut(
                Math.ceilDiv(k.images(), blockImages) * k.groups(),
                Math.ceilDiv(pairs, blockPairs),
                k.channels() * window.plane() + SLACK,
                (long) WinogradRows.TERMS * rows * k.gridW() * k.channels() * columns * k.rows());
    }

    /** How many rows of how many images a block has: more fill the last tile better, fewer take less memory. */
    private void chooseBlock() {
        for (int count = pairs; count >= 1; count--) {
            consider(1, count);
        }
        for (int images = 2; images <= Math.min(k.images(), MOST_IMAGES); images++) {
            consider(images, pairs);
        }
    }

    private void consider(int images, int count) {
        int rows = images * count;
        int pitch = WinogradWindow.pitch(k);
        long floats = (long) WinogradRows.TERMS * rows * pitch * (k.channels() + k.rows());
        if (rows > 1 && floats > BLOCK_FLOATS) {
            return;
        }
        double tiles =
                Math.ceilDiv(vectors(rows), 2) * WinogradRows.TERMS * ConvTile.cycles(k.rows(), k.channels() * columns);
        double fill = k.channels() * (50 + rows * (15 + 1.3 * k.srcW()));
        double store = (double) rows * k.rows() * (25 + 0.8 * k.gridW());
        int blocks =
                Math.ceilDiv(k.images(), images) * Math.ceilDiv(pairs, count); // one that is not full costs as much
        double cycles = (tiles + fill + store) * blocks / Math.max(1, k.images());
        if (cycles < cost) {
            cost = cycles;
            blockImages = images;
            blockPairs = count;
        }
    }

    /** Vectors over so many rows of a term: row by row if that leaves no lane empty. */
    private int vectors(int rows) {
        return rowsOfVectors
                ? rows * k.gridW() / LANES
                : Math.ceilDiv((rows - 1) * WinogradWindow.pitch(k) + k.gridW(), LANES);
    }

    private ConvTile tile(int rows) {
        int[] xStarts = new int[vectors(rows)];
        int[] cStarts = new int[xStarts.length];
        int perRow = k.gridW() / LANES;
        for (int v = 0; v < xStarts.length; v++) {
            xStarts[v] = rowsOfVectors ? v / perRow * WinogradWindow.pitch(k) + v % perRow * LANES : v * LANES;
            cStarts[v] = v * LANES;
        }
        return new ConvTile(xStarts, cStarts, PaddedWindow.spread(xStarts.length * LANES));
    }

    @Override
    public double cost() {
        return cost;
    }

    @Override
    Cut cut() {
        return cut;
    }

    @Override
    public Order order() {
        return Order.WINOGRAD;
    }

    @Override
    public int packedLength() {
        return packedAt(WinogradRows.TERMS, 0);
    }

    private int packedAt(int term, int group) {
        return (term * k.groups() + group) * k.rows() * length();
    }

    /** For each term what {@link Correlation#pack} makes of a kernel one row high. */
    @Override
    public void pack(Parallel parallel, Span weight, Span packed) {
        int panels = RowGroups.count(k.rows());
        int all = k.groups() * panels;
        int panelsPerTask =
                Math.clamp(PACK_FLOATS / (WinogradRows.TERMS * length() * RowGroups.MOST), 1, Math.max(1, all));
        parallel.forEach(Math.ceilDiv(all, panelsPerTask), task -> {
            for (int i = task * panelsPerTask; i < Math.min(all, (task + 1) * panelsPerTask); i++) {
                int group = i / panels;
                int row = RowGroups.start(k.rows(), i % panels);
                int from = weight.at() + group * k.weightGroup() + row * k.weightRow();
                int to = packed.at() + packedAt(0, group) + row * length();
                packPanel(weight.array(), from, RowGroups.height(k.rows(), row), packed.array(), to);
            }
        });
    }

    /** Length of a sum: channels times columns of the kernel. */
    private int length() {
        return k.channels() * columns;
    }

    private void packPanel(float[] weight, int from, int height, float[] packed, int to) {
        int kernel = WinogradRows.TAPS * columns;
        float[] plain = Scratch.floats(Scratch.TURNED, k.channels() * kernel * height + Lanes.COUNT);
        if (k.weightChannel() == kernel) {
            Transpose.run(weight, from, k.weightRow(), height, k.channels() * kernel, plain, 0, height);
        } else {
            for (int c = 0; c < k.channels(); c++) {
                int at = from + c * k.weightChannel();
                Transpose.run(weight, at, k.weightRow(), height, kernel, plain, c * kernel * height, height);
            }
        }
        int step = packedAt(1, 0);
        for (int c = 0; c < k.channels(); c++) {
            int at = c * kernel * height;
            int g0 = at + tapWeights[0] * height;
            int g1 = at + tapWeights[1] * height;
            int g2 = at + tapWeights[2] * height;
            int count = columns * height;
            WinogradRows.weights(plain, g0, g1, g2, count, packed, to + c * count, step);
        }
    }

    private int images(int round) {
        return Math.min(blockImages, k.images() - round / k.groups() * blockImages);
    }

    /** The place of the first image of a round, as if all its groups were images of their own. */
    private int firstImage(int round) {
        return round / k.groups() * blockImages * k.groups() + round % k.groups();
    }

    @Override
    void fill(Span src, int block, int from, int to, float[] x, int at) {
        int round = cut.round(block);
        int plane = k.srcH() * k.srcW();
        int source = src.at() + firstImage(round) * k.channels() * plane;
        int top = 2 * cut.inRound(block) * blockPairs + firstTap - k.top();
        int bottom = top + 2 * blockPairs + WinogradRows.TAPS - 1;
        for (int n = 0; n < images(round); n++) {
            int first = source + (n * k.groups() * k.channels() + from) * plane;
            Fetch.rows(src.array(), first, to - from, k.srcH(), k.srcW(), top, bottom);
        }
        window.fill(src.array(), source, images(round), cut.inRound(block), from, to, x, at);
    }

    @Override
    void compute(Operands o, int block, int firstRow, int endRow, float[] x, int xAt) {
        int round = cut.round(block);
        int firstPair = cut.inRound(block) * blockPairs;
        int termStride = k.rows() * tile.rowStride();
        float[] sums = Scratch.onLines(Scratch.CONV_OUTPUT, terms.length * termStride);
        for (int term = 0; term < terms.length; term++) {
            terms[term].run(o, round % k.groups(), firstRow, endRow, x, xAt, sums, Scratch.LINE + term * termStride);
        }
        int images = images(round);
        int count = Math.min(blockPairs, pairs - firstPair);
        for (int n = 0; n < images; n++) {
            int image = o.dst().at() + (firstImage(round) + n * k.groups()) * k.rows() * k.dstH() * k.dstW();
            for (int r = firstRow; r < endRow; r++) {
                int from = Scratch.LINE + r * tile.rowStride() + n * blockPairs * gridPitch;
                store(sums, from, termStride, firstPair, count, o.dst().array(), image + r * k.dstH() * k.dstW());
            }
        }
    }

    /** Rows of one output channel of one image, two from each pair but perhaps the last. */
    private void store(float[] sums, int from, int termStride, int firstPair, int count, float[] dst, int to) {
        for (int i = 0; i < count; i++) {
            int at = from + i * gridPitch;
            int y0 = to + 2 * (firstPair + i) * k.dstW();
            if (2 * (firstPair + i) + 1 < k.gridH()) {
                WinogradRows.both(sums, at, termStride, k.gridW(), dst, y0, y0 + k.dstW());
            } else {
                WinogradRows.first(sums, at, termStride, k.gridW(), dst, y0);
            }
        }
    }
}
