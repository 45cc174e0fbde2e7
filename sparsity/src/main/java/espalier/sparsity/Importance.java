package espalier.sparsity;

import espalier.autograd.Variable;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;

/**
 * How much each group of a weight matters: a vector with one number, at least 0, for each group that is removed as one.
 *
 * <p>That vector is the thesis of Kusupati (2020): any method for single weights, applied to it, prunes structure. The
 * methods of {@code espalier.sparsity.prune} and {@code parametrize} see nothing of a weight but this, so a new
 * importance works with all of them, and a new method with all importances.
 *
 * <ul>
 *   <li>{@link Grouping}: the Euclidean norm of a group, which of a single weight is its magnitude;
 *   <li>{@link Measured}: numbers from elsewhere, such as statistics of activations.
 * </ul>
 *
 * <pre>{@code
 * Importance sumOfMagnitudes = new Importance() {               // Li et al. 2017
 *     public Grouping grouping() {
 *         return Granularity.FILTER;
 *     }
 *
 *     public Tensor scores(Tensor w) {
 *         return w.abs().sum(true, Granularity.FILTER.axes(w.rank()));
 *     }
 * };
 * }</pre>
 */
public interface Importance {
    /** What is removed as one. */
    Grouping grouping();

    /** The importances of the groups of {@code w}, in the shape of {@link Grouping#norms}. */
    Tensor scores(Tensor w);

    /**
     * The importances in a measure that compares between layers whose groups differ in size; the same unless
     * overridden.
     */
    default Tensor comparableScores(Tensor w) {
        return scores(w);
    }

    /** How many groups a weight of this shape has. */
    default int groups(Shape shape) {
        return grouping().count(shape);
    }

    /**
     * The soft threshold of the groups, {@code w·max(0, 1 − t/importance)}: what STR trains. Defined where the
     * importance is a function of the weight that has a gradient.
     *
     * @param t the threshold, at least 0; broadcasts against the importances
     * @throws IllegalArgumentException if no gradient leads from the importance to the weight
     */
    default Variable shrink(Variable w, Variable t) {
        throw new IllegalArgumentException(
                "str: no gradient leads from " + this
                        + " to the weights, so no threshold on it can be learned; use magnitude pruning, or a norm such as FILTER");
    }
}
