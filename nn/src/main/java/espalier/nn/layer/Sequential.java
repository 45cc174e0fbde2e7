package espalier.nn.layer;

import espalier.autograd.Variable;
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
        Variable y = x;
        for (Module layer : layers) {
            y = layer.apply(y);
        }
        return y;
    }
}
