package espalier.sparsity.parametrize;

import espalier.autograd.Variable;
import espalier.autograd.op.Shrinkage;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.Parametrization;
import espalier.nn.Role;
import espalier.sparsity.Granularity;
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
    private final Granularity granularity;

    /** With a trained number, which several weights may share for one threshold in the whole network. */
    public SoftThreshold(Parameter s, ThresholdMap map, Granularity granularity) {
        this.s = s;
        this.map = map;
        this.granularity = granularity;
    }

    /** In front of every weight of a model, each with its own s that starts at {@code start}. */
    public static void onWeights(Module model, Granularity granularity, ThresholdMap map, double start) {
        for (Parameter weight : Sparsity.weights(model).values()) {
            Tensor first = Tensor.full(weight.raw().value().device(), DType.F32, Shape.scalar(), start);
            Parameter threshold = new Parameter("threshold", Role.THRESHOLD, first);
            weight.parametrize(new SoftThreshold(threshold, map, granularity));
        }
    }

    @Override
    public Variable apply(Variable raw) {
        Variable t = map.apply(s.get());
        return granularity == Granularity.ELEMENT
                ? raw.softThreshold(t)
                : Shrinkage.groups(raw, t, granularity.axes(raw.shape().rank()));
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
