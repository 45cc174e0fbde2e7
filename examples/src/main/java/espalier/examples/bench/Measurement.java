package espalier.examples.bench;

/**
 * Samples of one workload, seconds a run, the fastest first.
 *
 * <p>The median is what a user sees; the best sample is what the code can do when nothing else runs.
 */
record Measurement(double[] sorted) {
    double median() {
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    double best() {
        return sorted[0];
    }
}
