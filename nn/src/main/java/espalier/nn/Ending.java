package espalier.nn;

import espalier.autograd.Variable;
import java.util.Optional;

/**
 * What lies behind a part of a network and can be computed together with it: the addition of a shortcut, ReLU, both or
 * neither.
 *
 * @param shortcut what is added
 * @param relu whether {@code max(y, 0)} comes last
 */
public record Ending(Optional<Variable> shortcut, boolean relu) {
    /** Nothing. */
    public static final Ending NONE = new Ending(Optional.empty(), false);

    /** ReLU alone. */
    public static final Ending RELU = new Ending(Optional.empty(), true);

    /** The addition of a shortcut, then ReLU. */
    public static Ending addRelu(Variable shortcut) {
        return new Ending(Optional.of(shortcut), true);
    }

    /** The same behind a result that has been computed without it. */
    public Variable after(Variable y) {
        if (shortcut.isEmpty()) {
            return relu ? y.relu() : y;
        }
        Variable past = shortcut.get();
        if (!relu) {
            return y.add(past);
        }
        return y.shape().equals(past.shape()) ? y.addRelu(past) : y.add(past).relu();
    }
}
