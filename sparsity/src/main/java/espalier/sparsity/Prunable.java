package espalier.sparsity;

import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.nn.layer.BatchNorm;
import espalier.sparsity.parametrize.FactoredShift;
import espalier.sparsity.parametrize.Masked;
import espalier.tensor.DType;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One importance vector of a network: a parameter, and the groups in which it may be pruned. Its entries are called
 * units. Methods work on a list of these and do not ask what the units are.
 *
 * <pre>{@code
 * List<Prunable> single = Prunable.weights(model, Granularity.ELEMENT);
 * List<Prunable> filters = Prunable.weights(model, Granularity.FILTER);
 * List<Prunable> channels = Prunable.scales(model);               // those of batch norm
 * MagnitudePruning.prune(filters, Allocation.GLOBAL, 0.5);
 * }</pre>
 *
 * @param path where the parameter stands in the model
 * @param parameter what is pruned
 * @param importance of its units
 * @param connections the shape of the weight whose outputs the units are, which is the parameter itself unless it is a
 *     scale; shares of a budget depend on it
 * @param followers parameters that are computed from this one and baked in with it
 */
public record Prunable(
        String path, Parameter parameter, Importance importance, Shape connections, List<Parameter> followers) {
    /** Copies the list. */
    public Prunable {
        followers = List.copyOf(followers);
    }

    /** A weight by itself. */
    public Prunable(String path, Parameter parameter, Importance importance) {
        this(path, parameter, importance, parameter.shape(), List.of());
    }

    // ---- the units of a network

    /**
     * Every weight of a model. Of filters the last layer stays out, for its filters are the network's outputs, and of
     * channels the first, for its channels are the network's inputs.
     */
    public static List<Prunable> weights(Module model, Importance importance) {
        List<Prunable> all = new ArrayList<>();
        Sparsity.weights(model).forEach((path, weight) -> all.add(new Prunable(path, weight, importance)));
        if (importance.grouping() == Granularity.FILTER) {
            return withoutLast(all);
        }
        return importance.grouping() == Granularity.CHANNEL ? withoutFirst(all) : List.copyOf(all);
    }

    /**
     * Every scale γ of a batch norm, whose magnitudes are the importances of the channels. The shift is put into the
     * form of STR-BN, {@code β = γ̂·β̂} ({@link FactoredShift}), so that a channel whose scale is zero is zero for
     * every input and can be cut out exactly.
     *
     * @throws IllegalArgumentException if the model has no batch norm
     */
    public static List<Prunable> scales(Module model) {
        List<Prunable> all = new ArrayList<>();
        Optional<Shape> before = Optional.empty();
        Map<String, Module> modules = new LinkedHashMap<>(model.modules());
        for (var entry : modules.entrySet()) {
            if (entry.getValue() instanceof BatchNorm norm) {
                String path = entry.getKey().isEmpty() ? "scale" : entry.getKey() + ".scale";
                Shape own = norm.scale().shape();
                Shape connections =
                        before.filter(shape -> shape.dim(0) == own.size()).orElse(own);
                FactoredShift.on(norm);
                all.add(new Prunable(path, norm.scale(), Granularity.ELEMENT, connections, List.of(norm.shift())));
            }
            for (Parameter own : entry.getValue().ownParameters().values()) {
                if (own.role() == Role.WEIGHT) {
                    before = Optional.of(own.shape());
                }
            }
        }
        if (all.isEmpty()) {
            throw new IllegalArgumentException("prune: the model has no batch norm, so there are no scales to prune; "
                    + "prune its filters by Prunable.weights(model, Granularity.FILTER)");
        }
        return List.copyOf(all);
    }

    /** All but the first. */
    public static List<Prunable> withoutFirst(List<Prunable> layers) {
        return List.copyOf(layers.subList(Math.min(1, layers.size()), layers.size()));
    }

    /** All but the last. */
    public static List<Prunable> withoutLast(List<Prunable> layers) {
        return List.copyOf(layers.subList(0, Math.max(0, layers.size() - 1)));
    }

    /**
     * Those with these paths, in the order of the model.
     *
     * @throws IllegalArgumentException naming a path that is not there
     */
    public static List<Prunable> at(List<Prunable> layers, Set<String> paths) {
        List<String> known = layers.stream().map(Prunable::path).toList();
        for (String path : paths) {
            if (!known.contains(path)) {
                throw new IllegalArgumentException(
                        "prune: there is no " + path + "; there are " + String.join(", ", known));
            }
        }
        return layers.stream().filter(layer -> paths.contains(layer.path)).toList();
    }

    // ---- one of them

    /** How many units it has. */
    public int units() {
        return importance.groups(parameter.shape());
    }

    /** What the layer computes with now, through any parametrization. */
    public Tensor value() {
        return parameter.get().value();
    }

    /** A truth value for each unit: whether anything in it is not zero. */
    public Tensor live() {
        return importance.grouping().norms(value()).ne(0);
    }

    /** How many units are not zero. */
    public int liveUnits() {
        try (TensorScope _ = TensorScope.open()) {
            return (int) live().countNonZero().item();
        }
    }

    /** The importances now; 0 where a unit is zero already, so that nothing comes back. */
    public Tensor scores() {
        return dropDead(importance.scores(value()));
    }

    /** The importances in a measure that compares between layers; 0 where a unit is zero already. */
    public Tensor comparableScores() {
        return dropDead(importance.comparableScores(value()));
    }

    private Tensor dropDead(Tensor scores) {
        return importance.grouping() == importance ? scores : scores.maskedFill(live().not(), 0);
    }

    /**
     * Whether its units are channels, that leave two weights when they go: the one that makes and those that read them.
     */
    public boolean unitsAreChannels() {
        return importance.grouping() == Granularity.FILTER
                || importance.grouping() == Granularity.CHANNEL
                || parameter.role() == Role.NORM_SCALE;
    }

    // ---- what methods do to it

    /** Zeroes the units at which the mask (BOOL, of the shape of the scores) is false, and holds them there. */
    public void keepOnly(Tensor mask) {
        Tensor value = value();
        Tensor kept = importance.grouping().spread(mask, value.shape());
        parameter.raw().value().copyInPlace(kept.where(value, value.zerosLike()));
        Tensor held = kept.to(DType.F32);
        held.storage().moveTo(Optional.empty()); // lives as long as the parameter, beyond any open scope
        parameter.parametrize(new Masked(held));
    }

    /** Bakes in what stands between the parameter and its layer, and the same of those that follow it. */
    public void bake() {
        try (TensorScope _ = TensorScope.open()) {
            followers.forEach(Parameter::materialize);
            parameter.materialize();
        }
    }
}
