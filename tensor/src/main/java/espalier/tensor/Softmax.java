package espalier.tensor;

/** Softmax, its logarithm and the cross-entropy that is trained with them. */
public final class Softmax {
    private Softmax() {}

    /** e<sup>x</sup>/Σe<sup>x</sup> over the last axis. */
    public static Tensor softmax(Tensor x) {
        return forward("softmax", x, false);
    }

    /** log softmax(x) over the last axis. */
    public static Tensor logSoftmax(Tensor x) {
        return forward("logSoftmax", x, true);
    }

    /** Gradient of {@link #softmax} ({@code log} false) or {@link #logSoftmax} (true), from the output {@code y}. */
    public static Tensor gradient(Tensor y, Tensor g, boolean log) {
        y.requireSameType("softmaxGradient", g);
        if (!y.shape().equals(g.shape())) {
            throw new ShapeException("softmaxGradient: output " + y.shape() + " and gradient " + g.shape() + " differ");
        }
        Tensor dx = Tensor.allocate("softmaxGradient", y.device(), y.dtype(), y.shape());
        y.backend().softmaxGradient(y, g, log, dx);
        return dx;
    }

    private static Tensor forward(String op, Tensor x, boolean log) {
        x.storage();
        if (x.rank() < 1) {
            throw new ShapeException(op + ": needs at least one axis, not " + x.shape());
        }
        x.requireFraction(op);
        Tensor out = Tensor.allocate(op, x.device(), x.dtype(), x.shape());
        x.backend().softmax(x, log, out);
        return out;
    }

    /**
     * Losses and the probabilities their gradient needs.
     *
     * @param losses {@code [N]}
     * @param probabilities {@code [N, K]}
     */
    public record CrossEntropy(Tensor losses, Tensor probabilities) {}

    /**
     * {@code −log softmax(logits)[label]} for each row, with a part {@code smoothing} of the target spread evenly.
     *
     * @param logits {@code [N, K]}
     * @param labels {@code [N]}, I32, each from 0 to K−1
     * @param smoothing from 0 to 1
     * @throws ShapeException for other labels; on a device that queues its work, at the next wait
     */
    public static CrossEntropy crossEntropy(Tensor logits, Tensor labels, double smoothing) {
        requireLabels("crossEntropy", logits, labels, smoothing);
        Tensor losses = Tensor.allocate("crossEntropy", logits.device(), logits.dtype(), labels.shape());
        Tensor probabilities = Tensor.allocate("crossEntropy", logits.device(), logits.dtype(), logits.shape());
        logits.backend().crossEntropy(logits, labels, smoothing, losses, probabilities);
        return new CrossEntropy(losses, probabilities);
    }

    /**
     * Gradient of {@link #crossEntropy} to the logits, for the labels given there and incoming gradients {@code g [N]}.
     */
    public static Tensor crossEntropyGradient(Tensor probabilities, Tensor labels, double smoothing, Tensor g) {
        requireLabels("crossEntropyGradient", probabilities, labels, smoothing);
        probabilities.requireSameType("crossEntropyGradient", g);
        if (!g.shape().equals(labels.shape())) {
            throw new ShapeException(
                    "crossEntropyGradient: labels " + labels.shape() + " and gradient " + g.shape() + " differ");
        }
        Tensor dlogits = Tensor.allocate(
                "crossEntropyGradient", probabilities.device(), probabilities.dtype(), probabilities.shape());
        probabilities.backend().crossEntropyGradient(probabilities, labels, smoothing, g, dlogits);
        return dlogits;
    }

    private static void requireLabels(String op, Tensor logits, Tensor labels, double smoothing) {
        logits.requireFraction(op);
        labels.requireType(op, DType.I32);
        logits.requireSameDevice(op, labels);
        boolean ranks = logits.rank() == 2 && labels.rank() == 1;
        if (!ranks || logits.dim(0) != labels.dim(0)) {
            throw new ShapeException(op + ": logits must be [N, K] and labels [N]: logits " + logits.shape()
                    + ", labels " + labels.shape()
                    + (ranks ? " (" + logits.dim(0) + " ≠ " + labels.dim(0) + ")" : ""));
        }
        if (!(smoothing >= 0 && smoothing <= 1)) {
            throw new IllegalArgumentException(op + ": smoothing " + smoothing + " is not from 0 to 1");
        }
        logits.backend().requireLabels(op, logits, labels);
    }
}
