package espalier.nn.layer;

import espalier.autograd.Variable;
import espalier.autograd.op.Convolutions;
import espalier.autograd.op.Poolings;
import espalier.nn.Ending;
import espalier.nn.Module;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PoolSpec;
import java.util.Optional;

/** Windows over {@code [N, C, H, W]}, each made one element: its largest, or its mean. */
public final class Pool2d extends Module {
    /** What is taken of each window. */
    public enum Kind {
        /** The largest. */
        MAX,
        /** The mean. */
        AVERAGE
    }

    private final Kind kind;
    private final PoolSpec spec;

    /** With all choices. */
    public Pool2d(Kind kind, PoolSpec spec) {
        this.kind = kind;
        this.spec = spec;
    }

    /** The largest of square windows. */
    public static Pool2d max(int kernel, int stride) {
        return new Pool2d(Kind.MAX, PoolSpec.of(kernel, stride));
    }

    /** The mean of square windows. */
    public static Pool2d average(int kernel, int stride) {
        return new Pool2d(Kind.AVERAGE, PoolSpec.of(kernel, stride));
    }

    /** What is taken of each window. */
    public Kind kind() {
        return kind;
    }

    /** How the window walks. */
    public PoolSpec spec() {
        return spec;
    }

    /** Of a convolution the largest in each window, and an ending; or ReLU in between, which is the same as behind. */
    Variable ofConvolution(
            ConvSpec convolution, Variable x, Variable weight, Optional<Variable> bias, boolean relu, Ending ending) {
        boolean takesRelu = ending.relu() && ending.shortcut().isEmpty();
        Variable y = Convolutions.convMaxPool(convolution, spec, x, weight, bias, relu || takesRelu);
        return takesRelu ? y : ending.after(y);
    }

    @Override
    protected Variable forward(Variable x) {
        return switch (kind) {
            case MAX -> Poolings.max(spec, x);
            case AVERAGE -> Poolings.average(spec, x);
        };
    }
}
