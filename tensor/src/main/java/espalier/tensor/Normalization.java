package espalier.tensor;

/** Batch and layer normalization, and their gradients. */
public final class Normalization {
    private Normalization() {}

    /**
     * A normalized tensor and the statistics it was normalized with.
     *
     * @param output of the input's shape
     * @param mean one a channel (or row)
     * @param variance one a channel (or row), the biased one
     */
    public record Normalized(Tensor output, Tensor mean, Tensor variance) {}

    /**
     * Gradients of a normalization.
     *
     * @param input of the input's shape
     * @param scale {@code [C]}
     * @param shift {@code [C]}
     */
    public record Gradients(Tensor input, Tensor scale, Tensor shift) {}

    /** With the statistics of the batch: {@code x [N, C, ..]}, scale and shift {@code [C]}. */
    public static Normalized batchNorm(Tensor x, Tensor scale, Tensor shift, double epsilon) {
        Normalized made = allocate("batchNorm", x, scale, shift);
        x.backend().batchNorm(x, scale, shift, epsilon, made.output(), made.mean(), made.variance());
        return made;
    }

    /** {@link #batchNorm}, and then {@code max(y, 0)}: one walk over memory less. */
    public static Normalized batchNormRelu(Tensor x, Tensor scale, Tensor shift, double epsilon) {
        Normalized made = allocate("batchNormRelu", x, scale, shift);
        x.backend().batchNormRelu(x, scale, shift, epsilon, made.output(), made.mean(), made.variance());
        return made;
    }

    private static Normalized allocate(String op, Tensor x, Tensor scale, Tensor shift) {
        requireChannels(op, x, scale, shift);
        Tensor out = Tensor.allocate(op, x.device(), x.dtype(), x.shape());
        Tensor mean = Tensor.allocate(op, x.device(), x.dtype(), scale.shape());
        return new Normalized(out, mean, Tensor.allocate(op, x.device(), x.dtype(), scale.shape()));
    }

    /** Gradients of {@link #batchNorm}, from its input, statistics and the incoming gradient. */
    public static Gradients batchNormGradient(
            Tensor x, Tensor g, Tensor scale, Tensor mean, Tensor variance, double epsilon) {
        requireChannels("batchNormGradient", x, scale, mean);
        requireChannels("batchNormGradient", x, scale, variance);
        requireGradient("batchNormGradient", x, g);
        Gradients made = allocate("batchNormGradient", x, scale);
        x.backend().batchNormGradient(x, g, scale, mean, variance, epsilon, made.input(), made.scale(), made.shift());
        return made;
    }

    /** Gradients of {@link #batchNormRelu}, from its input, what it made, and the incoming gradient. */
    public static Gradients batchNormReluGradient(
            Tensor x, Normalized made, Tensor g, Tensor scale, Tensor shift, double epsilon) {
        String op = "batchNormReluGradient";
        requireChannels(op, x, scale, shift);
        requireChannels(op, x, made.mean(), made.variance());
        requireGradient(op, x, made.output());
        requireGradient(op, x, g);
        Gradients to = allocate(op, x, scale);
        x.backend()
                .batchNormReluGradient(
                        x,
                        made.output(),
                        g,
                        scale,
                        shift,
                        made.mean(),
                        made.variance(),
                        epsilon,
                        to.input(),
                        to.scale(),
                        to.shift());
        return to;
    }

    private static Gradients allocate(String op, Tensor x, Tensor scale) {
        Tensor dx = Tensor.allocate(op, x.device(), x.dtype(), x.shape());
        Tensor dscale = Tensor.allocate(op, x.device(), x.dtype(), scale.shape());
        return new Gradients(dx, dscale, Tensor.allocate(op, x.device(), x.dtype(), scale.shape()));
    }

    /** {@code x·scale[c] + shift[c]} per channel of {@code [N, C, ..]}: batch norm with fixed statistics. */
    public static Tensor scaleShift(Tensor x, Tensor scale, Tensor shift) {
        requireChannels("scaleShift", x, scale, shift);
        Tensor out = Tensor.allocate("scaleShift", x.device(), x.dtype(), x.shape());
        x.backend().scaleShift(x, scale, shift, false, out);
        return out;
    }

    /** {@code (x − mean)/√(variance + ε)} over the last axis: layer norm before its scale and shift. */
    public static Normalized standardize(Tensor x, double epsilon) {
        if (x.rank() < 1) {
            throw new ShapeException("standardize: needs at least one axis, not " + x.shape());
        }
        x.requireFraction("standardize");
        Tensor rows = x.reshape(rowsOf(x), x.dim(-1));
        Tensor out = Tensor.allocate("standardize", x.device(), x.dtype(), rows.shape());
        Tensor mean = Tensor.allocate("standardize", x.device(), x.dtype(), Shape.of(rowsOf(x)));
        Tensor variance = Tensor.allocate("standardize", x.device(), x.dtype(), Shape.of(rowsOf(x)));
        x.backend().standardize(rows, epsilon, out, mean, variance);
        return new Normalized(out.reshape(x.shape()), mean, variance);
    }

    /** Gradient of {@link #standardize}, from its output. */
    public static Tensor standardizeGradient(Normalized forward, Tensor g, double epsilon) {
        Tensor y = forward.output();
        requireGradient("standardizeGradient", y, g);
        Shape rows = Shape.of(rowsOf(y), y.dim(-1));
        Tensor dx = Tensor.allocate("standardizeGradient", y.device(), y.dtype(), rows);
        y.backend().standardizeGradient(y.reshape(rows), g.reshape(rows), forward.variance(), epsilon, dx);
        return dx.reshape(y.shape());
    }

    private static int rowsOf(Tensor x) {
        return x.shape().without(-1).size();
    }

    private static void requireGradient(String op, Tensor x, Tensor g) {
        x.requireSameType(op, g);
        if (!g.shape().equals(x.shape())) {
            throw new ShapeException(op + ": input " + x.shape() + " and gradient " + g.shape() + " differ");
        }
    }

    private static void requireChannels(String op, Tensor x, Tensor scale, Tensor shift) {
        x.requireFraction(op);
        for (Tensor values : new Tensor[] {scale, shift}) {
            x.requireSameType(op, values);
            boolean comparable = x.rank() >= 2 && values.rank() == 1;
            if (!comparable || values.size() != x.dim(1)) {
                throw new ShapeException(op + ": needs input [N, C, ..] and values [C]: input " + x.shape()
                        + ", values " + scale.shape() + " and " + shift.shape()
                        + (comparable ? " (" + values.size() + " ≠ " + x.dim(1) + ")" : ""));
            }
        }
    }
}
