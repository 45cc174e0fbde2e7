package espalier.sparsity.parametrize;

import espalier.autograd.Variable;
import espalier.nn.Parameter;
import espalier.nn.Parametrization;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One parametrization after another: a mask and then a quantizer.
 *
 * <pre>{@code
 * Chained.behind(conv.weight(), quantizer);     // whatever stands before the weight stays, and the quantizer sees its result
 * }</pre>
 *
 * @param first sees the stored value
 * @param then sees what the first makes of it
 */
public record Chained(Parametrization first, Parametrization then) implements Parametrization {
    /** Puts a parametrization behind the one a parameter has, or, if it has none, directly before the stored value. */
    public static void behind(Parameter parameter, Parametrization then) {
        parameter.parametrize(parameter
                .parametrization()
                .<Parametrization>map(first -> new Chained(first, then))
                .orElse(then));
    }

    @Override
    public Variable apply(Variable raw) {
        return then.apply(first.apply(raw));
    }

    @Override
    public List<Parameter> parameters() {
        List<Parameter> all = new ArrayList<>(first.parameters());
        all.addAll(then.parameters());
        return all;
    }

    @Override
    public Optional<Variable> penalty() {
        Optional<Variable> a = first.penalty();
        Optional<Variable> b = then.penalty();
        return a.isPresent() && b.isPresent() ? a.map(x -> x.add(b.get())) : a.or(() -> b);
    }
}
