package espalier.tensor.cpu.vector.conv;

import static espalier.tensor.cpu.vector.lanes.Lanes.ONE;
import static jdk.incubator.vector.FloatVector.fromArray;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.channels.OuterTiles;
import espalier.tensor.cpu.vector.channels.Squares;
import espalier.tensor.cpu.vector.lanes.Fetch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.Span;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;

/**
 * The gradient of a 3 × 3 convolution to its weight by {@link Squares}: a fraction of the multiplications of
 * {@link ConvWeightGradient}.
 *
 * <p>Some squares at a time, input and gradient are turned; at each point the gradient is a sum of outer products over
 * squares, and at the end these sums are turned back to weights.
 *
 * <p>Images are cut into chunks by shape alone. Each chunk has its own partial sums, which are added in the order of
 * the chunks: the same bits for any number of threads.
 */
final class SquareGradient {
    private static final int LANES = Lanes.COUNT;

    /** What numbers of channels are divided by. */
    private static final int CHANNELS = 16;

    /** Most floats of turned pixels or gradients: a quarter of a megabyte each. */
    private static final int BLOCK_FLOATS = 1 << 16;

    /** Squares that are enough for a block, if images are that large or there are that many of them. */
    private static final int ENOUGH_SQUARES = 128;

    /** Multiplications of a task: about 100 microseconds. */
    private static final long TASK_WORK = 4_000_000;

    /** So many tasks for each thread make up for one that begins late. */
    private static final int TASKS_A_THREAD = 2;

    /** Most floats of a chunk's sums. */
    private static final int MOST_SUMS = 1 << 20;

    /**
     * Most floats of all partial sums together: they are written and read once more, which should not go to far memory.
     */
    private static final int PARTIAL_FLOATS = 1 << 19;

    private static final int MOST_CHUNKS = 64;

    private final Squares kind;
    private final int side;
    private final ConvGeometry g;
    private final int down;
    private final int across;
    private final int blockRows;
    private final int blockImages;
    private final int rowBlocks;
    private final int blocks;
    private final int squares;
    private final int pixelPlane;
    private final int gradientPlane;
    private final int sumPlane;
    private final int chunks;
    private final SquareWindow pixels;
    private final SquareWindow gradients;

    /** The squares with the fewest multiplications that a gradient can be computed by, if there are any. */
    static Optional<Squares> kind(ConvGeometry g) {
        return Arrays.stream(Squares.values())
                .filter(kind -> takes(kind, g))
                .min(Comparator.comparingLong(kind -> kind.points()
                        * (long) Math.ceilDiv(g.outH(), kind.side())
                        * Math.ceilDiv(g.outW(), kind.side())));
    }

    /** Whether a gradient is of this kind. */
    static boolean takes(Squares kind, ConvGeometry g) {
        return g.kh() == 3
                && g.kw() == 3
                && g.spec().equals(g.spec().withStride(1).withDilation(1).withGroups(1))
                && g.c() % CHANNELS == 0
                && g.o() % CHANNELS == 0
                && (long) kind.points() * g.c() * g.o() <= MOST_SUMS
                && SquareWindow.fits(kind, Math.max(g.c(), g.o()), g.outW())
                && g.outH() > 1
                && g.outW() > 1
                && g.n() > 0;
    }

    SquareGradient(Squares kind, ConvGeometry geometry) {
        this.kind = kind;
        side = kind.side();
        g = geometry;
        down = Math.ceilDiv(g.outH(), side);
        across = Math.ceilDiv(g.outW(), side);
        int most = Math.clamp(BLOCK_FLOATS / (kind.points() * Math.max(g.c(), g.o())), 1, ENOUGH_SQUARES);
        int rows = Math.clamp(most / across, 1, down);
        rowBlocks = Math.ceilDiv(down, rows);
        blockRows = Math.ceilDiv(down, rowBlocks);
        blockImages = rowBlocks > 1 ? 1 : Math.clamp(most / (down * across), 1, Math.max(1, g.n()));
        blocks = Math.ceilDiv(g.n(), blockImages) * rowBlocks;
        squares = blockImages * blockRows * across;
        pixelPlane = g.c() * squares + LANES;
        gradientPlane = g.o() * squares + LANES;
        sumPlane = g.c() * g.o() + LANES;
        long work = (long) kind.points() * squares * g.c() * g.o() * blocks;
        int wanted = Math.clamp(work / TASK_WORK, 1, MOST_CHUNKS);
        int partial = kind.points() * sumPlane;
        chunks = Math.clamp(Math.min(wanted, PARTIAL_FLOATS / partial), 1, Math.max(1, blocks));
        pixels = new SquareWindow(g.h(), g.w(), g.spec().padH(), g.spec().padW(), across, side, kind.reach());
        gradients = new SquareWindow(g.outH(), g.outW(), 0, 0, across, side, side);
    }

    /** Writes all of {@code dw [O, C, 3, 3]}. */
    void run(Parallel parallel, Span x, Span dy, Span dw) {
        int partial = kind.points() * sumPlane;
        float[] sums = Scratch.onLines(Scratch.CONV_GRADIENT, chunks * partial);
        int splits = splits(parallel.threads());
        int vectors = g.o() / LANES;
        parallel.forEach(chunks * splits, task -> {
            int chunk = task / splits;
            int split = task % splits;
            int first = vectors * split / splits * LANES;
            int end = vectors * (split + 1) / splits * LANES;
            accumulate(chunk, first, end, x, dy, sums, Scratch.LINE + chunk * partial);
        });
        parallel.forEach(g.o() / LANES, task -> {
            int from = task * LANES * g.c();
            for (int chunk = 1; chunk < chunks; chunk++) {
                for (int point = 0; point < kind.points(); point++) {
                    int at = Scratch.LINE + point * sumPlane + from;
                    add(sums, at, chunk * partial + at, LANES * g.c());
                }
            }
            for (int i = from; i < from + LANES * g.c(); i += LANES) {
                store(sums, Scratch.LINE + i, dw.array(), dw.at() + i * Squares.TAPS);
            }
        });
    }

    /**
     * Among how many tasks the output channels of a chunk are divided: where there are too few chunks for all threads.
     * Each turns the input for itself.
     */
    private int splits(int threads) {
        return threads == 1 ? 1 : Math.clamp(Math.ceilDiv(TASKS_A_THREAD * threads, chunks), 1, g.o() / LANES);
    }

    /** {@code sums[at + i] += sums[from + i]} for {@code count} elements, a multiple of {@link #LANES}. */
    private static void add(float[] sums, int at, int from, int count) {
        for (int i = 0; i < count; i += LANES) {
            ONE.fma(fromArray(Lanes.FLOATS, sums, from + i), fromArray(Lanes.FLOATS, sums, at + i))
                    .intoArray(sums, at + i);
        }
    }

    /** Turns the sums of a vector of weights back. */
    private void store(float[] sums, int at, float[] dw, int to) {
        float[] turned = Scratch.floats(Scratch.TURNED, Squares.TAPS * LANES);
        kind.turnWeightsBack(sums, at, sumPlane, turned, 0, LANES);
        for (int t = 0; t < Squares.TAPS; t++) {
            for (int c = 0; c < LANES; c++) {
                dw[to + c * Squares.TAPS + t] = turned[t * LANES + c];
            }
        }
    }

    /** The sums of a chunk for output channels {@code from} to {@code to - 1}. */
    private void accumulate(int chunk, int from, int to, Span x, Span dy, float[] sums, int sumsAt) {
        int first = (int) ((long) blocks * chunk / chunks);
        int end = (int) ((long) blocks * (chunk + 1) / chunks);
        float[] v = Scratch.onLines(Scratch.CONV_INPUT, kind.points() * pixelPlane);
        float[] m = Scratch.onLines(Scratch.CONV_OUTPUT, kind.points() * gradientPlane);
        for (int block = first; block < end; block++) {
            int image = block / rowBlocks * blockImages;
            int images = Math.min(blockImages, g.n() - image);
            int row = block % rowBlocks * blockRows;
            int rows = Math.min(blockRows, down - row);
            if (rowBlocks == 1) { // parts of images come no faster that way
                Fetch.images(x, image, images, g.c() * g.h() * g.w());
                Fetch.images(dy, image, images, g.o() * g.outH() * g.outW());
            }
            for (int n = 0; n < images; n++) {
                turnPixels(x, image + n, row, rows, v, Scratch.LINE + n * rows * across * LANES);
                turnGradients(dy, from, to, image + n, row, rows, m, Scratch.LINE + n * rows * across * LANES);
            }
            for (int point = 0; point < kind.points(); point++) {
                int gradient = Scratch.LINE + point * gradientPlane;
                int pixel = Scratch.LINE + point * pixelPlane;
                int at = sumsAt + point * sumPlane;
                multiply(from, to, images * rows * across, m, gradient, v, pixel, sums, at, block > first);
            }
        }
    }

    private void turnPixels(Span x, int image, int row, int rows, float[] v, int to) {
        float[] window = Scratch.onLines(Scratch.PLANE, pixels.floats(blockRows));
        for (int c = 0; c < g.c(); c += LANES) {
            pixels.fill(x.array(), x.at() + (image * g.c() + c) * g.h() * g.w(), row, rows, window, Scratch.LINE);
            for (int i = 0; i < rows; i++) {
                int put = to + c * squares + i * across * LANES;
                kind.turnPixels(
                        window, Scratch.LINE + side * i * pixels.pitch(), pixels.pitch(), across, v, put, pixelPlane);
            }
        }
    }

    private void turnGradients(Span dy, int first, int end, int image, int row, int rows, float[] m, int to) {
        float[] window = Scratch.onLines(Scratch.PLANE, gradients.floats(blockRows));
        for (int o = first; o < end; o += LANES) {
            gradients.fill(
                    dy.array(), dy.at() + (image * g.o() + o) * g.outH() * g.outW(), row, rows, window, Scratch.LINE);
            for (int i = 0; i < rows; i++) {
                int put = to + o * squares + i * across * LANES;
                kind.turnGradients(
                        window,
                        Scratch.LINE + side * i * gradients.pitch(),
                        gradients.pitch(),
                        across,
                        m,
                        put,
                        gradientPlane);
            }
        }
    }

    /** One point: the sums over {@code count} squares for all pairs of channels. */
    private void multiply(
            int first, int end, int count, float[] m, int mAt, float[] v, int vAt, float[] sums, int to, boolean add) {
        for (int o = first; o < end; o += LANES) {
            int gradient = mAt + o * squares;
            int c = 0;
            for (; c + 2 * LANES <= g.c(); c += 2 * LANES) {
                int at = to + o * g.c() + c;
                int v0 = vAt + c * squares;
                OuterTiles.pair(count, m, gradient, v, v0, v0 + squares * LANES, sums, at, g.c(), add);
            }
            if (c < g.c()) {
                OuterTiles.single(count, m, gradient, v, vAt + c * squares, sums, to + o * g.c() + c, g.c(), add);
            }
        }
    }
}
