package espalier.sparsity.admm;

import espalier.nn.optim.Schedule;

/**
 * The rounds of ADMM as a plan: how many, and the learning rate in each, which starts at its base anew and falls to a
 * tenth at one third and to a hundredth at two thirds of the round.
 *
 * <p>The reset lets W follow a Z that has moved; the decay lets it settle there before Z moves again.
 *
 * @param count how many rounds, at least 1
 * @param steps steps a round, at least 1
 */
public record Rounds(int count, long steps) {
    private static final double FACTOR = 0.1;

    /** Checks the ranges. */
    public Rounds {
        if (count < 1 || steps < 1) {
            throw new IllegalArgumentException("rounds: " + count + " of " + steps + " steps; both must be at least 1");
        }
    }

    /** As many as fit into some epochs of so many batches, a number of them in each epoch. */
    public static Rounds ofEpochs(int epochs, int batches, int roundsAnEpoch) {
        return new Rounds(epochs * roundsAnEpoch, Math.max(1, batches / Math.max(1, roundsAnEpoch)));
    }

    /** The factor of the learning rate. */
    public Schedule rates() {
        return rates(FACTOR);
    }

    /** With another factor at one third and, once more, at two thirds; 1 leaves the rate alone. */
    public Schedule rates(double factor) {
        Schedule within = Schedule.multiStep(factor, Math.ceilDiv(steps, 3L), Math.ceilDiv(2 * steps, 3L));
        return step -> within.at(step % steps);
    }
}
