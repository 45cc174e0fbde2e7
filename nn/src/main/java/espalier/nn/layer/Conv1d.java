package espalier.nn.layer;

import espalier.autograd.Variable;
import espalier.autograd.op.Convolutions;
import espalier.nn.Init;
import espalier.nn.Initializer;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.tensor.Shape;
import espalier.tensor.spi.ConvSpec;
import java.util.Optional;

/** Convolution over one axis: {@code [N, in, L]} to {@code [N, out, L']}; the spec's width applies. */
public final class Conv1d extends Module {
    private final ConvSpec spec;
    private final Parameter weight;
    private final Parameter bias;

    /** Kaiming's rule for the weight, the bias 0. */
    public Conv1d(Init init, int in, int out, int kernel, ConvSpec spec) {
        this.spec = spec;
        Shape shape = spec.weightShape(in, out, kernel);
        weight = parameter("weight", Role.WEIGHT, Initializer.kaimingNormal().values(init, shape));
        bias = parameter("bias", Role.BIAS, Initializer.constant(0).values(init, Shape.of(out)));
    }

    /** The weight, {@code [out, in/groups, k]}. */
    public Parameter weight() {
        return weight;
    }

    @Override
    protected Variable forward(Variable x) {
        return Convolutions.conv1d(spec, x, weight.get(), Optional.of(bias.get()));
    }

    @Override
    public long macs(Shape input, Shape output) {
        return (long) output.size() * (weight.shape().size() / weight.shape().dim(0));
    }
}
