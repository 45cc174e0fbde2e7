package espalier.sparsity.quant;

import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.layer.BatchNorm;
import espalier.nn.layer.Conv2d;
import espalier.nn.layer.Linear;
import espalier.nn.layer.Sequential;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Batch norm worked into the layer before it (Jacob et al. 2018, equation 14): with {@code k = γ/√(variance + ε)} the
 * weight becomes {@code W·k} for each output channel and the bias {@code β + (b − mean)·k}.
 *
 * <p>That is what a network computes in evaluation, so it is done after training and before activations are calibrated.
 */
public final class BatchNormFolding {
    private BatchNormFolding() {}

    /**
     * A layer that computes what layer and batch norm did.
     *
     * @param weight of the shape it had
     * @param bias {@code [O]}
     */
    public record Folded(Tensor weight, Tensor bias) {}

    /**
     * Weight and bias of the one layer, as values.
     *
     * @param weight {@code [O, ..]}
     * @param bias {@code [O]}, if the layer has one
     */
    public static Folded fold(Tensor weight, Optional<Tensor> bias, BatchNorm norm) {
        Tensor gamma = norm.scale().get().value();
        if (weight.rank() == 0 || weight.dim(0) != gamma.size()) {
            throw new IllegalArgumentException(
                    "fold: a batch norm of " + gamma.size() + " channels does not follow a weight " + weight.shape());
        }
        Tensor k = gamma.div(norm.variance().add(BatchNorm.EPSILON).sqrt());
        Tensor mean = norm.mean();
        Tensor centred = bias.map(b -> b.sub(mean)).orElseGet(mean::neg);
        int[] column = new int[weight.rank()];
        Arrays.fill(column, 1);
        column[0] = k.size();
        Tensor beta = norm.shift().get().value();
        return new Folded(
                weight.mul(k.reshape(Shape.of(column))), centred.mul(k).add(beta));
    }

    /**
     * Folds every batch norm of a model that directly follows a convolution or linear layer in a {@link Sequential}, in
     * place, baking the parametrizations of both. If the layer has a bias, the batch norm is left as the identity, else
     * it carries the new bias as its shift. The model computes what it did, in evaluation; it should not be trained
     * further, since a batch norm in training would measure anew.
     *
     * @return the paths of the batch norms
     */
    public static List<String> fold(Module model) {
        List<String> folded = new ArrayList<>();
        model.modules().forEach((path, module) -> {
            if (module instanceof Sequential sequence) {
                Module before = sequence;
                for (var entry : sequence.children().entrySet()) {
                    if (entry.getValue() instanceof BatchNorm norm && fold(before, norm)) {
                        folded.add(path.isEmpty() ? entry.getKey() : path + "." + entry.getKey());
                    }
                    before = entry.getValue();
                }
            }
        });
        return folded;
    }

    private static boolean fold(Module before, BatchNorm norm) {
        return switch (before) {
            case Conv2d conv -> fold(conv.weight(), conv.bias(), norm);
            case Linear linear -> fold(linear.weight(), linear.bias(), norm);
            default -> false;
        };
    }

    private static boolean fold(Parameter weight, Optional<Parameter> bias, BatchNorm norm) {
        Folded folded = fold(weight.get().value(), bias.map(b -> b.get().value()), norm);
        weight.materialize();
        weight.set(folded.weight);
        norm.scale().materialize();
        norm.shift().materialize();
        norm.scale().raw().value().fillInPlace(1);
        norm.mean().fillInPlace(0);
        norm.variance().fillInPlace(1 - BatchNorm.EPSILON);
        bias.ifPresent(Parameter::materialize);
        bias.ifPresentOrElse(b -> b.set(folded.bias), () -> norm.shift().set(folded.bias));
        if (bias.isPresent()) {
            norm.shift().raw().value().fillInPlace(0);
        }
        return true;
    }
}
