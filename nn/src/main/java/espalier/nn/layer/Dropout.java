package espalier.nn.layer;

import espalier.autograd.Variable;
import espalier.nn.ForwardPass;
import espalier.nn.Module;
import espalier.tensor.RandomSource;
import espalier.tensor.Tensor;

/**
 * In training, sets each element to 0 with probability {@code rate} and scales the others by 1/(1−rate), so that the
 * mean stays (Srivastava et al. 2014); in evaluation, does nothing.
 */
public final class Dropout extends Module {
    private final double rate;

    /** A layer with a rate from 0 to below 1. */
    public Dropout(double rate) {
        if (!(rate >= 0 && rate < 1)) {
            throw new IllegalArgumentException("dropout: rate " + rate + " must be from 0 to below 1");
        }
        this.rate = rate;
    }

    @Override
    protected Variable forward(Variable x) {
        if (!ForwardPass.isTraining() || rate == 0) {
            return x;
        }
        RandomSource random = ForwardPass.current().orElseThrow().random();
        Tensor kept = random.bernoulli(x.value().device(), x.shape(), 1 - rate).mulInPlace(1 / (1 - rate));
        return x.mul(Variable.constant(kept));
    }
}
