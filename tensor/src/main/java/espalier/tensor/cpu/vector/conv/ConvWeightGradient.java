package espalier.tensor.cpu.vector.conv;

import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Fetch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.RowGroups;
import espalier.tensor.cpu.vector.lanes.Span;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;

/**
 * The gradient of a convolution to its weight, as a product that sums over pixels:
 *
 * <pre>
 *   dw[o, c, p, q] = sum over pixels (n, i, j) of dy[n, o, i, j] * x[n, c, i*stride + p*dilation - pad, j*stride + q*dilation - pad]
 * </pre>
 *
 * <p>The input is copied, a few hundred pixels at a time, into a zero-padded window with the channels innermost:
 * {@code [row][column][channel]}. There the weights of one kernel row, {@code [q][c]}, are one unbroken run, so vectors
 * of weights are read straight from the window, and moving to the next pixel moves the run by a fixed step: again the
 * pattern of {@link ConvTile}, with pixels as the index that is summed over. Since the lanes of a vector belong to
 * different weights, there is no sum across lanes, and each weight is a chain of multiply-adds in the order of the
 * pixels, whatever the vector's length.
 *
 * <p>Where there are few channels, the runs of all kernel rows are laid side by side (see {@link PixelWindow}).
 *
 * <p>With a kernel of three or five rows and no stride, rows are first combined by pairs ({@link RowFilter}): four such
 * products over half the pixels take the place of three over all, or six of five.
 *
 * <p>The pixels are cut into chunks by shape alone. Each chunk has its own partial sums, which are added in the order
 * of the chunks: the same bits for any number of threads.
 */
final class ConvWeightGradient implements WeightGradientWay {
    /** Multiply-adds of a task: about 100 microseconds. */
    private static final long TASK_WORK = 4_000_000;

    /** Pixels that are multiplied at once: a tile's part of the window then stays in the first-level cache. */
    private static final int BLOCK_PIXELS = 256;

    /** Channels of a window: 64 bytes a pixel, so that a tile reads whole cache lines and leaves no gaps. */
    private static final int BLOCK_CHANNELS = 16;

    /** Vectors of weights that one pass over the panels of output channels covers. */
    private static final int BLOCK_VECTORS = 6;

    /**
     * Most floats of all partial sums together: they are written and read once more, which should not go to far memory.
     */
    private static final long PARTIAL_FLOATS = 1 << 19;

    /** Up to so many tasks input channels are divided too, although each of their tasks has to copy the gradient. */
    private static final int ENOUGH_TASKS = 16;

    private static final int MOST_CHUNKS = 64;

    private final ConvGeometry g;
    private final PixelWindow window;
    private final Optional<RowFilter> filter;
    private final Optional<WinogradPixels> pairs;
    private final int terms;
    private final List<WeightVectors> blocks;
    private final List<ConvTile> tiles;
    private final int rowStride;
    private final int chunks;
    private final int splits;
    private final int widest;

    ConvWeightGradient(ConvGeometry geometry) {
        g = geometry;
        filter = WinogradPixels.filter(g);
        boolean winograd = filter.isPresent();
        int most = g.groupInputs() % BLOCK_CHANNELS == 0 || g.groupInputs() < BLOCK_CHANNELS
                ? BLOCK_PIXELS
                : BLOCK_PIXELS / 2; // some block has more channels
        window = winograd ? new PixelWindow(g, 2 * most, 2, false) : new PixelWindow(g, most, 1, isStacked(g));
        pairs = filter.map(rows -> new WinogradPixels(g, rows, window));
        terms = filter.map(RowFilter::terms).orElse(1);
        blocks = new ArrayList<>();
        int count = Math.max(1, g.groupInputs() / BLOCK_CHANNELS);
        int at = 0;
        for (int i = 0; i < count; i++) {
            int from = i * BLOCK_CHANNELS;
            int to = i == count - 1 ? g.groupInputs() : from + BLOCK_CHANNELS;
            WeightVectors block = new WeightVectors(g, winograd ? pairs.orElseThrow() : window, from, to - from, at);
            blocks.add(block);
            at += block.length();
        }
        rowStride = PaddedWindow.spread(at);
        tiles = blocks.stream().map(block -> block.tile(rowStride)).toList();
        long wanted = Math.clamp(g.multiplyAdds() / TASK_WORK, 1, MOST_CHUNKS);
        long partial = (long) g.o() * rowStride;
        chunks = Math.clamp(Math.min(wanted, PARTIAL_FLOATS / partial), 1, Math.max(1, window.blocks()));
        splits = Math.clamp(Math.min(wanted, ENOUGH_TASKS) / chunks, 1, count);
        widest = blocks.stream().mapToInt(WeightVectors::pitch).max().orElse(1);
    }

    /** Whether it takes a fifth fewer vectors if the weights of all kernel rows lie side by side. */
    private static boolean isStacked(ConvGeometry g) {
        int row = g.kw() * g.groupInputs();
        int apart = g.kh() * Math.ceilDiv(row, Lanes.COUNT);
        return g.kw() > 1
                && g.groupInputs() < BLOCK_CHANNELS
                && g.spec().dilationW() == 1
                && 5 * Math.ceilDiv(g.kh() * row, Lanes.COUNT) <= 4 * apart;
    }

    @Override
    public void run(Parallel parallel, Span x, Span dy, Span dw) {
        int groups = g.spec().groups();
        int partial = g.o() * rowStride;
        float[] sums = Scratch.onLines(Scratch.CONV_GRADIENT, chunks * partial);
        parallel.forEach(chunks * groups * splits, task -> {
            int chunk = task / groups / splits;
            int group = task / splits % groups;
            int split = task % splits;
            accumulate(chunk, group, split, x, dy, sums, Scratch.LINE + chunk * partial);
        });
        int rowsPerTask = Math.clamp(65536 / ((long) chunks * rowStride), 1, g.o());
        parallel.forEach(Math.ceilDiv(g.o(), rowsPerTask), task -> {
            int end = Math.min(g.o(), (task + 1) * rowsPerTask);
            for (int o = task * rowsPerTask; o < end; o++) {
                int from = Scratch.LINE + o * rowStride;
                for (int c = 1; c < chunks; c++) {
                    add(sums, c * partial + from, sums, from, rowStride);
                }
                store(sums, from, dw.array(), dw.at() + o * g.groupInputs() * g.kh() * g.kw());
            }
        });
    }

    /** One output channel. */
    private void store(float[] sums, int from, float[] dw, int to) {
        if (filter.isEmpty()) {
            for (WeightVectors block : blocks) {
                block.store(sums, from, dw, to);
            }
            return;
        }
        float[] factors = Scratch.floats(Scratch.TILE, g.groupInputs() * terms * g.kw());
        for (WeightVectors block : blocks) {
            block.store(sums, from, factors, 0);
        }
        filter.get().taps(factors, g.groupInputs(), g.kw(), dw, to);
    }

    /** {@code to[i] += from[i]}; count is a multiple of 16. */
    private static void add(float[] from, int fromAt, float[] to, int toAt, int count) {
        for (int i = 0; i < count; i += Lanes.COUNT) {
            FloatVector sum = VECTOR.cast(FloatVector.fromArray(Lanes.FLOATS, to, toAt + i));
            sum.add(FloatVector.fromArray(Lanes.FLOATS, from, fromAt + i)).intoArray(to, toAt + i);
        }
    }

    private void accumulate(int chunk, int group, int split, Span x, Span dy, float[] sums, int sumsAt) {
        int first = (int) ((long) window.blocks() * chunk / chunks);
        int end = (int) ((long) window.blocks() * (chunk + 1) / chunks);
        int firstBlock = blocks.size() * split / splits;
        int endBlock = blocks.size() * (split + 1) / splits;
        int rows = g.groupOutputs();
        int at = sumsAt + group * rows * rowStride;
        float[] input = Scratch.onLines(Scratch.CONV_INPUT, window.length(widest) + 2 * Lanes.COUNT);
        float[] gradient = Scratch.floats(Scratch.CONV_OUTPUT, rows * window.pixels());
        for (int b = first; b < end; b++) {
            if (readsWholeImages()) {
                Fetch.images(x, window.firstImage(b), window.images(b), g.c() * g.h() * g.w());
                Fetch.images(dy, window.firstImage(b), window.images(b), g.o() * g.outH() * g.outW());
            }
            window.packGradient(b, dy, group * rows, rows, gradient);
            float[] panels = gradient;
            if (pairs.isPresent()) {
                panels = Scratch.floats(
                        Scratch.TURNED, terms * rows * pairs.get().pixels());
                pairs.get().spread(b, gradient, rows, panels);
            }
            for (int i = firstBlock; i < endBlock; i++) {
                WeightVectors block = blocks.get(i);
                window.fill(
                        b,
                        x,
                        group * g.groupInputs() + block.first(),
                        block.channels(),
                        block.pitch(),
                        input,
                        Scratch.LINE);
                float[] pixels = input;
                if (pairs.isPresent()) {
                    pixels = Scratch.onLines(Scratch.PLANE, pairs.get().length(widest) + 2 * Lanes.COUNT);
                    pairs.get().combine(b, input, block.pitch(), pixels, Scratch.LINE);
                }
                multiply(b, i, b == first, panels, pixels, sums, at);
            }
        }
        if (first == end) { // no images at all
            Arrays.fill(sums, at, at + rows * rowStride, 0f);
        }
    }

    /** Whether a task of some blocks is the only one that reads their images, and reads all of them. */
    private boolean readsWholeImages() {
        return window.perImage() == 1 && splits == 1 && g.spec().groups() == 1;
    }

    /** Adds the products of a block of pixels to the sums of the how-manieth block of channels, or begins with them. */
    private void multiply(int block, int i, boolean fresh, float[] dy, float[] x, float[] sums, int sumsAt) {
        ConvTile tile = tiles.get(i);
        int[] offsets = blocks.get(i).offsets();
        int rows = g.groupOutputs();
        int pixels = pairs.isPresent() ? pairs.get().pixels(block) : window.pixels(block);
        int termPanels = pairs.isPresent() ? rows * pairs.get().pixels() : 0;
        int vectors = tile.vectors() / terms;
        for (int term = 0; term < terms; term++) {
            int last = (term + 1) * vectors;
            for (int v = term * vectors; v < last; v += BLOCK_VECTORS) {
                int end = Math.min(last, v + BLOCK_VECTORS);
                for (int r = 0, height; r < rows; r += height) {
                    height = RowGroups.height(rows, r);
                    int dyAt = term * termPanels + r * pixels;
                    int to = sumsAt + r * rowStride;
                    tile.run(
                            height,
                            pixels,
                            dy,
                            dyAt,
                            offsets,
                            0,
                            x,
                            Scratch.LINE,
                            sums,
                            to,
                            v,
                            end,
                            !fresh,
                            ConvTile.NO_BIAS,
                            0);
                }
            }
        }
    }
}
