package espalier.nn.layer;

import espalier.autograd.Variable;
import espalier.nn.ForwardPass;
import espalier.nn.Module;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

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
 * <p>In training a ReLU is computed together with the layer before it ({@link Module#applyThenRelu}), unless a hook or
 * a trace looks at what lies between: the numbers are the same, to the bit.
 */
public final class Sequential extends Module {
    private final List<Module> layers;

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

    @Override
    protected Variable forward(Variable x) {
        return run(x, layers.size());
    }

    @Override
    protected Variable forwardThenRelu(Variable x) {
        return layers.isEmpty() ? x.relu() : layers.getLast().applyThenRelu(run(x, layers.size() - 1));
    }

    /** Applies the first {@code count} layers. */
    private Variable run(Variable x, int count) {
        boolean fuses = ForwardPass.mayFuse();
        Variable y = x;
        for (int i = 0; i < count; i++) {
            Module layer = layers.get(i);
            if (fuses && i + 1 < count && layers.get(i + 1) instanceof Activation next && next.isRelu()) {
                y = layer.applyThenRelu(y);
                i++;
            } else {
                y = layer.apply(y);
            }
        }
        return y;
    }
}
