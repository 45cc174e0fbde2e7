package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.RowGroups;
import espalier.tensor.cpu.vector.lanes.Span;

/**
 * A way to compute a {@link Correlation} block by block: some rows of some images are copied into a window that stays
 * in the cache, in whatever form the way reads them, and all output channels are computed from it.
 *
 * <p>This is the part that ways have in common: how blocks become tasks. The cut depends on the shapes alone. What
 * follows from a window, by {@link WindowProduct}, is each way's own.
 */
abstract sealed class Sweep implements ConvWay
        permits ChannelSweep, CorrelationSweep, PointwiseSweep, SquareSweep, WinogradSweep {
    /** Multiply-adds of a task where there are many: about 50 microseconds. */
    private static final long TASK_WORK = 3_000_000;

    /**
     * Those that are worth a task: about 5 microseconds, a fourth of what a layer of a small network takes for one
     * image.
     */
    private static final long LEAST_WORK = 500_000;

    /** So many blocks for each thread keep all of them busy nearly to the end. */
    private static final int BLOCKS_A_THREAD = 4;

    /**
     * Up to so many threads that divide the channels of a block each fill a window of their own: what one core has
     * written comes to another more slowly than it is made.
     */
    private static final int FEW_THREADS = 4;

    /** Floats of a window that one task fills: about 10 microseconds. */
    private static final int FILL_FLOATS = 1 << 14;

    /** Floats after a window that the last vector may read. */
    static final int SLACK = 2 * Lanes.COUNT;

    /**
     * How the work is cut. Blocks are numbered round by round.
     *
     * @param rounds sets of images and groups: what is filled at once if channels are divided among tasks
     * @param blocks windows of a round
     * @param windowLength floats of a window
     * @param blockWork multiply-adds of a block
     */
    record Cut(int rounds, int blocks, int windowLength, long blockWork) {
        /** The round that a block belongs to. */
        int round(int block) {
            return block / blocks;
        }

        /** The how-manieth block of its round it is. */
        int inRound(int block) {
            return block % blocks;
        }
    }

    final Correlation k;

    Sweep(Correlation correlation) {
        k = correlation;
    }

    @Override
    public Correlation correlation() {
        return k;
    }

    /** How the work is cut; always the same object. */
    abstract Cut cut();

    /** Whether tiles read the source where it lies, so that windows need no copy. */
    boolean readsSourceInPlace() {
        return false;
    }

    /** Copies channels {@code from} to {@code to - 1} of a block's source into its window. */
    abstract void fill(Span src, int block, int from, int to, float[] window, int windowAt);

    /** How far from the start of the source a block begins that is read in place. */
    int place(int block) {
        throw new IllegalStateException(getClass().getSimpleName() + " reads windows only");
    }

    /**
     * Computes output channels {@code firstRow} to {@code endRow - 1} of a block from its window, or its place,
     * {@code x}.
     */
    abstract void compute(Operands o, int block, int firstRow, int endRow, float[] x, int xAt);

    /** What numbers of channels are filled at once is a multiple of. */
    int channelStep() {
        return 1;
    }

    /** Panels of output channels: what tasks may divide among themselves. */
    int panels() {
        return RowGroups.count(k.rows());
    }

    /** The first output channel of a panel; that of panel {@link #panels} is {@code rows}. */
    int firstRow(int panel) {
        return RowGroups.start(k.rows(), panel);
    }

    @Override
    public final void run(Parallel parallel, Operands o) {
        Cut cut = cut();
        int splits = splits(cut, parallel.threads());
        boolean fillsAlone = splits > 1 && !readsSourceInPlace();
        if (fillsAlone && parallel.threads() > FEW_THREADS) {
            runRounds(parallel, o, splits);
            return;
        }
        int units = cut.rounds() * cut.blocks() * splits;
        int unitsPerTask = fillsAlone
                ? Math.max(1, Math.ceilDiv(units, parallel.threads()))
                : unitsPerTask(units, Math.max(1, cut.blockWork() / splits), parallel.threads());
        parallel.forEach(Math.ceilDiv(units, unitsPerTask), task -> {
            int end = Math.min(units, (task + 1) * unitsPerTask);
            int filled = -1;
            for (int unit = task * unitsPerTask; unit < end; unit++) {
                int block = unit / splits;
                int first = firstRow(unit % splits, splits);
                int last = firstRow(unit % splits + 1, splits);
                if (readsSourceInPlace()) {
                    compute(o, block, first, last, o.src().array(), o.src().at() + place(block));
                } else {
                    float[] x = Scratch.onLines(Scratch.CONV_INPUT, cut.windowLength());
                    if (block != filled) {
                        fill(o.src(), block, 0, k.channels(), x, Scratch.LINE);
                        filled = block;
                    }
                    compute(o, block, first, last, x, Scratch.LINE);
                }
            }
        });
    }

    /** Enough for all threads, and neither too small nor too large. */
    private static int unitsPerTask(int units, long work, int threads) {
        long least = Math.max(1, LEAST_WORK / work);
        long most = Math.max(least, TASK_WORK / work);
        return (int) Math.clamp(Math.ceilDiv(units, BLOCKS_A_THREAD * threads), least, most);
    }

    /**
     * Among how many tasks the output channels of a block are divided: none, if there are blocks enough for all
     * threads. A thread then computes a block right after it has filled its window, which is still in the cache.
     */
    private int splits(Cut cut, int threads) {
        boolean enough = threads == 1 || (long) cut.rounds() * cut.blocks() >= (long) BLOCKS_A_THREAD * threads;
        return enough ? 1 : Math.clamp(cut.blockWork() / LEAST_WORK, 1, panels());
    }

    /** Many threads: one window is filled for all tasks that divide its output channels among themselves. */
    private void runRounds(Parallel parallel, Operands o, int splits) {
        int blocks = cut().blocks();
        int length = cut().windowLength();
        float[] x = Scratch.floats(Scratch.CONV_INPUT, blocks * length);
        int units = k.channels() / channelStep();
        int fills = Math.clamp(length / FILL_FLOATS, 1, units);
        for (int round = 0; round < cut().rounds(); round++) {
            int firstBlock = round * blocks;
            parallel.forEach(blocks * fills, task -> {
                int i = task / fills;
                int from = units * (task % fills) / fills * channelStep();
                int to = units * (task % fills + 1) / fills * channelStep();
                fill(o.src(), firstBlock + i, from, to, x, i * length);
            });
            parallel.forEach(blocks * splits, task -> {
                int i = task / splits;
                int first = firstRow(task % splits, splits);
                int last = firstRow(task % splits + 1, splits);
                compute(o, firstBlock + i, first, last, x, i * length);
            });
        }
    }

    private int firstRow(int split, int splits) {
        return firstRow(panels() * split / splits);
    }
}
