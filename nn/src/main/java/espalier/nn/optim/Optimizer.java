package espalier.nn.optim;

import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.tensor.ShapeException;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Changes parameters by their gradients, one step at a time.
 *
 * <p>What is common to all of them: the parameters by path, options that may differ by {@link Role}, the gradients
 * cleared, and state (momentum, moments) that is kept a parameter and saved under its path.
 *
 * @param <O> the options of this kind of optimizer, such as {@link Sgd.Options}
 */
public abstract class Optimizer<O> {
    private final Map<String, Parameter> parameters;
    private final O defaults;
    private final Map<Role, O> byRole = new LinkedHashMap<>();
    private final Map<String, Map<String, Tensor>> state = new LinkedHashMap<>();
    private long steps;

    /** For subclasses. A parameter that is shared, and so has several paths, is updated once, under the first. */
    protected Optimizer(Map<String, Parameter> parameters, O defaults) {
        Map<Parameter, String> seen = new IdentityHashMap<>();
        Map<String, Parameter> distinct = new LinkedHashMap<>();
        parameters.forEach((path, parameter) -> {
            if (seen.putIfAbsent(parameter, path) == null) {
                distinct.put(path, parameter);
            }
        });
        this.parameters = distinct;
        this.defaults = defaults;
    }

    /** Other options for parameters of these roles, such as no weight decay for biases and norms. */
    public final Optimizer<O> forRoles(Set<Role> roles, O options) {
        roles.forEach(role -> byRole.put(role, options));
        return this;
    }

    /** Forgets all gradients, before a new forward and backward pass. */
    public final void clearGradients() {
        parameters.values().forEach(p -> p.raw().clearGradient());
    }

    /** One step with the rates as they are. */
    public final void step() {
        step(1);
    }

    /**
     * One step with every rate multiplied by a factor, usually {@link Schedule#at}. Parameters without gradient stay.
     */
    public final void step(double factor) {
        steps++;
        parameters.forEach((path, parameter) -> {
            Optional<Tensor> gradient = parameter.raw().gradient();
            if (gradient.isPresent()) {
                O options = byRole.getOrDefault(parameter.role(), defaults);
                try (TensorScope _ = TensorScope.open()) {
                    update(path, parameter.raw().value(), gradient.get(), options, factor);
                }
            }
        });
    }

    /** Changes one parameter. Temporaries are given back afterwards. */
    protected abstract void update(String path, Tensor value, Tensor gradient, O options, double factor);

    /** A tensor of state of a parameter, zero at first and of the parameter's shape; update it in place. */
    protected final Tensor state(String path, String name, Tensor like) {
        return state.computeIfAbsent(path, p -> new LinkedHashMap<>()).computeIfAbsent(name, n -> unscoped(like));
    }

    /** Zeros that no scope takes back. */
    private static Tensor unscoped(Tensor like) {
        Tensor zeros = like.zerosLike();
        zeros.storage().moveTo(Optional.empty());
        return zeros;
    }

    /** Steps taken so far. */
    public final long steps() {
        return steps;
    }

    /** The parameters, by path. */
    public final Map<String, Parameter> parameters() {
        return Collections.unmodifiableMap(parameters);
    }

    /** All state by {@code name.path}, such as {@code velocity.conv1.weight}: the tensors themselves. */
    public final Map<String, Tensor> state() {
        Map<String, Tensor> all = new LinkedHashMap<>();
        state.forEach((path, tensors) -> tensors.forEach((name, value) -> all.put(name + "." + path, value)));
        return all;
    }

    /**
     * Goes on from a saved state and number of steps. Tensors are copied.
     *
     * @throws ShapeException if the state is not one of these parameters; nothing is changed then
     */
    public final void resume(Map<String, Tensor> saved, long stepsTaken) {
        requireFits(saved);
        steps = stepsTaken;
        state.clear();
        saved.forEach((key, value) -> {
            int dot = key.indexOf('.');
            String path = key.substring(dot + 1);
            Tensor like = Objects.requireNonNull(parameters.get(path)).raw().value();
            state(path, key.substring(0, dot), like).copyInPlace(value.to(like.device()));
        });
    }

    /**
     * Whether a saved state is one of these parameters.
     *
     * @throws ShapeException naming the first tensor that has no place here
     */
    public final void requireFits(Map<String, Tensor> saved) {
        saved.forEach((key, value) -> {
            int dot = key.indexOf('.');
            Parameter parameter = parameters.get(key.substring(dot + 1));
            if (dot < 0 || parameter == null || !parameter.shape().equals(value.shape())) {
                throw new ShapeException("resume: the optimizer has no place for " + key + " " + value.shape());
            }
        });
    }
}
