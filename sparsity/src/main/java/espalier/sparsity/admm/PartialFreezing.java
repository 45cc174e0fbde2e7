package espalier.sparsity.admm;

import espalier.nn.Parameter;
import espalier.sparsity.parametrize.Masked;
import espalier.sparsity.quant.Codebook;
import espalier.sparsity.quant.QuantizationSet;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Brings weights onto their levels a part at a time: in each pass, of the weights that are still free and nearest to a
 * level, the closest 30 % are put on it for good, and the others are retrained to make up for it (the retraining of the
 * authors' released code).
 *
 * <pre>{@code
 * PartialFreezing freezing = new PartialFreezing(weights, bits, 0.3);
 * for (int pass = 0; pass < 5; pass++) {
 *     freezing.pass();
 *     train(1);                       // an epoch of the rest
 * }
 * freezing.finish();                  // every weight on its level, held there
 * }</pre>
 *
 * <p>The levels are chosen once, at the start. Pruned zeros, held by a mask, stay.
 */
public final class PartialFreezing {
    private final Map<String, Layer> layers = new LinkedHashMap<>();
    private final double part;

    /**
     * Of these weights, with a set for each by path; weights without a set are left alone.
     *
     * @param part of each level's free weights to freeze in a pass, above 0 and at most 1
     */
    public PartialFreezing(Map<String, Parameter> weights, LayerBits bits, double part) {
        if (!(part > 0 && part <= 1)) {
            throw new IllegalArgumentException("freezing: a part of " + part + " must be above 0 and at most 1");
        }
        this.part = part;
        LayerRates.requireKnown("freezing", bits.sets().keySet(), weights);
        bits.sets().forEach((path, set) -> {
            Parameter weight = weights.get(path);
            if (weight != null) {
                layers.put(path, new Layer(weight, set));
            }
        });
    }

    /** Freezes a part of what is free. */
    public void pass() {
        layers.values().forEach(layer -> layer.freeze(part));
    }

    /** Freezes what is left. */
    public void finish() {
        layers.values().forEach(layer -> {
            layer.freeze(1);
            layer.weight.materialize();
            layer.weight.parametrize(new Frozen());
        });
    }

    /** Weights that are not frozen yet. */
    public int free() {
        return layers.values().stream().mapToInt(Layer::free).sum();
    }

    /** The values a layer's weights are put on. */
    public Codebook codebook(String path) {
        Layer layer = layers.get(path);
        if (layer == null) {
            throw new IllegalArgumentException(
                    "freezing: no layer called " + path + "; there are " + String.join(", ", layers.keySet()));
        }
        return layer.codebook;
    }

    private static final class Layer {
        private final Parameter weight;
        private final Codebook codebook;
        private final float[] trained;
        private final float[] fixed;

        Layer(Parameter weight, QuantizationSet set) {
            this.weight = weight;
            float[] w;
            try (TensorScope _ = TensorScope.open()) {
                Tensor value = weight.get().value();
                weight.raw().value().copyInPlace(value);
                codebook = set.fit(value);
                w = value.toFloats();
            }
            boolean masked =
                    weight.parametrization().filter(Masked.class::isInstance).isPresent();
            trained = new float[w.length];
            fixed = new float[w.length];
            for (int i = 0; i < w.length; i++) {
                boolean pruned = w[i] == 0 && (masked || codebook.zeroIsPruned());
                trained[i] = pruned ? 0 : 1;
            }
        }

        int free() {
            int count = 0;
            for (float t : trained) {
                count += t != 0 ? 1 : 0;
            }
            return count;
        }

        void freeze(double share) {
            try (TensorScope _ = TensorScope.open()) {
                float[] w = weight.get().value().toFloats();
                float[] values = codebook.values();
                List<List<Integer>> bins = new ArrayList<>();
                for (int level = 0; level < values.length; level++) {
                    bins.add(new ArrayList<>());
                }
                for (int i = 0; i < w.length; i++) {
                    if (trained[i] != 0) {
                        bins.get(codebook.index(w[i])).add(i);
                    }
                }
                for (int level = 0; level < values.length; level++) {
                    float value = values[level];
                    List<Integer> bin = bins.get(level);
                    bin.sort(Comparator.comparingDouble(
                            i -> Math.abs((double) w[i] - value))); // stable: lower index first
                    for (int i : bin.subList(0, (int) Math.ceil(share * bin.size()))) {
                        trained[i] = 0;
                        fixed[i] = value;
                    }
                }
            }
            weight.parametrize(new PartlyFrozen(unscoped(trained), unscoped(fixed)));
        }

        private Tensor unscoped(float[] values) {
            Tensor tensor = Tensor.of(weight.raw().value().device(), values, weight.shape());
            tensor.storage().moveTo(Optional.empty());
            return tensor;
        }
    }
}
