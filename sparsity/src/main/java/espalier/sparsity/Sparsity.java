package espalier.sparsity;

import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.Role;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How many weights of a model are zero, a layer at a time: as its layers see them, so through parametrizations.
 *
 * @param layers one a weight, in the order of the model
 */
public record Sparsity(List<Layer> layers) {
    /**
     * One weight.
     *
     * @param path where it stands in the model
     * @param weights how many numbers
     * @param nonZeros how many of them differ from 0 (−0.0 does not)
     */
    public record Layer(String path, long weights, long nonZeros) {
        /** Part of the weights that is not zero. */
        public double density() {
            return weights == 0 ? 1 : (double) nonZeros / weights;
        }
    }

    /** Counts the weights of a model: the parameters of role {@link Role#WEIGHT}. */
    public static Sparsity of(Module model) {
        List<Layer> layers = new ArrayList<>();
        weights(model).forEach((path, parameter) -> {
            long nonZeros = (long) parameter.get().value().countNonZero().item();
            layers.add(new Layer(path, parameter.shape().size(), nonZeros));
        });
        return new Sparsity(List.copyOf(layers));
    }

    /** The prunable parameters of a model by path: its weights, not its biases and norms. */
    public static Map<String, Parameter> weights(Module model) {
        Map<String, Parameter> found = new LinkedHashMap<>();
        model.parameters().forEach((path, parameter) -> {
            if (parameter.role() == Role.WEIGHT) {
                found.put(path, parameter);
            }
        });
        return found;
    }

    /** All weights. */
    public long weights() {
        return layers.stream().mapToLong(Layer::weights).sum();
    }

    /** All weights that are not zero. */
    public long nonZeros() {
        return layers.stream().mapToLong(Layer::nonZeros).sum();
    }

    /** Part of all weights that is zero. */
    public double sparsity() {
        return 1 - (double) nonZeros() / weights();
    }

    /** How many times fewer weights there are than in the dense model: the rate that pruning papers quote. */
    public double rate() {
        return (double) weights() / nonZeros();
    }

    /** A line a layer, and the total. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (Layer layer : layers) {
            text.append(line(layer.path, layer.nonZeros, layer.weights, layer.density()));
        }
        return text.append(line("total", nonZeros(), weights(), 1 - sparsity())).toString();
    }

    private static String line(String name, long nonZeros, long weights, double density) {
        return String.format(
                Locale.ROOT, "%-24s %,12d of %,12d  density %8.4f %%%n", name, nonZeros, weights, 100 * density);
    }
}
