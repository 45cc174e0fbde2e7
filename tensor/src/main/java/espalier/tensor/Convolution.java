package espalier.tensor;

import espalier.tensor.spi.ConvSpec;
import java.util.Optional;

/**
 * Convolution (as networks mean it: cross-correlation) and its gradients.
 *
 * <pre>{@code
 * Tensor x = Tensor.ones(1, 3, 8, 8);
 * Tensor w = Tensor.ones(16, 3, 3, 3);
 * Tensor y = Convolution.conv2d(ConvSpec.of().withPadding(1), x, w);   // [1, 16, 8, 8]
 * }</pre>
 */
public final class Convolution {
    private Convolution() {}

    /** {@code x [N, C, H, W], w [O, C/groups, kH, kW] → [N, O, H', W']}. */
    public static Tensor conv2d(ConvSpec spec, Tensor x, Tensor w) {
        return conv2d(spec, x, w, Optional.empty());
    }

    /** {@code x [N, C, H, W], w [O, C/groups, kH, kW], bias [O] → [N, O, H', W']}. */
    public static Tensor conv2d(ConvSpec spec, Tensor x, Tensor w, Optional<Tensor> bias) {
        Shape shape = spec.outputShape(x.shape(), w.shape());
        requireOperands("conv2d", x, w, bias);
        Tensor out = Tensor.allocate("conv2d", x.device(), x.dtype(), shape);
        x.backend().conv2d(spec, x, w, bias, out);
        return out;
    }

    /** Checks that operands fit each other. */
    static void requireOperands(String op, Tensor x, Tensor w, Optional<Tensor> bias) {
        x.storage();
        x.requireSameType(op, w);
        bias.ifPresent(b -> {
            x.requireSameType(op, b);
            if (b.rank() != 1 || b.size() != w.dim(0)) {
                throw new ShapeException(op + ": bias " + b.shape() + " does not fit weight " + w.shape() + " ("
                        + b.size() + " ≠ " + w.dim(0) + ")");
            }
        });
    }

    /** Gradient to the input: {@code g [N, O, H', W'], w → [N, C, H, W]} for an input of shape {@code input}. */
    public static Tensor inputGradient(ConvSpec spec, Tensor g, Tensor w, Shape input) {
        requireOutput("conv2dInputGradient", spec.outputShape(input, w.shape()), g.shape());
        g.requireSameType("conv2dInputGradient", w);
        Tensor dx = Tensor.allocate("conv2dInputGradient", g.device(), g.dtype(), input);
        g.backend().conv2dInputGradient(spec, g, w, dx);
        return dx;
    }

    /** Gradient to the weight: {@code x [N, C, H, W], g [N, O, H', W'] → [O, C/groups, kH, kW]}. */
    public static Tensor weightGradient(ConvSpec spec, Tensor x, Tensor g, Shape weight) {
        requireOutput("conv2dWeightGradient", spec.outputShape(x.shape(), weight), g.shape());
        x.requireSameType("conv2dWeightGradient", g);
        Tensor dw = Tensor.allocate("conv2dWeightGradient", x.device(), x.dtype(), weight);
        x.backend().conv2dWeightGradient(spec, x, g, dw);
        return dw;
    }

    /** Gradient to the bias: the sum of {@code g [N, O, H', W']} over all but its channels, {@code [O]}. */
    public static Tensor biasGradient(Tensor g) {
        if (g.rank() != 4) {
            throw new ShapeException("conv2dBiasGradient: gradient must be [N, O, H', W'], not " + g.shape());
        }
        return g.sum(0, 2, 3);
    }

    /**
     * Transposed convolution, the gradient of a convolution to its input used forwards: {@code x [N, C, H, W], w [C,
     * O/groups, kH, kW] → [N, O, H', W']} with {@code H' = (H−1)·stride − 2·pad + dilation·(kH−1) + 1 + outputPadding},
     * where the output padding, from 0 to below the stride, chooses among the sizes that a convolution makes H of.
     */
    public static Tensor convTranspose2d(ConvSpec spec, Tensor x, Tensor w, int outputPadding) {
        x.requireSameType("convTranspose2d", w);
        boolean images = x.rank() == 4 && w.rank() == 4;
        if (!images || x.dim(1) != w.dim(0)) {
            throw new ShapeException("convTranspose2d: input must be [N, C, H, W] and weight [C, O/groups, kH, kW]: "
                    + "input " + x.shape() + ", weight " + w.shape()
                    + (images ? " (" + x.dim(1) + " ≠ " + w.dim(0) + ")" : ""));
        }
        if (x.dim(1) % spec.groups() != 0) {
            throw new ShapeException("convTranspose2d: channels are no multiple of groups " + spec.groups() + ": input "
                    + x.shape() + ", weight " + w.shape());
        }
        if (outputPadding < 0 || outputPadding >= Math.min(spec.strideH(), spec.strideW())) {
            throw new ShapeException("convTranspose2d: output padding " + outputPadding
                    + " must be from 0 to below the stride " + spec.strideH() + "x" + spec.strideW());
        }
        long height = outputPadding + spread(x.dim(2), spec.strideH(), spec.padH(), spec.dilationH(), w.dim(2));
        long width = outputPadding + spread(x.dim(3), spec.strideW(), spec.padW(), spec.dilationW(), w.dim(3));
        if (height < 1 || width < 1 || Math.max(height, width) > Integer.MAX_VALUE) {
            throw new ShapeException("convTranspose2d: there is no output of " + height + "x" + width + ": input "
                    + x.shape() + ", weight " + w.shape() + ", padding " + spec.padH() + "x" + spec.padW());
        }
        Shape output = Shape.of(x.dim(0), w.dim(1) * spec.groups(), (int) height, (int) width);
        return inputGradient(spec, x, w, output);
    }

    /** How far {@code size} windows reach, less the padding on both sides. */
    private static long spread(int size, int stride, int pad, int dilation, int kernel) {
        return (size - 1L) * stride - 2L * pad + (long) dilation * (kernel - 1) + 1;
    }

    /** Convolution over one axis, as the two-dimensional one with height 1: {@code [N, C, L], [O, C/groups, k]}. */
    public static Tensor conv1d(ConvSpec spec, Tensor x, Tensor w, Optional<Tensor> bias) {
        Shape shape = spec.outputShape1d(x.shape(), w.shape());
        requireOperands("conv1d", x, w, bias);
        Tensor out = Tensor.allocate("conv1d", x.device(), x.dtype(), shape);
        x.backend().conv2d(spec.ofOneAxis(), x.unsqueeze(2), w.unsqueeze(2), bias, out.unsqueeze(2));
        return out;
    }

    private static void requireOutput(String op, Shape expected, Shape actual) {
        if (!expected.equals(actual)) {
            throw new ShapeException(op + ": gradient " + actual + " should have the output's shape " + expected);
        }
    }
}
