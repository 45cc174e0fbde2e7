package espalier.nn.train;

import espalier.nn.Module;

/**
 * Code that takes part in training: pruning methods, progress lines, checkpoints. All methods do nothing unless
 * overridden. Listeners are called in the order in which they were added.
 */
public interface TrainingListener {
    /** Before the first step. */
    default void onStart(Module model) {}

    /** Gradients are ready and not yet applied: the place to add a penalty's gradient. */
    default void onBackward(Position at) {}

    /** The parameters have been updated: the place to apply masks. */
    default void onStep(Position at, StepReport report) {}

    /** An epoch has ended. */
    default void onEpoch(Position at, EpochReport report) {}

    /** Training has ended. */
    default void onFinish(Module model) {}

    /**
     * How far training has come.
     *
     * @param epoch epochs finished, or the one under way, from 0
     * @param batch batches of it that are finished
     * @param step steps taken since the start
     */
    record Position(int epoch, int batch, long step) {
        /** The beginning. */
        public static final Position START = new Position(0, 0, 0);
    }

    /**
     * One step.
     *
     * @param loss mean loss of the batch
     * @param correct samples whose largest output was the label
     * @param samples samples in the batch
     */
    record StepReport(double loss, int correct, int samples) {}

    /**
     * One epoch, or what was left of it after a resume; if that was nothing, loss and accuracy are NaN.
     *
     * @param loss mean loss of its samples
     * @param accuracy part of the samples whose largest output was the label, as the model was while it learned
     * @param samples how many
     * @param seconds how long it took
     */
    record EpochReport(double loss, double accuracy, int samples, double seconds) {}
}
