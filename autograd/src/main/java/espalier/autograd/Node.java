package espalier.autograd;

import espalier.autograd.Variable.AddingBackward;
import espalier.autograd.Variable.JointBackward;
import espalier.tensor.ShapeException;
import espalier.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What was done to make a variable: the operation's name, its inputs, and the way back.
 *
 * <p>A node is used once. After the backward pass has gone through it, it forgets its closures, and with them the
 * tensors they held.
 */
public final class Node {
    private final String op;
    private final Spec spec;
    private final String place;
    private final List<Variable> inputs;
    private Optional<JointBackward> backward;

    Node(String op, Spec spec, String place, List<Variable> inputs, JointBackward backward) {
        this.op = op;
        this.spec = spec;
        this.place = place;
        this.inputs = inputs;
        this.backward = Optional.of(backward);
    }

    /** The name of the operation, such as {@code conv2d}. */
    public String op() {
        return op;
    }

    /** What it was told besides its inputs, such as a stride. */
    public Spec spec() {
        return spec;
    }

    /** Where in the model it was done, such as {@code features.3}; empty outside any layer. */
    public String place() {
        return place;
    }

    /** What it was done to, those that need no gradient included. */
    public List<Variable> inputs() {
        return inputs;
    }

    /**
     * The gradients of the inputs, each of its input's shape.
     *
     * @param addend takes what the first input has been given so far, to be part of what it is given now
     * @throws IllegalStateException if this node was used before
     * @throws ShapeException naming this node, if its way back does not fit
     */
    List<Optional<Tensor>> use(Tensor g, Supplier<Optional<Tensor>> addend) {
        JointBackward way = backward.orElseThrow(() -> new IllegalStateException("backward: the graph through " + this
                + " was used before; its tensors are gone. Run the forward pass again, or add the losses first"));
        backward = Optional.empty();
        try {
            return way instanceof AddingBackward adding ? summed(adding, g, addend.get()) : way.gradients(g);
        } catch (ShapeException misfit) {
            throw misfit.in("the backward pass of " + this);
        }
    }

    private List<Optional<Tensor>> summed(AddingBackward way, Tensor g, Optional<Tensor> addend) {
        List<Optional<Tensor>> gradients = way.gradients(g, addend);
        if (addend.isPresent() && !gradients.isEmpty() && gradients.getFirst().isEmpty()) {
            throw new IllegalStateException(
                    "backward: " + this
                            + " gave its first input no gradient, where it should have added to what others gave; return the addend");
        }
        return gradients;
    }

    /** The operation and where it was done. */
    @Override
    public String toString() {
        return place.isEmpty() ? op : op + " in " + place;
    }
}
