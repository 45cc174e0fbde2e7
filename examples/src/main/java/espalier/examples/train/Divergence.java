package espalier.examples.train;

import espalier.nn.train.TrainingListener;

/** Ends a training that has gone wrong for good: weights that are not finite never become so again. */
final class Divergence implements TrainingListener {
    private final double rate;

    /** For a training at this learning rate, which is the usual cause. */
    Divergence(double rate) {
        this.rate = rate;
    }

    /**
     * Looks at the loss.
     *
     * @throws IllegalArgumentException if it is NaN or infinite
     */
    @Override
    public void onStep(Position at, StepReport report) {
        if (!Double.isFinite(report.loss())) {
            throw new IllegalArgumentException("the loss is " + report.loss() + " at step " + at.step()
                    + ": training has diverged; try an --lr below " + rate);
        }
    }
}
