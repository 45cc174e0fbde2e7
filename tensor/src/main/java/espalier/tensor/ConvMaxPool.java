package espalier.tensor;

import espalier.tensor.spi.BinaryOp;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PoolSpec;
import java.util.Optional;

/**
 * A convolution and the max pooling behind it as one operation of training, with a ReLU between them or behind if
 * wanted: the largest of some numbers, if it is positive, is the same either way.
 *
 * <p>What the convolution gives is larger than all that goes in and comes out, and nobody needs it again once the
 * places of the maxima are known. As one operation it is pooled while it is in the cache and forgotten, and so is the
 * gradient to it, which is zero but for those places.
 *
 * <pre>{@code
 * Tensor x = Tensor.ones(2, 1, 28, 28);
 * Tensor w = Tensor.ones(20, 1, 5, 5);
 * var unit = new ConvMaxPool(ConvSpec.of(), PoolSpec.of(2, 2), x, w, Optional.empty(), false);
 * Tensor y = unit.forward().output();                             // [2, 20, 12, 12]
 * }</pre>
 *
 * @param spec how the convolution walks
 * @param pool how the window of the pooling walks
 * @param x {@code [N, C, H, W]}
 * @param w {@code [O, C/groups, kH, kW]}
 * @param bias {@code [O]}
 * @param relu whether the output is at least 0
 */
public record ConvMaxPool(ConvSpec spec, PoolSpec pool, Tensor x, Tensor w, Optional<Tensor> bias, boolean relu) {
    private static final String OP = "convMaxPool";

    /**
     * Checks that the operands fit.
     *
     * @throws ShapeException naming the shapes or types that do not
     */
    public ConvMaxPool {
        pool.outputShape(spec.outputShape(x.shape(), w.shape()));
        Convolution.requireOperands(OP, x, w, bias);
    }

    /**
     * What the forward pass makes.
     *
     * @param output {@code [N, O, H'', W'']}
     * @param places I32, of the same shape: where in its plane of the product, {@code h·W' + w}, each maximum was
     */
    public record Made(Tensor output, Tensor places) {}

    /**
     * Gradients to the operands.
     *
     * @param x {@code [N, C, H, W]}, if it was asked for
     * @param w {@code [O, C/groups, kH, kW]}, likewise
     * @param bias {@code [O]}, if there is a bias
     */
    public record Gradients(Optional<Tensor> x, Optional<Tensor> w, Optional<Tensor> bias) {}

    /** The shape of what the convolution gives, {@code [N, O, H', W']}. */
    public Shape productShape() {
        return spec.outputShape(x.shape(), w.shape());
    }

    /** The shape of the output, {@code [N, O, H'', W'']}. */
    public Shape outputShape() {
        return pool.outputShape(productShape());
    }

    /** Convolves and pools. */
    public Made forward() {
        Made made = new Made(
                Tensor.allocate(OP, x.device(), x.dtype(), outputShape()),
                Tensor.allocate(OP, x.device(), DType.I32, outputShape()));
        x.backend().convMaxPool(this, made);
        return made;
    }

    /**
     * The gradients, from what the forward pass made.
     *
     * @param g the incoming one, {@code [N, O, H'', W'']}
     * @param toInput whether that to {@code x} is wanted, as it is not in a first layer
     * @param toWeight whether that to {@code w} is wanted, as it is not of weights that are held
     * @throws ShapeException if {@code g} does not have the output's shape or type
     */
    public Gradients gradient(Made made, Tensor g, boolean toInput, boolean toWeight) {
        x.requireSameType(OP, g);
        if (!g.shape().equals(outputShape())) {
            throw new ShapeException(
                    OP + ": gradient " + g.shape() + " should have the output's shape " + outputShape());
        }
        Tensor passed = relu ? g.gradient(BinaryOp.RELU_GRADIENT, made.output()) : g;
        // A window's gradient goes to one pixel, so that a sum over windows is one over pixels.
        Gradients to = new Gradients(
                toInput ? Optional.of(like(x)) : Optional.empty(),
                toWeight ? Optional.of(like(w)) : Optional.empty(),
                bias.map(_ -> Convolution.biasGradient(passed)));
        if (toInput || toWeight) {
            x.backend().convMaxPoolGradient(this, made, passed, to);
        }
        return to;
    }

    private static Tensor like(Tensor operand) {
        return Tensor.allocate(OP, operand.device(), operand.dtype(), operand.shape());
    }
}
