package espalier.autograd.op;

import static espalier.autograd.Edge.edge;

import espalier.autograd.Edge;
import espalier.autograd.Spec;
import espalier.autograd.Variable;
import espalier.tensor.ConvMaxPool;
import espalier.tensor.Convolution;
import espalier.tensor.Shape;
import espalier.tensor.ShapeException;
import espalier.tensor.Tensor;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PoolSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Convolutions with gradients to input, weight and bias; only those that are needed are computed.
 *
 * <pre>{@code
 * Variable x = Variable.constant(Tensor.ones(1, 3, 8, 8));
 * Variable w = Variable.parameter(Tensor.ones(16, 3, 3, 3));
 * Variable y = Convolutions.conv2d(ConvSpec.of().withPadding(1), x, w);   // [1, 16, 8, 8]
 * }</pre>
 */
public final class Convolutions {
    private Convolutions() {}

    /** {@code x [N, C, H, W], w [O, C/groups, kH, kW] → [N, O, H', W']}. */
    public static Variable conv2d(ConvSpec spec, Variable x, Variable w) {
        return conv2d(spec, x, w, Optional.empty());
    }

    /** {@code x [N, C, H, W], w [O, C/groups, kH, kW], bias [O] → [N, O, H', W']}. */
    public static Variable conv2d(ConvSpec spec, Variable x, Variable w, Optional<Variable> bias) {
        Tensor input = x.value();
        Tensor weight = w.value();
        Tensor y = Convolution.conv2d(spec, input, weight, bias.map(Variable::value));
        List<Edge> edges = new ArrayList<>();
        edges.add(edge(x, g -> Convolution.inputGradient(spec, g, weight, input.shape())));
        edges.add(edge(w, g -> Convolution.weightGradient(spec, input, g, weight.shape())));
        bias.ifPresent(b -> edges.add(edge(b, Convolution::biasGradient)));
        return Variable.of("conv2d", new Spec.Conv(spec), y, edges.toArray(Edge[]::new));
    }

    /**
     * A convolution, max pooling, and ReLU if wanted, as one operation ({@link ConvMaxPool}): {@code x [N, C, H, W], w
     * [O, C/groups, kH, kW], bias [O] → [N, O, H'', W'']}.
     */
    public static Variable convMaxPool(
            ConvSpec spec, PoolSpec pool, Variable x, Variable w, Optional<Variable> bias, boolean relu) {
        var unit = new ConvMaxPool(spec, pool, x.value(), w.value(), bias.map(Variable::value), relu);
        ConvMaxPool.Made made = unit.forward();
        List<Variable> inputs = Stream.concat(Stream.of(x, w), bias.stream()).toList();
        return Variable.jointly("convMaxPool", new Spec.Conv(spec), made.output(), inputs, g -> {
            ConvMaxPool.Gradients to = unit.gradient(made, g, x.needsGradient(), w.needsGradient());
            return Stream.concat(Stream.of(to.x(), to.w()), to.bias().stream().map(Optional::of))
                    .toList();
        });
    }

    /**
     * Convolution over one axis: {@code x [N, C, L], w [O, C/groups, k], bias [O] → [N, O, L']}. Of the specification
     * the numbers for width count.
     */
    public static Variable conv1d(ConvSpec spec, Variable x, Variable w, Optional<Variable> bias) {
        Tensor input = x.value();
        Tensor weight = w.value();
        Tensor y = Convolution.conv1d(spec, input, weight, bias.map(Variable::value));
        ConvSpec flat = spec.ofOneAxis();
        List<Edge> edges = new ArrayList<>();
        edges.add(edge(
                x,
                g -> Convolution.inputGradient(
                                flat,
                                g.unsqueeze(2),
                                weight.unsqueeze(2),
                                input.unsqueeze(2).shape())
                        .squeeze(2)));
        edges.add(edge(
                w,
                g -> Convolution.weightGradient(
                                flat,
                                input.unsqueeze(2),
                                g.unsqueeze(2),
                                weight.unsqueeze(2).shape())
                        .squeeze(2)));
        bias.ifPresent(b -> edges.add(edge(b, g -> g.sum(0, 2))));
        return Variable.of("conv1d", new Spec.Conv(spec), y, edges.toArray(Edge[]::new));
    }

    /**
     * Transposed convolution, which undoes the shape of a convolution: {@code x [N, C, H, W], w [C, O/groups, kH, kW],
     * bias [O] → [N, O, H', W']} with {@code H' = (H−1)·stride − 2·pad + dilation·(kH−1) + 1 + outputPadding}.
     *
     * <p>It is the gradient of a convolution to its input; so its own gradients are that convolution and its weight
     * gradient, with the parts of input and output exchanged.
     *
     * @param outputPadding rows and columns more at the bottom and right, less than the stride
     */
    public static Variable convTranspose2d(
            ConvSpec spec, Variable x, Variable w, Optional<Variable> bias, int outputPadding) {
        Tensor input = x.value();
        Tensor weight = w.value();
        Tensor y = Convolution.convTranspose2d(spec, input, weight, outputPadding);
        bias.ifPresent(b -> {
            if (!b.shape().equals(Shape.of(y.dim(1)))) {
                throw new ShapeException("convTranspose2d: bias " + b.shape() + " does not fit weight " + w.shape()
                        + " (output channels " + y.dim(1) + ")");
            }
            y.addInPlace(b.value().reshape(y.dim(1), 1, 1));
        });
        List<Edge> edges = new ArrayList<>();
        edges.add(edge(x, g -> Convolution.conv2d(spec, g, weight)));
        edges.add(edge(w, g -> Convolution.weightGradient(spec, g, input, weight.shape())));
        bias.ifPresent(b -> edges.add(edge(b, Convolution::biasGradient)));
        return Variable.of("convTranspose2d", new Spec.Conv(spec), y, edges.toArray(Edge[]::new));
    }
}
