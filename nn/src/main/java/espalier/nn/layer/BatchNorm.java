package espalier.nn.layer;

import espalier.autograd.Checkpoint;
import espalier.autograd.Variable;
import espalier.autograd.op.Normalizations;
import espalier.nn.Ending;
import espalier.nn.ForwardPass;
import espalier.nn.Init;
import espalier.nn.Initializer;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.ConvSpec;

/**
 * Batch normalization per channel of {@code [N, C]} or {@code [N, C, ..]} (Ioffe and Szegedy 2015): {@code y = scale·(x
 * − mean)/√(variance + ε) + shift}.
 *
 * <p>In training the statistics are the batch's, and running averages of them are kept: {@code running ← 0.9·running +
 * 0.1·batch}, with the unbiased variance. In evaluation the running ones are used.
 */
public final class BatchNorm extends Module {
    /** Added to the variance. */
    public static final double EPSILON = 1e-5;

    private static final double MOMENTUM = 0.1;

    private final Parameter scale;
    private final Parameter shift;

    /** Scale 1, shift 0, running mean 0 and variance 1. */
    public BatchNorm(Init init, int channels) {
        Shape shape = Shape.of(channels);
        scale = parameter("scale", Role.NORM_SCALE, Initializer.constant(1).values(init, shape));
        shift = parameter("shift", Role.NORM_SHIFT, Initializer.constant(0).values(init, shape));
        buffer("mean", Initializer.constant(0).values(init, shape));
        buffer("variance", Initializer.constant(1).values(init, shape));
    }

    /** The scale γ, {@code [C]}. */
    public Parameter scale() {
        return scale;
    }

    /** The shift β, {@code [C]}. */
    public Parameter shift() {
        return shift;
    }

    /** The running mean, {@code [C]}. */
    public Tensor mean() {
        return buffer("mean");
    }

    /** The running variance, {@code [C]}. */
    public Tensor variance() {
        return buffer("variance");
    }

    @Override
    protected Variable forward(Variable x) {
        if (!ForwardPass.isTraining()) {
            return Normalizations.batchNormInference(x, scale.get(), shift.get(), mean(), variance(), EPSILON);
        }
        return averaged(Normalizations.batchNorm(x, scale.get(), shift.get(), EPSILON));
    }

    @Override
    protected Variable forwardThen(Variable x, Ending ending) {
        return ForwardPass.isTraining() && ending.equals(Ending.RELU)
                ? averaged(Normalizations.batchNormRelu(x, scale.get(), shift.get(), EPSILON))
                : super.forwardThen(x, ending);
    }

    /** Batch norm, in training, of what a convolution gives, and an ending. */
    Variable ofConvolution(ConvSpec spec, Variable x, Variable weight, Ending ending) {
        Shape made = spec.outputShape(x.shape(), weight.shape());
        boolean fits = ending.shortcut().stream().allMatch(past -> past.shape().equals(made));
        Ending within = fits ? ending : Ending.NONE;
        Variable y = averaged(Normalizations.convBatchNorm(
                spec, x, weight, scale.get(), shift.get(), within.shortcut(), within.relu(), EPSILON));
        return fits ? y : ending.after(y);
    }

    /** What has been normalized, once the running statistics know. */
    private Variable averaged(Normalizations.BatchNormalized normed) {
        if (!Checkpoint.isReplaying()) {
            int n = normed.output().value().size() / Math.max(1, scale.shape().size());
            average(normed, n > 1 ? n / (n - 1.0) : 1);
        }
        return normed.output();
    }

    /** Moves the running statistics a tenth of the way to those of a batch. */
    private void average(Normalizations.BatchNormalized batch, double unbiased) {
        mean().mulInPlace(1 - MOMENTUM).addInPlace(batch.mean().mul(MOMENTUM));
        variance().mulInPlace(1 - MOMENTUM).addInPlace(batch.variance().mul(MOMENTUM * unbiased));
    }

    /** Puts other running statistics in place, perhaps of another length, as surgery does. */
    public void replaceStatistics(Tensor mean, Tensor variance) {
        replaceBuffer("mean", mean);
        replaceBuffer("variance", variance);
    }
}
