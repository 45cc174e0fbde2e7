package espalier.tensor.cpu.vector.blocked;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.channels.BlockTiles;
import espalier.tensor.cpu.vector.channels.Squares;
import espalier.tensor.cpu.vector.lanes.Fetch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.Span;
import java.util.List;
import java.util.Optional;

/**
 * A convolution of blocked images by its sum, as it is written: for some rows of an image at a time the pixels that
 * they see, and for each two blocks of output channels tiles of neighbouring pixels.
 *
 * <p>Long sums are cut into stretches whose weights stay near; tiles of the second stretch add to what those of the
 * first have left in the result.
 */
final class BlockSweep implements BlockWay {
    private static final int LANES = Lanes.COUNT;

    /** Output channels of a panel. */
    static final int WIDTH = 2 * LANES;

    /** Most floats of a window: half a megabyte, so that it stays in the second-level cache. */
    private static final int WINDOW_FLOATS = 1 << 17;

    /** Longest stretch of a sum, in runs of terms: 36 KiB of weights of 16 lanes, which stay in the nearest cache. */
    private static final int DEPTH = 288 / LANES;

    /** A bias of nothing. */
    static final float[] ZEROS = new float[WIDTH];

    /**
     * Some neighbouring pixels: where the window holds the first, which pixel of the block's results it is, how many.
     */
    private record Run(int window, int pixel, int pixels) {}

    private final ConvGeometry g;
    private final BlockSource source;
    private final boolean inPlace;
    private final int rows;
    private final int blocks;
    private final int[] places;
    private final int depth;

    /** The tiles of all blocks but the last, and those of the last. */
    private final List<Run[]> runs;

    /** @param geometry without groups, whose channels are whole blocks, those of the result whole panels */
    BlockSweep(ConvGeometry geometry) {
        g = geometry;
        inPlace = source(g, 1) instanceof BlockImage;
        long rowFloats = inPlace ? (long) g.c() * g.w() : source(g, 1).floats();
        int most = Math.clamp(WINDOW_FLOATS / rowFloats, 1, g.outH());
        rows = Math.ceilDiv(g.outH(), Math.ceilDiv(g.outH(), most));
        blocks = Math.ceilDiv(g.outH(), rows);
        source = source(g, rows);
        places = source.places();
        depth = Math.ceilDiv(places.length, Math.ceilDiv(places.length, DEPTH));
        runs = List.of(runs(rows), runs(g.outH() - (blocks - 1) * rows));
    }

    private static BlockSource source(ConvGeometry g, int rows) {
        return BlockImage.takes(g) ? new BlockImage(g) : new BlockWindow(g, rows);
    }

    /** Rows without zeros between them are one long row. */
    private Run[] runs(int gridRows) {
        boolean joined = source.pitch() == g.outW() * LANES;
        int columns = joined ? gridRows * g.outW() : g.outW();
        int lines = joined ? 1 : gridRows;
        int perLine = Math.ceilDiv(columns, BlockTiles.MOST);
        Run[] made = new Run[lines * perLine];
        for (int i = 0; i < made.length; i++) {
            int line = i / perLine;
            int column = columns * (i % perLine) / perLine;
            int end = columns * (i % perLine + 1) / perLine;
            int pitch = joined ? 0 : source.pitch();
            made[i] = new Run(line * pitch + column * LANES, line * columns + column, end - column);
        }
        return made;
    }

    @Override
    public double cost() {
        double sums = (double) g.multiplyAdds() / g.n() / (2 * LANES);
        double copy = 2.0 * blocks * source.floats() / LANES;
        return 1.05 * sums + copy + BlockWay.FETCH_CYCLES * packedLength() / g.n();
    }

    @Override
    public Optional<Squares> squares() {
        return Optional.empty();
    }

    @Override
    public int packedLength() {
        return g.weightLength();
    }

    /** Panels of {@link #WIDTH} output channels; in a panel the channels' weights of one term side by side. */
    @Override
    public void pack(float[] weight, Span packed) {
        int[] order = source.weights();
        int length = order.length;
        for (int panel = 0; panel < g.o() / WIDTH; panel++) {
            for (int t = 0; t < length; t++) {
                int from = panel * WIDTH * length + order[t];
                int to = packed.at() + (panel * length + t) * WIDTH;
                for (int o = 0; o < WIDTH; o++) {
                    packed.array()[to + o] = weight[from + o * length];
                }
            }
        }
    }

    @Override
    public void run(Parallel parallel, Span src, Span packed, float[] bias, Span add, boolean relu, Span dst) {
        BlockWay.each(parallel, g.n() * blocks, g.o() / WIDTH, g.multiplyAdds(), (unit, firstPanel, endPanel) -> {
            int firstRow = unit % blocks * rows;
            int image = src.at() + unit / blocks * g.c() * g.h() * g.w();
            float[] x = src.array();
            int at = image + firstRow * g.w() * LANES;
            if (!inPlace) {
                x = Scratch.floats(Scratch.CONV_INPUT, source.floats());
                source.fill(src.array(), image, firstRow, x);
                at = 0;
            }
            for (int panel = firstPanel; panel < endPanel; panel++) {
                compute(unit, panel, x, at, packed, bias, add, relu, dst);
            }
        });
    }

    private void compute(
            int unit, int panel, float[] x, int xAt, Span packed, float[] bias, Span add, boolean relu, Span dst) {
        Run[] tiles = runs.get(unit % blocks == blocks - 1 ? 1 : 0);
        int plane = g.outH() * g.outW() * LANES;
        int result = (unit / blocks * (g.o() / LANES) + 2 * panel) * plane + unit % blocks * rows * g.outW() * LANES;
        int length = places.length;
        float[] w = packed.array();
        float[] tile = Scratch.onLines(Scratch.TILE, 2 * BlockTiles.MOST * LANES);
        for (int t = 0; t < length; t += depth) {
            int n = Math.min(depth, length - t);
            boolean floored = relu && t + n == length;
            Span before = t == 0 ? add : dst;
            float[] b = t == 0 ? bias : ZEROS;
            int bAt = t == 0 ? panel * WIDTH : 0;
            int weights = packed.at() + (panel * length + t) * LANES * WIDTH;
            if (weightsAreFar()) {
                Fetch.lines(w, weights, n * LANES * WIDTH);
            }
            for (Run run : tiles) {
                int from = xAt + run.window();
                int at = result + run.pixel() * LANES;
                int to = dst.at() + at;
                int pixels = run.pixels();
                int half = pixels * LANES;
                if (before.isEmpty()) {
                    BlockTiles.run(pixels, n, x, from, places, t, w, weights, b, bAt, dst.array(), to, to + plane);
                    if (floored) {
                        BlockTiles.relu(dst.array(), to, half);
                        BlockTiles.relu(dst.array(), to + plane, half);
                    }
                } else {
                    int sums = Scratch.LINE;
                    int added = before.at() + at;
                    float floor = floored ? 0f : Float.NEGATIVE_INFINITY;
                    BlockTiles.run(pixels, n, x, from, places, t, w, weights, b, bAt, tile, sums, sums + half);
                    BlockTiles.add(tile, sums, half, before.array(), added, floor, dst.array(), to);
                    BlockTiles.add(
                            tile, sums + half, half, before.array(), added + plane, floor, dst.array(), to + plane);
                }
            }
        }
    }
}
