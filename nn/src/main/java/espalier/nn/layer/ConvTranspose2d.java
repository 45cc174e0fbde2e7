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

/**
 * Transposed convolution, which makes images larger: {@code [N, in, H, W]} to {@code [N, out, H', W']} with {@code H' =
 * (H−1)·stride − 2·padding + dilation·(k−1) + 1 + outputPadding}; weight {@code [in, out/groups, k, k]}.
 */
public final class ConvTranspose2d extends Module {
    private final ConvSpec spec;
    private final int outputPadding;
    private final Parameter weight;
    private final Parameter bias;

    /** Kaiming's rule for the weight, the bias 0. */
    public ConvTranspose2d(Init init, int in, int out, int kernel, ConvSpec spec, int outputPadding) {
        this.spec = spec;
        this.outputPadding = outputPadding;
        Shape shape = spec.weightShape(out, in, kernel, kernel);
        weight = parameter("weight", Role.WEIGHT, Initializer.kaimingNormal().values(init, shape));
        bias = parameter("bias", Role.BIAS, Initializer.constant(0).values(init, Shape.of(out)));
    }

    /** The weight, {@code [in, out/groups, k, k]}. */
    public Parameter weight() {
        return weight;
    }

    @Override
    protected Variable forward(Variable x) {
        return Convolutions.convTranspose2d(spec, x, weight.get(), Optional.of(bias.get()), outputPadding);
    }

    @Override
    public long macs(Shape input, Shape output) {
        return (long) input.size() * (weight.shape().size() / weight.shape().dim(0));
    }
}
