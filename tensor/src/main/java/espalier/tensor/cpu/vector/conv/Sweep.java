package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.RowGroups;

/**
 * A way to compute a {@link Correlation} block by block: some rows of some images are copied into a window that stays in the
 * cache, in whatever form the way reads them, and all output channels are computed from it.
 *
 * <p>This is the part that ways have in common: how blocks become tasks, and how tiles sweep over a window. Positions are the
 * outer loop and panels of output channels the inner one, so that the part of the window under a tile is read from the nearest
 * cache for every panel. Long sums are cut into blocks of channels for the same reason. The cut depends on the shapes alone.
 */
abstract sealed class Sweep implements ConvWay permits CorrelationSweep, PointwiseSweep, WinogradSweep {
    /** Multiply-adds of a task: about 50 microseconds. */
    private static final long TASK_WORK = 3_000_000;

    /** Floats of a window that one task fills: about 10 microseconds. */
    private static final int FILL_FLOATS = 1 << 14;

    /** Floats after a window that the last vector may read. */
    static final int SLACK = 2 * Lanes.COUNT;

    /** Longest sum before it is cut, in multiply-adds. */
    private static final int DEPTH = 576;

    /** Vectors that one pass over the panels covers. */
    private static final int BLOCK = 8;

    /**
     * How the work is cut.
     *
     * @param rounds sets of images and groups: what is filled at once if channels are divided among tasks
     * @param blocks windows of a round
     * @param windowLength floats of a window
     * @param blockWork multiply-adds of a block
     */
    record Cut(int rounds, int blocks, int windowLength, long blockWork) {}

    final Correlation k;

    Sweep(Correlation correlation) {
        k = correlation;
    }

    @Override
    public Order order() {
        return Order.TAPS_INSIDE;
    }

    @Override
    public int packedLength() {
        return k.packedLength();
    }

    @Override
    public void pack(Parallel parallel, float[] weight, int weightAt, float[] packed) {
        k.pack(parallel, weight, weightAt, order(), packed);
    }

    /** How the work is cut; always the same object. */
    abstract Cut cut();

    /** Whether tiles read the source where it lies, so that windows need no copy. */
    boolean readsSourceInPlace() {
        return false;
    }

    /** Copies channels {@code from} to {@code to - 1} of a block's source into its window. */
    abstract void fill(float[] src, int srcAt, int round, int block, int from, int to, float[] window, int windowAt);

    /** Where in the source a block begins that is read in place. */
    int place(int srcAt, int round, int block) {
        throw new IllegalStateException(getClass().getSimpleName() + " reads windows only");
    }

    /** Computes output channels {@code firstRow} to {@code endRow - 1} of a block. */
    abstract void compute(
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
            int dstAt);

    @Override
    public final void run(
            Parallel parallel,
            float[] src,
            int srcAt,
            float[] packed,
            float[] bias,
            int biasAt,
            float[] dst,
            int dstAt) {
        Cut cut = cut();
        int panels = RowGroups.count(k.rows());
        int splits = Math.clamp(cut.blockWork() / TASK_WORK, 1, panels);
        if (splits > 1 && !readsSourceInPlace()) {
            runRounds(parallel, cut, splits, src, srcAt, packed, bias, biasAt, dst, dstAt);
            return;
        }
        int units = cut.rounds() * cut.blocks() * splits;
        int unitsPerTask = Math.clamp(TASK_WORK / Math.max(1, cut.blockWork() / splits), 1, Math.max(1, units));
        parallel.forEach(Math.ceilDiv(units, unitsPerTask), task -> {
            int end = Math.min(units, (task + 1) * unitsPerTask);
            for (int unit = task * unitsPerTask; unit < end; unit++) {
                int round = unit / splits / cut.blocks();
                int block = unit / splits % cut.blocks();
                float[] x = src;
                int xAt;
                if (readsSourceInPlace()) {
                    xAt = place(srcAt, round, block);
                } else {
                    x = Scratch.floats(Scratch.CONV_INPUT, cut.windowLength());
                    xAt = 0;
                    fill(src, srcAt, round, block, 0, k.channels(), x, 0);
                }
                int first = firstRow(unit % splits, splits);
                int last = firstRow(unit % splits + 1, splits);
                compute(round, block, first, last, x, xAt, packed, bias, biasAt, dst, dstAt);
            }
        });
    }

    /** Many output channels: one window is filled for all tasks that divide them among themselves. */
    private void runRounds(
            Parallel parallel,
            Cut cut,
            int splits,
            float[] src,
            int srcAt,
            float[] packed,
            float[] bias,
            int biasAt,
            float[] dst,
            int dstAt) {
        int length = cut.windowLength();
        float[] x = Scratch.floats(Scratch.CONV_INPUT, cut.blocks() * length);
        int fills = Math.clamp(length / FILL_FLOATS, 1, k.channels());
        for (int i = 0; i < cut.rounds(); i++) {
            int round = i;
            parallel.forEach(cut.blocks() * fills, task -> {
                int block = task / fills;
                int from = k.channels() * (task % fills) / fills;
                int to = k.channels() * (task % fills + 1) / fills;
                fill(src, srcAt, round, block, from, to, x, block * length);
            });
            parallel.forEach(cut.blocks() * splits, task -> {
                int block = task / splits;
                int first = firstRow(task % splits, splits);
                int last = firstRow(task % splits + 1, splits);
                compute(round, block, first, last, x, block * length, packed, bias, biasAt, dst, dstAt);
            });
        }
    }

    private int firstRow(int split, int splits) {
        return RowGroups.start(k.rows(), RowGroups.count(k.rows()) * split / splits);
    }

    /** Into how many blocks of channels a sum of so many terms for each channel is cut, at most {@link #DEPTH} long. */
    static int channelsAtOnce(int channels, int terms) {
        int blocks = Math.clamp(Math.ceilDiv(channels * terms, DEPTH), 1, Math.max(1, channels));
        return Math.ceilDiv(channels, blocks);
    }

    /**
     * Sums of packed weights times a window.
     *
     * @param step terms of a sum that are added up at once
     * @param bias what sums start from, at the row's place, or nothing
     */
    final void multiply(
            ConvTile tile,
            int[] table,
            int step,
            float[] packed,
            int packedAt,
            float[] x,
            int xAt,
            float[] c,
            int cAt,
            int firstRow,
            int endRow,
            float[] bias,
            int biasAt) {
        int depth = table.length;
        int count = tile.vectors();
        boolean biased = bias.length > 0;
        for (int start = 0; start == 0 || start < depth; start += step) {
            int n = Math.min(step, depth - start);
            for (int v = 0; v < count; v += BLOCK) {
                int end = Math.min(count, v + BLOCK);
                for (int r = firstRow, height; r < endRow; r += height) {
                    height = RowGroups.height(k.rows(), r);
                    tile.run(
                            height,
                            n,
                            packed,
                            packedAt + r * depth + start * height,
                            table,
                            start,
                            x,
                            xAt,
                            c,
                            cAt + r * tile.rowStride(),
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
