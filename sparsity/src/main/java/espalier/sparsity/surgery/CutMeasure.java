package espalier.sparsity.surgery;

import espalier.nn.Module;
import espalier.sparsity.Prunable;
import espalier.sparsity.prune.Measure;
import espalier.tensor.Shape;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * What a cut of all that is dead would take from a network, as a part of what it has: multiply-adds or parameters. A
 * channel that goes takes its filter and what others read of it, so a network with half its channels has about a
 * quarter of its multiply-adds; this counts what a {@link Surgeon} would find now.
 *
 * <pre>{@code
 * Measure macs = CutMeasure.macs(model, Shape.of(1, 1, 28, 28));
 * new SparsityTarget(Prunable.scales(model), SparsityTarget.Options.of(0.5, steps).with(macs));
 * }</pre>
 */
public final class CutMeasure implements Measure {
    private final Surgeon surgeon;
    private final ToLongFunction<Size> cost;

    private CutMeasure(Module model, Shape input, ToLongFunction<Size> cost) {
        this.surgeon = Surgeon.of(model, input);
        this.cost = cost;
    }

    /** Of the multiply-adds for an input of this shape, the batch included. */
    public static Measure macs(Module model, Shape input) {
        return new CutMeasure(model, input, Size::macs);
    }

    /** Of the parameters. */
    public static Measure parameters(Module model, Shape input) {
        return new CutMeasure(model, input, Size::parameters);
    }

    /** As the network is now; the layers are part of it. */
    @Override
    public double removed(List<Prunable> layers) {
        Plan plan = surgeon.dead();
        return 1 - (double) cost.applyAsLong(plan.after()) / cost.applyAsLong(plan.before());
    }
}
