package espalier.sparsity.quant;

import espalier.autograd.Variable;
import espalier.autograd.op.StraightThrough;
import espalier.nn.Parametrization;
import espalier.tensor.Tensor;
import espalier.tensor.packed.Scaling;

/**
 * Ternary weights (TWN, Li and Liu 2016, section 2): {@code α·sign(w)} where |w| is above {@code Δ = 0.7·mean|w|}, else
 * 0, and α the mean of |w| there. Backwards the straight-through estimator.
 *
 * <p>Exact zeros are pruned weights: they stay zero, and Δ is taken over the others.
 *
 * @param scaling Δ and α for each filter ({@code PER_ROW}) or one of each for the layer, as in the paper
 */
public record Ternarized(Scaling scaling) implements Parametrization {
    private static final double PART = 0.7;

    @Override
    public Variable apply(Variable w) {
        return StraightThrough.of("ternarize", w, this::nearest);
    }

    private Tensor nearest(Tensor x) {
        int[] axes = Binarized.axes(scaling, x.rank());
        Tensor size = x.abs();
        Tensor count = size.sign().sum(true, axes).max(1);
        Tensor delta = size.sum(true, axes).div(count).mul(PART);
        Tensor kept = size.gt(delta).to(x.dtype());
        Tensor alpha = size.mul(kept).sum(true, axes).div(kept.sum(true, axes).max(1));
        return x.sign().mul(kept).mul(alpha);
    }
}
