package espalier.nn.train;

import espalier.tensor.Shape;
import espalier.tensor.ShapeException;
import espalier.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** Counts of (label, prediction) pairs, and the measures that follow from them. */
public final class ConfusionMatrix {
    private final List<String> classes;
    private final long[][] counts;

    /** An empty matrix for these classes. */
    public ConfusionMatrix(List<String> classes) {
        this.classes = List.copyOf(classes);
        this.counts = new long[classes.size()][classes.size()];
    }

    /**
     * Counts a batch: outputs {@code [N, K]}, one a class, and labels {@code [N]}.
     *
     * @throws ShapeException if they do not fit each other or the classes
     */
    public void add(Tensor outputs, Tensor labels) {
        if (outputs.rank() != 2
                || outputs.dim(1) != counts.length
                || !labels.shape().equals(Shape.of(outputs.dim(0)))) {
            throw new ShapeException("confusion matrix: needs outputs [N, " + counts.length + "] and labels [N]: "
                    + outputs.shape() + " and " + labels.shape());
        }
        int[] predicted = outputs.argmax(1).toInts();
        int[] actual = labels.toInts();
        for (int i = 0; i < actual.length; i++) {
            if (actual[i] < 0 || actual[i] >= counts.length) {
                throw new ShapeException(
                        "confusion matrix: label " + actual[i] + " is not from 0 to " + (counts.length - 1));
            }
            counts[actual[i]][predicted[i]]++;
        }
    }

    /** The names of the classes. */
    public List<String> classes() {
        return classes;
    }

    /** How many samples of one class were taken for another. */
    public long count(int label, int prediction) {
        return counts[label][prediction];
    }

    /** All samples counted. */
    public long total() {
        return Arrays.stream(counts).flatMapToLong(Arrays::stream).sum();
    }

    /** Samples on the diagonal. */
    public long correct() {
        long sum = 0;
        for (int k = 0; k < counts.length; k++) {
            sum += counts[k][k];
        }
        return sum;
    }

    /** Part of the samples that are right; NaN of none. */
    public double accuracy() {
        return (double) correct() / total();
    }

    /** Of those called k, the part that is k; 0 if none was. */
    public double precision(int k) {
        long called = 0;
        for (long[] row : counts) {
            called += row[k];
        }
        return called == 0 ? 0 : (double) counts[k][k] / called;
    }

    /** Of those that are k, the part called k; 0 if there are none. */
    public double recall(int k) {
        long actual = Arrays.stream(counts[k]).sum();
        return actual == 0 ? 0 : (double) counts[k][k] / actual;
    }

    /** Harmonic mean of precision and recall of a class; 0 if both are. */
    public double f1(int k) {
        double sum = precision(k) + recall(k);
        return sum == 0 ? 0 : 2 * precision(k) * recall(k) / sum;
    }

    /** Mean of {@link #f1} over the classes. */
    public double macroF1() {
        double sum = 0;
        for (int k = 0; k < counts.length; k++) {
            sum += f1(k);
        }
        return sum / counts.length;
    }
}
