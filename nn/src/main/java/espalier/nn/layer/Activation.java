package espalier.nn.layer;

import espalier.autograd.Variable;
import espalier.nn.Module;

/** A function of each element by itself, as a layer. */
public final class Activation extends Module {
    /** Which function. */
    public enum Kind {
        /** max(x, 0). */
        RELU,
        /** x where positive, else 0.01·x. */
        LEAKY_RELU,
        /** 1/(1+e<sup>−x</sup>). */
        SIGMOID,
        /** Hyperbolic tangent. */
        TANH,
        /** x·Φ(x). */
        GELU,
        /** x·sigmoid(x). */
        SILU,
        /** log(1+e<sup>x</sup>). */
        SOFTPLUS
    }

    private final Kind kind;

    /** A layer of a kind. */
    public Activation(Kind kind) {
        this.kind = kind;
    }

    /** The commonest. */
    public static Activation relu() {
        return new Activation(Kind.RELU);
    }

    /** Which function. */
    public Kind kind() {
        return kind;
    }

    boolean isRelu() {
        return kind == Kind.RELU;
    }

    @Override
    protected Variable forward(Variable x) {
        return switch (kind) {
            case RELU -> x.relu();
            case LEAKY_RELU -> x.leakyRelu(0.01);
            case SIGMOID -> x.sigmoid();
            case TANH -> x.tanh();
            case GELU -> x.gelu();
            case SILU -> x.silu();
            case SOFTPLUS -> x.softplus();
        };
    }
}
