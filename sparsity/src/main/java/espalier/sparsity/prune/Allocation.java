package espalier.sparsity.prune;

import espalier.sparsity.Granularity;
import espalier.sparsity.TopK;
import espalier.tensor.Shape;
import espalier.tensor.Shaping;
import espalier.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** How a network's budget is shared out among its layers: how many groups each may keep. */
public enum Allocation {
    /** The same part of every layer. */
    UNIFORM {
        @Override
        public Map<String, Integer> keeps(Map<String, Tensor> weights, Granularity granularity, double density) {
            Map<String, Integer> keeps = new LinkedHashMap<>();
            weights.forEach((path, w) -> keeps.put(path, atLeastOne(density * granularity.groups(w.shape()))));
            return keeps;
        }
    },

    /** The most important groups of the whole network, wherever they are; each layer keeps at least one. */
    GLOBAL {
        @Override
        public Map<String, Integer> keeps(Map<String, Tensor> weights, Granularity granularity, double density) {
            List<Tensor> all = new ArrayList<>();
            weights.values().forEach(w -> all.add(normalized(w, granularity)));
            Tensor joined = Shaping.concat(0, all);
            int[] kept = TopK.mask(joined, atLeastOne(density * joined.size())).toInts();
            Map<String, Integer> keeps = new LinkedHashMap<>();
            int at = 0;
            for (var entry : weights.entrySet()) {
                int count = 0;
                int end = at + granularity.groups(entry.getValue().shape());
                while (at < end) {
                    count += kept[at++];
                }
                keeps.put(entry.getKey(), Math.max(1, count));
            }
            return keeps;
        }
    },

    /**
     * Erdős–Rényi-Kernel (Evci et al. 2020, section 3): density in proportion to the sum of a weight's sizes over their
     * product, so that small layers stay dense; a layer that would be more than dense is dense, and the rest is shared
     * again. For groups that are both outputs and inputs, the root of the density of the weights is kept.
     */
    ERK {
        @Override
        public Map<String, Integer> keeps(Map<String, Tensor> weights, Granularity granularity, double density) {
            Map<String, Shape> shapes = new LinkedHashMap<>();
            weights.forEach((path, w) -> shapes.put(path, w.shape()));
            Map<String, Double> densities = erkDensities(shapes, 1 - density);
            boolean channels = granularity == Granularity.FILTER || granularity == Granularity.CHANNEL;
            Map<String, Integer> keeps = new LinkedHashMap<>();
            weights.forEach((path, w) -> {
                double d = densities.getOrDefault(path, 1.0);
                keeps.put(path, atLeastOne((channels ? Math.sqrt(d) : d) * granularity.groups(w.shape())));
            });
            return keeps;
        }
    };

    /**
     * Groups to keep in each weight.
     *
     * @param weights by path
     * @param granularity what a group is
     * @param density part of all groups to keep, from 0 to 1
     */
    public abstract Map<String, Integer> keeps(Map<String, Tensor> weights, Granularity granularity, double density);

    /**
     * The densities of {@link #ERK} for a sparsity of the whole.
     *
     * @throws IllegalArgumentException if the layers that must be dense already exceed the budget
     */
    public static Map<String, Double> erkDensities(Map<String, Shape> shapes, double sparsity) {
        Set<String> dense = new HashSet<>();
        while (true) {
            double budget = 0;
            double divisor = 0;
            double largest = 0;
            for (var entry : shapes.entrySet()) {
                long zeros = (long) Math.floor(sparsity * entry.getValue().size());
                if (dense.contains(entry.getKey())) {
                    budget -= zeros;
                } else {
                    budget += entry.getValue().size() - zeros;
                    divisor += raw(entry.getValue()) * entry.getValue().size();
                    largest = Math.max(largest, raw(entry.getValue()));
                }
            }
            if (budget <= 0) {
                throw new IllegalArgumentException(
                        "erk: a sparsity of " + sparsity + " leaves nothing for the larger layers");
            }
            double epsilon = budget / divisor;
            if (epsilon * largest <= 1) {
                return densities(shapes, dense, epsilon);
            }
            for (var entry : shapes.entrySet()) {
                if (!dense.contains(entry.getKey()) && raw(entry.getValue()) == largest) {
                    dense.add(entry.getKey());
                }
            }
        }
    }

    private static Map<String, Double> densities(Map<String, Shape> shapes, Set<String> dense, double epsilon) {
        Map<String, Double> densities = new LinkedHashMap<>();
        shapes.forEach((path, shape) -> densities.put(path, dense.contains(path) ? 1 : epsilon * raw(shape)));
        return densities;
    }

    private static double raw(Shape shape) {
        double sum = 0;
        for (int dim : shape.toArray()) {
            sum += dim;
        }
        return sum / shape.size();
    }

    private static int atLeastOne(double count) {
        return (int) Math.max(1, Math.round(count));
    }

    /** Importances as a list, divided by the root of the group's size so that groups of unequal size compare. */
    private static Tensor normalized(Tensor w, Granularity granularity) {
        int groups = granularity.groups(w.shape());
        double size = (double) w.size() / Math.max(1, groups);
        return granularity.importances(w).mul(1 / Math.sqrt(size)).reshape(-1);
    }
}
