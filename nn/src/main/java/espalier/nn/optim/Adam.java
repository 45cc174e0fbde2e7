package espalier.nn.optim;

import espalier.nn.Parameter;
import espalier.tensor.Tensor;
import espalier.tensor.Update;
import espalier.tensor.spi.AdamSpec;
import java.util.Map;

/**
 * Adam (Kingma and Ba 2015, algorithm 1) and AdamW (Loshchilov and Hutter 2019, algorithm 2):
 *
 * <pre>{@code
 * m ← β₁·m + (1−β₁)·g          u ← β₂·u + (1−β₂)·g²
 * w ← w − rate·(m/(1−β₁ᵗ)) / (√(u/(1−β₂ᵗ)) + ε)
 * }</pre>
 *
 * Weight decay is added to the gradient in Adam and taken straight from the weight ({@code w ← w − rate·decay·w}) in
 * AdamW.
 */
public final class Adam extends Optimizer<Adam.Options> {
    /**
     * What can be chosen for a group.
     *
     * @param rate learning rate
     * @param beta1 decay of the first moment
     * @param beta2 decay of the second moment
     * @param epsilon added to the root
     * @param decay weight decay
     * @param decoupled whether decay leaves the gradient alone: AdamW
     */
    public record Options(double rate, double beta1, double beta2, double epsilon, double decay, boolean decoupled) {
        /** Checks the ranges. */
        public Options {
            new AdamSpec(rate, beta1, beta2, epsilon, decay, decoupled, 1);
        }

        /** The paper's: betas 0.9 and 0.999, ε 1e-8, no decay. */
        public static Options of(double rate) {
            return new Options(rate, 0.9, 0.999, 1e-8, 0, false);
        }

        /** These with decay added to the gradient. */
        public Options withDecay(double other) {
            return new Options(rate, beta1, beta2, epsilon, other, false);
        }

        /** These with decay taken from the weight: AdamW. */
        public Options withDecoupledDecay(double other) {
            return new Options(rate, beta1, beta2, epsilon, other, true);
        }

        /** These with another rate. */
        public Options withRate(double other) {
            return new Options(other, beta1, beta2, epsilon, decay, decoupled);
        }

        private AdamSpec at(double rateNow, long step) {
            return new AdamSpec(rateNow, beta1, beta2, epsilon, decay, decoupled, step);
        }
    }

    /** An optimizer of these parameters, by path. */
    public Adam(Map<String, Parameter> parameters, Options options) {
        super(parameters, options);
    }

    @Override
    protected void update(String path, Tensor w, Tensor gradient, Options o, double factor) {
        AdamSpec spec = o.at(o.rate * factor, steps());
        Update.adam(spec, w, gradient, state(path, "moment1", w), state(path, "moment2", w));
    }
}
