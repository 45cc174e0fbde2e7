package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.Scratch;

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
    private final int[][] offsets;
    private final Cut cut;
    private final VectorPlacement.Vectors full;
    private final VectorPlacement.Vectors last;

    CorrelationSweep(Correlation correlation) {
        super(correlation);
        int terms = 1;
        for (Correlation.Part part : k.parts()) {
            terms = Math.max(terms, part.taps());
        }
        blockChannels = channelsAtOnce(k.channels(), terms);

        PaddedWindow whole = new PaddedWindow(
                k.srcH(), k.srcW(), k.strideH(), k.strideW(), k.top(), k.left(), k.parts(), 1, k.gridW());
        placement = VectorPlacement.choose(k, whole.pitch(), blockChannels < k.channels());
        sourceInPlace = placement.readsSourceInPlace();
        chunkRows = cheapestChunk(whole.pitch());
        chunks = Math.ceilDiv(k.gridH(), chunkRows);
        window = new PaddedWindow(
                k.srcH(), k.srcW(), k.strideH(), k.strideW(), k.top(), k.left(), k.parts(), chunkRows, k.gridW());
        int pitch = sourceInPlace ? k.srcW() : window.pitch();
        full = placement.vectors(chunkRows, pitch, chunkRows);
        last = placement.vectors(k.gridH() - (chunks - 1) * chunkRows, pitch, chunkRows);
        offsets = new int[k.parts().size()][];
        for (int p = 0; p < offsets.length; p++) {
            offsets[p] = offsets(k.parts().get(p));
        }
        int length = k.channels() * window.plane() + SLACK;
        cut = new Cut(k.images() * k.groups(), chunks, length, chunkRows * k.rowWork());
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
            double fill = sourceInPlace ? 0 : (double) k.channels() * srcRows * (10 + 0.4 * k.srcW());
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
    int place(int srcAt, int round, int block) {
        return source(srcAt, round) + block * chunkRows * k.srcW();
    }

    private int source(int srcAt, int round) {
        return srcAt + round * k.channels() * k.srcH() * k.srcW();
    }

    @Override
    void fill(float[] src, int srcAt, int round, int block, int from, int to, float[] x, int at) {
        window.fill(src, source(srcAt, round), from, to, block * chunkRows, x, at);
    }

    @Override
    void compute(
            int round,
            int block,
            int firstRow,
            int endRow,
            float[] x,
            int xAt,
            float[] packed,
            float[] bias,
            int biasAt,
            float[] dst,
            int dstAt) {
        int group = round % k.groups();
        int firstGridRow = block * chunkRows;
        VectorPlacement.Vectors vectors = block == chunks - 1 ? last : full;
        int to = dstAt + round * k.rows() * k.dstH() * k.dstW();
        boolean inPlace = placement.writesInPlace();
        int partStride = k.rows() * vectors.rowStride();
        float[] c =
                inPlace ? dst : Scratch.floats(Scratch.CONV_OUTPUT, k.parts().size() * partStride);
        for (int p = 0; p < k.parts().size(); p++) {
            int cAt = inPlace ? to + firstGridRow * k.dstW() : p * partStride;
            int a = k.packedAt(p, group);
            int biasOfGroup = biasAt + group * k.rows();
            if (k.channels() == 1 && offsets[p].length == NineTaps.COUNT && k.rows() == 1) {
                float start = bias.length == 0 ? 0f : bias[biasOfGroup];
                vectors.tile().runNine(packed, a, offsets[p], x, xAt, c, cAt, start);
            } else {
                int step = Math.max(1, offsets[p].length / k.channels() * blockChannels);
                multiply(
                        vectors.tile(),
                        offsets[p],
                        step,
                        packed,
                        a,
                        x,
                        xAt,
                        c,
                        cAt,
                        firstRow,
                        endRow,
                        bias,
                        biasOfGroup);
            }
        }
        if (!inPlace) {
            placement.store(c, partStride, vectors, firstGridRow, firstRow, endRow, dst, to);
        }
    }
}
