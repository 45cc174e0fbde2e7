package espalier.tensor.cpu.vector.conv;

import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;
import static jdk.incubator.vector.FloatVector.fromArray;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.channels.OuterTiles;
import espalier.tensor.cpu.vector.channels.QuadTile;
import espalier.tensor.cpu.vector.channels.Squares;
import espalier.tensor.cpu.vector.lanes.Fetch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.cpu.vector.lanes.Transpose;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;

/**
 * The gradient of a convolution to its weight by {@link Squares}: a fraction of the multiplications of
 * {@link ConvWeightGradient}.
 *
 * <p>Some squares at a time, input and gradient are turned; at each point the gradient is a sum of outer products over
 * squares, and at the end these sums are turned back to weights. Channels are taken in blocks of a vector; where they
 * do not fill the last one, it overlaps the one before.
 *
 * <p>Images are cut into chunks by shape alone. Each chunk has its own partial sums, which are added in the order of
 * the chunks: the same bits for any number of threads.
 */
final class SquareGradient implements WeightGradientWay {
    private static final int LANES = Lanes.COUNT;

    /** What numbers of channels are divided by; others have to fit a {@link QuadTile}. */
    private static final int CHANNELS = 16;

    /** Most floats of turned pixels or gradients: half a megabyte each. */
    private static final int BLOCK_FLOATS = 1 << 17;

    /** Squares that are enough for a block, if images are that large or there are that many of them. */
    private static final int ENOUGH_SQUARES = 128;

    /** Multiplications of a task: about 100 microseconds. */
    private static final long TASK_WORK = 8_000_000;

    /** So many tasks for each thread make up for one that begins late. */
    private static final int TASKS_A_THREAD = 2;

    /** Most floats of a chunk's sums. */
    private static final int MOST_SUMS = 1 << 20;

    /**
     * Most floats of all partial sums together: they are written and read once more, which should not go to far memory.
     */
    private static final int PARTIAL_FLOATS = 1 << 19;

    private static final int MOST_CHUNKS = 64;

    /** Input channels whose sums a task adds up and turns back. */
    private static final int FINISHED_CHANNELS = 4;

    private final Squares kind;
    private final int side;
    private final ConvGeometry g;
    private final int inputBlocks;
    private final int outputBlocks;
    private final boolean quads;
    private final int down;
    private final int across;
    private final int blockRows;
    private final int blockImages;
    private final int rowBlocks;
    private final int blocks;
    private final int squares;
    private final int pixelPlane;
    private final int gradientPlane;
    private final int width;
    private final int sumPlane;
    private final int chunks;

    /** Where in turned pixels the first of each input channel is. */
    private final int[] places;

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
        return g.kh() == kind.filter()
                && g.kw() == kind.filter()
                && g.spec().equals(g.spec().withStride(1).withDilation(1).withGroups(1))
                && (isWhole(g) || QuadTile.fits(g.c(), g.o()))
                && (long) kind.points() * g.c() * Math.ceilDiv(g.o(), LANES) * LANES <= MOST_SUMS
                && SquareWindow.fits(kind, Math.max(g.c(), g.o()), g.outW())
                && g.outH() > 1
                && g.outW() > 1
                && g.n() > 0;
    }

    private static boolean isWhole(ConvGeometry g) {
        return g.c() % CHANNELS == 0 && g.o() % CHANNELS == 0;
    }

    SquareGradient(Squares kind, ConvGeometry geometry) {
        this.kind = kind;
        side = kind.side();
        g = geometry;
        inputBlocks = Math.ceilDiv(g.c(), LANES);
        outputBlocks = Math.ceilDiv(g.o(), LANES);
        width = outputBlocks * LANES;
        quads = !isWhole(g);
        down = Math.ceilDiv(g.outH(), side);
        across = Math.ceilDiv(g.outW(), side);
        int vectors = kind.points() * Math.max(inputBlocks, outputBlocks);
        int most = Math.clamp(BLOCK_FLOATS / (vectors * LANES), 1, ENOUGH_SQUARES);
        int rows = Math.clamp(most / across, 1, down);
        rowBlocks = Math.ceilDiv(down, rows);
        blockRows = Math.ceilDiv(down, rowBlocks);
        blockImages = rowBlocks > 1 ? 1 : Math.clamp(most / (down * across), 1, Math.max(1, g.n()));
        blocks = Math.ceilDiv(g.n(), blockImages) * rowBlocks;
        squares = blockImages * blockRows * across;
        places = new int[g.c()];
        Arrays.setAll(places, c -> c / LANES * squares * LANES + c - firstChannel(c / LANES, g.c()));
        pixelPlane = inputBlocks * LANES * squares + LANES;
        gradientPlane = width * squares + LANES;
        sumPlane = g.c() * width + LANES;
        long work = (long) kind.points() * squares * g.c() * g.o() * blocks;
        int wanted = Math.clamp(work / TASK_WORK, 1, MOST_CHUNKS);
        int partial = kind.points() * sumPlane;
        // A power of two, so that two threads, or four, have as many each.
        chunks = Integer.highestOneBit(Math.clamp(Math.min(wanted, PARTIAL_FLOATS / partial), 1, Math.max(1, blocks)));
        pixels = new SquareWindow(g.h(), g.w(), g.spec().padH(), g.spec().padW(), across, side, kind.reach());
        gradients = new SquareWindow(g.outH(), g.outW(), 0, 0, across, side, side);
    }

    @Override
    public void run(Parallel parallel, Span x, Span dy, Span dw) {
        int partial = kind.points() * sumPlane;
        float[] sums = Scratch.onLines(Scratch.CONV_GRADIENT, chunks * partial);
        int splits = splits(parallel.threads());
        parallel.forEach(chunks * splits, task -> {
            int chunk = task / splits;
            int split = task % splits;
            int first = inputBlocks * split / splits;
            int end = inputBlocks * (split + 1) / splits;
            accumulate(chunk, first, end, x, dy, sums, Scratch.LINE + chunk * partial);
        });
        parallel.forEach(Math.ceilDiv(g.c(), FINISHED_CHANNELS), task -> {
            int first = task * FINISHED_CHANNELS;
            int end = Math.min(g.c(), first + FINISHED_CHANNELS);
            for (int chunk = 1; chunk < chunks; chunk++) {
                for (int point = 0; point < kind.points(); point++) {
                    int at = Scratch.LINE + point * sumPlane + first * width;
                    add(sums, at, chunk * partial + at, (end - first) * width);
                }
            }
            for (int c = first; c < end; c++) {
                for (int block = 0; block < outputBlocks; block++) {
                    int at = Scratch.LINE + c * width + block * LANES;
                    int to = (firstChannel(block, g.o()) * g.c() + c) * kind.taps();
                    store(sums, at, dw.array(), dw.at() + to);
                }
            }
        });
    }

    /** The first channel of a block of {@link #LANES}, the last of which may overlap the one before. */
    private static int firstChannel(int block, int channels) {
        return Math.min(block * LANES, channels - LANES);
    }

    /**
     * Among how many tasks the input channels of a chunk are divided: where there are too few chunks for all threads.
     * Each turns the gradient for itself.
     */
    private int splits(int threads) {
        return threads == 1 ? 1 : Math.clamp(Math.ceilDiv(TASKS_A_THREAD * threads, chunks), 1, inputBlocks);
    }

    /** {@code sums[at + i] += sums[from + i]} for {@code count} elements, a multiple of {@link #LANES}. */
    private static void add(float[] sums, int at, int from, int count) {
        for (int i = 0; i < count; i += LANES) {
            VECTOR.cast(fromArray(Lanes.FLOATS, sums, from + i))
                    .add(fromArray(Lanes.FLOATS, sums, at + i))
                    .intoArray(sums, at + i);
        }
    }

    /** Turns the sums of a vector of filters back. */
    private void store(float[] sums, int at, float[] dw, int to) {
        int taps = kind.taps();
        float[] turned = Scratch.floats(Scratch.TURNED, taps * LANES);
        kind.turnWeightsBack(sums, at, sumPlane, turned, 0, LANES);
        Transpose.run(turned, 0, LANES, taps, LANES, dw, to, g.c() * taps);
    }

    /** The sums of a chunk for blocks {@code from} to {@code to - 1} of input channels. */
    private void accumulate(int chunk, int from, int to, Span x, Span dy, float[] sums, int sumsAt) {
        int first = (int) ((long) blocks * chunk / chunks);
        int end = (int) ((long) blocks * (chunk + 1) / chunks);
        int firstChannel = from * LANES;
        int endChannel = Math.min(g.c(), to * LANES);
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
                int put = Scratch.LINE + n * rows * across * LANES;
                turnPixels(from, to, x, image + n, row, rows, v, put);
                turnGradients(dy, image + n, row, rows, m, put);
            }
            for (int point = 0; point < kind.points(); point++) {
                int gradient = Scratch.LINE + point * gradientPlane;
                int pixel = Scratch.LINE + point * pixelPlane;
                int at = sumsAt + point * sumPlane;
                int count = images * rows * across;
                if (quads) {
                    if (block == first) {
                        Arrays.fill(sums, at + firstChannel * width, at + endChannel * width, 0f);
                    }
                    quads(firstChannel, endChannel, count, m, gradient, v, pixel, sums, at);
                } else {
                    pairs(firstChannel, endChannel, count, m, gradient, v, pixel, sums, at, block > first);
                }
            }
        }
    }

    private void turnPixels(int first, int end, Span x, int image, int row, int rows, float[] v, int to) {
        float[] window = Scratch.onLines(Scratch.PLANE, pixels.floats(blockRows));
        int pitch = pixels.pitch();
        for (int block = first; block < end; block++) {
            int from = x.at() + (image * g.c() + firstChannel(block, g.c())) * g.h() * g.w();
            pixels.fill(x.array(), from, row, rows, window, Scratch.LINE);
            for (int i = 0; i < rows; i++) {
                int put = to + (block * squares + i * across) * LANES;
                kind.turnPixels(window, Scratch.LINE + side * i * pitch, pitch, across, v, put, pixelPlane);
            }
        }
    }

    private void turnGradients(Span dy, int image, int row, int rows, float[] m, int to) {
        float[] window = Scratch.onLines(Scratch.PLANE, gradients.floats(blockRows));
        int pitch = gradients.pitch();
        for (int block = 0; block < outputBlocks; block++) {
            int from = dy.at() + (image * g.o() + firstChannel(block, g.o())) * g.outH() * g.outW();
            gradients.fill(dy.array(), from, row, rows, window, Scratch.LINE);
            for (int i = 0; i < rows; i++) {
                int put = to + (block * squares + i * across) * LANES;
                kind.turnGradients(window, Scratch.LINE + side * i * pitch, pitch, across, m, put, gradientPlane);
            }
        }
    }

    /** One point: adds the sums over {@code count} squares for some input channels and all output channels. */
    private void quads(int first, int end, int count, float[] m, int mAt, float[] v, int vAt, float[] sums, int to) {
        int step = squares * LANES;
        for (int c = first; c < end; c += QuadTile.ROWS) {
            for (int block = 0; block < outputBlocks; block += QuadTile.VECTORS) {
                QuadTile.run(count, v, vAt, places, c, end, m, mAt, step, block, outputBlocks, sums, to, width);
            }
        }
    }

    /** The same where channels come in whole vectors; does not read what is there unless it is to {@code add}. */
    private void pairs(
            int first, int end, int count, float[] m, int mAt, float[] v, int vAt, float[] sums, int to, boolean add) {
        for (int c = first; c < end; c += LANES) {
            int pixel = vAt + c * squares;
            int at = to + c * width;
            int block = 0;
            for (; block + 2 <= outputBlocks; block += 2) {
                int m0 = mAt + block * squares * LANES;
                OuterTiles.pair(count, v, pixel, m, m0, m0 + squares * LANES, sums, at + block * LANES, width, add);
            }
            if (block < outputBlocks) {
                int m0 = mAt + block * squares * LANES;
                OuterTiles.single(count, v, pixel, m, m0, sums, at + block * LANES, width, add);
            }
        }
    }
}
