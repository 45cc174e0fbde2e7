package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Fetch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.cpu.vector.lanes.StridedCopy;
import java.util.Arrays;

/**
 * The gradient of a convolution to its weight with pixels side by side in a vector, for layers of few weights, as those
 * that read pictures: each weight is the inner product of a plane of the gradient and a plane of the input, shifted by
 * the tap.
 *
 * <pre>
 *   dw[o, c, p, q] = sum over pixels (n, i, j) of dy[n, o, i, j] * x[n, c, i + p*dilation - pad, j + q*dilation - pad]
 * </pre>
 *
 * <p>For each kernel column q the input is copied without the columns that this tap does not see. Its rows are then as
 * long as those of the gradient, and a tap is a run of floats that begins so many rows further down: all lanes are used
 * whatever the number of channels, and neither side is transposed, as {@link ConvWeightGradient} has to.
 *
 * <p>Small images are taken several at a time, their rows side by side: {@code [row][image][column]}. The gradient of a
 * large one is read where it lies.
 *
 * <p>Images are divided among chunks by shape alone. Each chunk has its own sums, a vector for each weight, which are
 * added in the order of the chunks: the same bits for any number of threads.
 */
final class PlaneGradient implements WeightGradientWay {
    private static final int LANES = Lanes.COUNT;

    /** Most weights: their sums, a vector for each, take a quarter of a megabyte at most. */
    private static final int MOST_WEIGHTS = 1 << 12;

    /** Most floats of the copies of an image: what the second-level cache holds besides the gradient. */
    private static final int COPY_FLOATS = 1 << 16;

    /** Pixels that are enough to read and write a tile's sums for. */
    private static final int ENOUGH_PIXELS = 512;

    /** Multiply-adds of a task: about 100 microseconds. */
    private static final long TASK_WORK = 4_000_000;

    /** So many tasks for each thread make up for one that begins late. */
    private static final int TASKS_A_THREAD = 2;

    /** Most floats of the sums of all chunks. */
    private static final int SUM_FLOATS = 1 << 19;

    private static final int MOST_CHUNKS = 64;

    private final ConvGeometry g;
    private final boolean inPlace;
    private final int images;
    private final int blocks;
    private final int chunks;
    private final int windowRows;
    private final int pitch;
    private final int row;
    private final int length;
    private final int outputPlane;
    private final int inputPlane;
    private final int[] taps;
    private final int sumFloats;

    /**
     * Whether this is faster than {@link ConvWeightGradient}: a row of the kernel leaves lanes of a vector empty there.
     * The sums of a tile need the registers of AVX-512.
     */
    static boolean takes(ConvGeometry g) {
        long copies = (long) g.c() * g.kw() * (g.h() + 2 * g.spec().padH()) * g.outW();
        return LANES == 16
                && g.c() * g.kw() < LANES
                && g.spec().equals(g.spec().withStride(1).withGroups(1))
                && g.weightLength() <= MOST_WEIGHTS
                && copies <= COPY_FLOATS
                && g.n() > 0;
    }

    PlaneGradient(ConvGeometry geometry) {
        g = geometry;
        int pixels = g.outH() * g.outW();
        inPlace = pixels % LANES == 0 && (pixels >= ENOUGH_PIXELS || g.n() == 1);
        images = inPlace ? 1 : Math.clamp(ENOUGH_PIXELS / pixels, 1, g.n());
        blocks = Math.ceilDiv(g.n(), images);
        int below = (g.kh() - 1) * g.spec().dilationH();
        windowRows = g.outH() + below;
        pitch = g.w() + 2 * g.spec().padW();
        row = images * g.outW();
        length = Math.ceilDiv(g.outH() * row, LANES) * LANES;
        outputPlane = inPlace ? pixels : PaddedWindow.spread(length);
        inputPlane = PaddedWindow.spread(length + below * row);
        taps = new int[g.c() * g.kh() * g.kw()];
        for (int t = 0; t < taps.length; t++) {
            int copy = t / g.kw() / g.kh() * g.kw() + t % g.kw();
            taps[t] = copy * inputPlane + t / g.kw() % g.kh() * g.spec().dilationH() * row;
        }
        sumFloats = Math.ceilDiv(g.weightLength(), LANES) * LANES * LANES;
        long wanted = Math.clamp(g.multiplyAdds() / TASK_WORK, 1, MOST_CHUNKS);
        chunks = Math.clamp(Math.min(wanted, SUM_FLOATS / sumFloats), 1, blocks);
    }

    @Override
    public void run(Parallel parallel, Span x, Span dy, Span dw) {
        float[] sums = Scratch.onLines(Scratch.CONV_GRADIENT, chunks * sumFloats);
        int tiles = Math.ceilDiv(g.o(), PlaneTile.ROWS);
        int splits = splits(parallel.threads(), tiles);
        parallel.forEach(chunks * splits, task -> {
            int split = task % splits;
            int first = PlaneTile.ROWS * (tiles * split / splits);
            int end = Math.min(g.o(), PlaneTile.ROWS * (tiles * (split + 1) / splits));
            accumulate(task / splits, first, end, x, dy, sums);
        });
        parallel.once(() -> finish(sums, dw));
    }

    /**
     * Among how many tasks the output channels of a chunk are divided: where there are too few chunks for all threads.
     * Each copies the input for itself.
     */
    private int splits(int threads, int tiles) {
        return threads == 1 ? 1 : Math.clamp(Math.ceilDiv(TASKS_A_THREAD * threads, chunks), 1, tiles);
    }

    /** The sums of a chunk for output channels {@code first} to {@code end - 1}. */
    private void accumulate(int chunk, int first, int end, Span x, Span dy, float[] sums) {
        int firstBlock = (int) ((long) blocks * chunk / chunks);
        int endBlock = (int) ((long) blocks * (chunk + 1) / chunks);
        int at = Scratch.LINE + chunk * sumFloats + first * taps.length * LANES;
        Arrays.fill(sums, at, at + (end - first) * taps.length * LANES, 0f);
        float[] copies = Scratch.onLines(Scratch.CONV_INPUT, g.c() * g.kw() * inputPlane + LANES);
        for (int block = firstBlock; block < endBlock; block++) {
            int image = block * images;
            int count = Math.min(images, g.n() - image);
            int pixels = g.outH() * g.outW();
            for (int n = image; n < image + count; n++) {
                Fetch.lines(dy.array(), dy.at() + (n * g.o() + first) * pixels, (end - first) * pixels);
            }
            for (int c = 0; c < g.c(); c++) {
                copyInput(x, image, count, c, copies);
            }
            float[] m = inPlace ? dy.array() : output(dy, image, count, first, end);
            int mAt = inPlace ? dy.at() + (image * g.o() + first) * outputPlane : Scratch.LINE;
            PlaneTile.run(length, m, mAt, outputPlane, end - first, copies, Scratch.LINE, taps, sums, at);
        }
    }

    /** Planes of the gradient of some images, {@code [output][row][image][column]}, and zeros to the next vector. */
    private float[] output(Span dy, int image, int count, int first, int end) {
        int pixels = g.outH() * g.outW();
        float[] to = Scratch.onLines(Scratch.CONV_OUTPUT, (end - first) * outputPlane + LANES);
        for (int o = first; o < end; o++) {
            int put = Scratch.LINE + (o - first) * outputPlane;
            int from = dy.at() + (image * g.o() + o) * pixels;
            for (int i = 0; i < g.outH(); i++) {
                int at = put + i * row;
                StridedCopy.rows(dy.array(), from + i * g.outW(), g.o() * pixels, count, g.outW(), to, at, g.outW());
                Arrays.fill(to, at + count * g.outW(), at + row, 0f);
            }
            Arrays.fill(to, put + g.outH() * row, put + length, 0f);
        }
        return to;
    }

    /** The copies of a channel of the input, {@code [kernel column][row][image][column]}. */
    private void copyInput(Span x, int image, int count, int channel, float[] copies) {
        int from = x.at() + (image * g.c() + channel) * g.h() * g.w();
        boolean asItIs = images == 1 && g.spec().padH() == 0 && g.spec().padW() == 0;
        float[] window = asItIs ? x.array() : window(x, from, count);
        int at = asItIs ? from : Scratch.LINE;
        for (int q = 0; q < g.kw(); q++) {
            int put = Scratch.LINE + (channel * g.kw() + q) * inputPlane;
            int read = at + q * g.spec().dilationW();
            StridedCopy.rows(window, read, pitch, windowRows * images, g.outW(), copies, put, g.outW());
            Arrays.fill(copies, put + windowRows * row, put + inputPlane, 0f);
        }
    }

    /** A channel of some images between zeros, {@code [row][image][column]}. */
    private float[] window(Span x, int from, int count) {
        int padW = g.spec().padW();
        int run = images * pitch;
        float[] window = Scratch.onLines(Scratch.PLANE, windowRows * run + LANES);
        for (int i = 0; i < windowRows; i++) {
            int to = Scratch.LINE + i * run;
            int y = i - g.spec().padH();
            if (y < 0 || y >= g.h()) {
                Arrays.fill(window, to, to + run, 0f);
                continue;
            }
            int step = g.c() * g.h() * g.w();
            StridedCopy.rows(x.array(), from + y * g.w(), step, count, g.w(), window, to + padW, pitch);
            PaddedWindow.zero(window, to, to + padW);
            for (int n = 1; n <= count; n++) {
                int next = to + n * pitch;
                PaddedWindow.zero(window, next - padW, n < count ? next + padW : next);
            }
            Arrays.fill(window, to + count * pitch, to + run, 0f);
        }
        return window;
    }

    /** Adds up the chunks, and then the lanes. */
    private void finish(float[] sums, Span dw) {
        for (int chunk = 1; chunk < chunks; chunk++) {
            int from = Scratch.LINE + chunk * sumFloats;
            for (int i = 0; i < g.weightLength() * LANES; i++) {
                sums[Scratch.LINE + i] += sums[from + i];
            }
        }
        PlaneTile.total(sums, Scratch.LINE, g.weightLength(), dw.array(), dw.at());
    }
}
