package espalier.tensor.cpu.vector.blocked;

import espalier.tensor.Shape;
import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.vector.channels.Squares;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.spi.ConvSpec;
import java.util.Optional;

/** A way to compute a convolution of blocked images. It follows from the geometry alone. */
sealed interface BlockWay permits BlockSweep, BlockWinograd {
    /** Cycles that a weight takes to come from memory, which is where those of a large network are. */
    double FETCH_CYCLES = 0.5;

    /**
     * Packed weights that a small network finds in the second-level cache at its next call: a quarter of a megabyte.
     */
    int NEAR_FLOATS = 1 << 16;

    /** Multiply-adds below which a task is not worth a thread. */
    long TASK_WORK = 1_000_000;

    /** So many tasks for each thread make up for one that begins late; more would make what they read too often. */
    int TASKS_A_THREAD = 2;

    /** The geometry of a convolution of images {@code [N, .., H, W, ..]}, plain or in blocks. */
    static ConvGeometry geometry(Shape x, Shape weight, ConvSpec spec) {
        return new ConvGeometry(
                x.dim(0), weight.dim(1), x.dim(2), x.dim(3), weight.dim(0), weight.dim(2), weight.dim(3), spec);
    }

    /** The way that is expected to be the fastest. */
    static BlockWay of(ConvGeometry g) {
        BlockWay best = new BlockSweep(g);
        for (Squares kind : Squares.values()) {
            if (BlockWinograd.takes(kind, g)) {
                BlockWay winograd = new BlockWinograd(kind, g);
                best = winograd.cost() < best.cost() ? winograd : best;
            }
        }
        return best;
    }

    /** Estimated cycles for one image. */
    double cost();

    /** Floats of the packed weights. */
    int packedLength();

    /** The squares that weights are turned for, if they are. */
    Optional<Squares> squares();

    /** Whether the weights may have to come from memory, and should be fetched before they are needed. */
    default boolean weightsAreFar() {
        return packedLength() > NEAR_FLOATS;
    }

    /**
     * Brings weights {@code [O, C, kH, kW]} into the order in which they are read. It does not depend on the size of
     * the images.
     */
    void pack(float[] weight, Span packed);

    /**
     * Computes all results.
     *
     * @param packed weights as {@link #pack} made them
     * @param bias a value for each output channel
     * @param add what is added to the results, laid out as they are, or {@link Span#NONE}
     */
    void run(Parallel parallel, Span src, Span packed, float[] bias, Span add, boolean relu, Span dst);

    /**
     * What a task computes: some panels of output channels, from {@code panel} to {@code endPanel - 1}, of one unit.
     */
    interface Part {
        void run(int unit, int panel, int endPanel);
    }

    /**
     * Runs the parts of a convolution as tasks. The panels of a unit are divided among several only if there are too
     * few units for all threads: each task makes what it reads for itself.
     *
     * @param units that are computed apart anyway
     * @param panels of a unit
     * @param work multiply-adds in all
     */
    static void each(Parallel parallel, int units, int panels, long work, Part part) {
        int threads = parallel.threads();
        int splits = threads == 1 || units >= 2 * threads
                ? 1
                : Math.clamp(work / Math.max(1, units) / TASK_WORK, 1, Math.min(panels, TASKS_A_THREAD * threads));
        parallel.forEach(units * splits, task -> {
            int split = task % splits;
            part.run(task / splits, panels * split / splits, panels * (split + 1) / splits);
        });
    }
}
