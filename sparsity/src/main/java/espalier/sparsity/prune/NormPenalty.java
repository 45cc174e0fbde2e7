package espalier.sparsity.prune;

import espalier.nn.Parameter;
import espalier.nn.train.TrainingListener;
import espalier.sparsity.Grouping;
import espalier.sparsity.Prunable;
import espalier.tensor.Tensor;
import java.util.List;

/**
 * Adds {@code strength·Σ‖unit‖} to the loss by its subgradient, so that unimportant units become small before they are
 * pruned. On single weights that is an L1 penalty, on the scales of batch norm the training of network slimming (Liu et
 * al. 2017, equation 1), on filters the group lasso (Wen et al. 2016).
 *
 * <pre>{@code
 * List<Prunable> channels = Prunable.scales(model);
 * trainer.with(new NormPenalty(channels, 1e-4)).train(loader, 10);
 * MagnitudePruning.prune(channels, Allocation.GLOBAL, 0.7);
 * }</pre>
 *
 * <p>Units come near 0 but never reach it: pruning sets the zeros.
 *
 * @param layers whose units are penalized
 * @param strength at least 0
 */
public record NormPenalty(List<Prunable> layers, double strength) implements TrainingListener {
    /** Checks the strength. */
    public NormPenalty {
        layers = List.copyOf(layers);
        if (!(strength >= 0)) {
            throw new IllegalArgumentException("penalty: a strength of " + strength + " is below 0");
        }
    }

    @Override
    public void onBackward(Position at) {
        for (Prunable layer : layers) {
            Parameter parameter = layer.parameter();
            Tensor pull = slope(layer.importance().grouping(), parameter.raw().value());
            parameter
                    .raw()
                    .setGradient(parameter.raw().gradient().map(pull::add).orElse(pull));
        }
    }

    /** {@code strength·w/‖unit‖}, 0 where the unit is 0. */
    private Tensor slope(Grouping units, Tensor w) {
        Tensor norms = units.norms(w);
        Tensor inverse = norms.reciprocal().maskedFill(norms.eq(0), 0).mulInPlace(strength);
        return w.mul(units.spread(inverse, w.shape()));
    }
}
