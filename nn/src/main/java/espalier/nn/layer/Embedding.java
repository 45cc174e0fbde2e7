package espalier.nn.layer;

import espalier.autograd.Variable;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.tensor.Shape;

/**
 * A row of a table for each index: {@code [..]} of I32 to {@code [.., width]}, with weight {@code [entries, width]}.
 */
public final class Embedding extends Module {
    private final Parameter weight;

    /** Rows start as normal numbers. */
    public Embedding(Init init, int entries, int width) {
        weight = parameter("weight", Role.WEIGHT, init.random().normal(init.device(), Shape.of(entries, width)));
    }

    /** The table, {@code [entries, width]}. */
    public Parameter weight() {
        return weight;
    }

    @Override
    protected Variable forward(Variable indices) {
        return weight.get().embedding(indices.value());
    }
}
