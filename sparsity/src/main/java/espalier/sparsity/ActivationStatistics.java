package espalier.sparsity;

import espalier.autograd.Variable;
import espalier.nn.ForwardPass;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.nn.Trace;
import espalier.nn.data.DataLoader;
import espalier.nn.layer.Activation;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * How active the outputs of each layer are on data, as importances of its filters: measured at the first activation
 * function after it.
 *
 * <pre>{@code
 * ActivationStatistics activity = ActivationStatistics.of(model, loader, 20);
 * List<Prunable> filters = activity.filters(ActivationStatistics.Kind.ACTIVE);
 * MagnitudePruning.prune(filters, Allocation.UNIFORM, 0.3);
 * }</pre>
 *
 * <p>Layers without an activation function, such as the classifier, are left out.
 */
public final class ActivationStatistics {
    /** Which number. */
    public enum Kind {
        /** Part of the outputs that is not zero: one minus the "average percentage of zeros" (Hu et al. 2016). */
        ACTIVE,
        /** Mean magnitude of the outputs. */
        MEAN
    }

    /** What was added up for one layer, over samples and positions. */
    private static final class Sums {
        private final double[] active;
        private final double[] magnitude;
        private long outputs;

        Sums(int channels) {
            active = new double[channels];
            magnitude = new double[channels];
        }

        void add(Tensor y) {
            int[] others =
                    IntStream.range(0, y.rank()).filter(axis -> axis != 1).toArray();
            double[] live = y.countNonZero(others).toDoubles();
            double[] sizes = y.abs().sum(others).toDoubles();
            for (int c = 0; c < active.length; c++) {
                active[c] += live[c];
                magnitude[c] += sizes[c];
            }
            outputs += y.size() / Math.max(1, active.length);
        }

        Tensor scores(Kind kind) {
            double[] from = switch (kind) {
                case ACTIVE -> active;
                case MEAN -> magnitude;
            };
            float[] means = new float[from.length];
            for (int c = 0; c < means.length; c++) {
                means[c] = (float) (from[c] / Math.max(1, outputs));
            }
            return Tensor.of(means);
        }
    }

    private final Module model;
    private final Map<String, Parameter> weights;
    private final Map<String, Sums> sums = new LinkedHashMap<>();

    private ActivationStatistics(Module model) {
        this.model = model;
        this.weights = Sparsity.weights(model);
    }

    /**
     * Measured on so many batches of the loader's first epoch (the last of it; all if they are fewer), in evaluation.
     */
    public static ActivationStatistics of(Module model, DataLoader loader, int batches) {
        ActivationStatistics made = new ActivationStatistics(model);
        made.measure(loader, batches);
        return made;
    }

    /** Measures anew: what {@link #filters} gave out then ranks by the new numbers. */
    public void measure(DataLoader loader, int batches) {
        sums.clear();
        int last = loader.batches() - Math.min(batches, loader.batches());
        loader.forEach(0, last, batch -> add(batch.images()));
    }

    private void add(Tensor images) {
        Map<Module, String> owners = new IdentityHashMap<>();
        model.modules().forEach((path, module) -> ownWeight(path, module).ifPresent(at -> owners.put(module, at)));
        List<String> waiting = new ArrayList<>(); // the layer that ran last and has met no activation yet
        try (TensorScope _ = TensorScope.open()) {
            Trace.watching(
                    (module, x, y) -> {
                        String own = owners.get(module);
                        if (own != null) {
                            waiting.clear();
                            waiting.add(own);
                        } else if (module instanceof Activation && !waiting.isEmpty()) {
                            note(waiting.removeLast(), y);
                        }
                    },
                    () -> ForwardPass.evaluation(() -> model.apply(Variable.constant(images))));
        }
    }

    private void note(String path, Tensor y) {
        int channels = Objects.requireNonNull(weights.get(path)).shape().dim(0);
        if (y.rank() > 1 && y.dim(1) == channels) {
            sums.computeIfAbsent(path, _ -> new Sums(channels)).add(y);
        }
    }

    private static Optional<String> ownWeight(String path, Module module) {
        return module.ownParameters().entrySet().stream()
                .filter(entry -> entry.getValue().role() == Role.WEIGHT)
                .map(entry -> path.isEmpty() ? entry.getKey() : path + "." + entry.getKey())
                .findFirst();
    }

    /** The numbers of a layer's filters. */
    public Tensor scores(String path, Kind kind) {
        Sums of = sums.get(path);
        if (of == null) {
            throw new IllegalArgumentException(
                    "activation: nothing was measured for " + path + "; there is " + String.join(", ", sums.keySet()));
        }
        return of.scores(kind);
    }

    /** The layers that were measured, with their filters as units. */
    public List<Prunable> filters(Kind kind) {
        List<Prunable> layers = new ArrayList<>();
        for (String path : sums.keySet()) {
            Parameter weight = Objects.requireNonNull(weights.get(path));
            String name = kind == Kind.ACTIVE ? "part of active outputs" : "mean activation";
            Measured importance = new Measured(name, Granularity.FILTER, () -> scores(path, kind));
            layers.add(new Prunable(path, weight, importance));
        }
        return List.copyOf(layers);
    }
}
