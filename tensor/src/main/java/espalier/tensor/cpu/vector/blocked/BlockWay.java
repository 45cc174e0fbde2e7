package espalier.tensor.cpu.vector.blocked;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.vector.lanes.Span;

/** A way to compute a convolution of blocked images. It follows from the geometry alone. */
sealed interface BlockWay permits BlockSweep, BlockWinograd {
    /** Cycles that a weight takes to come from memory, which is where those of a large network are. */
    double FETCH_CYCLES = 0.5;

    /** Multiply-adds below which a task is not worth a thread. */
    long TASK_WORK = 1_000_000;

    /** So many tasks for each thread make up for one that begins late; more would make what they read too often. */
    int TASKS_A_THREAD = 2;

    /** The way that is expected to be the fastest. */
    static BlockWay of(ConvGeometry g) {
        BlockWay sweep = new BlockSweep(g);
        if (BlockWinograd.takes(g)) {
            BlockWay winograd = new BlockWinograd(g);
            return winograd.cost() < sweep.cost() ? winograd : sweep;
        }
        return sweep;
    }

    /** Estimated cycles for one image. */
    double cost();

    /** Floats of the packed weights. */
    int packedLength();

    /** Brings weights {@code [O, C, kH, kW]} into the order in which they are read. It does not depend on the size of the images. */
    void pack(float[] weight, float[] packed);

    /**
     * Computes all results.
     *
     * @param packed weights as {@link #pack} made them
     * @param bias a value for each output channel
     * @param add what is added to the results, laid out as they are, or {@link Span#NONE}
     */
    void run(Parallel parallel, Span src, float[] packed, float[] bias, Span add, boolean relu, Span dst);

    /**
     * Among how many tasks the panels of output channels of a unit are divided: none, if there are units enough for all threads. Each
     * task makes what it reads for itself.
     *
     * @param units that are computed apart anyway
     * @param work multiply-adds in all
     */
    static int splits(int threads, int units, int panels, long work) {
        return threads == 1 || units >= 2 * threads
                ? 1
                : Math.clamp(work / Math.max(1, units) / TASK_WORK, 1, Math.min(panels, TASKS_A_THREAD * threads));
    }
}
