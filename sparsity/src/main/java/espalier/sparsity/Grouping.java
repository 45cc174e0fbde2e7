package espalier.sparsity;

import espalier.autograd.Variable;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;

/**
 * A partition of the elements of a weight into groups that are removed as one, with the Euclidean norm of a group as
 * its importance.
 *
 * <p>Zeroing a group changes the weight by the group's norm, so to keep the groups of largest norm is to change the
 * weight least: the projection that ADMM needs ({@link Projection#largest}).
 */
public sealed interface Grouping extends Importance permits Granularity, Block {
    /** The norm of every group: one axis or more over the groups, in the order in which equal ones are kept. */
    Tensor norms(Tensor w);

    /** A number (or truth value) for each group, given to each of its elements: broadcasts to the weight's shape. */
    Tensor spread(Tensor ofGroups, Shape shape);

    /** How many groups a weight of this shape has. */
    int count(Shape shape);

    @Override
    Variable shrink(Variable w, Variable t);

    @Override
    default Grouping grouping() {
        return this;
    }

    @Override
    default Tensor scores(Tensor w) {
        return norms(w);
    }

    /** The root of the mean square of a group's elements, so that large groups do not win by their size. */
    @Override
    default Tensor comparableScores(Tensor w) {
        double size = (double) w.size() / Math.max(1, count(w.shape()));
        return norms(w).mul(1 / Math.sqrt(size));
    }
}
