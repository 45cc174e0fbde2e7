package espalier.sparsity.quant;

import java.util.Arrays;

/**
 * Groups numbers around k centres, each number belonging to the nearest (Lloyd 1982): the shared values of Deep Compression
 * (Han et al. 2016, section 3).
 *
 * <p>The centres start evenly spaced from the least to the largest number, which keeps the few large weights represented
 * (section 3.2). Then, by turns, numbers go to the nearest centre, of two the lower, and centres to the mean of theirs; a
 * centre without numbers stays. It ends when no centre moves by 1e-6 of the range. Nothing is random.
 */
final class KMeans {
    private static final int MOST_TURNS = 1000;
    private static final double STILL = 1e-6;

    private KMeans() {}

    /** The centres, ascending. Empty input leaves all at 0. */
    static float[] centres(float[] numbers, int k) {
        double[] sorted = new double[numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            sorted[i] = numbers[i];
        }
        Arrays.sort(sorted);
        double[] centres = new double[k];
        if (sorted.length == 0) {
            return new float[k];
        }
        double least = sorted[0];
        double range = sorted[sorted.length - 1] - least;
        for (int j = 0; j < k; j++) {
            centres[j] = k == 1 ? least + range / 2 : least + range * j / (k - 1);
        }
        double moved = Double.POSITIVE_INFINITY;
        for (int turn = 0; turn < MOST_TURNS && moved > STILL * range; turn++) {
            moved = turn(sorted, centres);
        }
        float[] single = new float[k];
        for (int j = 0; j < k; j++) {
            single[j] = (float) centres[j];
        }
        return single;
    }

    /** One turn; the largest move of a centre. Ascending numbers go to ascending centres: one walk through both. */
    private static double turn(double[] sorted, double[] centres) {
        double moved = 0;
        int from = 0;
        for (int j = 0; j < centres.length; j++) {
            double end = j + 1 < centres.length ? (centres[j] + centres[j + 1]) / 2 : Double.POSITIVE_INFINITY;
            double sum = 0;
            int to = from;
            for (; to < sorted.length && sorted[to] <= end; to++) {
                sum += sorted[to];
            }
            if (to > from) {
                double mean = sum / (to - from);
                moved = Math.max(moved, Math.abs(mean - centres[j]));
                centres[j] = mean;
            }
            from = to;
        }
        return moved;
    }

    /** The index of the nearest centre, of two the lower; centres ascend. */
    static int nearest(float[] centres, float number) {
        int best = 0;
        for (int j = 1; j < centres.length; j++) {
            boolean nearer = Math.abs((double) number - centres[j]) < Math.abs((double) number - centres[best]);
            best = nearer ? j : best;
        }
        return best;
    }
}
