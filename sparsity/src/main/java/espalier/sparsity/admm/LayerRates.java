package espalier.sparsity.admm;

import espalier.nn.Parameter;
import espalier.sparsity.Projection;
import espalier.sparsity.Prunable;
import espalier.sparsity.prune.Allocation;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How much of each layer is kept: numbers of units by path, given one by one or worked out by a rule.
 *
 * <pre>{@code
 * List<Prunable> layers = Prunable.weights(LeNet.lenet5(Init.of(1)), Granularity.ELEMENT);
 * LayerRates given = LayerRates.of(layers, Map.of("conv1", "100", "conv2", "8 %", "fc1", "111x", "fc2", "350"));
 * LayerRates worked = LayerRates.by(LayerRates.ROOT_OF_SIZE, layers, 71);
 * Map<String, Projection> sets = given.sets(layers);
 * }</pre>
 *
 * @param keeps units to keep, at least 1 in each layer; layers that are not named stay dense
 */
public record LayerRates(Map<String, Integer> keeps) {
    /**
     * Units in proportion to the root of a layer's size: large layers lose most and small ones least, as in the rates
     * that the pruning papers publish. No layer keeps more than it has; what is left over is shared again.
     */
    public static final Allocation ROOT_OF_SIZE = (layers, density, floor) -> {
        double[] shares =
                layers.stream().mapToDouble(layer -> Math.sqrt(layer.units())).toArray();
        return inProportion(layers, shares, Math.round(density * units(layers)), floor);
    };

    /** Keeps the order of layers. */
    public LayerRates {
        keeps = Collections.unmodifiableMap(new LinkedHashMap<>(keeps));
    }

    /**
     * From amounts as a recipe writes them: a count ({@code 100}), a part ({@code 8 %}) or a rate ({@code 12.5x}), by
     * path or by what stands before its last dot ({@code conv1} for {@code conv1.weight}).
     *
     * @throws IllegalArgumentException in one sentence, if a path is no layer's, an amount cannot be read, or a layer
     *     has not that many units
     */
    public static LayerRates of(List<Prunable> layers, Map<String, String> amounts) {
        Map<String, Prunable> byPath = new LinkedHashMap<>();
        layers.forEach(layer -> byPath.put(layer.path(), layer));
        Map<String, String> resolved = resolve("rates", amounts, byPath.keySet());
        Map<String, Integer> keeps = new LinkedHashMap<>();
        byPath.forEach((path, layer) -> {
            String amount = resolved.get(path);
            if (amount != null) {
                keeps.put(path, keep(path, amount.strip(), layer.units()));
            }
        });
        return new LayerRates(keeps);
    }

    private static int keep(String path, String amount, int units) {
        long keep;
        try {
            keep = amount.endsWith("%")
                    ? Math.round(units * number(amount) / 100)
                    : amount.endsWith("x") ? Math.round(units / number(amount)) : Long.parseLong(amount);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "rates: " + path + " is to keep '" + amount
                            + "', which is no count (100), part (8 %) or rate (12.5x)",
                    e);
        }
        if (keep < 1 || keep > units) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT,
                    "rates: %s cannot keep %s of its %,d units, which is %,d; choose from 1 to %,d",
                    path,
                    amount,
                    units,
                    keep,
                    units));
        }
        return (int) keep;
    }

    private static double number(String amount) {
        return Double.parseDouble(amount.substring(0, amount.length() - 1).strip());
    }

    /**
     * By a rule, such as {@link Allocation#UNIFORM} or {@link #ROOT_OF_SIZE}.
     *
     * @param rate all units over those to keep
     */
    public static LayerRates by(Allocation rule, List<Prunable> layers, double rate) {
        requireRate(layers, rate);
        return zip(layers, rule.keeps(layers, 1 / rate, 1));
    }

    /**
     * Fully connected layers first: each convolution keeps a given part, and the rate of the whole is met by the fully
     * connected layers, by {@link #ROOT_OF_SIZE}.
     *
     * @param convolutionRate of each convolution
     * @throws IllegalArgumentException if the convolutions alone keep more than the whole may
     */
    public static LayerRates fullyConnectedFirst(List<Prunable> layers, double rate, double convolutionRate) {
        requireRate(layers, rate);
        List<Prunable> convolutions = new ArrayList<>(layers);
        convolutions.removeIf(layer -> layer.parameter().shape().rank() <= 2);
        List<Prunable> connected = new ArrayList<>(layers);
        connected.removeAll(convolutions);
        LayerRates first = by(Allocation.UNIFORM, convolutions, convolutionRate);
        long left = Math.round(units(layers) / rate) - first.kept();
        if (left < connected.size()) {
            throw new IllegalArgumentException("rates: at " + rate + "x, convolutions that keep " + first.kept()
                    + " units leave " + left + " for " + connected.size() + " fully connected layers; raise the "
                    + "convolutions' rate above " + convolutionRate);
        }
        LayerRates second = by(ROOT_OF_SIZE, connected, Math.max(1, (double) units(connected) / left));
        Map<String, Integer> keeps = new LinkedHashMap<>(first.keeps);
        keeps.putAll(second.keeps);
        return new LayerRates(inOrder(layers, keeps));
    }

    /** In proportion to these, at another rate of the whole: an earlier work's split, taken further. */
    public LayerRates at(double rate, List<Prunable> layers) {
        List<Prunable> named = Prunable.at(layers, keeps.keySet());
        requireRate(named, rate);
        double[] shares = named.stream()
                .mapToDouble(layer -> keeps.getOrDefault(layer.path(), 1))
                .toArray();
        return zip(named, inProportion(named, shares, Math.round(units(named) / rate), 1));
    }

    private static void requireRate(List<Prunable> layers, double rate) {
        long all = units(layers);
        if (!(rate >= 1) || all < rate * layers.size()) {
            throw new IllegalArgumentException("rates: " + (float) rate + "x leaves fewer than one unit for each of "
                    + layers.size() + " layers, of " + all + " units in all; choose a rate from 1 to "
                    + all / Math.max(1, layers.size()));
        }
    }

    /** Whole numbers in proportion to shares, as many as the budget in all but for rounding. */
    private static int[] inProportion(List<Prunable> layers, double[] shares, long budget, int floor) {
        int[] keeps = new int[layers.size()];
        boolean[] full = new boolean[layers.size()];
        boolean again = true;
        while (again) { // a layer that would keep more than it has keeps all, and the rest is shared again
            again = false;
            double left = budget;
            double open = 0;
            for (int i = 0; i < keeps.length; i++) {
                left -= full[i] ? keeps[i] : 0;
                open += full[i] ? 0 : shares[i];
            }
            for (int i = 0; i < keeps.length; i++) {
                int units = layers.get(i).units();
                if (!full[i]) {
                    long part = Math.max(Math.min(floor, units), Math.round(left * shares[i] / open));
                    keeps[i] = (int) Math.min(part, units);
                    full[i] = part > units;
                    again |= full[i];
                }
            }
        }
        return keeps;
    }

    private static LayerRates zip(List<Prunable> layers, int[] keeps) {
        Map<String, Integer> byPath = new LinkedHashMap<>();
        for (int i = 0; i < keeps.length; i++) {
            byPath.put(layers.get(i).path(), keeps[i]);
        }
        return new LayerRates(byPath);
    }

    private static Map<String, Integer> inOrder(List<Prunable> layers, Map<String, Integer> keeps) {
        Map<String, Integer> ordered = new LinkedHashMap<>();
        layers.forEach(layer -> ordered.put(layer.path(), keeps.getOrDefault(layer.path(), layer.units())));
        return ordered;
    }

    private static long units(Collection<Prunable> layers) {
        return layers.stream().mapToLong(Prunable::units).sum();
    }

    /** Units kept in all. */
    public long kept() {
        return keeps.values().stream().mapToLong(Integer::longValue).sum();
    }

    /** The sets of ADMM: so many units of a layer that are not zero. */
    public Map<String, Projection> sets(List<Prunable> layers) {
        Map<String, Projection> sets = new LinkedHashMap<>();
        for (Prunable layer : Prunable.at(layers, keeps.keySet())) {
            int keep = keeps.getOrDefault(layer.path(), layer.units());
            sets.put(layer.path(), Projection.largest(layer.importance(), keep));
        }
        return sets;
    }

    /** Values by full path, given by path or by what stands before its last dot; refuses what is neither. */
    static <V> Map<String, V> resolve(String who, Map<String, V> named, Collection<String> paths) {
        Map<String, V> resolved = new LinkedHashMap<>();
        named.forEach((name, value) -> {
            List<String> found = paths.stream()
                    .filter(path -> path.equals(name)
                            || path.substring(0, Math.max(0, path.lastIndexOf('.')))
                                    .equals(name))
                    .toList();
            if (found.size() != 1) {
                throw new IllegalArgumentException(
                        who + ": there is no weight called " + name + "; there are " + String.join(", ", paths));
            }
            if (resolved.put(found.getFirst(), value) != null) {
                throw new IllegalArgumentException(who + ": " + found.getFirst() + " is named twice");
            }
        });
        return resolved;
    }

    /** Refuses paths that are not among the parameters. */
    static void requireKnown(String who, Collection<String> paths, Map<String, Parameter> parameters) {
        for (String path : paths) {
            if (!parameters.containsKey(path)) {
                throw new IllegalArgumentException(who + ": there is no weight called " + path + "; there are "
                        + String.join(", ", parameters.keySet()));
            }
        }
    }
}
