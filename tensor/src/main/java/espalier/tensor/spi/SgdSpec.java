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
 * @param rate learning rate, finite and not negative
 * @param momentum from 0 to below 1; with 0 there is no velocity
 * @param decay weight decay, finite and not negative
 * @param nesterov whether to look ahead along the velocity
 */
public record SgdSpec(double rate, double momentum, double decay, boolean nesterov) {
    /** Checks the ranges. */
    public SgdSpec {
        boolean finite = Double.isFinite(rate) && Double.isFinite(decay);
        if (!finite || rate < 0 || decay < 0 || !(momentum >= 0 && momentum < 1)) {
            throw new IllegalArgumentException("sgd: rate " + rate + " and decay " + decay
                    + " must be finite and not negative, momentum " + momentum + " must be from 0 to below 1");
        }
    }
}
