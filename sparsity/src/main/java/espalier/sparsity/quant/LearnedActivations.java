package espalier.sparsity.quant;

import espalier.autograd.Variable;
import espalier.nn.ForwardPass;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Grids for what flows into the layers that multiply, whose steps are learned with the weights (LSQ, Esser et al. 2020,
 * equations 1 to 5): codes from 0 to 2<sup>bits</sup>−1 where nothing negative was seen, as behind a ReLU, else from
 * −2<sup>bits−1</sup> to 2<sup>bits−1</sup>−1.
 *
 * <pre>{@code
 * LearnedActivations learned = LearnedActivations.of(model, Activations.observe(model, calibration), 4);
 * Map<String, Parameter> all = new LinkedHashMap<>(model.parameters());
 * all.putAll(learned.steps());                                     // the optimizer must know them
 * learned.during(() -> train(model, new Sgd(all, options)));
 * Activations found = learned.fixed();
 * }</pre>
 *
 * <p>A step starts at {@code 2·mean|x|/√highest} and has the role {@link Role#QUANTIZER}: give that no weight decay.
 */
public final class LearnedActivations {
    private static final double LEAST = 1e-12;

    private record Grid(Parameter step, int lowest, int highest) {}

    private final Module model;
    private final Map<String, Grid> grids = new LinkedHashMap<>();
    private final Map<Module, Grid> byLayer = new IdentityHashMap<>();

    private LearnedActivations(Module model) {
        this.model = model;
    }

    /**
     * First steps for all that was seen.
     *
     * @param bits of a code, 2 to 16
     * @throws IllegalArgumentException if the model has no such layer
     */
    public static LearnedActivations of(Module model, Map<String, ActivationRange> seen, int bits) {
        LearnedActivations learned = new LearnedActivations(model);
        Device device = model.state().values().iterator().next().device();
        int largest = UniformGrid.symmetric(1, bits).highest();
        seen.forEach((path, range) -> {
            Module layer = model.modules().get(path);
            if (layer == null) {
                throw new IllegalArgumentException("activations: the model has no layer called " + path);
            }
            boolean negative = range.histogram().min() < 0;
            int highest = negative ? largest : 2 * largest + 1;
            double mean = range.histogram().meanMagnitude();
            double start = mean == 0 ? 1 : 2 * mean / Math.sqrt(highest);
            Parameter step =
                    new Parameter("step", Role.QUANTIZER, Tensor.full(device, DType.F32, Shape.scalar(), start));
            Grid grid = new Grid(step, negative ? -largest - 1 : 0, highest);
            learned.grids.put(path, grid);
            learned.byLayer.put(layer, grid);
        });
        return learned;
    }

    /** What is learned beside the model's own parameters, by path: {@code fc1.input.step}. */
    public Map<String, Parameter> steps() {
        Map<String, Parameter> steps = new LinkedHashMap<>();
        grids.forEach((path, grid) -> steps.put(path.isEmpty() ? "input.step" : path + ".input.step", grid.step));
        return Collections.unmodifiableMap(steps);
    }

    /** Runs a block in which these layers are given quantized inputs, and steps receive gradients. */
    public <T> T during(Supplier<T> block) {
        return ForwardPass.hooked(this::quantized, block);
    }

    private Variable quantized(Module module, Variable x) {
        Grid grid = byLayer.get(module);
        if (grid == null) {
            return x;
        }
        Variable step = grid.step.get().abs().max(LEAST); // a step too far must not turn the sign
        int features = x.value().size() / Math.max(1, x.value().dim(0));
        double part = 1 / Math.sqrt((double) Math.max(1, features) * grid.highest);
        return FakeQuantize.learned(x, step, grid.lowest, grid.highest, part);
    }

    /** The grids as they are now, learned no more. */
    public Activations fixed() {
        Map<String, UniformGrid> now = new LinkedHashMap<>();
        grids.forEach((path, grid) -> {
            double step = Math.max(Math.abs(grid.step.raw().value().item()), LEAST);
            now.put(path, new UniformGrid((float) step, 0, grid.lowest, grid.highest));
        });
        return new Activations(model, now);
    }
}
