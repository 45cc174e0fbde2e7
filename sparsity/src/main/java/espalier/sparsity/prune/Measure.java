package espalier.sparsity.prune;

import espalier.sparsity.Prunable;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** What a target is a part of: units, or what they cost. */
@FunctionalInterface
public interface Measure {
    /** Every unit counts the same: sparsity in the usual sense. */
    Measure UNITS = costs(_ -> 1);

    /** What is gone, as a part of all: from 0 to 1. */
    double removed(List<Prunable> layers);

    /**
     * By what a unit of a layer costs, such as its multiply-adds or its bytes; the cost of all units together is that
     * of the layers.
     */
    static Measure costs(ToDoubleFunction<Prunable> ofUnit) {
        return layers -> {
            double dead = 0;
            double all = 0;
            for (Prunable layer : layers) {
                double cost = ofUnit.applyAsDouble(layer);
                dead += cost * (layer.units() - layer.liveUnits());
                all += cost * layer.units();
            }
            return dead / all;
        };
    }
}
