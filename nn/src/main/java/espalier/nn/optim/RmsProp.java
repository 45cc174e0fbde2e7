package espalier.nn.optim;

import espalier.nn.Parameter;
import espalier.tensor.Tensor;
import java.util.Map;

/**
 * RMSProp (Hinton's lecture 6e, 2012): the gradient divided by a running root mean square of itself.
 *
 * <pre>{@code
 * u ← smoothing·u + (1−smoothing)·g²
 * w ← w − rate·g / (√u + ε)
 * }</pre>
 */
public final class RmsProp extends Optimizer<RmsProp.Options> {
    /**
     * What can be chosen for a group.
     *
     * @param rate learning rate
     * @param smoothing decay of the mean square, from 0 to below 1
     * @param epsilon added to the root
     * @param decay weight decay, added to the gradient
     */
    public record Options(double rate, double smoothing, double epsilon, double decay) {
        /** Checks the ranges. */
        public Options {
            boolean finite = Double.isFinite(rate) && Double.isFinite(decay) && Double.isFinite(epsilon);
            if (!finite || rate < 0 || decay < 0 || epsilon < 0 || !(smoothing >= 0 && smoothing < 1)) {
                throw new IllegalArgumentException("rmsprop: rate " + rate + ", decay " + decay + " and epsilon "
                        + epsilon + " must be finite and not negative, smoothing " + smoothing
                        + " must be from 0 to below 1");
            }
        }

        /** Smoothing 0.99, ε 1e-8, no decay. */
        public static Options of(double rate) {
            return new Options(rate, 0.99, 1e-8, 0);
        }
    }

    /** An optimizer of these parameters, by path. */
    public RmsProp(Map<String, Parameter> parameters, Options options) {
        super(parameters, options);
    }

    @Override
    protected void update(String path, Tensor w, Tensor gradient, Options o, double factor) {
        Tensor g = o.decay == 0 ? gradient : w.mul(o.decay).addInPlace(gradient);
        Tensor u = state(path, "square", w)
                .mulInPlace(o.smoothing)
                .addInPlace(g.square().mulInPlace(1 - o.smoothing));
        w.subInPlace(g.div(u.sqrt().addInPlace(o.epsilon)).mulInPlace(o.rate * factor));
    }
}
