package espalier.nn.optim;

import espalier.nn.Parameter;
import espalier.tensor.Tensor;
import espalier.tensor.Update;
import espalier.tensor.spi.SgdSpec;
import java.util.Map;
import java.util.Optional;

/**
 * Stochastic gradient descent with momentum:
 *
 * <pre>{@code
 * g ← g + decay·w
 * v ← momentum·v + g
 * w ← w − rate·v              (Nesterov: w − rate·(g + momentum·v))
 * }</pre>
 *
 * as in Sutskever et al. 2013 in the form in which the rate is outside the velocity, so that a new rate acts at once.
 */
public final class Sgd extends Optimizer<Sgd.Options> {
    /**
     * What can be chosen for a group.
     *
     * @param rate learning rate
     * @param momentum from 0 (none) to below 1
     * @param decay weight decay, added to the gradient as {@code decay·w}
     * @param nesterov whether to look ahead along the velocity
     */
    public record Options(double rate, double momentum, double decay, boolean nesterov) {
        /** Checks the ranges. */
        public Options {
            new SgdSpec(rate, momentum, decay, nesterov);
        }

        /** Momentum 0.9, no decay. */
        public static Options of(double rate) {
            return new Options(rate, 0.9, 0, false);
        }

        /** These with another decay. */
        public Options withDecay(double other) {
            return new Options(rate, momentum, other, nesterov);
        }

        /** These with another rate. */
        public Options withRate(double other) {
            return new Options(other, momentum, decay, nesterov);
        }

        /** These with another momentum. */
        public Options withMomentum(double other) {
            return new Options(rate, other, decay, nesterov);
        }

        /** These with Nesterov's look-ahead. */
        public Options withNesterov() {
            return new Options(rate, momentum, decay, true);
        }
    }

    /** An optimizer of these parameters, by path. */
    public Sgd(Map<String, Parameter> parameters, Options options) {
        super(parameters, options);
    }

    @Override
    protected void update(String path, Tensor w, Tensor gradient, Options o, double factor) {
        SgdSpec spec = new SgdSpec(o.rate * factor, o.momentum, o.decay, o.nesterov);
        Update.sgd(spec, w, gradient, o.momentum > 0 ? Optional.of(state(path, "velocity", w)) : Optional.empty());
    }
}
