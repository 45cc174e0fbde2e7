package espalier.autograd;

import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The gradient of a variable of which many parts are used, each in a place of its own: one tensor, allocated once, into
 * which every part writes.
 *
 * <p>A node has one output, so each part has a node, and all of them have one input, a variable for the whole that
 * nothing else reads. The part that the backward pass reaches first allocates the tensor and hands it on as its
 * gradient, the others write into it and hand on nothing; the pass comes to the whole when it has been at all parts,
 * and then the tensor is complete. That needs no second kind of node, and no change in the {@link Engine}. The price is
 * that a second pass through other parts is refused, as through any node that was used.
 */
final class PartwiseGradient {
    private final Shape shape;
    private Optional<Tensor> written = Optional.empty();

    /** All zeros, of this shape. */
    PartwiseGradient(Shape shape) {
        this.shape = shape;
    }

    /** Takes the gradient of one part, whose place a view tells; gives what that part hands on. */
    Optional<Tensor> part(Tensor g, UnaryOperator<Tensor> place) {
        boolean isFirst = written.isEmpty();
        Tensor dx = written.orElseGet(() -> Tensor.zeros(g.device(), g.dtype(), shape));
        place.apply(dx).copyInPlace(g);
        written = Optional.of(dx);
        return isFirst ? written : Optional.empty();
    }

    /** Takes what the parts handed on; gives it, complete, to what the whole was made of. */
    Tensor whole(Tensor g) {
        written = Optional.empty(); // a part that comes later begins anew, and the engine then refuses it
        return g;
    }
}
