package espalier.autograd.op;

import static espalier.autograd.Edge.edge;

import espalier.autograd.Spec;
import espalier.autograd.Variable;
import espalier.tensor.ConvBatchNorm;
import espalier.tensor.Normalization;
import espalier.tensor.Tensor;
import espalier.tensor.spi.ConvSpec;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Batch norm for training and for inference, and layer norm. */
public final class Normalizations {
    private Normalizations() {}

    /**
     * A normalized variable, and the statistics that a layer adds to its running ones.
     *
     * @param output of the input's shape
     * @param mean {@code [C]}
     * @param variance {@code [C]}, the biased one
     */
    public record BatchNormalized(Variable output, Tensor mean, Tensor variance) {}

    /**
     * Batch norm with the statistics of the batch (Ioffe and Szegedy 2015, algorithm 1): {@code y = scale[c]·(x −
     * mean[c])/√(variance[c] + ε) + shift[c]}. The three gradients share their work.
     *
     * @param x {@code [N, C, ..]}
     * @param scale {@code [C]}, γ
     * @param shift {@code [C]}, β
     */
    public static BatchNormalized batchNorm(Variable x, Variable scale, Variable shift, double epsilon) {
        Tensor input = x.value();
        Tensor gamma = scale.value();
        Normalization.Normalized done = Normalization.batchNorm(input, gamma, shift.value(), epsilon);
        Tensor mean = done.mean();
        Tensor variance = done.variance();
        Variable output =
                Variable.jointly("batchNorm", new Spec.Scalar(epsilon), done.output(), List.of(x, scale, shift), g -> {
                    var gradients = Normalization.batchNormGradient(input, g, gamma, mean, variance, epsilon);
                    return List.of(
                            Optional.of(gradients.input()),
                            Optional.of(gradients.scale()),
                            Optional.of(gradients.shift()));
                });
        return new BatchNormalized(output, mean, variance);
    }

    /**
     * {@link #batchNorm} and then ReLU, as one operation: the result of batch norm alone is never in memory, neither on
     * the way forward nor on the way back.
     */
    public static BatchNormalized batchNormRelu(Variable x, Variable scale, Variable shift, double epsilon) {
        Tensor input = x.value();
        Tensor gamma = scale.value();
        Tensor beta = shift.value();
        Normalization.Normalized done = Normalization.batchNormRelu(input, gamma, beta, epsilon);
        Variable output = Variable.jointly(
                "batchNormRelu", new Spec.Scalar(epsilon), done.output(), List.of(x, scale, shift), g -> {
                    var gradients = Normalization.batchNormReluGradient(input, done, g, gamma, beta, epsilon);
                    return List.of(
                            Optional.of(gradients.input()),
                            Optional.of(gradients.scale()),
                            Optional.of(gradients.shift()));
                });
        return new BatchNormalized(output, done.mean(), done.variance());
    }

    /**
     * A convolution, batch norm of what it gives, perhaps the addition of a shortcut, and perhaps ReLU, as one
     * operation: see {@link ConvBatchNorm}.
     *
     * @param x {@code [N, C, H, W]}
     * @param w {@code [O, C/groups, kH, kW]}
     * @param scale {@code [O]}, γ
     * @param shift {@code [O]}, β
     * @param shortcut {@code [N, O, H', W']}
     */
    public static BatchNormalized convBatchNorm(
            ConvSpec spec,
            Variable x,
            Variable w,
            Variable scale,
            Variable shift,
            Optional<Variable> shortcut,
            boolean relu,
            double epsilon) {
        ConvBatchNorm unit = new ConvBatchNorm(
                spec, x.value(), w.value(), scale.value(), shift.value(), shortcut.map(Variable::value), relu, epsilon);
        ConvBatchNorm.Made made = unit.forward();
        List<Variable> inputs =
                Stream.concat(Stream.of(x, w, scale, shift), shortcut.stream()).toList();
        Variable.AddingBackward backward = (g, addend) -> {
            ConvBatchNorm.Gradients to = unit.gradient(made, g, addend, x.needsGradient(), w.needsGradient());
            Stream<Optional<Tensor>> always =
                    Stream.of(to.x(), to.w(), Optional.of(to.scale()), Optional.of(to.shift()));
            return Stream.concat(always, to.shortcut().stream().map(Optional::of))
                    .toList();
        };
        Variable output = Variable.jointly("convBatchNorm", new Spec.Conv(spec), made.output(), inputs, backward);
        return new BatchNormalized(output, made.mean(), made.variance());
    }

    /**
     * Batch norm with fixed statistics, as for evaluation: one multiplication and one addition an element.
     *
     * @param mean {@code [C]}
     * @param variance {@code [C]}
     */
    public static Variable batchNormInference(
            Variable x, Variable scale, Variable shift, Tensor mean, Tensor variance, double epsilon) {
        Tensor input = x.value();
        Tensor inverse = variance.add(epsilon).rsqrt();
        Tensor factor = scale.value().mul(inverse);
        Tensor added = shift.value().sub(factor.mul(mean));
        int[] all = allButChannels(input);
        return Variable.of(
                "batchNormInference",
                new Spec.Scalar(epsilon),
                Normalization.scaleShift(input, factor, added),
                edge(x, g -> Normalization.scaleShift(g, factor, factor.zerosLike())),
                edge(
                        scale,
                        g -> g.mul(input)
                                .sum(all)
                                .subInPlace(g.sum(all).mul(mean))
                                .mulInPlace(inverse)),
                edge(shift, g -> g.sum(all)),
                edge(Variable.constant(mean), g -> g), // recorded so that a traced network knows them
                edge(Variable.constant(variance), g -> g));
    }

    /** {@code x·scale[c] + shift[c]} per channel of {@code x [N, C, ..]}, scale and shift {@code [C]}. */
    public static Variable scaleShift(Variable x, Variable scale, Variable shift) {
        Tensor input = x.value();
        Tensor factor = scale.value();
        int[] all = allButChannels(input);
        return Variable.of(
                "scaleShift",
                Normalization.scaleShift(input, factor, shift.value()),
                edge(x, g -> Normalization.scaleShift(g, factor, factor.zerosLike())),
                edge(scale, g -> g.mul(input).sum(all)),
                edge(shift, g -> g.sum(all)));
    }

    private static int[] allButChannels(Tensor x) {
        return IntStream.range(0, x.rank()).filter(axis -> axis != 1).toArray();
    }

    /** {@code (x − mean)/√(variance + ε)} over the last axis. */
    public static Variable standardize(Variable x, double epsilon) {
        Normalization.Normalized done = Normalization.standardize(x.value(), epsilon);
        return Variable.of(
                "standardize",
                new Spec.Scalar(epsilon),
                done.output(),
                edge(x, g -> Normalization.standardizeGradient(done, g, epsilon)));
    }

    /** Layer norm (Ba, Kiros and Hinton 2016) over the last axis of {@code x [.., D]}, scale and shift {@code [D]}. */
    public static Variable layerNorm(Variable x, Variable scale, Variable shift, double epsilon) {
        return standardize(x, epsilon).mul(scale).add(shift);
    }
}
