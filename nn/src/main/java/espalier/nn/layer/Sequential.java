package espalier.nn.layer;

import espalier.autograd.Variable;
import espalier.nn.Module;
import java.util.List;

/** Layers one after the other, called 0, 1, 2, … in paths. */
public final class Sequential extends Module {
    private final List<Module> layers;

    /** These layers in this order. */
    public Sequential(Module... layers) {
        this(List.of(layers));
    }

    /** These layers in this order. */
    public Sequential(List<? extends Module> layers) {
        this.layers = List.copyOf(layers);
        for (int i = 0; i < layers.size(); i++) {
            child(Integer.toString(i), layers.get(i));
        }
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
