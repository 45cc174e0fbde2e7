package espalier.sparsity.quant;

/**
 * How the range of an activation is chosen from what was seen of it.
 *
 * <p>{@link MinMax} loses nothing but lets one outlier coarsen everything; the others cut some values off for finer
 * steps. All give grids of {@code bits} with the codes 0 to 2<sup>bits</sup>−1 for values from the least to the largest
 * kept.
 */
public sealed interface Calibration {
    /** The grid for what was observed. */
    UniformGrid grid(ActivationRange seen, int bits);

    /** From the least to the largest value ever seen. */
    record MinMax() implements Calibration {
        @Override
        public UniformGrid grid(ActivationRange seen, int bits) {
            return UniformGrid.affine(seen.histogram().min(), seen.histogram().max(), bits);
        }
    }

    /** The moving averages of the least and the largest value of a batch. */
    record MovingAverage() implements Calibration {
        @Override
        public UniformGrid grid(ActivationRange seen, int bits) {
            return UniformGrid.affine(seen.averageMin(), seen.averageMax(), bits);
        }
    }

    /**
     * As far as a part of the magnitudes goes.
     *
     * @param part above 0 and at most 1: 0.999, 0.9999 or 0.99999
     */
    record Percentile(double part) implements Calibration {
        /** Checks the range. */
        public Percentile {
            if (!(part > 0 && part <= 1)) {
                throw new IllegalArgumentException("percentile: a part lies above 0 and up to 1, not at " + part);
            }
        }

        @Override
        public UniformGrid grid(ActivationRange seen, int bits) {
            return clipped(seen.histogram(), seen.histogram().quantile(part), bits);
        }
    }

    /** Of 40 %, 41 % … 100 % of the largest magnitude the clip with the least squared error. */
    record SquaredError() implements Calibration {
        @Override
        public UniformGrid grid(ActivationRange seen, int bits) {
            Histogram histogram = seen.histogram();
            double max = histogram.maxMagnitude();
            UniformGrid best = clipped(histogram, max, bits);
            double least = histogram.squaredError(best);
            for (int percent = 99; percent >= 40; percent--) {
                UniformGrid other = clipped(histogram, max * percent / 100, bits);
                double error = histogram.squaredError(other);
                if (error < least) {
                    least = error;
                    best = other;
                }
            }
            return best;
        }
    }

    /**
     * The clip that keeps most of the distribution's information ({@link Divergence}); for 8 bits, and for smooth
     * distributions. Where most values are one number, as the background of an image is, cutting right behind it costs
     * next to no information by this measure, and nearly everything in fact: give such a layer another rule.
     */
    record Entropy() implements Calibration {
        @Override
        public UniformGrid grid(ActivationRange seen, int bits) {
            Histogram histogram = seen.histogram();
            return clipped(histogram, Divergence.clip(histogram, 1 << (bits - 1)), bits);
        }
    }

    private static UniformGrid clipped(Histogram histogram, double clip, int bits) {
        return UniformGrid.affine(Math.max(histogram.min(), -clip), Math.min(histogram.max(), clip), bits);
    }
}
