package espalier.nn.optim;

import espalier.nn.Parameter;
import espalier.tensor.Tensor;
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
            if (!(rate >= 0)
                    || !(decay >= 0)
                    || !(epsilon >= 0)
                    || !(beta1 >= 0 && beta1 < 1)
                    || !(beta2 >= 0 && beta2 < 1)) {
                throw new IllegalArgumentException("adam: rate " + rate + ", decay " + decay + " and epsilon " + epsilon
                        + " must not be negative, betas " + beta1 + " and " + beta2 + " must be from 0 to below 1");
            }
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
    }

    /** An optimizer of these parameters, by path. */
    public Adam(Map<String, Parameter> parameters, Options options) {
        super(parameters, options);
    }

    @Override
    protected void update(String path, Tensor w, Tensor gradient, Options o, double factor) {
        double rate = o.rate * factor;
        Tensor g = o.decay == 0 || o.decoupled ? gradient : w.mul(o.decay).addInPlace(gradient);
        Tensor m = state(path, "moment1", w).mulInPlace(o.beta1).addInPlace(g.mul(1 - o.beta1));
        Tensor u = state(path, "moment2", w)
                .mulInPlace(o.beta2)
                .addInPlace(g.square().mulInPlace(1 - o.beta2));
        if (o.decoupled) {
            w.mulInPlace(1 - rate * o.decay);
        }
        double bias1 = 1 - Math.pow(o.beta1, steps());
        double bias2 = 1 - Math.pow(o.beta2, steps());
        Tensor root = u.mul(1 / bias2).sqrt().addInPlace(o.epsilon);
        w.subInPlace(m.mul(rate / bias1).divInPlace(root));
    }
}
