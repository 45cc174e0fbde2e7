package espalier.sparsity.prune;

import espalier.sparsity.Prunable;
import java.util.List;
import java.util.function.IntToDoubleFunction;

/** From the density of each layer to the number of units it keeps. */
final class Shares {
    private Shares() {}

    /** The nearest whole number of units, no fewer than the floor and no more than there are. */
    static int[] of(List<Prunable> layers, int floor, IntToDoubleFunction density) {
        int[] keeps = new int[layers.size()];
        for (int i = 0; i < keeps.length; i++) {
            int units = layers.get(i).units();
            long share = Math.round(density.applyAsDouble(i) * units);
            keeps[i] = Math.clamp(share, Math.min(floor, units), units);
        }
        return keeps;
    }
}
