package espalier.sparsity.quant;

import espalier.tensor.Tensor;

/** What was seen of one activation: a histogram, and moving averages of the least and largest value of a batch. */
public final class ActivationRange {
    private static final double MOMENTUM = 0.01;

    private final Histogram histogram = new Histogram();
    private double averageMin;
    private double averageMax;
    private boolean empty = true;

    /** Nothing seen yet. */
    public ActivationRange() {}

    /** Takes a batch in. An empty one changes nothing. */
    public void add(Tensor x) {
        if (x.size() == 0) {
            return;
        }
        histogram.add(x);
        double min = x.minOver().item();
        double max = x.maxOver().item();
        averageMin = empty ? min : (1 - MOMENTUM) * averageMin + MOMENTUM * min;
        averageMax = empty ? max : (1 - MOMENTUM) * averageMax + MOMENTUM * max;
        empty = false;
    }

    /** All values. */
    public Histogram histogram() {
        return histogram;
    }

    /** The average of the least values of batches: 0.99 of what it was and 0.01 of the batch's, after the first. */
    public double averageMin() {
        return averageMin;
    }

    /** The average of the largest values of batches. */
    public double averageMax() {
        return averageMax;
    }
}
