package espalier.sparsity.quant;

import espalier.sparsity.Granularity;
import espalier.sparsity.Projection;
import espalier.tensor.Tensor;
import java.util.Arrays;

/**
 * Both at once: at most {@code keep} weights that are not zero, and those on levels.
 *
 * <p>For ternary levels the point is the nearest one: of the k largest magnitudes, {@code k ≤ keep}, those with the
 * largest {@code (Σ|v|)²/k} are kept. For other levels the {@code keep} largest are kept and then rounded, which is
 * near but not always nearest (Ye et al. 2018).
 *
 * @param keep how many at most
 * @param levels for the others; those {@linkplain Levels#bitsBesidePruned beside pruned zeros}
 */
public record SparseLevels(int keep, Levels levels) implements Projection {
    /** Checks that zeros are left alone. */
    public SparseLevels {
        if (keep < 0 || !levels.zeroIsPruned() || levels.withZero()) {
            throw new IllegalArgumentException(
                    "sparse levels: need a count of at least 0 and levels beside pruned zeros, not " + keep + " and "
                            + levels);
        }
    }

    /** −1, 0 and 1 times a scale, at most {@code keep} of them not 0. */
    public static SparseLevels ternary(int keep) {
        return new SparseLevels(keep, Levels.bitsBesidePruned(1));
    }

    @Override
    public Tensor nearest(Tensor v) {
        int kept = Math.min(keep, v.size());
        if (levels.largest() == 1) {
            kept = bestTernary(v.toFloats(), kept);
        }
        return levels.nearest(Projection.largest(Granularity.ELEMENT, kept).nearest(v));
    }

    /** The k, at most {@code keep}, that maximises (sum of the k largest magnitudes)² / k. */
    private static int bestTernary(float[] values, int keep) {
        double[] magnitudes = new double[values.length];
        Arrays.setAll(magnitudes, i -> -Math.abs(values[i]));
        Arrays.sort(magnitudes); // negated, so the largest come first
        double sum = 0;
        double gain = 0;
        int best = 0;
        for (int k = 1; k <= keep; k++) {
            sum -= magnitudes[k - 1];
            if (sum * sum / k > gain) {
                gain = sum * sum / k;
                best = k;
            }
        }
        return best;
    }
}
