package espalier.sparsity.admm;

import espalier.nn.Parameter;
import espalier.sparsity.Projection;
import espalier.sparsity.quant.Levels;
import espalier.sparsity.quant.PowersOfTwo;
import espalier.sparsity.quant.QuantizationSet;
import espalier.sparsity.quant.ScaleSearch;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The few values that each layer's weights may take, by path, as a recipe names them: {@code binary}, {@code ternary},
 * a number of bits ({@code 3}), or bits of powers of two ({@code 4 powers}).
 *
 * <pre>{@code
 * LayerBits bits = LayerBits.of(weights, true, Map.of("conv1", "4", "fc1", "2"));
 * Admm admm = new Admm(weights, bits.projections(), Pull.doubling(0.01), 1);
 * }</pre>
 *
 * @param sets by path; layers that are not named stay as they are
 */
public record LayerBits(Map<String, QuantizationSet> sets) {
    /** Keeps the order of layers. */
    public LayerBits {
        sets = Collections.unmodifiableMap(new LinkedHashMap<>(sets));
    }

    /**
     * From names.
     *
     * @param besidePruned whether zeros are pruned weights: then they stay zero and no other weight becomes zero
     * @throws IllegalArgumentException in one sentence, if a path is no weight's or a name cannot be read
     */
    public static LayerBits of(Map<String, Parameter> weights, boolean besidePruned, Map<String, String> names) {
        Map<String, String> resolved = LayerRates.resolve("bits", names, weights.keySet());
        Map<String, QuantizationSet> sets = new LinkedHashMap<>();
        weights.keySet().forEach(path -> {
            String name = resolved.get(path);
            if (name != null) {
                sets.put(path, named(path, name.strip(), besidePruned));
            }
        });
        return new LayerBits(sets);
    }

    /** The same for every weight. */
    public static LayerBits uniform(Map<String, Parameter> weights, boolean besidePruned, String name) {
        Map<String, String> names = new LinkedHashMap<>();
        weights.keySet().forEach(path -> names.put(path, name));
        return of(weights, besidePruned, names);
    }

    private static QuantizationSet named(String path, String name, boolean besidePruned) {
        try {
            if (name.equals("binary")) {
                return new Levels(1, false, besidePruned);
            }
            if (name.equals("ternary")) {
                return (besidePruned ? Levels.bitsBesidePruned(1) : Levels.ternary()).with(ScaleSearch.EXACT);
            }
            if (name.endsWith("powers")) {
                return new PowersOfTwo(
                        Integer.parseInt(name.substring(0, name.length() - 6).strip()), besidePruned);
            }
            int bits = Integer.parseInt(name);
            return besidePruned ? Levels.bitsBesidePruned(bits).with(ScaleSearch.EXACT) : Levels.bits(bits);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "bits: " + path + " is to be '" + name + "', which is not binary, ternary, a number of bits (3) or "
                            + "of bits of powers of two (4 powers)",
                    e);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("bits: " + path + ": " + e.getMessage(), e);
        }
    }

    /** The sets as {@link Admm} takes them. */
    public Map<String, Projection> projections() {
        return Collections.unmodifiableMap(new LinkedHashMap<String, Projection>(sets));
    }

    /** Bits of weight data: each weight that is not zero at its layer's width, those of other layers at 32. */
    public long dataBits(Map<String, Long> nonZeros) {
        long bits = 0;
        for (var layer : nonZeros.entrySet()) {
            QuantizationSet set = sets.get(layer.getKey());
            bits += layer.getValue() * (set == null ? Float.SIZE : set.bits());
        }
        return bits;
    }
}
