package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.channels.BlockTiles;
import espalier.tensor.cpu.vector.channels.NarrowTile;
import espalier.tensor.cpu.vector.channels.Squares;
import espalier.tensor.cpu.vector.lanes.Fetch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.cpu.vector.lanes.Transpose;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Computes a {@link Correlation} with a kernel of 3 × 3 or 5 × 5 by {@link Squares}.
 *
 * <p>For that a pixel has to be a vector of channels. Source and destination are plain images, which are transposed on
 * the way in and out: with at least a vector of channels on both sides that is little beside the sums.
 */
final class SquareSweep extends Sweep {
    private static final int LANES = Lanes.COUNT;

    /** Output channels of a panel: two vectors. */
    private static final int WIDTH = 2 * LANES;

    /** What numbers of channels are divided by. */
    private static final int CHANNELS = 16;

    /**
     * Most floats of turned pixels: a quarter of a megabyte, so that they stay in the second-level cache beside the
     * weights.
     */
    private static final int BLOCK_FLOATS = 1 << 16;

    /** Squares that are enough for a block: more would not make sums faster. */
    private static final int ENOUGH_SQUARES = 64;

    /** With fewer images several threads take smaller blocks, at most half an image, so that each has one. */
    private static final int FEW_IMAGES = 4;

    /** Multiply-adds that take a cycle, about. */
    private static final double WORK_A_CYCLE = 16;

    /** Cycles that it takes to read a weight, which one image of a network finds in no near cache. */
    private static final double READ_CYCLES = 0.3;

    private static final float[] ZEROS = new float[WIDTH];

    private final Squares kind;
    private final int side;
    private final Correlation.Part part;
    private final int down;
    private final int across;
    private final int blockRows;
    private final int blockImages;
    private final int squares;
    private final int plane;
    private final int sumPlane;
    private final int[] places;
    private final SquareWindow window;
    private final Cut cut;

    /** Whether a sum is of this kind. */
    static boolean takes(Squares kind, Correlation k) {
        if (k.parts().size() != 1
                || k.groups() != 1
                || k.strideH() != 1
                || k.strideW() != 1
                || k.stepH() != 1
                || k.stepW() != 1
                || k.channels() % CHANNELS != 0
                || k.rows() % CHANNELS != 0
                || !SquareWindow.fits(kind, k.channels(), k.gridW())
                || (long) kind.points() * k.channels() * k.rows() > Integer.MAX_VALUE
                || k.gridH() != k.dstH()
                || k.gridW() != k.dstW()
                || k.top() < 0
                || k.left() < 0) {
            return false;
        }
        Correlation.Part part = k.parts().getFirst();
        return part.dstY() == 0
                && part.dstX() == 0
                && areNeighbours(part.down(), kind.filter())
                && areNeighbours(part.across(), kind.filter());
    }

    /** Whether taps are so many neighbours, the first at the edge of the padded source. */
    private static boolean areNeighbours(List<Correlation.Tap> taps, int count) {
        int[] at = taps.stream().mapToInt(Correlation.Tap::at).sorted().toArray();
        return Arrays.equals(at, IntStream.range(0, count).toArray());
    }

    SquareSweep(Squares kind, Correlation correlation) {
        this(kind, correlation, ENOUGH_SQUARES, Integer.MAX_VALUE);
    }

    /** With at most so many squares, and rows of squares, in a block. */
    private SquareSweep(Squares kind, Correlation correlation, int mostSquares, int mostRows) {
        super(correlation);
        this.kind = kind;
        side = kind.side();
        part = k.parts().getFirst();
        down = Math.ceilDiv(k.gridH(), side);
        across = Math.ceilDiv(k.gridW(), side);
        int most = Math.max(1, BLOCK_FLOATS / (kind.points() * k.channels()));
        int rows = Math.clamp(Math.min(most, mostSquares) / across, 1, Math.min(down, mostRows));
        blockRows = Math.ceilDiv(down, Math.ceilDiv(down, rows));
        int perImage = down * across;
        blockImages =
                blockRows < down ? 1 : Math.clamp(Math.min(most, mostSquares) / perImage, 1, Math.max(1, k.images()));
        squares = blockImages * blockRows * across;
        plane = k.channels() * squares + LANES;
        sumPlane = WIDTH * squares + LANES;
        places = new int[k.channels() / LANES];
        for (int run = 0; run < places.length; run++) {
            places[run] = run * squares * LANES;
        }
        window = new SquareWindow(k.srcH(), k.srcW(), k.top(), k.left(), across, side, kind.reach());
        cut = new Cut(
                Math.ceilDiv(k.images(), blockImages),
                Math.ceilDiv(down, blockRows),
                kind.points() * plane + NarrowTile.PIXELS * LANES,
                (long) (WORK_A_CYCLE * (cost() * squares / (down * across) + READ_CYCLES * packedLength())));
    }

    /** Threads read all weights, each for its blocks; so one thread had better take few large ones. */
    @Override
    public ConvWay among(int threads) {
        return threads > 1 && k.images() < FEW_IMAGES
                ? new SquareSweep(kind, k, ENOUGH_SQUARES / 2, Math.ceilDiv(down, 2))
                : this;
    }

    @Override
    public double cost() {
        double count = (double) down * across;
        int narrow = k.rows() % WIDTH / LANES;
        double vectors = k.rows() / LANES + 0.5 * narrow; // a single one is read as often as a pair
        double sums = kind.points() * count * k.channels() * vectors / 2;
        double turn = switch (kind) {
            case TWO_BY_TWO -> 75;
            case FOUR_BY_FOUR -> 270;
            case TWO_OF_FIVE -> 230;
        };
        double turns = turn * count * (k.channels() + k.rows()) / LANES;
        return 1.1 * sums + turns;
    }

    @Override
    Cut cut() {
        return cut;
    }

    @Override
    public Order order() {
        return switch (kind) {
            case TWO_BY_TWO -> Order.SQUARES_OF_TWO;
            case FOUR_BY_FOUR -> Order.SQUARES_OF_FOUR;
            case TWO_OF_FIVE -> Order.SQUARES_OF_FIVE;
        };
    }

    @Override
    int panels() {
        return Math.ceilDiv(k.rows(), WIDTH);
    }

    @Override
    int firstRow(int panel) {
        return Math.min(k.rows(), panel * WIDTH);
    }

    @Override
    int channelStep() {
        return LANES;
    }

    @Override
    public int packedLength() {
        return kind.points() * k.channels() * k.rows();
    }

    /** Where the weights of a panel begin for a point: {@code [panel][point][channel][row]}. */
    private int packedAt(int firstRow, int point) {
        return k.channels() * (kind.points() * firstRow + point * Math.min(WIDTH, k.rows() - firstRow));
    }

    @Override
    public void pack(Parallel parallel, Span weight, Span packed) {
        int[] taps = new int[kind.taps()];
        for (Correlation.Tap y : part.down()) {
            for (Correlation.Tap x : part.across()) {
                taps[kind.filter() * y.at() + x.at()] = (y.weight() + x.weight()) * LANES;
            }
        }
        parallel.forEach(k.rows() / LANES, task -> {
            int row = task * LANES;
            int first = row / WIDTH * WIDTH;
            int step = Math.min(WIDTH, k.rows() - first);
            int from = weight.at() + row * k.weightRow();
            float[] plain = Scratch.floats(Scratch.TURNED, k.channels() * kind.taps() * LANES);
            boolean inOrder = k.weightChannel() == kind.taps();
            if (inOrder) {
                int count = k.channels() * kind.taps();
                Transpose.run(weight.array(), from, k.weightRow(), LANES, count, plain, 0, LANES);
            } else {
                for (int c = 0; c < k.channels(); c++) {
                    int at = from + c * k.weightChannel();
                    int to = c * kind.taps() * LANES;
                    Transpose.run(weight.array(), at, k.weightRow(), LANES, kind.taps(), plain, to, LANES);
                }
            }
            for (int c = 0; c < k.channels(); c++) {
                int to = packed.at() + packedAt(first, 0) + c * step + row - first;
                kind.turnWeights(plain, c * kind.taps() * LANES, taps, packed.array(), to, k.channels() * step);
            }
        });
    }

    private int images(int round) {
        return Math.min(blockImages, k.images() - round * blockImages);
    }

    private int rows(int block) {
        return Math.min(blockRows, down - cut.inRound(block) * blockRows);
    }

    @Override
    void fill(Span src, int block, int from, int to, float[] x, int at) {
        int round = cut.round(block);
        int rows = rows(block);
        int image = k.srcH() * k.srcW();
        float[] pixels = Scratch.onLines(Scratch.PLANE, window.floats(blockRows));
        int top = side * cut.inRound(block) * blockRows - k.top();
        for (int n = 0; n < images(round); n++) {
            int first = src.at() + ((round * blockImages + n) * k.channels() + from) * image;
            Fetch.rows(src.array(), first, to - from, k.srcH(), k.srcW(), top, top + side * rows + kind.reach() - side);
            for (int c = from; c < to; c += LANES) {
                int source = src.at() + ((round * blockImages + n) * k.channels() + c) * image;
                window.fill(src.array(), source, cut.inRound(block) * blockRows, rows, pixels, Scratch.LINE);
                int put = at + (c * squares + n * rows * across * LANES);
                for (int i = 0; i < rows; i++) {
                    int read = Scratch.LINE + side * i * window.pitch();
                    kind.turnPixels(pixels, read, window.pitch(), across, x, put + i * across * LANES, plane);
                }
            }
        }
    }

    @Override
    void compute(Operands o, int block, int firstRow, int endRow, float[] x, int xAt) {
        int round = cut.round(block);
        int images = images(round);
        int rows = rows(block);
        float[] sums = Scratch.onLines(Scratch.CONV_OUTPUT, kind.points() * sumPlane + NarrowTile.PIXELS * LANES);
        for (int row = firstRow; row < endRow; row += WIDTH) {
            boolean narrow = k.rows() - row < WIDTH;
            for (int point = 0; point < kind.points(); point++) {
                int from = xAt + point * plane;
                multiply(
                        images * rows * across,
                        narrow,
                        x,
                        from,
                        o.packed().array(),
                        o.packed().at() + packedAt(row, point),
                        sums,
                        Scratch.LINE + point * sumPlane);
            }
            for (int r = row; r < Math.min(k.rows(), row + WIDTH); r += LANES) {
                for (int n = 0; n < images; n++) {
                    int from = Scratch.LINE + ((r - row) * squares + n * rows * across * LANES);
                    store(sums, from, o, round * blockImages + n, r, cut.inRound(block) * blockRows, rows);
                }
            }
        }
    }

    /** One point: sums over channels for all squares. */
    private void multiply(int count, boolean narrow, float[] x, int from, float[] w, int wAt, float[] sums, int to) {
        if (narrow) {
            for (int i = 0; i < count; i += NarrowTile.PIXELS) {
                int at = Math.max(0, Math.min(i, count - NarrowTile.PIXELS)) * LANES;
                NarrowTile.run(places.length, x, from + at, places, w, wAt, sums, to + at);
            }
            return;
        }
        int tiles = Math.ceilDiv(count, BlockTiles.MOST);
        int second = to + squares * LANES;
        for (int i = 0; i < tiles; i++) {
            int first = count * i / tiles;
            int end = count * (i + 1) / tiles;
            int at = first * LANES;
            BlockTiles.run(
                    end - first, places.length, x, from + at, places, 0, w, wAt, ZEROS, 0, sums, to + at, second + at);
        }
    }

    /** Rows of squares of one image and a vector of output channels. */
    private void store(float[] sums, int from, Operands o, int image, int row, int firstSquares, int count) {
        float[] bias = o.bias().isEmpty() ? ZEROS : o.bias().array();
        int biasAt = o.bias().isEmpty() ? 0 : o.bias().at() + row;
        int pitch = side * across * LANES;
        float[] y = Scratch.onLines(Scratch.PLANE, side * blockRows * pitch);
        for (int i = 0; i < count; i++) {
            int at = from + i * across * LANES;
            kind.turnBack(sums, at, sumPlane, across, bias, biasAt, y, Scratch.LINE + side * i * pitch, pitch);
        }
        int plane = k.dstH() * k.dstW();
        int to = o.dst().at() + (image * k.rows() + row) * plane + side * firstSquares * k.dstW();
        int lines = Math.min(side * count, k.dstH() - side * firstSquares);
        if (k.dstW() == side * across) {
            Transpose.run(
                    y, Scratch.LINE, LANES, lines * k.dstW(), LANES, o.dst().array(), to, plane);
            return;
        }
        for (int i = 0; i < lines; i++) {
            Transpose.run(
                    y, Scratch.LINE + i * pitch, LANES, k.dstW(), LANES, o.dst().array(), to + i * k.dstW(), plane);
        }
    }
}
