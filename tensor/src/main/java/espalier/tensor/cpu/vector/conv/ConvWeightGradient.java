package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.RowGroups;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
 * <p>The pixels are cut into chunks by shape alone. Each chunk has its own partial sums, which are added in the order of
 * the chunks: the same bits for any number of threads.
 */
final class ConvWeightGradient {
    /** Multiply-adds of a task: about 100 microseconds. */
    private static final long TASK_WORK = 4_000_000;

    /** Pixels that are multiplied at once: a tile's part of the window then stays in the first-level cache. */
    private static final int BLOCK_PIXELS = 256;

    /** Channels of a window: 64 bytes a pixel, so that a tile reads whole cache lines and leaves no gaps. */
    private static final int BLOCK_CHANNELS = 16;

    /** Vectors of weights that one pass over the panels of output channels covers. */
    private static final int BLOCK_VECTORS = 6;

    /** Most floats of all partial sums together. */
    private static final long PARTIAL_FLOATS = 1 << 22;

    private static final int MOST_CHUNKS = 64;

    private final ConvGeometry g;
    private final PixelWindow window;
    private final List<WeightVectors> blocks;
    private final List<ConvTile> tiles;
    private final int rowStride;
    private final int chunks;
    private final int splits;
    private final int widest;

    ConvWeightGradient(ConvGeometry geometry) {
        g = geometry;
        window = new PixelWindow(g, BLOCK_PIXELS);
        blocks = new ArrayList<>();
        int count = Math.max(1, g.groupInputs() / BLOCK_CHANNELS);
        int at = 0;
        for (int i = 0; i < count; i++) {
            int from = i * BLOCK_CHANNELS;
            int to = i == count - 1 ? g.groupInputs() : from + BLOCK_CHANNELS;
            WeightVectors block = new WeightVectors(g, window, from, to - from, at);
            blocks.add(block);
            at += block.length();
        }
        rowStride = PaddedWindow.spread(at);
        tiles = blocks.stream().map(block -> block.tile(rowStride)).toList();
        long wanted = Math.clamp(g.multiplyAdds() / TASK_WORK, 1, MOST_CHUNKS);
        long partial = (long) g.o() * rowStride;
        chunks = Math.clamp(Math.min(wanted, PARTIAL_FLOATS / partial), 1, Math.max(1, window.blocks()));
        splits = Math.clamp(wanted / chunks, 1, count);
        widest = blocks.stream().mapToInt(WeightVectors::pitch).max().orElse(1);
    }

    /** Writes all of {@code dw [O, C/g, kH, kW]}. */
    void run(Parallel parallel, float[] x, int xAt, float[] dy, int dyAt, float[] dw, int dwAt) {
        int groups = g.spec().groups();
        int partial = g.o() * rowStride;
        float[] sums = Scratch.floats(Scratch.CONV_GRADIENT, chunks * partial);
        parallel.forEach(chunks * groups * splits, task -> {
            int chunk = task / groups / splits;
            int group = task / splits % groups;
            int split = task % splits;
            accumulate(chunk, group, split, x, xAt, dy, dyAt, sums, chunk * partial);
        });
        int rowsPerTask = Math.clamp(65536 / ((long) chunks * rowStride), 1, g.o());
        parallel.forEach(Math.ceilDiv(g.o(), rowsPerTask), task -> {
            int end = Math.min(g.o(), (task + 1) * rowsPerTask);
            for (int o = task * rowsPerTask; o < end; o++) {
                for (int c = 1; c < chunks; c++) {
                    add(sums, c * partial + o * rowStride, sums, o * rowStride, rowStride);
                }
                for (WeightVectors block : blocks) {
                    block.store(sums, o * rowStride, dw, dwAt + o * g.groupInputs() * g.kh() * g.kw());
                }
            }
        });
    }

    /** {@code to[i] += from[i]}; count is a multiple of 16. */
    private static void add(float[] from, int fromAt, float[] to, int toAt, int count) {
        for (int i = 0; i < count; i += Lanes.COUNT) {
            FloatVector sum = FloatVector.fromArray(Lanes.FLOATS, to, toAt + i);
            sum.add(FloatVector.fromArray(Lanes.FLOATS, from, fromAt + i)).intoArray(to, toAt + i);
        }
    }

    private void accumulate(
            int chunk, int group, int split, float[] x, int xAt, float[] dy, int dyAt, float[] sums, int sumsAt) {
        int first = (int) ((long) window.blocks() * chunk / chunks);
        int end = (int) ((long) window.blocks() * (chunk + 1) / chunks);
        int firstBlock = blocks.size() * split / splits;
        int endBlock = blocks.size() * (split + 1) / splits;
        int rows = g.groupOutputs();
        int at = sumsAt + group * rows * rowStride;
        float[] input = Scratch.floats(Scratch.CONV_INPUT, window.length(widest) + 2 * Lanes.COUNT);
        float[] gradient = Scratch.floats(Scratch.CONV_OUTPUT, rows * window.pixels());
        for (int b = first; b < end; b++) {
            int pixels = window.pixels(b);
            window.packGradient(b, dy, dyAt, group * rows, rows, gradient);
            for (int i = firstBlock; i < endBlock; i++) {
                WeightVectors block = blocks.get(i);
                window.fill(b, x, xAt, group * g.groupInputs() + block.first(), block.channels(), block.pitch(), input);
                multiply(tiles.get(i), block.offsets(), b == first, pixels, gradient, input, sums, at);
            }
        }
        if (first == end) { // no images at all
            Arrays.fill(sums, at, at + rows * rowStride, 0f);
        }
    }

    private void multiply(
            ConvTile tile,
            int[] offsets,
            boolean fresh,
            int pixels,
            float[] gradient,
            float[] input,
            float[] sums,
            int sumsAt) {
        int rows = g.groupOutputs();
        for (int v = 0; v < tile.vectors(); v += BLOCK_VECTORS) {
            int end = Math.min(tile.vectors(), v + BLOCK_VECTORS);
            for (int r = 0, height; r < rows; r += height) {
                height = RowGroups.height(rows, r);
                int a = r * pixels;
                int to = sumsAt + r * rowStride;
                tile.run(
                        height,
                        pixels,
                        gradient,
                        a,
                        offsets,
                        0,
                        input,
                        0,
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
