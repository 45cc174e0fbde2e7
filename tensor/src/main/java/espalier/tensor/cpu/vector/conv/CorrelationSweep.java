package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.RowGroups;

/**
 * Runs a {@link Correlation}: places vectors on the grid, cuts the work into tasks, and lets {@link ConvTile} sweep
 * over them.
 *
 * <p>A task takes some grid rows of some images. It copies the source rows it needs into a {@link PaddedWindow} that
 * stays in the cache, and multiplies. Positions are the outer loop and panels of output channels the inner one, so that
 * the part of the window under a tile is read from the nearest cache for every panel. Long sums are cut into blocks of
 * channels for the same reason.
 *
 * <p>The cut depends on the shapes alone, and every output is one chain of fused multiply-adds, so the result has the
 * same bits for any number of threads.
 */
final class CorrelationSweep implements ConvWay {
    /** Multiply-adds of a task: about 50 microseconds. */
    private static final long TASK_WORK = 3_000_000;

    /** Most floats of a window: a quarter of a megabyte, so that it stays in the second-level cache. */
    private static final int WINDOW_FLOATS = 1 << 16;

    /** Floats of a window that one task fills: about 10 microseconds. */
    private static final int FILL_FLOATS = 1 << 14;

    /** Longest sum before it is cut, in multiply-adds. */
    private static final int DEPTH = 576;

    /** Vectors that one pass over the panels covers. */
    private static final int BLOCK = 8;

    private final Correlation k;
    private final VectorPlacement placement;
    private final PaddedWindow window;
    private final boolean sourceInPlace;
    private double cost;
    private final int chunkRows;
    private final int chunks;
    private final int splits;
    private final int blockChannels;
    private final int[][] offsets;
    private final VectorPlacement.Vectors full;
    private final VectorPlacement.Vectors last;

    CorrelationSweep(Correlation correlation) {
        k = correlation;
        int depth = 1;
        for (Correlation.Part part : k.parts()) {
            depth = Math.max(depth, k.channels() * part.taps());
        }
        int blocks = Math.min(k.channels(), Math.ceilDiv(depth, DEPTH));
        blockChannels = Math.ceilDiv(k.channels(), blocks);

        PaddedWindow whole = new PaddedWindow(
                k.srcH(), k.srcW(), k.strideH(), k.strideW(), k.top(), k.left(), k.parts(), 1, k.gridW());
        placement = VectorPlacement.choose(k, whole.pitch(), blockChannels < k.channels());
        sourceInPlace = placement.readsSourceInPlace();
        chunkRows = cheapestChunk(whole.pitch());
        chunks = Math.ceilDiv(k.gridH(), chunkRows);
        splits = splits(chunkRows);
        window = new PaddedWindow(
                k.srcH(), k.srcW(), k.strideH(), k.strideW(), k.top(), k.left(), k.parts(), chunkRows, k.gridW());
        int pitch = sourceInPlace ? k.srcW() : window.pitch();
        full = placement.vectors(chunkRows, pitch, chunkRows);
        last = placement.vectors(k.gridH() - (chunks - 1) * chunkRows, pitch, chunkRows);
        offsets = new int[k.parts().size()][];
        for (int p = 0; p < offsets.length; p++) {
            offsets[p] = offsets(k.parts().get(p));
        }
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

    /** Estimated cycles for one image and group. */
    double cost() {
        return cost;
    }

    /** Into how many groups of output channels the work on some grid rows is divided. */
    private int splits(int rows) {
        int panels = RowGroups.count(k.rows());
        return Math.clamp(rows * k.rowWork() / TASK_WORK, 1, panels);
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
    public void run(
            Parallel parallel,
            float[] src,
            int srcAt,
            float[] packed,
            float[] bias,
            int biasAt,
            float[] dst,
            int dstAt) {
        if (splits > 1 && !sourceInPlace) {
            runImages(parallel, src, srcAt, packed, bias, biasAt, dst, dstAt);
            return;
        }
        int units = k.images() * k.groups() * chunks * splits;
        long unitWork = Math.max(1, chunkRows * k.rowWork() / splits);
        int unitsPerTask = Math.clamp(TASK_WORK / unitWork, 1, Math.max(1, units));
        parallel.forEach(Math.ceilDiv(units, unitsPerTask), task -> {
            int end = Math.min(units, (task + 1) * unitsPerTask);
            for (int unit = task * unitsPerTask; unit < end; unit++) {
                int image = unit / splits / chunks / k.groups();
                int group = unit / splits / chunks % k.groups();
                int chunk = unit / splits % chunks;
                int from = source(srcAt, image, group);
                float[] x = src;
                int xBase = from + chunk * chunkRows * k.srcW();
                if (!sourceInPlace) {
                    x = Scratch.floats(Scratch.CONV_INPUT, windowLength());
                    xBase = 0;
                    window.fill(src, from, k.channels(), chunk * chunkRows, x);
                }
                runUnit(image, group, chunk, unit % splits, x, xBase, packed, bias, biasAt, dst, dstAt);
            }
        });
    }

    /** Many output channels: one window is filled for all tasks that divide them among themselves. */
    private void runImages(
            Parallel parallel,
            float[] src,
            int srcAt,
            float[] packed,
            float[] bias,
            int biasAt,
            float[] dst,
            int dstAt) {
        int length = windowLength();
        float[] x = Scratch.floats(Scratch.CONV_INPUT, chunks * length);
        int fills = Math.clamp(length / FILL_FLOATS, 1, k.channels());
        for (int i = 0; i < k.images() * k.groups(); i++) {
            int image = i / k.groups();
            int group = i % k.groups();
            int from = source(srcAt, image, group);
            parallel.forEach(chunks * fills, task -> {
                int chunk = task / fills;
                int first = k.channels() * (task % fills) / fills;
                int end = k.channels() * (task % fills + 1) / fills;
                window.fill(src, from, first, end, chunk * chunkRows, x, chunk * length);
            });
            parallel.forEach(chunks * splits, task -> {
                int chunk = task / splits;
                runUnit(image, group, chunk, task % splits, x, chunk * length, packed, bias, biasAt, dst, dstAt);
            });
        }
    }

    /** Floats of a window, with some to spare for the last vector. */
    private int windowLength() {
        return k.channels() * window.plane() + 2 * Lanes.COUNT;
    }

    private int source(int srcAt, int image, int group) {
        return srcAt + (image * k.groups() + group) * k.channels() * k.srcH() * k.srcW();
    }

    private void runUnit(
            int image,
            int group,
            int chunk,
            int split,
            float[] x,
            int xBase,
            float[] packed,
            float[] bias,
            int biasAt,
            float[] dst,
            int dstAt) {
        int firstRow = chunk * chunkRows;
        VectorPlacement.Vectors vectors = chunk == chunks - 1 ? last : full;
        int to = dstAt + (image * k.groups() + group) * k.rows() * k.dstH() * k.dstW();
        int panels = RowGroups.count(k.rows());
        int firstPanel = RowGroups.start(k.rows(), panels * split / splits);
        int endPanel = RowGroups.start(k.rows(), panels * (split + 1) / splits);
        boolean inPlace = placement.writesInPlace();
        int partStride = k.rows() * vectors.rowStride();
        float[] c =
                inPlace ? dst : Scratch.floats(Scratch.CONV_OUTPUT, k.parts().size() * partStride);
        for (int p = 0; p < k.parts().size(); p++) {
            int cBase = inPlace ? to + firstRow * k.dstW() : p * partStride;
            multiply(
                    offsets[p],
                    packed,
                    k.packedAt(p, group),
                    x,
                    xBase,
                    c,
                    cBase,
                    vectors,
                    firstPanel,
                    endPanel,
                    bias,
                    biasAt + group * k.rows());
        }
        if (!inPlace) {
            placement.store(c, partStride, vectors, firstRow, firstPanel, endPanel, dst, to);
        }
    }

    private void multiply(
            int[] table,
            float[] packed,
            int aAt,
            float[] x,
            int xBase,
            float[] c,
            int cBase,
            VectorPlacement.Vectors vectors,
            int firstRow,
            int endRow,
            float[] bias,
            int biasAt) {
        ConvTile tile = vectors.tile();
        int depth = table.length;
        if (k.channels() == 1 && depth == NineTaps.COUNT && k.rows() == 1) {
            tile.runNine(packed, aAt, table, x, xBase, c, cBase, bias.length == 0 ? 0f : bias[biasAt]);
            return;
        }
        int step = Math.max(1, depth / k.channels() * blockChannels);
        int count = tile.vectors();
        for (int start = 0; start == 0 || start < depth; start += step) {
            int n = Math.min(step, depth - start);
            for (int v = 0; v < count; v += BLOCK) {
                int end = Math.min(count, v + BLOCK);
                for (int r = firstRow, height; r < endRow; r += height) {
                    height = RowGroups.height(k.rows(), r);
                    int a = aAt + r * depth + start * height;
                    int at = cBase + r * vectors.rowStride();
                    boolean biased = bias.length > 0;
                    tile.run(
                            height,
                            n,
                            packed,
                            a,
                            table,
                            start,
                            x,
                            xBase,
                            c,
                            at,
                            v,
                            end,
                            start > 0,
                            biased ? bias : ConvTile.NO_BIAS,
                            biased ? biasAt + r : 0);
                }
            }
        }
    }
}
