package espalier.sparsity.prune;

import espalier.sparsity.Prunable;
import java.util.List;

/**
 * How a network's budget is shared out among its layers: how many units each may keep. {@link Budget} is one more, with
 * shares that are given.
 *
 * <pre>{@code
 * int[] keeps = Allocation.GLOBAL.keeps(Prunable.weights(model, Granularity.FILTER), 0.5, 1);
 * }</pre>
 */
@FunctionalInterface
public interface Allocation {
    /** The same part of every layer. */
    Allocation UNIFORM = (layers, density, floor) -> Shares.of(layers, floor, _ -> density);

    /** The most important units of the whole network, wherever they are. */
    Allocation GLOBAL = GlobalRanking::keeps;

    /**
     * Erdős–Rényi-Kernel (Evci et al. 2020, section 3): small layers stay dense ({@link ErdosRenyi}). Where units are
     * channels, a layer keeps the root of the density of its weights, for a weight's outputs and inputs both shrink.
     */
    Allocation ERK = (layers, density, floor) -> {
        List<Double> densities =
                ErdosRenyi.densities(layers.stream().map(Prunable::connections).toList(), 1 - density);
        return Shares.of(layers, floor, i -> {
            double ofWeights = densities.get(i);
            return layers.get(i).unitsAreChannels() ? Math.sqrt(ofWeights) : ofWeights;
        });
    };

    /**
     * Units to keep in each layer.
     *
     * @param layers the layers that share
     * @param density part of all units to keep, from 0 to 1
     * @param floor units that every layer keeps at least, or all it has if they are fewer
     * @return a number for each layer, in their order
     * @throws IllegalArgumentException in one sentence if that cannot be done
     */
    int[] keeps(List<Prunable> layers, double density, int floor);
}
