package espalier.nn.layer;

import espalier.autograd.Variable;
import espalier.autograd.op.Poolings;
import espalier.nn.Module;

/** The mean of each plane: {@code [N, C, H, W] → [N, C]}. */
public final class GlobalAveragePool extends Module {
    /** A layer without parameters. */
    public GlobalAveragePool() {}

    @Override
    protected Variable forward(Variable x) {
        return Poolings.globalAverage(x);
    }
}
