package espalier.nn.layer;

import espalier.autograd.Variable;
import espalier.autograd.op.Convolutions;
import espalier.nn.Ending;
import espalier.nn.Init;
import espalier.nn.Initializer;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.tensor.Shape;
import espalier.tensor.spi.ConvSpec;
import java.util.Optional;

/**
 * Convolution: {@code [N, in, H, W]} to {@code [N, out, H', W']}, with weight {@code [out, in/groups, k, k]} and bias
 * {@code [out]}.
 *
 * <pre>{@code
 * Conv2d conv = new Conv2d(init, 3, 16, 3, ConvSpec.of().withPadding(1), false);
 * }</pre>
 */
public final class Conv2d extends Module {
    private ConvSpec spec;
    private final Parameter weight;
    private final Optional<Parameter> bias;

    /** Kaiming's rule for the weight. */
    public Conv2d(Init init, int in, int out, int kernel, ConvSpec spec, boolean withBias) {
        this(init, in, out, kernel, spec, Initializer.kaimingNormal(), withBias);
    }

    /** With all choices. */
    public Conv2d(Init init, int in, int out, int kernel, ConvSpec spec, Initializer initializer, boolean withBias) {
        this.spec = spec;
        Shape shape = spec.weightShape(in, out, kernel, kernel);
        weight = parameter("weight", Role.WEIGHT, initializer.values(init, shape));
        bias = withBias
                ? Optional.of(
                        parameter("bias", Role.BIAS, Initializer.constant(0).values(init, Shape.of(out))))
                : Optional.empty();
    }

    /** How it walks. */
    public ConvSpec spec() {
        return spec;
    }

    /** Walks with another number of groups, as surgery on depthwise convolutions needs with a smaller weight. */
    public void regroup(int groups) {
        spec = spec.withGroups(groups);
    }

    /** The weight, {@code [out, in/groups, k, k]}. */
    public Parameter weight() {
        return weight;
    }

    /** The bias, {@code [out]}, if there is one. */
    public Optional<Parameter> bias() {
        return bias;
    }

    @Override
    protected Variable forward(Variable x) {
        return Convolutions.conv2d(spec, x, weight.get(), bias.map(Parameter::get));
    }

    /** This one, a batch norm and an ending, as one operation of training. Of one without bias. */
    Variable applyThen(Variable x, BatchNorm norm, Ending ending) {
        return run(x, in -> norm.ofConvolution(spec, in, weight.get(), ending));
    }

    /** This one, a ReLU if there is one, max pooling, and an ending, as one operation of training. */
    Variable applyThen(Variable x, boolean relu, Pool2d pool, Ending ending) {
        return run(x, in -> pool.ofConvolution(spec, in, weight.get(), bias.map(Parameter::get), relu, ending));
    }

    @Override
    public long macs(Shape input, Shape output) {
        return (long) output.size() * (weight.shape().size() / weight.shape().dim(0));
    }
}
