package espalier.examples.bench;

/**
 * Samples of one workload, seconds a run, the fastest first.
 *
 * <p>The median is what a user sees; the best sample is what the code can do when nothing else runs.
 *
 * @param sorted seconds, ascending
 */
public record Measurement(double[] sorted) {
    /** The middle sample. */
    public double median() {
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** The fastest. */
    public double best() {
        return sorted[0];
    }
}
