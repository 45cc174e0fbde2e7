package espalier.examples.compress;

import espalier.sparsity.Prunable;
import espalier.sparsity.prune.Allocation;
import espalier.sparsity.prune.LayerHistory;
import espalier.sparsity.prune.MagnitudePruning;
import espalier.sparsity.prune.NormPenalty;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Network slimming (Liu et al. 2017): the network trains with an L1 penalty on the scales of its batch norms, then the
 * channels of the smallest scales, wherever they are, go at once: {@code sparsity = 50%}, {@code penalty = 1e-4},
 * {@code floor} channels staying in every layer. {@code [retrain]} mends.
 */
final class SlimmingStage implements Stage {
    private final TrainingPlan plan;
    private final Units units;
    private final double sparsity;
    private final double penalty;
    private final int floor;

    SlimmingStage(Settings settings, Workpiece piece) {
        units = Units.of(settings, piece, Units.SCALES);
        Criterion.requireNorm(settings, "slimming ranks channels by the scales that it has trained to be small");
        if (!units.areScales()) {
            throw settings.wrong("granularity", "slimming removes channels by their scales: " + Units.SCALES);
        }
        plan = TrainingPlan.of(settings, 10, 0.02);
        sparsity = Units.sparsity(settings);
        penalty = settings.number("penalty", 1e-4);
        floor = settings.whole("floor", 1);
        if (!(penalty >= 0)) {
            throw settings.wrong("penalty", penalty + " is below 0");
        }
    }

    @Override
    public void run(Workpiece piece) {
        List<Prunable> scales = units.in(piece.net());
        LayerHistory history = new LayerHistory(scales);
        piece.train(plan, List.of(new NormPenalty(scales, penalty), history));
        double before = piece.accuracy();
        Map<String, Object> layers = new LinkedHashMap<>();
        MagnitudePruning.prune(scales, Allocation.GLOBAL, sparsity, floor);
        int live = 0;
        int all = 0;
        for (Prunable layer : scales) {
            layers.put(layer.path(), Map.of("channels", layer.units(), "kept", layer.liveUnits()));
            live += layer.liveUnits();
            all += layer.units();
        }
        history.recount();
        piece.note(history);
        piece.tell(
                "slimming",
                Map.of("accuracy_before_pruning", before, "accuracy_after_pruning", piece.accuracy(), "layers", layers),
                String.format(
                        Locale.ROOT,
                        "%d of %d channels are left; accuracy %.2f %% before they went, %.2f %% after",
                        live,
                        all,
                        100 * before,
                        100 * piece.accuracy()));
    }
}
