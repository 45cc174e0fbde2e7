package espalier.sparsity.parametrize;

import espalier.autograd.Variable;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.Parametrization;
import espalier.nn.Role;
import espalier.sparsity.Granularity;
import espalier.sparsity.Importance;
import espalier.sparsity.Sparsity;
import espalier.tensor.DType;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.List;

/**
 * STR, soft threshold reparameterization (Kusupati et al. 2020, equation 1): the layer computes with
 * {@code sign(w)·max(|w| − g(s), 0)}, and s is trained like any other parameter.
 *
 * <p>Weight decay on s pulls the threshold up, the loss pulls it down where weights matter: each layer finds its own
 * sparsity. With a coarser {@link Granularity} the norm of a group stands in place of |w| and whole groups vanish.
 *
 * <pre>{@code
 * SoftThreshold.onWeights(model, Granularity.ELEMENT, ThresholdMap.SIGMOID, -10);
 * }</pre>
 *
 * <p>Give s a decay of its own by the role {@link Role#THRESHOLD}: it is the knob of the sparsity.
 */
public final class SoftThreshold implements Parametrization {
    private final Parameter s;
    private final ThresholdMap map;
    private final Importance importance;

    /** With a trained number, which several weights may share for one threshold in the whole network. */
    public SoftThreshold(Parameter s, ThresholdMap map, Importance importance) {
        this.s = s;
        this.map = map;
        this.importance = importance;
    }

    /** In front of every weight of a model, each with its own s that starts at {@code start}. */
    public static void onWeights(Module model, Importance importance, ThresholdMap map, double start) {
        for (Parameter weight : Sparsity.weights(model).values()) {
            Tensor first = Tensor.full(weight.raw().value().device(), DType.F32, Shape.scalar(), start);
            Parameter threshold = new Parameter("threshold", Role.THRESHOLD, first);
            weight.parametrize(new SoftThreshold(threshold, map, importance));
        }
    }

    @Override
    public Variable apply(Variable raw) {
        Variable t = map.apply(s.get());
        return importance.shrink(raw, t);
    }

    @Override
    public List<Parameter> parameters() {
        return List.of(s);
    }

    /** The threshold now. */
    public double threshold() {
        return map.apply(s.get().detach()).value().item();
    }
}
