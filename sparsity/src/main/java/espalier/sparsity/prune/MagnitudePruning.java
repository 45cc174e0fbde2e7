package espalier.sparsity.prune;

import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.train.TrainingListener;
import espalier.sparsity.Granularity;
import espalier.sparsity.Sparsity;
import espalier.sparsity.TopK;
import espalier.sparsity.parametrize.Masked;
import espalier.tensor.DType;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Removes the groups of least importance while the network trains, more and more of them along a ramp (gradual magnitude
 * pruning, Zhu and Gupta 2017), or all at once with {@link #prune}.
 *
 * <p>What is removed is set to zero and held there by a mask; at the end the masks are baked in.
 */
public final class MagnitudePruning implements TrainingListener {
    private final Map<String, Parameter> weights;
    private final Granularity granularity;
    private final Allocation allocation;
    private final CubicRamp ramp;

    /** Of these weights, such as {@code Sparsity.weights(model)}. */
    public MagnitudePruning(
            Map<String, Parameter> weights, Granularity granularity, Allocation allocation, CubicRamp ramp) {
        this.weights = Collections.unmodifiableMap(new LinkedHashMap<>(weights));
        this.granularity = granularity;
        this.allocation = allocation;
        this.ramp = ramp;
    }

    /** Prunes a model at once to a sparsity (0 to below 1) of its groups, and holds the zeros by masks. */
    public static void prune(Module model, Granularity granularity, Allocation allocation, double sparsity) {
        mask(Sparsity.weights(model), granularity, allocation, sparsity);
    }

    @Override
    public void onStep(Position at, StepReport report) {
        if (ramp.isDue(at.step())) {
            mask(weights, granularity, allocation, ramp.at(at.step()));
        }
    }

    @Override
    public void onFinish(Module model) {
        weights.values().forEach(Parameter::materialize);
    }

    private static void mask(
            Map<String, Parameter> weights, Granularity granularity, Allocation allocation, double sparsity) {
        try (TensorScope scope = TensorScope.open()) {
            Map<String, Tensor> values = new LinkedHashMap<>();
            weights.forEach(
                    (path, parameter) -> values.put(path, parameter.get().value()));
            allocation.keeps(values, granularity, 1 - sparsity).forEach((path, keep) -> {
                Tensor value = values.get(path);
                Parameter parameter = weights.get(path);
                if (value == null || parameter == null) {
                    throw new IllegalStateException("prune: no weight called " + path);
                }
                Tensor kept = TopK.mask(granularity.importances(value), keep).to(DType.F32);
                parameter.raw().value().copyInPlace(value.mul(kept));
                parameter.parametrize(new Masked(outliving(scope, kept)));
            });
        }
    }

    /** A mask must live as long as its parameter: beyond every open scope. */
    private static Tensor outliving(TensorScope inner, Tensor mask) {
        inner.keep(mask);
        for (Optional<TensorScope> scope = mask.storage().scope();
                scope.isPresent();
                scope = mask.storage().scope()) {
            scope.get().keep(mask);
        }
        return mask;
    }
}
