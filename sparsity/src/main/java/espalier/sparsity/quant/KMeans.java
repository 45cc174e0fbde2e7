package espalier.sparsity.quant;

import java.util.Arrays;

/**
 * Groups numbers around k centres, each number belonging to the nearest (Lloyd 1982): the shared values of Deep
 * Compression (Han et al. 2016, section 3).
 *
 * <p>The centres start evenly spaced from the least to the largest number, which keeps the few large weights
 * represented (section 3.2). Then, by turns, numbers go to the nearest centre, of two the lower, and centres to the
 * mean of theirs, until no centre moves by 1e-6 of the range.
 *
 * <p>A centre may then be left without numbers. It goes to the number farthest from its own centre, and the turns begin
 * again (Bradley and Fayyad 1998, "Refining Initial Points for K-Means Clustering", section 3). Of several such centres
 * the lowest goes first, and each takes a number of another group; of numbers equally far the lowest is taken. When all
 * numbers lie on their centres, there being no more different numbers than centres, the rest stay where they are, and
 * stand for nothing. Nothing is random.
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
        int[] ends = new int[k];
        boolean settled = false;
        for (int turn = 0; turn < MOST_TURNS && !settled; turn++) {
            boolean still = turn(sorted, centres, ends) <= STILL * range;
            settled = still && !fillEmpty(sorted, centres, ends);
        }
        float[] single = new float[k];
        for (int j = 0; j < k; j++) {
            single[j] = (float) centres[j];
        }
        return single;
    }

    /**
     * One turn; the largest move of a centre. Ascending numbers go to ascending centres: one walk through both.
     *
     * @param ends written: how many numbers belong to a centre or to a lower one
     */
    private static double turn(double[] sorted, double[] centres, int[] ends) {
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
            ends[j] = to;
            from = to;
        }
        return moved;
    }

    /** Moves centres without numbers to the numbers farthest from their centres; says whether one has moved. */
    private static boolean fillEmpty(double[] sorted, double[] centres, int[] ends) {
        double[] old = centres.clone();
        boolean[] taken = new boolean[centres.length];
        boolean moved = false;
        for (int j = 0; j < centres.length; j++) {
            if (ends[j] > start(ends, j)) {
                continue;
            }
            int from = -1;
            double farthest = 0;
            for (int i = 0; i < centres.length; i++) {
                double distance = ends[i] > start(ends, i) ? distance(sorted, old, ends, i) : 0;
                if (!taken[i] && distance > farthest) {
                    from = i;
                    farthest = distance;
                }
            }
            if (from >= 0) {
                taken[from] = true;
                boolean low = old[from] - sorted[start(ends, from)] >= farthest;
                centres[j] = low ? sorted[start(ends, from)] : sorted[ends[from] - 1];
                moved = true;
            }
        }
        Arrays.sort(centres);
        return moved;
    }

    private static int start(int[] ends, int j) {
        return j == 0 ? 0 : ends[j - 1];
    }

    /** From a centre to the farthest of its numbers, which is the first or the last. */
    private static double distance(double[] sorted, double[] centres, int[] ends, int j) {
        return Math.max(centres[j] - sorted[start(ends, j)], sorted[ends[j] - 1] - centres[j]);
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
