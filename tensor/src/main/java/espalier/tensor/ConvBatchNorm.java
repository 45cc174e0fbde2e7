package espalier.tensor;

import espalier.tensor.spi.ConvSpec;
import java.util.Optional;

/**
 * The unit that residual networks consist of, as one operation of training: a convolution, batch norm of its result
 * with the statistics of the batch, the addition of a shortcut, and ReLU. The last two may be left out.
 *
 * <p>Between a convolution and batch norm there is nothing but memory, and most of what batch norm costs is memory. As
 * one operation, a result can be measured while it is in the cache, the sum with the shortcut is written once, and the
 * gradient between the two never leaves the cache.
 *
 * <pre>{@code
 * Tensor x = Tensor.ones(2, 3, 8, 8);
 * Tensor w = Tensor.ones(16, 3, 3, 3);
 * ConvSpec spec = ConvSpec.of().withPadding(1);
 * var unit = new ConvBatchNorm(spec, x, w, Tensor.ones(16), Tensor.zeros(16), Optional.empty(), true, 1e-5);
 * Tensor y = unit.forward().output();                             // [2, 16, 8, 8]
 * }</pre>
 *
 * @param spec how the convolution walks
 * @param x {@code [N, C, H, W]}
 * @param w {@code [O, C/groups, kH, kW]}
 * @param scale γ, {@code [O]}
 * @param shift β, {@code [O]}
 * @param shortcut what is added, of the output's shape {@code [N, O, H', W']}
 * @param relu whether the output is at least 0
 * @param epsilon added to the variance
 */
public record ConvBatchNorm(
        ConvSpec spec,
        Tensor x,
        Tensor w,
        Tensor scale,
        Tensor shift,
        Optional<Tensor> shortcut,
        boolean relu,
        double epsilon) {
    private static final String OP = "convBatchNorm";

    /**
     * Checks that the operands fit.
     *
     * @throws ShapeException naming the shapes or types that do not
     */
    public ConvBatchNorm {
        Shape made = spec.outputShape(x.shape(), w.shape());
        x.requireFraction(OP);
        x.requireSameType(OP, w);
        for (Tensor values : new Tensor[] {scale, shift}) {
            x.requireSameType(OP, values);
            if (!values.shape().equals(Shape.of(made.dim(1)))) {
                throw new ShapeException(OP + ": needs values [O] for weight " + w.shape() + ", not " + scale.shape()
                        + " and " + shift.shape());
            }
        }
        shortcut.ifPresent(past -> {
            x.requireSameType(OP, past);
            requireOutput("shortcut", made, past.shape());
        });
    }

    /**
     * What the forward pass makes; all of it is needed on the way back.
     *
     * @param product what the convolution gives, {@code [N, O, H', W']}
     * @param output of the same shape
     * @param mean of the product, {@code [O]}
     * @param variance the biased one, {@code [O]}
     */
    public record Made(Tensor product, Tensor output, Tensor mean, Tensor variance) {}

    /**
     * Gradients to the operands.
     *
     * @param x {@code [N, C, H, W]}, if it was asked for
     * @param w {@code [O, C/groups, kH, kW]}, likewise
     * @param scale {@code [O]}
     * @param shift {@code [O]}
     * @param shortcut {@code [N, O, H', W']}, if there is a shortcut
     */
    public record Gradients(
            Optional<Tensor> x, Optional<Tensor> w, Tensor scale, Tensor shift, Optional<Tensor> shortcut) {}

    /** The shape of the output, {@code [N, O, H', W']}. */
    public Shape outputShape() {
        return spec.outputShape(x.shape(), w.shape());
    }

    /** Whether ReLU stops part of what the shortcut would get, which is else the incoming gradient itself. */
    public boolean reluBehindShortcut() {
        return relu && shortcut.isPresent();
    }

    /** Convolves, normalizes, and what else there is. */
    public Made forward() {
        Made made = new Made(like(outputShape()), like(outputShape()), like(scale.shape()), like(scale.shape()));
        x.backend().convBatchNorm(this, made);
        return made;
    }

    /**
     * The gradients, from what the forward pass made.
     *
     * @param g the incoming one, {@code [N, O, H', W']}
     * @param addend what is added to the gradient to {@code x}, of its shape, if that is wanted
     * @param toInput whether that to {@code x} is wanted, as it is not in a first layer
     * @param toWeight whether that to {@code w} is wanted, as it is not of weights that are held
     * @throws ShapeException if {@code g} does not have the output's shape or type
     */
    public Gradients gradient(Made made, Tensor g, Optional<Tensor> addend, boolean toInput, boolean toWeight) {
        x.requireSameType(OP, g);
        addend.ifPresent(more -> {
            x.requireSameType(OP, more);
            if (!more.shape().equals(x.shape())) {
                throw new ShapeException(OP + ": " + more.shape() + " cannot be added to a gradient " + x.shape());
            }
        });
        requireOutput("gradient", outputShape(), g.shape());
        Gradients to = new Gradients(
                toInput ? Optional.of(like(x.shape())) : Optional.empty(),
                toWeight ? Optional.of(like(w.shape())) : Optional.empty(),
                like(scale.shape()),
                like(scale.shape()),
                reluBehindShortcut() ? Optional.of(like(g.shape())) : shortcut.map(_ -> g));
        x.backend().convBatchNormGradient(this, made, g, addend, to);
        return to;
    }

    private Tensor like(Shape shape) {
        return Tensor.allocate(OP, x.device(), x.dtype(), shape);
    }

    private static void requireOutput(String what, Shape expected, Shape actual) {
        if (!expected.equals(actual)) {
            throw new ShapeException(OP + ": " + what + " " + actual + " should have the output's shape " + expected);
        }
    }
}
