package espalier.sparsity.quant;

import static espalier.autograd.Edge.edge;

import espalier.autograd.Variable;
import espalier.nn.Parametrization;
import espalier.sparsity.Granularity;
import espalier.tensor.Tensor;
import espalier.tensor.packed.Scaling;
import java.util.stream.IntStream;

/**
 * Binary weights (BWN, Rastegari et al. 2016, section 3.1): the layer computes with {@code α·sign(w)}, where α, the
 * mean of |w| over a filter or the layer, makes the squared error least.
 *
 * <pre>{@code
 * conv.weight().parametrize(new Binarized(Scaling.PER_ROW, Binarized.Estimator.PAPER, Binarized.Zero.PLUS));
 * }</pre>
 *
 * @param scaling an α for each filter ({@code PER_ROW}) or one for the layer
 * @param estimator what stands for the gradient of the sign
 * @param zero what becomes of a weight that is exactly zero
 */
public record Binarized(Scaling scaling, Estimator estimator, Zero zero) implements Parametrization {
    /** What stands for the gradient of {@code α·sign(w)}. */
    public enum Estimator {
        /** {@code 1/n + α·1{|w| ≤ 1}}, n weights sharing α: the paper's form. */
        PAPER,
        /** {@code 1{|w| ≤ 1}}: the straight-through estimator. */
        CLIPPED
    }

    /** What becomes of an exact zero. */
    public enum Zero {
        /** +1, as in XNOR-Net. */
        PLUS,
        /** −1, as in ADMM's rule "w &gt; 0". */
        MINUS,
        /** It is a pruned weight: it stays zero, and does not count in α. */
        PRUNED
    }

    @Override
    public Variable apply(Variable w) {
        Tensor x = w.value();
        int[] axes = axes(scaling, x.rank());
        Tensor sign = switch (zero) {
            case PLUS -> x.ge(0).to(x.dtype()).mul(2).sub(1);
            case MINUS -> x.gt(0).to(x.dtype()).mul(2).sub(1);
            case PRUNED -> x.sign();
        };
        Tensor counted = sign.abs();
        Tensor n = counted.sum(true, axes).max(1);
        Tensor alpha = x.abs().sum(true, axes).div(n);
        return Variable.of("binarize", sign.mul(alpha), edge(w, g -> {
            Tensor inside = x.abs().le(1).to(x.dtype());
            Tensor slope = switch (estimator) {
                case PAPER -> inside.mul(alpha).add(n.reciprocal());
                case CLIPPED -> inside;
            };
            return g.mul(slope).mul(counted);
        }));
    }

    /** The axes over which weights share a scale. */
    static int[] axes(Scaling scaling, int rank) {
        return switch (scaling) {
            case PER_ROW -> Granularity.FILTER.axes(rank);
            case PER_MATRIX -> IntStream.range(0, rank).toArray();
        };
    }
}
