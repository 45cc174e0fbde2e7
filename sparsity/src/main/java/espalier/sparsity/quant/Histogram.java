package espalier.sparsity.quant;

import espalier.tensor.Tensor;

/**
 * Counts of values in bins of equal width on both sides of zero, for values that come batch by batch. When one lies
 * outside, the range doubles and neighbouring bins are joined, so nothing is lost and nothing is counted twice.
 *
 * <p>Exact zeros, of which ReLU makes many, are counted apart: they are on every grid.
 */
public final class Histogram {
    /** Bins on each side of zero. */
    public static final int BINS = 2048;

    private final long[] positive = new long[BINS];
    private final long[] negative = new long[BINS];
    private long zeros;
    private double reach; // the outer end of the last bin; a power of two, or 0 before the first value
    private double min = Double.POSITIVE_INFINITY;
    private double max = Double.NEGATIVE_INFINITY;

    /** An empty one. */
    public Histogram() {}

    /**
     * Counts every element.
     *
     * @throws IllegalArgumentException if one is not finite
     */
    public void add(Tensor x) {
        for (float value : x.toFloats()) {
            add(value);
        }
    }

    private void add(float value) {
        if (!Float.isFinite(value)) {
            throw new IllegalArgumentException("histogram: an activation is " + value);
        }
        min = Math.min(min, value);
        max = Math.max(max, value);
        if (value == 0) {
            zeros++;
            return;
        }
        double size = Math.abs((double) value);
        if (size >= reach) {
            widen(size);
        }
        (value > 0 ? positive : negative)[(int) (size / reach * BINS)]++;
    }

    private void widen(double size) {
        if (reach == 0) {
            reach = Math.scalb(1.0, Math.getExponent(size) + 1);
        }
        for (; size >= reach; reach *= 2) {
            join(positive);
            join(negative);
        }
    }

    private static void join(long[] bins) {
        for (int bin = 0; bin < BINS; bin++) {
            bins[bin] = bin < BINS / 2 ? bins[2 * bin] + bins[2 * bin + 1] : 0;
        }
    }

    /** How many values were counted, zeros included. */
    public long count() {
        long count = zeros;
        for (int bin = 0; bin < BINS; bin++) {
            count += positive[bin] + negative[bin];
        }
        return count;
    }

    /** How many were exactly zero. */
    public long zeros() {
        return zeros;
    }

    /** The least value; 0 if there was none. */
    public double min() {
        return min > max ? 0 : min;
    }

    /** The largest value; 0 if there was none. */
    public double max() {
        return min > max ? 0 : max;
    }

    /** The largest magnitude; 0 if there was none. */
    public double maxMagnitude() {
        return Math.max(Math.abs(min()), Math.abs(max()));
    }

    /**
     * The mean magnitude of all values, zeros included, each taken to lie in the middle of its bin; 0 if there was
     * none.
     */
    public double meanMagnitude() {
        double sum = 0;
        for (int bin = 0; bin < BINS; bin++) {
            sum += (bin + 0.5) * binWidth() * magnitudes(bin);
        }
        return sum / Math.max(1, count());
    }

    /** The width of a bin; 0 if there was no value but zero. */
    public double binWidth() {
        return reach / BINS;
    }

    /** How many values other than 0 have magnitudes in a bin, from {@code bin·binWidth} to below the next. */
    public long magnitudes(int bin) {
        return positive[bin] + negative[bin];
    }

    /**
     * The magnitude that a part of all values, zeros included, does not exceed: the outer end of its bin, at most the
     * largest magnitude.
     *
     * @param part above 0 and at most 1, such as 0.9999
     */
    public double quantile(double part) {
        double wanted = part * count();
        double seen = zeros;
        for (int bin = 0; bin < BINS; bin++) {
            if (seen >= wanted) {
                return Math.min(bin * binWidth(), maxMagnitude());
            }
            seen += magnitudes(bin);
        }
        return maxMagnitude();
    }

    /** The squared error of a grid, summed over all values, each taken to lie in the middle of its bin. */
    public double squaredError(UniformGrid grid) {
        double sum = 0;
        for (int bin = 0; bin < BINS; bin++) {
            double middle = (bin + 0.5) * binWidth();
            sum += positive[bin] == 0 ? 0 : positive[bin] * square(middle - grid.nearest(middle));
            sum += negative[bin] == 0 ? 0 : negative[bin] * square(-middle - grid.nearest(-middle));
        }
        return sum;
    }

    private static double square(double x) {
        return x * x;
    }
}
