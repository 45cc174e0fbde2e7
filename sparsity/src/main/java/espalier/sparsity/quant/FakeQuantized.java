package espalier.sparsity.quant;

import espalier.autograd.Variable;
import espalier.nn.Parameter;
import espalier.nn.Parametrization;
import espalier.sparsity.parametrize.Chained;
import java.util.Collection;

/**
 * A weight of which the layer sees the nearest values of its grids: quantization-aware training (Jacob et al. 2018,
 * section 3). The stored weight stays in floating point and collects, step by step, what is too small to move a code.
 *
 * <pre>{@code
 * FakeQuantized.on(Sparsity.weights(model).values(), WeightScheme.perChannel(4));
 * }</pre>
 *
 * <p>The grids follow the weights: they are chosen anew in each forward pass. A zero stays exactly zero; to hold pruned
 * weights at zero while training, put a mask before the quantizer, as {@link #on} does with any parametrization it
 * finds.
 *
 * @param scheme how the grids are chosen; with {@link Clip#MSE} that takes sixty times longer
 */
public record FakeQuantized(WeightScheme scheme) implements Parametrization {
    /** Quantizes these weights, behind what stands before them already. */
    public static void on(Collection<Parameter> weights, WeightScheme scheme) {
        weights.forEach(weight -> Chained.behind(weight, new FakeQuantized(scheme)));
    }

    @Override
    public Variable apply(Variable w) {
        Grids grids = scheme.grids(w.value());
        return scheme.clip() == Clip.MAX ? FakeQuantize.through(w, grids) : FakeQuantize.clipped(w, grids);
    }
}
