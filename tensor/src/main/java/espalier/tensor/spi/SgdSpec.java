package espalier.tensor.spi;

/**
 * One step of stochastic gradient descent with momentum, on a weight w with gradient g and velocity v:
 *
 * <pre>{@code
 * g ← g + decay·w
 * v ← momentum·v + g
 * w ← w − rate·v              (Nesterov: w − rate·(g + momentum·v))
 * }</pre>
 *
 * @param rate learning rate, not negative
 * @param momentum from 0 to below 1; with 0 there is no velocity
 * @param decay weight decay, not negative
 * @param nesterov whether to look ahead along the velocity
 */
public record SgdSpec(double rate, double momentum, double decay, boolean nesterov) {
    /** Checks the ranges. */
    public SgdSpec {
        if (!(rate >= 0) || !(momentum >= 0 && momentum < 1) || !(decay >= 0)) {
            throw new IllegalArgumentException("sgd: rate " + rate + " and decay " + decay
                    + " must not be negative, momentum " + momentum + " must be from 0 to below 1");
        }
    }
}
