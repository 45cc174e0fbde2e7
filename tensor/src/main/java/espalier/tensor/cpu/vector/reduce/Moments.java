package espalier.tensor.cpu.vector.reduce;

/**
 * Count, mean and summed squared distance from the mean of some numbers.
 *
 * <p>Of a run they are found in two passes, block by block so that the second finds the block in the cache; blocks are
 * put together exactly as by Chan, Golub and LeVeque (1979), equation 2.1, in double precision. A large mean does no
 * harm.
 *
 * @param count how many numbers
 * @param mean their mean; 0 for none
 * @param squares Σ(x − mean)²
 */
public record Moments(long count, double mean, double squares) {
    /** Of no numbers. */
    static final Moments NONE = new Moments(0, 0, 0);

    /** Of {@code n} elements from {@code x[at]}. */
    public static Moments of(float[] x, int at, int n) {
        Moments so = NONE;
        for (int i = 0; i < n; i += RowReduction.BLOCK) {
            so = so.and(ofBlock(x, at + i, Math.min(RowReduction.BLOCK, n - i)));
        }
        return so;
    }

    private static Moments ofBlock(float[] x, int at, int n) {
        double mean = RowReduction.sum(x, at, n) / n;
        float near = (float) mean;
        double offset = mean - near;
        double squares = RowReduction.squaredDistances(x, at, n, near) - n * offset * offset;
        return new Moments(n, mean, Math.max(0, squares)); // the mean is rounded, so it could fall below 0
    }

    /** Of these numbers and others. */
    Moments and(Moments other) {
        if (count == 0) {
            return other;
        }
        long total = count + other.count;
        double delta = other.mean - mean;
        double share = (double) other.count / total;
        return new Moments(total, mean + delta * share, squares + other.squares + delta * delta * count * share);
    }

    /** The biased variance; NaN of no numbers. */
    public double variance() {
        return squares / count;
    }
}
