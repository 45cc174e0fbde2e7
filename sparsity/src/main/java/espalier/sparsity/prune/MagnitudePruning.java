package espalier.sparsity.prune;

import espalier.nn.Module;
import espalier.nn.train.TrainingListener;
import espalier.sparsity.Importance;
import espalier.sparsity.Prunable;
import espalier.sparsity.TopK;
import espalier.tensor.TensorScope;
import java.util.List;

/**
 * Removes the units of least importance while the network trains, more and more of them along a ramp (gradual magnitude
 * pruning, Zhu and Gupta 2017), or all at once with {@link #prune}.
 *
 * <p>What is removed is set to zero and held there by a mask; at the end the masks are baked in. With single weights as
 * units this is GMP; with filters, gradual filter pruning; with batch-norm scales that were trained under an L1
 * penalty, network slimming; with statistics of activations, network trimming.
 *
 * <pre>{@code
 * CubicRamp ramp = new CubicRamp(0, 0.95, 500, 4000, 100);
 * trainer.with(new MagnitudePruning(Prunable.weights(model, Granularity.ELEMENT), Allocation.ERK, ramp));
 * }</pre>
 */
public final class MagnitudePruning implements TrainingListener {
    private final List<Prunable> layers;
    private final Allocation allocation;
    private final CubicRamp ramp;
    private final int floor;

    /** Along a ramp, each layer keeping one unit at least. */
    public MagnitudePruning(List<Prunable> layers, Allocation allocation, CubicRamp ramp) {
        this(layers, allocation, ramp, 1);
    }

    /** Along a ramp, each layer keeping at least {@code floor} units. */
    public MagnitudePruning(List<Prunable> layers, Allocation allocation, CubicRamp ramp, int floor) {
        this.layers = List.copyOf(layers);
        this.allocation = allocation;
        this.ramp = ramp;
        this.floor = floor;
    }

    /**
     * Prunes at once to a sparsity (0 to below 1) of the units, each layer keeping one at least; masks hold the zeros.
     */
    public static void prune(List<Prunable> layers, Allocation allocation, double sparsity) {
        prune(layers, allocation, sparsity, 1);
    }

    /** Prunes at once, each layer keeping at least {@code floor} units. */
    public static void prune(List<Prunable> layers, Allocation allocation, double sparsity, int floor) {
        if (!(sparsity >= 0 && sparsity < 1)) {
            throw new IllegalArgumentException("prune: a sparsity of " + sparsity + " is not from 0 to below 1");
        }
        try (TensorScope _ = TensorScope.open()) {
            int[] keeps = allocation.keeps(layers, 1 - sparsity, floor);
            for (int i = 0; i < keeps.length; i++) {
                Prunable layer = layers.get(i);
                layer.keepOnly(TopK.mask(layer.scores(), keeps[i]));
            }
        }
    }

    /** Prunes the weights of a model at once. */
    public static void prune(Module model, Importance importance, Allocation allocation, double sparsity) {
        prune(Prunable.weights(model, importance), allocation, sparsity);
    }

    @Override
    public void onStep(Position at, StepReport report) {
        if (ramp.isDue(at.step())) {
            prune(layers, allocation, ramp.at(at.step()), floor);
        }
    }

    @Override
    public void onFinish(Module model) {
        layers.forEach(Prunable::bake);
    }
}
