package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Fetch;
import espalier.tensor.cpu.vector.lanes.Span;

/**
 * Computes a {@link Correlation} as it is written: places vectors on the grid and lets {@link ConvTile} sweep over a
 * {@link PaddedWindow} of some grid rows of an image. Every output is one chain of fused multiply-adds.
 */
final class CorrelationSweep extends Sweep {
    /** Most floats of a window: a quarter of a megabyte, so that it stays in the second-level cache. */
    private static final int WINDOW_FLOATS = 1 << 16;

    /** With a single tap every element counts once: those of more channels come from farther than the nearest cache. */
    private static final int FAR_CHANNELS = 96;

    private final VectorPlacement placement;
    private final PaddedWindow window;
    private final boolean sourceInPlace;
    private double cost;
    private final int chunkRows;
    private final int chunks;
    private final int blockChannels;
    private final Cut cut;
    private final Chunk full;
    private final Chunk last;

    /** The vectors over the grid rows of a window, and for each part its product. */
    private record Chunk(VectorPlacement.Vectors vectors, WindowProduct[] parts) {}

    CorrelationSweep(Correlation correlation) {
        super(correlation);
        int terms = 1;
        for (Correlation.Part part : k.parts()) {
            terms = Math.max(terms, part.taps());
        }
        blockChannels = WindowProduct.channelsAtOnce(k.channels(), terms);

        int oneRowPitch = new PaddedWindow(k, 1).pitch();
        placement = VectorPlacement.choose(k, oneRowPitch, blockChannels < k.channels());
        sourceInPlace = placement.readsSourceInPlace();
        chunkRows = cheapestChunk(oneRowPitch);
        chunks = Math.ceilDiv(k.gridH(), chunkRows);
        window = new PaddedWindow(k, chunkRows);
        full = chunk(chunkRows);
        last = chunk(k.gridH() - (chunks - 1) * chunkRows);
        int length = k.channels() * window.plane() + SLACK;
        cut = new Cut(k.images() * k.groups(), chunks, length, chunkRows * k.rowWork());
    }

    private Chunk chunk(int gridRows) {
        int pitch = sourceInPlace ? k.srcW() : window.pitch();
        VectorPlacement.Vectors vectors = placement.vectors(gridRows, pitch, chunkRows);
        WindowProduct[] products = new WindowProduct[k.parts().size()];
        for (int p = 0; p < products.length; p++) {
            Correlation.Part part = k.parts().get(p);
            int step = Math.max(1, part.taps() * blockChannels);
            products[p] = new WindowProduct(vectors.tile(), offsets(part), step, k.rows(), k.packedAt(p, 0), true);
        }
        return new Chunk(vectors, products);
    }

    /**
     * How many grid rows a task takes. Few rows copy the rows under the kernel's edge more often and leave tiles
     * half-filled; many take more memory.
     */
    private int cheapestChunk(int pitch) {
        double tileWork = 0;
        for (Correlation.Part part : k.parts()) {
            tileWork += ConvTile.cycles(k.rows(), k.channels() * part.taps());
        }
        if (k.channels() > FAR_CHANNELS && k.parts().getFirst().taps() == 1) {
            tileWork *= 1.12;
        }
        double store = placement.writesInPlace() ? 0 : 0.6 * k.rows() * k.dstH() * k.dstW();
        int best = 1;
        cost = Double.MAX_VALUE;
        for (int rows = k.gridH(); rows >= 1; rows--) {
            int count = Math.ceilDiv(k.gridH(), rows);
            int srcRows = Math.min(k.srcH(), rows * k.strideH() + k.gridTaps() - 1);
            if (rows > 1 && (long) k.channels() * srcRows * k.srcW() > WINDOW_FLOATS) {
                continue;
            }
            double fill = sourceInPlace ? 0 : (double) k.channels() * srcRows * k.strideW() * (10 + 0.4 * k.srcW());
            int tiles = Math.ceilDiv(placement.count(rows, pitch), 2);
            double cycles = count * (tiles * tileWork + fill) + store;
            if (cycles < cost) {
                cost = cycles;
                best = rows;
            }
        }
        return best;
    }

    @Override
    public double cost() {
        return cost;
    }

    private int[] offsets(Correlation.Part part) {
        int[] table = new int[k.channels() * part.taps()];
        int at = 0;
        for (int c = 0; c < k.channels(); c++) {
            for (Correlation.Tap down : part.down()) {
                for (Correlation.Tap across : part.across()) {
                    table[at++] = sourceInPlace
                            ? (c * k.srcH() + down.at()) * k.srcW() + across.at()
                            : c * window.plane() + window.at(down.at(), across.at());
                }
            }
        }
        return table;
    }

    @Override
    Cut cut() {
        return cut;
    }

    @Override
    boolean readsSourceInPlace() {
        return sourceInPlace;
    }

    @Override
    int place(int block) {
        return source(block) + cut.inRound(block) * chunkRows * k.srcW();
    }

    /** Where the images of a block's round begin. */
    private int source(int block) {
        return cut.round(block) * k.channels() * k.srcH() * k.srcW();
    }

    @Override
    void fill(Span src, int block, int from, int to, float[] x, int at) {
        if (chunks == 1) {
            int plane = k.srcH() * k.srcW();
            int first = src.at() + source(block) + from * plane;
            Fetch.lines(src.array(), first, (to - from) * plane);
        }
        window.fill(src.array(), src.at() + source(block), from, to, cut.inRound(block) * chunkRows, x, at);
    }

    @Override
    void compute(Operands o, int block, int firstRow, int endRow, float[] x, int xAt) {
        int round = cut.round(block);
        int firstGridRow = cut.inRound(block) * chunkRows;
        Chunk chunk = cut.inRound(block) == chunks - 1 ? last : full;
        WindowProduct[] parts = chunk.parts();
        boolean inPlace = placement.writesInPlace();
        float[] dst = o.dst().array();
        int to = o.dst().at() + round * k.rows() * k.dstH() * k.dstW();
        int partStride = k.rows() * chunk.vectors().rowStride();
        float[] c = inPlace ? dst : Scratch.floats(Scratch.CONV_OUTPUT, parts.length * partStride);
        for (int p = 0; p < parts.length; p++) {
            int cAt = inPlace ? to + firstGridRow * k.dstW() : p * partStride;
            parts[p].run(o, round % k.groups(), firstRow, endRow, x, xAt, c, cAt);
        }
        if (!inPlace) {
            placement.store(c, partStride, chunk.vectors(), firstGridRow, firstRow, endRow, dst, to);
        }
    }
}
