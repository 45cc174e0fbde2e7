package espalier.nn.layer;

import espalier.autograd.Variable;
import espalier.nn.Init;
import espalier.nn.Initializer;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.tensor.Shape;
import java.util.Optional;

/**
 * {@code y = x·Wᵀ + b}: from {@code [N, in]} to {@code [N, out]}, with weight {@code [out, in]} and bias {@code [out]}.
 */
public final class Linear extends Module {
    private final Parameter weight;
    private final Optional<Parameter> bias;

    /** With a bias; the weight starts by Kaiming's rule, the bias at 0. */
    public Linear(Init init, int in, int out) {
        this(init, in, out, Initializer.kaimingNormal(), true);
    }

    /** With all choices. */
    public Linear(Init init, int in, int out, Initializer initializer, boolean withBias) {
        weight = parameter("weight", Role.WEIGHT, initializer.values(init, Shape.of(out, in)));
        bias = withBias
                ? Optional.of(
                        parameter("bias", Role.BIAS, Initializer.constant(0).values(init, Shape.of(out))))
                : Optional.empty();
    }

    /** The weight, {@code [out, in]}. */
    public Parameter weight() {
        return weight;
    }

    /** The bias, {@code [out]}, if there is one. */
    public Optional<Parameter> bias() {
        return bias;
    }

    @Override
    protected Variable forward(Variable x) {
        Variable y = x.matmul(weight.get().t());
        return bias.map(b -> y.add(b.get())).orElse(y);
    }

    @Override
    public long macs(Shape input, Shape output) {
        return (long) input.size() / input.dim(-1) * weight.shape().size();
    }
}
