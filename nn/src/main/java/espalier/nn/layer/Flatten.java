package espalier.nn.layer;

import espalier.autograd.Variable;
import espalier.nn.Module;

/** All axes but the first made one: {@code [N, C, H, W] → [N, C·H·W]}. */
public final class Flatten extends Module {
    /** A layer without parameters. */
    public Flatten() {}

    @Override
    protected Variable forward(Variable x) {
        return x.flatten(1);
    }
}
