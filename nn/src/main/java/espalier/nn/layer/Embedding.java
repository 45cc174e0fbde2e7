package espalier.nn.layer;

import espalier.autograd.Variable;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;

/** A row of a table for each index: {@code [N]} of I32 to {@code [N, width]}, with weight {@code [entries, width]}. */
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
        Tensor flat = indices.value().reshape(-1);
        Variable rows = weight.get().indexSelect(0, flat);
        Shape shape =
                indices.shape().inserting(indices.shape().rank(), weight.shape().dim(1));
        return rows.reshape(shape);
    }
}
