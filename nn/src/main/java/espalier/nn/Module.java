package espalier.nn;

import espalier.autograd.Autograd;
import espalier.autograd.Variable;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.ShapeException;
import espalier.tensor.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;

/**
 * A part of a network: a function of a variable, with parameters that are trained, buffers that are not (running
 * statistics), and children of its own. Models are trees of modules; a path such as {@code features.3.weight} names
 * each tensor, in saved files and in error messages.
 *
 * <pre>{@code
 * final class Mlp extends Module {
 *     private final Linear first;
 *     private final Linear second;
 *
 *     Mlp(Init init) {
 *         first = child("first", new Linear(init.in("first"), 784, 300));
 *         second = child("second", new Linear(init.in("second"), 300, 10));
 *     }
 *
 *     protected Variable forward(Variable x) {
 *         return second.apply(first.apply(x).relu());
 *     }
 * }
 * }</pre>
 */
public abstract class Module {
    private final Map<String, Module> children = new LinkedHashMap<>();
    private final Map<String, Parameter> parameters = new LinkedHashMap<>();
    private final Map<String, Tensor> buffers = new LinkedHashMap<>();
    private String name = "";

    /** For subclasses, which register their parts in their constructors. */
    protected Module() {}

    /** What this part computes. Called by {@link #apply}. */
    protected abstract Variable forward(Variable x);

    /**
     * What this part computes and what lies behind it, which a part may make one operation with its own. Called by
     * {@link #applyThen}.
     */
    protected Variable forwardThen(Variable x, Ending ending) {
        return ending.after(forward(x));
    }

    /**
     * Runs this part on an input, in the current {@link ForwardPass} or, if there is none, in evaluation.
     *
     * @throws ShapeException naming the path of the part that the input does not fit
     */
    public final Variable apply(Variable x) {
        if (ForwardPass.current().isEmpty()) {
            return ForwardPass.evaluation(() -> apply(x));
        }
        Variable y = run(x, this::forward);
        Trace.current().ifPresent(trace -> trace.visited(this, x.value(), y.value()));
        return y;
    }

    /**
     * As {@link #apply} and then an ending: one operation where this part has one for it and nobody looks at what lies
     * between ({@link ForwardPass#mayFuse}).
     */
    public final Variable applyThen(Variable x, Ending ending) {
        return ForwardPass.mayFuse() ? run(x, in -> forwardThen(in, ending)) : ending.after(apply(x));
    }

    /** Computes something of this part's in its place: errors and recorded operations tell its path. */
    protected final Variable run(Variable x, UnaryOperator<Variable> forward) {
        return name.isEmpty() ? inPlace(x, forward) : Autograd.in(name, () -> inPlace(x, forward));
    }

    private Variable inPlace(Variable x, UnaryOperator<Variable> forward) {
        try {
            return forward.apply(
                    ForwardPass.hook().map(hook -> hook.before(this, x)).orElse(x));
        } catch (ShapeException misfit) {
            throw misfit.in(Autograd.place());
        }
    }

    /** Multiply-adds this part itself (not its children) needs to map one input shape to an output shape. */
    public long macs(Shape input, Shape output) {
        return 0;
    }

    // ---- registration, by constructors

    /** Registers a child under a name without dots and returns it. */
    protected final <M extends Module> M child(String name, M module) {
        requireNew(name);
        Module part = module;
        if (!part.name.isEmpty()) {
            throw new IllegalArgumentException("module: " + name + " is already part of a model, as " + part.name);
        }
        part.name = name;
        children.put(name, module);
        return module;
    }

    /** Registers a parameter under its own name and returns it. */
    protected final Parameter parameter(String name, Role role, Tensor value) {
        requireNew(name);
        Parameter made = new Parameter(name, role, value);
        parameters.put(name, made);
        return made;
    }

    /** Registers a tensor that is saved with the model but not trained; it is updated in place. */
    protected final void buffer(String name, Tensor value) {
        requireNew(name);
        value.storage().moveTo(Optional.empty());
        buffers.put(name, value);
    }

    /** A registered buffer. */
    protected final Tensor buffer(String name) {
        Tensor found = buffers.get(name);
        if (found == null) {
            throw new IllegalArgumentException("buffer: " + getClass().getSimpleName() + " has none called " + name);
        }
        return found;
    }

    /** Puts another tensor, perhaps of another shape, in place of a buffer, as surgery does. */
    protected final void replaceBuffer(String name, Tensor value) {
        buffer(name);
        value.storage().moveTo(Optional.empty()); // no scope takes it back
        buffers.put(name, value);
    }

    private void requireNew(String name) {
        if (name.isEmpty() || name.contains(".")) {
            throw new IllegalArgumentException("module: a part cannot be called '" + name + "'");
        }
        if (children.containsKey(name) || parameters.containsKey(name) || buffers.containsKey(name)) {
            throw new IllegalArgumentException("module: there are two parts called " + name);
        }
    }

    // ---- what is inside

    /** The direct children by name, in the order they were registered. */
    public final Map<String, Module> children() {
        return Collections.unmodifiableMap(children);
    }

    /** The direct parameters by name. */
    public final Map<String, Parameter> ownParameters() {
        return Collections.unmodifiableMap(parameters);
    }

    /** Every module below and including this one, by path; this one's path is empty. */
    public final Map<String, Module> modules() {
        Map<String, Module> found = new LinkedHashMap<>();
        visit("", (path, module) -> found.put(path, module));
        return found;
    }

    /** Every parameter below, by path, those of parametrizations included ({@code conv1.weight.threshold}). */
    public final Map<String, Parameter> parameters() {
        Map<String, Parameter> found = new LinkedHashMap<>();
        visit(
                "",
                (path, module) -> module.parameters.forEach((name, parameter) -> {
                    String at = join(path, name);
                    found.put(at, parameter);
                    parameter
                            .parametrization()
                            .ifPresent(p -> p.parameters().forEach(own -> found.put(at + "." + own.name(), own)));
                }));
        return found;
    }

    private void visit(String path, BiConsumer<String, Module> visitor) {
        visitor.accept(path, this);
        children.forEach((name, module) -> module.visit(join(path, name), visitor));
    }

    private static String join(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    // ---- state

    /** The stored value of every parameter and buffer, by path: the tensors themselves, not copies. */
    public final Map<String, Tensor> state() {
        Map<String, Tensor> state = new LinkedHashMap<>();
        parameters()
                .forEach((path, parameter) -> state.put(path, parameter.raw().value()));
        visit("", (path, module) -> module.buffers.forEach((name, value) -> state.put(join(path, name), value)));
        return state;
    }

    /**
     * Overwrites every parameter and buffer with saved values.
     *
     * @throws ShapeException naming the first path that is missing, unknown or of another shape; nothing is changed
     *     then
     */
    public final void load(Map<String, Tensor> saved) {
        Map<String, Tensor> state = state();
        state.forEach((path, value) -> {
            Tensor found = saved.get(path);
            if (found == null) {
                throw new ShapeException("load: the file has no " + path + " " + value.shape());
            }
            if (!found.shape().equals(value.shape())) {
                throw new ShapeException(
                        "load: " + path + " is " + value.shape() + " in the model, " + found.shape() + " in the file");
            }
        });
        for (String path : saved.keySet()) {
            if (!state.containsKey(path)) {
                throw new ShapeException("load: the model has no " + path);
            }
        }
        state.forEach((path, value) ->
                value.copyInPlace(Objects.requireNonNull(saved.get(path)).to(value.device())));
    }

    /** Moves every parameter and buffer to a device. */
    public final void to(Device device) {
        parameters().values().forEach(p -> p.replace(p.raw().value().to(device)));
        modules().values().forEach(m -> m.buffers.replaceAll((name, value) -> value.to(device)));
    }
}
