package espalier.autograd;

import espalier.tensor.Shape;
import espalier.tensor.ShapeException;
import espalier.tensor.Tensor;
import espalier.tensor.spi.Storage;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A tensor that remembers how it was made, so that gradients can flow back.
 *
 * <p>Operations on variables compute at once and record a {@link Node}. {@link #backward} then walks the nodes once and
 * leaves, at every leaf that asked for it, the gradient of the result.
 *
 * <pre>{@code
 * Variable w = Variable.parameter(Tensor.of(new float[] {2, -3}));
 * Variable loss = w.square().sum();
 * loss.backward();
 * Tensor g = w.gradient().orElseThrow();   // 2w = [4, -6]
 * }</pre>
 *
 * <p>Operations stand in the interfaces this class implements: {@link Arithmetic}, {@link Pointwise},
 * {@link Activations}, {@link Reducing}, {@link Reshaping}, {@link Selecting}; those of networks in the package
 * {@code espalier.autograd.op}. To add one of your own, call {@link #of}: value and gradient in one place.
 *
 * <p>Gradients are plain tensors: there are no second derivatives. A gradient belongs to the
 * {@link espalier.tensor.TensorScope} in which {@code backward} ran. Not safe for use by several threads at once.
 */
public final class Variable implements Arithmetic, Pointwise, Activations, Reducing, Reshaping, Selecting {
    private final Tensor value;
    private final Optional<Node> node;
    private final boolean needsGradient;
    private boolean keepsGradient;
    private Optional<Tensor> gradient = Optional.empty();

    private Variable(Tensor value, Optional<Node> node, boolean needsGradient) {
        this.value = value;
        this.node = node;
        this.needsGradient = needsGradient;
    }

    /** A leaf whose gradient is wanted. */
    public static Variable parameter(Tensor value) {
        if (!value.dtype().isFloating()) {
            throw new IllegalArgumentException("parameter: a tensor of " + value.dtype() + " has no gradient");
        }
        return new Variable(value, Optional.empty(), true);
    }

    /** A leaf whose gradient is not wanted: data, labels, masks. */
    public static Variable constant(Tensor value) {
        return new Variable(value, Optional.empty(), false);
    }

    /**
     * The result of an operation: its value, and for each input how the gradient flows back. This is how every
     * operation here is defined, and how to define your own:
     *
     * <pre>{@code
     * static Variable cube(Variable x) {
     *     return Variable.of("cube", x.value().pow(3), Edge.edge(x, g -> g.mul(x.value().square()).mul(3)));
     * }
     * }</pre>
     *
     * <p>Edges to inputs that need no gradient are never walked. A gradient may have the shape its input was broadcast
     * to; it is summed back.
     */
    public static Variable of(String op, Tensor value, Edge... edges) {
        return of(op, Spec.NONE, value, edges);
    }

    /** As {@link #of(String, Tensor, Edge...)}, for an operation that was told more than its inputs. */
    public static Variable of(String op, Spec spec, Tensor value, Edge... edges) {
        List<Variable> inputs = Arrays.stream(edges).map(Edge::input).toList();
        return record(
                op,
                spec,
                value,
                inputs,
                g -> Arrays.stream(edges)
                        .map(edge -> edge.input().needsGradient
                                ? Optional.of(edge.vjp().apply(g))
                                : Optional.<Tensor>empty())
                        .toList());
    }

    /** The gradients of several inputs at once, in the order of the inputs. */
    public interface JointBackward {
        /** From the gradient of the output to those of all inputs; none for an input without. */
        List<Optional<Tensor>> gradients(Tensor g);
    }

    /** As {@link JointBackward}, for an operation that adds up the gradient of its first input itself. */
    public interface AddingBackward extends JointBackward {
        /**
         * The gradients of all inputs.
         *
         * @param addend what other operations have given the first input so far, of its shape: to be read, not written;
         *     the gradient of the first input is then the sum of both
         */
        List<Optional<Tensor>> gradients(Tensor g, Optional<Tensor> addend);

        @Override
        default List<Optional<Tensor>> gradients(Tensor g) {
            return gradients(g, Optional.empty());
        }
    }

    /** As {@link #of}, for operations whose input gradients share work, such as batch norm. */
    public static Variable jointly(String op, Tensor value, List<Variable> inputs, JointBackward backward) {
        return jointly(op, Spec.NONE, value, inputs, backward);
    }

    /**
     * As the other, for an operation that was told more than its inputs; one that gives an {@link AddingBackward} saves
     * the engine an addition where its first input has other uses, as the start of a residual block has.
     */
    public static Variable jointly(String op, Spec spec, Tensor value, List<Variable> inputs, JointBackward backward) {
        return record(op, spec, value, List.copyOf(inputs), backward);
    }

    /**
     * The result of an operation that has no gradient. Asking for one throws, naming the operation, if an input needed
     * it; use {@link #detach} to say that none is wanted.
     */
    public static Variable withoutBackward(String op, Tensor value, Variable... inputs) {
        String place = Autograd.place().isEmpty() ? "" : " in " + Autograd.place();
        return record(op, Spec.NONE, value, List.of(inputs), g -> {
            throw new UnsupportedOperationException(
                    "backward: " + op + place + " has no gradient; detach its input if none is wanted");
        });
    }

    private static Variable record(String op, Spec spec, Tensor value, List<Variable> inputs, JointBackward backward) {
        Node node = new Node(op, spec, Autograd.place(), inputs, backward);
        if (Autograd.isGuarded()) {
            NumberGuard.check(node.toString(), value);
        }
        if (!Autograd.isRecording()) {
            Checkpoint.notice(inputs);
            return constant(value);
        }
        boolean needed = inputs.stream().anyMatch(input -> input.needsGradient);
        return needed ? new Variable(value, Optional.of(node), true) : constant(value);
    }

    /** The tensor itself. */
    public Tensor value() {
        return value;
    }

    /** The sizes of its axes. */
    public Shape shape() {
        return value.shape();
    }

    /** How it was made; none for a leaf. */
    public Optional<Node> node() {
        return node;
    }

    /** Whether a gradient flows to or through this variable. */
    public boolean needsGradient() {
        return needsGradient;
    }

    /** The gradient that backward passes have left here; none before the first or after {@link #clearGradient}. */
    public Optional<Tensor> gradient() {
        return gradient;
    }

    /** Forgets the gradient, as before a new step. */
    public void clearGradient() {
        gradient = Optional.empty();
    }

    /**
     * Replaces the gradient, as clipping does.
     *
     * @throws ShapeException if shapes or types differ
     */
    public void setGradient(Tensor replacement) {
        requireGradient("setGradient", replacement);
        gradient = Optional.of(replacement);
    }

    private void requireGradient(String op, Tensor g) {
        if (!g.shape().equals(shape())) {
            throw new ShapeException(op + ": gradient " + g.shape() + " for a variable " + shape());
        }
        if (g.dtype() != value.dtype()) {
            throw new ShapeException(op + ": a gradient of " + g.dtype() + " for a variable of " + value.dtype());
        }
    }

    /**
     * Asks the backward pass to leave a gradient here although this is no leaf, as to rank activations or to draw them.
     *
     * @return this
     */
    public Variable keepGradient() {
        keepsGradient = true;
        return this;
    }

    boolean keepsGradient() {
        return keepsGradient;
    }

    /** Adds to the gradient left here; the tensor becomes this variable's own. */
    private void accumulate(Tensor g) {
        gradient = Optional.of(gradient.map(so -> so.add(g)).orElse(g));
    }

    /** The same value as a constant: no gradient flows back from here. */
    public Variable detach() {
        return constant(value);
    }

    /**
     * Adds the gradient of this scalar to every leaf it was made from. The gradients share memory with nothing else.
     *
     * @throws IllegalStateException if this is not a scalar, or nothing below needs a gradient
     */
    public void backward() {
        backward(unitGradient());
    }

    /** The gradient of a scalar to itself. */
    Tensor unitGradient() {
        if (value.size() != 1) {
            throw new IllegalStateException(
                    "backward: needs a scalar, not " + shape() + "; take the mean or sum, or pass a gradient");
        }
        return Tensor.full(value.device(), value.dtype(), value.shape(), 1);
    }

    /** As {@link #backward()}, starting from a gradient of this variable's shape. */
    public void backward(Tensor seed) {
        if (!needsGradient) {
            throw new IllegalStateException("backward: nothing here needs a gradient; was it made without recording?");
        }
        requireGradient("backward", seed);
        // Gradients may be views of each other (of a + b both are the same tensor): a leaf gets memory of its own, so
        // that an optimizer may write into it.
        Set<Storage> taken = Collections.newSetFromMap(new IdentityHashMap<>());
        taken.add(seed.storage());
        Engine.backward(this, seed, Set.of(), (variable, g) -> {
            boolean own = g.layout().isContiguous() && variable.node().isEmpty() && taken.add(g.storage());
            variable.accumulate(own ? g : g.copy());
        });
    }

    /** The operation that made it, or that it is a leaf, and its value. */
    @Override
    public String toString() {
        return node.map(made -> made + " → ").orElse("") + value;
    }
}
