package espalier.sparsity.quant;

import espalier.autograd.Variable;
import espalier.nn.ForwardPass;
import espalier.nn.InputHook;
import espalier.nn.Module;
import espalier.nn.data.DataLoader;
import espalier.nn.layer.Conv1d;
import espalier.nn.layer.Conv2d;
import espalier.nn.layer.ConvTranspose2d;
import espalier.nn.layer.Linear;
import espalier.nn.train.Evaluation;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Grids for what flows into the layers of a model that multiply: its convolutions and linear layers. Everything between
 * them (pooling, ReLU, sums) stays in floating point.
 *
 * <pre>{@code
 * Map<String, ActivationRange> seen = Activations.observe(model, calibration);     // a few hundred images
 * Activations eight = Activations.calibrated(model, seen, new Calibration.MinMax(), 8);
 * double accuracy = eight.during(() -> Evaluation.of(model, test).accuracy());
 * }</pre>
 *
 * <p>The model is not touched: its layers are given quantized inputs while the block runs, and gradients pass where an
 * input was not cut off.
 */
public final class Activations {
    private final Map<String, UniformGrid> grids;
    private final Map<Module, UniformGrid> byLayer = new IdentityHashMap<>();

    /**
     * These grids for the inputs of these layers, by path.
     *
     * @throws IllegalArgumentException if the model has no such layer
     */
    public Activations(Module model, Map<String, UniformGrid> grids) {
        this.grids = Collections.unmodifiableMap(new LinkedHashMap<>(grids));
        Map<String, Module> modules = model.modules();
        grids.forEach((path, grid) -> {
            Module layer = modules.get(path);
            if (layer == null) {
                throw new IllegalArgumentException("activations: the model has no layer called " + path);
            }
            byLayer.put(layer, grid);
        });
    }

    /** The layers whose inputs are quantized, by path. */
    public static Map<String, Module> layers(Module model) {
        Map<String, Module> found = new LinkedHashMap<>();
        model.modules().forEach((path, module) -> {
            boolean multiplies = module instanceof Conv2d
                    || module instanceof Linear
                    || module instanceof Conv1d
                    || module instanceof ConvTranspose2d;
            if (multiplies) {
                found.put(path, module);
            }
        });
        return found;
    }

    /** Runs a data set through a model, in evaluation, and notes what goes into each of its {@link #layers}. */
    public static Map<String, ActivationRange> observe(Module model, DataLoader data) {
        Map<String, ActivationRange> seen = new LinkedHashMap<>();
        Map<Module, ActivationRange> byLayer = new IdentityHashMap<>();
        layers(model).forEach((path, layer) -> {
            ActivationRange range = new ActivationRange();
            seen.put(path, range);
            byLayer.put(layer, range);
        });
        InputHook watch = (module, x) -> {
            ActivationRange range = byLayer.get(module);
            if (range != null) {
                range.add(x.value());
            }
            return x;
        };
        data.forEach(0, 0, batch -> ForwardPass.hooked(watch, () -> Evaluation.outputs(model, batch.images())));
        return seen;
    }

    /** Grids of {@code bits} for all that was seen. */
    public static Activations calibrated(
            Module model, Map<String, ActivationRange> seen, Calibration calibration, int bits) {
        Map<String, UniformGrid> grids = new LinkedHashMap<>();
        seen.forEach((path, range) -> grids.put(path, calibration.grid(range, bits)));
        return new Activations(model, grids);
    }

    /** The grid of each layer's input, by path. */
    public Map<String, UniformGrid> grids() {
        return grids;
    }

    /** Runs a block in which these layers are given quantized inputs. */
    public <T> T during(Supplier<T> block) {
        return ForwardPass.hooked(this::quantized, block);
    }

    private Variable quantized(Module module, Variable x) {
        UniformGrid grid = byLayer.get(module);
        return grid == null ? x : FakeQuantize.clipped(x, Grids.of(grid));
    }
}
