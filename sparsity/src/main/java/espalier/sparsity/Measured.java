package espalier.sparsity;

import espalier.tensor.Shape;
import espalier.tensor.ShapeException;
import espalier.tensor.Tensor;
import java.util.function.Supplier;

/**
 * Importances that come from elsewhere than the weight, such as how often a channel is active on the data. They can be
 * ranked; they have no gradient, so no threshold on them can be learned.
 *
 * @param what their name in messages, such as {@code mean activation}
 * @param grouping what is removed as one
 * @param scores the numbers now, at least 0 and as many as there are groups
 */
public record Measured(String what, Grouping grouping, Supplier<Tensor> scores) implements Importance {
    @Override
    public Tensor scores(Tensor w) {
        Tensor now = scores.get();
        Shape groups = grouping.norms(w).shape();
        if (now.size() != groups.size()) {
            throw new ShapeException(
                    "importance: " + what + " has " + now.size() + " numbers for " + groups.size() + " groups");
        }
        return now.reshape(groups);
    }

    @Override
    public String toString() {
        return what;
    }
}
