package espalier.examples.compress;

import espalier.nn.Module;
import espalier.nn.data.DataLoader;
import espalier.sparsity.ActivationStatistics;
import espalier.sparsity.Granularity;
import espalier.sparsity.Prunable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * By what the units of a stage are ranked, as its section says: {@code importance = norm} of their weights, which is
 * the usual, or by what filters put out for training images: {@code apoz}, the part of the outputs that is zero on
 * average (Hu et al. 2016), or {@code mean-activation}, their mean magnitude (Molchanov et al. 2017, section 2.2).
 *
 * <p>Outputs are looked at behind the first activation function after a layer, in evaluation, on
 * {@code importance-batches = 20} batches of the training images as they are. Layers with no such function, as the
 * classifier, are left alone.
 *
 * @param kind which number
 * @param batches to measure it on
 */
record Criterion(Kind kind, int batches) {
    private static final String KEY = "importance";

    /** What a unit's importance is. */
    enum Kind {
        /** The Euclidean norm of its weights. */
        NORM(Optional.empty()),
        /** One minus the average percentage of zeros among the outputs of a filter. */
        APOZ(Optional.of(ActivationStatistics.Kind.ACTIVE)),
        /** The mean magnitude of the outputs of a filter. */
        MEAN_ACTIVATION(Optional.of(ActivationStatistics.Kind.MEAN));

        private final Optional<ActivationStatistics.Kind> measured;

        Kind(Optional<ActivationStatistics.Kind> measured) {
            this.measured = measured;
        }

        /** The word for it in a recipe. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /**
     * Layers with the importances of their units.
     *
     * @param layers to prune
     * @param leftOut paths of layers with such units that cannot be ranked and were not asked for
     * @param renew measures the importances anew, for the network has changed
     */
    record Ranked(List<Prunable> layers, List<String> leftOut, Runnable renew) {}

    /**
     * What a section says of these units.
     *
     * @throws IllegalArgumentException if they are not filters and it asks for what filters put out
     */
    static Criterion of(Settings settings, Units units) {
        Kind kind = settings.choice(KEY, Kind.NORM);
        int batches = settings.whole("importance-batches", 20);
        if (batches < 1) {
            throw settings.wrong("importance-batches", batches + " is less than 1");
        }
        if (kind.measured.isPresent()
                && units.grouping().filter(Granularity.FILTER::equals).isEmpty()) {
            throw settings.wrong(
                    KEY,
                    kind + " tells how active the outputs of filters are, and the units are " + units
                            + "; say granularity = filter");
        }
        return new Criterion(kind, batches);
    }

    /** Refuses all but the norm, for a method that needs it. */
    static void requireNorm(Settings settings, String why) {
        Kind kind = settings.choice(KEY, Kind.NORM);
        if (kind != Kind.NORM) {
            throw settings.wrong(KEY, kind + " is for [magnitude] and [gmp]; " + why);
        }
    }

    /** How layers share a budget if nothing is said: by their ranks, but means of different layers do not compare. */
    String usualAllocation() {
        return kind == Kind.MEAN_ACTIVATION ? "uniform" : "global";
    }

    /** The same on a single batch: to try whether it can be done. */
    Criterion atAGlance() {
        return new Criterion(kind, 1);
    }

    /**
     * The layers of a network, ranked.
     *
     * @param images of the training data
     * @throws IllegalArgumentException naming a layer that was asked for and has no activation function behind it
     */
    Ranked rank(Units units, Module net, DataLoader images) {
        return kind.measured
                .map(number -> measured(units, net, images, number))
                .orElseGet(() -> new Ranked(units.in(net), List.of(), () -> {}));
    }

    private Ranked measured(Units units, Module net, DataLoader images, ActivationStatistics.Kind number) {
        ActivationStatistics statistics = ActivationStatistics.of(net, images, batches);
        List<String> prunable =
                units.everywhere().in(net).stream().map(Prunable::path).toList();
        List<Prunable> layers = statistics.filters(number).stream()
                .filter(layer -> prunable.contains(layer.path()))
                .toList();
        List<Prunable> chosen =
                units.only().map(paths -> Prunable.at(layers, paths)).orElse(layers);
        List<String> ranked = chosen.stream().map(Prunable::path).toList();
        List<String> leftOut = units.only().isPresent()
                ? List.of()
                : prunable.stream().filter(path -> !ranked.contains(path)).toList();
        if (chosen.isEmpty()) {
            throw new IllegalArgumentException(
                    KEY + ": no layer of the network has an activation function behind it, so there is no " + kind);
        }
        return new Ranked(chosen, leftOut, () -> statistics.measure(images, batches));
    }

    /** Tells by what a stage ranked, if not by norms, and what it had to leave alone. */
    void tell(Workpiece piece, String stage, Ranked ranked) {
        if (kind.measured.isEmpty()) {
            return;
        }
        List<String> paths = ranked.layers.stream().map(Prunable::path).toList();
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put(KEY, kind.toString());
        figures.put("batches", Math.min(batches, piece.batches()));
        figures.put("layers", paths);
        String text = "filters of " + String.join(", ", paths) + " are ranked by " + kind + " on "
                + Math.min(batches, piece.batches()) + " batches";
        piece.tell(
                stage,
                figures,
                ranked.leftOut.isEmpty()
                        ? text
                        : text + "; " + String.join(", ", ranked.leftOut)
                                + " stay as they are, for no activation function follows them");
    }
}
