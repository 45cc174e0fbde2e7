package espalier.sparsity.export;

import espalier.tensor.Shape;
import espalier.tensor.ShapeException;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PoolSpec;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a step of a {@link Program} does. Shapes are those of one image, without the batch: {@code [C, H, W]} or
 * {@code [F]}.
 */
public sealed interface Operation {
    /**
     * Convolution, batch norm included: {@code scale[o]·(W ∗ x) + bias[o]}.
     *
     * @param spec how it walks
     * @param weight {@code [O, C/groups, kH, kW]}
     * @param scale {@code [O]}; kept apart from the weights where those have few different values, which a factor for
     *     each row would make many
     * @param bias {@code [O]}
     */
    record Convolution(ConvSpec spec, PackedTensor weight, Optional<PackedTensor> scale, Optional<PackedTensor> bias)
            implements Operation {}

    /**
     * {@code scale[o]·(x·Wᵀ) + bias[o]}.
     *
     * @param weight {@code [out, in]}
     * @param scale {@code [out]}, as of a convolution
     * @param bias {@code [out]}
     */
    record Linear(PackedTensor weight, Optional<PackedTensor> scale, Optional<PackedTensor> bias)
            implements Operation {}

    /**
     * {@code x·scale[c] + shift[c]}: batch norm that no convolution stands before.
     *
     * @param scale {@code [C]}
     * @param shift {@code [C]}
     */
    record ScaleShift(PackedTensor scale, PackedTensor shift) implements Operation {}

    /** The largest of each window. */
    record MaxPool(PoolSpec spec) implements Operation {}

    /** The mean of each window. */
    record AveragePool(PoolSpec spec) implements Operation {}

    /** The mean of each plane, {@code [C, H, W] → [C]}. */
    record GlobalAverage() implements Operation {}

    /** Nothing but the activation of its step. */
    record Identity() implements Operation {}

    /** The sum of two values of one shape. */
    record Add() implements Operation {}

    /** Values joined along the channels. */
    record Concat() implements Operation {}

    /** All axes made one. */
    record Flatten() implements Operation {}

    /** Every so-manieth row and column, from the first on. */
    record Subsample(int stepH, int stepW) implements Operation {}

    /** Channels of zeros before and after. */
    record PadChannels(int before, int after) implements Operation {}

    /** Softmax over the last axis, or its logarithm. */
    record Softmax(boolean logarithm) implements Operation {}

    /** Its tensors: weight, scale and bias, or scale and shift. */
    default List<PackedTensor> tensors() {
        return switch (this) {
            case Convolution c -> tensors(c.weight, c.scale, c.bias);
            case Linear l -> tensors(l.weight, l.scale, l.bias);
            case ScaleShift s -> List.of(s.scale, s.shift);
            case MaxPool _, AveragePool _, GlobalAverage _, Identity _, Add _, Concat _, Flatten _ -> List.of();
            case Subsample _, PadChannels _, Softmax _ -> List.of();
        };
    }

    private static List<PackedTensor> tensors(
            PackedTensor weight, Optional<PackedTensor> scale, Optional<PackedTensor> bias) {
        return Stream.of(Stream.of(weight), scale.stream(), bias.stream())
                .flatMap(tensors -> tensors)
                .toList();
    }

    /** The operation's name, such as {@code convolution}. */
    default String name() {
        String type = getClass().getSimpleName();
        return Character.toLowerCase(type.charAt(0)) + type.substring(1);
    }

    /**
     * The shape it makes of those of its inputs.
     *
     * @throws ShapeException if they do not fit, or are of the wrong number
     */
    default Shape output(List<Shape> inputs) {
        boolean many = this instanceof Concat;
        int expected = this instanceof Add ? 2 : 1;
        if (many ? inputs.isEmpty() : inputs.size() != expected) {
            throw new ShapeException(name() + ": needs " + expected + " inputs, not " + inputs.size());
        }
        Shape x = inputs.getFirst();
        return switch (this) {
            case Convolution c -> {
                requireRank(x, 3);
                requireVector(c.scale, c.weight.shape().dim(0));
                requireVector(c.bias, c.weight.shape().dim(0));
                yield c.spec.outputShape(x.inserting(0, 1), c.weight.shape()).without(0);
            }
            case Linear l -> {
                requireRank(x, 1);
                if (l.weight.shape().rank() != 2 || l.weight.shape().dim(1) != x.dim(0)) {
                    throw new ShapeException("linear: weight " + l.weight.shape() + " does not fit input " + x);
                }
                requireVector(l.scale, l.weight.shape().dim(0));
                requireVector(l.bias, l.weight.shape().dim(0));
                yield Shape.of(l.weight.shape().dim(0));
            }
            case ScaleShift s -> {
                requireVector(Optional.of(s.scale), x.rank() == 0 ? 0 : x.dim(0));
                requireVector(Optional.of(s.shift), x.rank() == 0 ? 0 : x.dim(0));
                yield x;
            }
            case MaxPool p -> pooled(p.spec, x);
            case AveragePool p -> pooled(p.spec, x);
            case GlobalAverage _ -> {
                requireRank(x, 3);
                yield Shape.of(x.dim(0));
            }
            case Identity _ -> x;
            case Add _ -> {
                if (!inputs.get(1).equals(x)) {
                    throw new ShapeException("add: shapes differ: " + x + " and " + inputs.get(1));
                }
                yield x;
            }
            case Concat _ -> joined(inputs);
            case Flatten _ -> Shape.of(x.size());
            case Subsample s -> {
                requireRank(x, 3);
                if (s.stepH < 1 || s.stepW < 1) {
                    throw new ShapeException("subsample: steps " + s.stepH + "x" + s.stepW + " must be at least 1");
                }
                yield Shape.of(x.dim(0), Math.ceilDiv(x.dim(1), s.stepH), Math.ceilDiv(x.dim(2), s.stepW));
            }
            case PadChannels p -> {
                requireRank(x, 3);
                if (p.before < 0 || p.after < 0) {
                    throw new ShapeException("padChannels: " + p.before + " and " + p.after + " must not be negative");
                }
                yield x.with(0, x.dim(0) + p.before + p.after);
            }
            case Softmax _ -> {
                requireRank(x, 1);
                yield x;
            }
        };
    }

    /** Multiply-adds that dense weights need for one image. */
    default long macs(Shape output) {
        return switch (this) {
            case Convolution c ->
                (long) output.size()
                        * (c.weight.shape().size()
                                / Math.max(1, c.weight.shape().dim(0)));
            case Linear l -> l.weight.shape().size();
            case ScaleShift _, MaxPool _, AveragePool _, GlobalAverage _, Identity _, Add _, Concat _ -> 0;
            case Flatten _, Subsample _, PadChannels _, Softmax _ -> 0;
        };
    }

    private Shape pooled(PoolSpec spec, Shape x) {
        requireRank(x, 3);
        return spec.outputShape(x.inserting(0, 1)).without(0);
    }

    private Shape joined(List<Shape> inputs) {
        Shape first = inputs.getFirst();
        int channels = 0;
        for (Shape x : inputs) {
            if (x.rank() == 0 || x.rank() != first.rank() || !x.without(0).equals(first.without(0))) {
                throw new ShapeException("concat: shapes differ beside the channels: " + inputs);
            }
            channels = Math.addExact(channels, x.dim(0));
        }
        return first.with(0, channels);
    }

    private void requireRank(Shape x, int rank) {
        if (x.rank() != rank) {
            throw new ShapeException(
                    name() + ": needs an image of " + rank + (rank == 1 ? " axis" : " axes") + ", not " + x);
        }
    }

    private void requireVector(Optional<PackedTensor> vector, int length) {
        if (vector.isPresent() && !vector.get().shape().equals(Shape.of(length))) {
            throw new ShapeException(name() + ": " + vector.get().shape() + " should have " + length + " values");
        }
    }
}
