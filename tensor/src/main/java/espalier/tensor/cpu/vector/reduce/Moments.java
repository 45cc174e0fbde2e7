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

    /**
     * As {@link #of}, with the mean and the squares put into a place of two arrays: for loops that must not allocate.
     */
    public static void store(float[] x, int at, int n, double[] means, double[] squares, int place) {
        double mean = 0;
        double square = 0;
        for (int done = 0; done < n; done += RowReduction.BLOCK) {
            int block = Math.min(RowReduction.BLOCK, n - done);
            double blockMean = RowReduction.sum(x, at + done, block) / block;
            double delta = blockMean - mean;
            double share = (double) block / (done + block);
            square += squares(x, at + done, block, blockMean) + delta * delta * done * share;
            mean += delta * share;
        }
        means[place] = mean;
        squares[place] = square;
    }

    private static Moments ofBlock(float[] x, int at, int n) {
        double mean = RowReduction.sum(x, at, n) / n;
        return new Moments(n, mean, squares(x, at, n, mean));
    }

    private static double squares(float[] x, int at, int n, double mean) {
        float near = (float) mean;
        double offset = mean - near;
        // The mean is rounded, so the difference could fall below 0.
        return Math.max(0, RowReduction.squaredDistances(x, at, n, near) - n * offset * offset);
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
