package espalier.nn;

import espalier.autograd.Variable;
import java.util.List;
import java.util.Optional;

/**
 * A function between the stored parameter and the layer that reads it: the one door through which pruning and
 * quantization change what a network computes with. Autograd passes through it.
 *
 * <pre>{@code
 * layer.weight().parametrize(raw -> raw.softThreshold(0.1));
 * }</pre>
 */
@FunctionalInterface
public interface Parametrization {
    /** What the layer computes with, of the shape of {@code raw}. */
    Variable apply(Variable raw);

    /** Parameters of its own, such as a threshold; trained and saved with the model. */
    default List<Parameter> parameters() {
        return List.of();
    }

    /** A scalar to add to the loss, such as an expected number of weights. */
    default Optional<Variable> penalty() {
        return Optional.empty();
    }
}
