package espalier.nn.layer;

import espalier.autograd.Variable;
import espalier.nn.Ending;
import espalier.nn.ForwardPass;
import espalier.nn.Module;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.BiFunction;

/**
 * Layers one after the other, called 0, 1, 2, … in paths, or by the names they were given.
 *
 * <pre>{@code
 * SequencedMap<String, Module> layers = new LinkedHashMap<>();
 * layers.put("fc1", new Linear(init.in("fc1"), 784, 300));
 * layers.put("relu1", Activation.relu());
 * Sequential model = new Sequential(layers);                     // its weight's path: fc1.weight
 * }</pre>
 *
 * <p>In training layers are computed together ({@link Module#applyThen}) unless a hook or a trace looks at what lies
 * between: a ReLU with the layer before it, a convolution without bias with the batch norm behind it, and a convolution
 * with the max pooling behind it. The way forward gives the same numbers, to the bit; gradients to the weights of such
 * a convolution may be summed in another order.
 */
public final class Sequential extends Module {
    private final List<Module> layers;
    private final List<Step> steps;

    /** These layers in this order. */
    public Sequential(Module... layers) {
        this(List.of(layers));
    }

    /** These layers in this order. */
    public Sequential(List<? extends Module> layers) {
        this(numbered(layers));
    }

    /** These layers by these names, in the map's order. */
    public Sequential(SequencedMap<String, ? extends Module> layers) {
        this.layers = List.copyOf(layers.values());
        steps = steps(this.layers);
        layers.forEach(this::child);
    }

    private static SequencedMap<String, Module> numbered(List<? extends Module> layers) {
        SequencedMap<String, Module> named = new LinkedHashMap<>();
        for (Module layer : layers) {
            named.put(Integer.toString(named.size()), layer);
        }
        return named;
    }

    /** The layers in order. */
    public List<Module> layers() {
        return layers;
    }

    /** Some layers that are computed together, and perhaps the ReLU behind them. */
    private record Step(BiFunction<Variable, Ending, Variable> layers, boolean relu) {}

    private static List<Step> steps(List<Module> layers) {
        List<Step> steps = new ArrayList<>();
        int next = 0;
        while (next < layers.size()) {
            Module layer = layers.get(next++);
            BiFunction<Variable, Ending, Variable> step = layer::applyThen;
            if (layer instanceof Conv2d conv) {
                int behind = next + (isRelu(layers, next) ? 1 : 0);
                if (conv.bias().isEmpty() && next < layers.size() && layers.get(next) instanceof BatchNorm norm) {
                    step = (x, ending) -> conv.applyThen(x, norm, ending);
                    next++;
                } else if (behind < layers.size()
                        && layers.get(behind) instanceof Pool2d pool
                        && pool.kind() == Pool2d.Kind.MAX) {
                    boolean between = behind > next;
                    step = (x, ending) -> conv.applyThen(x, between, pool, ending);
                    next = behind + 1;
                }
            }
            boolean relu = isRelu(layers, next);
            steps.add(new Step(step, relu));
            next += relu ? 1 : 0;
        }
        return steps;
    }

    private static boolean isRelu(List<Module> layers, int i) {
        return i < layers.size() && layers.get(i) instanceof Activation after && after.isRelu();
    }

    @Override
    protected Variable forward(Variable x) {
        if (ForwardPass.mayFuse()) {
            return forwardThen(x, Ending.NONE);
        }
        Variable y = x;
        for (Module layer : layers) {
            y = layer.apply(y);
        }
        return y;
    }

    @Override
    protected Variable forwardThen(Variable x, Ending ending) {
        Variable y = x;
        Ending left = ending;
        for (int i = 0; i < steps.size(); i++) {
            Step step = steps.get(i);
            boolean takesEnding = i == steps.size() - 1 && !step.relu;
            y = step.layers.apply(y, step.relu ? Ending.RELU : takesEnding ? left : Ending.NONE);
            left = takesEnding ? Ending.NONE : left;
        }
        return left.after(y);
    }
}
