package espalier.tensor.cpu.vector.blocked;

import static espalier.tensor.cpu.vector.lanes.Lanes.ONE;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;
import static jdk.incubator.vector.FloatVector.fromArray;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.channels.BlockTiles;
import espalier.tensor.cpu.vector.channels.Squares;
import espalier.tensor.cpu.vector.lanes.Fetch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.Span;
import java.util.Arrays;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * A 3 × 3 or 5 × 5 convolution of blocked images by {@link Squares}: each of their points is a 1 × 1 convolution of its
 * own, in which squares are the pixels.
 */
final class BlockWinograd implements BlockWay {
    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    private static final int LANES = Lanes.COUNT;
    private static final int WIDTH = BlockSweep.WIDTH;

    /** Most floats of turned squares: half a megabyte. */
    private static final int SQUARES_FLOATS = 1 << 17;

    private static final float[] ZEROS = BlockSweep.ZEROS;

    private final Squares kind;
    private final int side;
    private final int reach;
    private final ConvGeometry g;
    private final int down;
    private final int across;
    private final int rows;
    private final int blocks;
    private final int[] places;

    /** Floats from one point to the next, of all squares of a block; not a power of two. */
    private final int inputPlane;

    private final int resultPlane;

    /** Whether a convolution is of this kind. */
    static boolean takes(Squares kind, ConvGeometry g) {
        return g.kh() == kind.filter()
                && g.kw() == kind.filter()
                && g.spec().equals(g.spec().withStride(1).withDilation(1).withGroups(1));
    }

    BlockWinograd(Squares kind, ConvGeometry geometry) {
        this.kind = kind;
        side = kind.side();
        reach = kind.reach();
        g = geometry;
        down = Math.ceilDiv(g.outH(), side);
        across = Math.ceilDiv(g.outW(), side);
        int most = Math.clamp(SQUARES_FLOATS / (kind.points() * g.c() * across), 1, down);
        rows = Math.ceilDiv(down, Math.ceilDiv(down, most));
        blocks = Math.ceilDiv(down, rows);
        int squares = rows * across;
        places = new int[g.c() / LANES];
        for (int run = 0; run < places.length; run++) {
            places[run] = run * squares * LANES;
        }
        inputPlane = g.c() * squares + LANES;
        resultPlane = WIDTH * squares + LANES;
    }

    @Override
    public double cost() {
        double squares = (double) down * across;
        double sums = kind.points() * squares * g.c() * g.o() / (2 * LANES);
        double turn = switch (kind) {
            case TWO_BY_TWO -> 60;
            case FOUR_BY_FOUR -> 220;
            case TWO_OF_FIVE -> 190;
        };
        double turns = turn * squares * (g.c() + g.o()) / LANES;
        return 1.1 * sums + turns + BlockWay.FETCH_CYCLES * packedLength() / g.n();
    }

    @Override
    public int packedLength() {
        return kind.points() * g.c() * g.o();
    }

    @Override
    public Optional<Squares> squares() {
        return Optional.of(kind);
    }

    /** Turned weights: for each panel and each point, those of one input channel side by side. */
    @Override
    public void pack(float[] weight, Span packed) {
        int[] taps = new int[kind.taps()];
        Arrays.setAll(taps, tap -> tap * LANES);
        float[] filters = new float[kind.taps() * LANES];
        for (int o = 0; o < g.o(); o += LANES) {
            for (int c = 0; c < g.c(); c++) {
                for (int i = 0; i < filters.length; i++) {
                    filters[i] = weight[((o + i % LANES) * g.c() + c) * kind.taps() + i / LANES];
                }
                int to = packed.at() + (o / WIDTH * kind.points() * g.c() + c) * WIDTH + o % WIDTH;
                kind.turnWeights(filters, 0, taps, packed.array(), to, g.c() * WIDTH);
            }
        }
    }

    @Override
    public void run(Parallel parallel, Span src, Span packed, float[] bias, Span add, boolean relu, Span dst) {
        BlockWay.each(parallel, g.n() * blocks, g.o() / WIDTH, g.multiplyAdds(), (unit, firstPanel, endPanel) -> {
            int image = unit / blocks;
            int firstRow = unit % blocks * rows;
            int count = Math.min(rows, down - firstRow);
            float[] x = Scratch.onLines(Scratch.CONV_INPUT, kind.points() * inputPlane);
            turnImage(src.array(), src.at() + image * g.c() * g.h() * g.w(), firstRow, count, x);
            float[] sums = Scratch.onLines(Scratch.CONV_OUTPUT, kind.points() * resultPlane);
            for (int panel = firstPanel; panel < endPanel; panel++) {
                multiply(x, count * across, packed, panel, sums);
                int result = image * g.o() + panel * WIDTH;
                results(sums, firstRow, count, bias, panel * WIDTH, add, result * g.outH() * g.outW(), relu, dst);
            }
        });
    }

    /** Turns {@code count} rows of squares of all channels. */
    private void turnImage(float[] src, int image, int firstRow, int count, float[] x) {
        int left = g.spec().padW();
        int first = Math.clamp(Math.ceilDiv(left, side), 0, across); // squares that do not reach beyond the image
        int end = Math.clamp(Math.floorDiv(g.w() - reach + left, side) + 1L, first, across);
        for (int block = 0; block < g.c() / LANES; block++) {
            int plane = image + block * g.h() * g.w() * LANES;
            for (int i = 0; i < count; i++) {
                int to = Scratch.LINE + (block * rows + i) * across * LANES;
                int row = side * (firstRow + i) - g.spec().padH();
                boolean inside = row >= 0 && row + reach <= g.h() && first < end;
                int last = inside ? first : across;
                turnPatch(src, plane, row, 0, last, x, to);
                if (inside) {
                    int at = plane + (row * g.w() + side * first - left) * LANES;
                    kind.turnPixels(src, at, g.w() * LANES, end - first, x, to + first * LANES, inputPlane);
                    turnPatch(src, plane, row, end, across, x, to);
                }
            }
        }
    }

    /** Turns squares of a row that reach beyond the image, with zeros there. */
    private void turnPatch(float[] src, int plane, int row, int first, int end, float[] x, int to) {
        if (first == end) {
            return;
        }
        int pitch = (side * (end - first) + reach - side) * LANES;
        int column = side * first - g.spec().padW();
        int from = Math.clamp(-column, 0, pitch / LANES);
        int until = Math.clamp(g.w() - column, from, pitch / LANES);
        float[] patch = Scratch.onLines(Scratch.PLANE, reach * pitch);
        for (int i = 0; i < reach; i++) {
            int at = Scratch.LINE + i * pitch;
            boolean outside = row + i < 0 || row + i >= g.h();
            int begin = outside ? pitch / LANES : from;
            int stop = outside ? begin : until;
            Arrays.fill(patch, at, at + begin * LANES, 0f);
            int source = plane + ((row + i) * g.w() + column + begin) * LANES;
            System.arraycopy(src, outside ? 0 : source, patch, at + begin * LANES, (stop - begin) * LANES);
            Arrays.fill(patch, at + stop * LANES, at + pitch, 0f);
        }
        kind.turnPixels(patch, Scratch.LINE, pitch, end - first, x, to + first * LANES, inputPlane);
    }

    /** The products of a panel, one for each point. */
    private void multiply(float[] x, int squares, Span packed, int panel, float[] sums) {
        int tiles = Math.ceilDiv(squares, BlockTiles.MOST);
        int second = rows * across * LANES;
        for (int k = 0; k < kind.points(); k++) {
            int weights = packed.at() + (panel * kind.points() + k) * g.c() * WIDTH;
            if (weightsAreFar()) {
                Fetch.lines(packed.array(), weights, g.c() * WIDTH);
            }
            for (int i = 0; i < tiles; i++) {
                int square = squares * i / tiles;
                int end = squares * (i + 1) / tiles;
                int to = Scratch.LINE + k * resultPlane + square * LANES;
                BlockTiles.run(
                        end - square,
                        places.length,
                        x,
                        Scratch.LINE + k * inputPlane + square * LANES,
                        places,
                        0,
                        packed.array(),
                        weights,
                        ZEROS,
                        0,
                        sums,
                        to,
                        to + second);
            }
        }
    }

    private void results(
            float[] sums,
            int firstRow,
            int count,
            float[] bias,
            int channel,
            Span add,
            int at,
            boolean relu,
            Span dst) {
        float floor = relu ? 0f : Float.NEGATIVE_INFINITY;
        int pitch = side * across * LANES;
        float[] y = Scratch.onLines(Scratch.PLANE, side * pitch);
        for (int block = 0; block < 2; block++) {
            for (int i = 0; i < count; i++) {
                int from = Scratch.LINE + (block * rows + i) * across * LANES;
                kind.turnBack(sums, from, resultPlane, across, bias, channel + block * LANES, y, Scratch.LINE, pitch);
                int row = side * (firstRow + i);
                for (int line = 0; line < Math.min(side, g.outH() - row); line++) {
                    int to = at + (block * g.outH() + row + line) * g.outW() * LANES;
                    finish(y, Scratch.LINE + line * pitch, g.outW(), add, to, floor, dst);
                }
            }
        }
    }

    private static void finish(float[] y, int from, int pixels, Span add, int at, float floor, Span dst) {
        FloatVector least = ONE.broadcast(floor);
        for (int i = 0; i < pixels * LANES; i += LANES) {
            FloatVector sum = fromArray(SPECIES, y, from + i);
            if (add.isEmpty()) {
                least.max(sum).intoArray(dst.array(), dst.at() + at + i);
            } else {
                FloatVector all = VECTOR.cast(sum).add(fromArray(SPECIES, add.array(), add.at() + at + i));
                least.max(all).intoArray(dst.array(), dst.at() + at + i);
            }
        }
    }
}
