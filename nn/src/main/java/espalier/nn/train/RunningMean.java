package espalier.nn.train;

/** The mean of numbers as they come, each with a weight. */
public final class RunningMean {
    private double total;
    private double weight;

    /** A mean of nothing yet. */
    public RunningMean() {}

    /** Counts a value with a weight, such as a batch's mean loss with its size. */
    public void add(double value, double weightOfIt) {
        total += value * weightOfIt;
        weight += weightOfIt;
    }

    /** The mean so far; NaN of nothing. */
    public double value() {
        return total / weight;
    }

    /** The sum of weights so far. */
    public double weight() {
        return weight;
    }
}
