package espalier.examples.compress;

import espalier.examples.train.ScheduleOption;
import espalier.nn.optim.Schedule;
import espalier.nn.train.TrainingListener;
import espalier.sparsity.Prunable;
import espalier.sparsity.parametrize.SoftThreshold;
import espalier.sparsity.parametrize.ThresholdMap;
import espalier.sparsity.prune.LayerHistory;
import espalier.sparsity.prune.NormPenalty;
import espalier.sparsity.prune.SparsityTarget;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * STR: thresholds that are learned with the weights (Kusupati et al. 2020). With {@code granularity = bn} it is STR-BN:
 * the thresholds are on the scales of batch norm, and whole channels go.
 *
 * <p>{@code sparsity = 95%} finds the decay of the thresholds by feedback; {@code threshold-decay = 0.001} takes that one
 * and ends at whatever sparsity it leads to. {@code penalty} is the strength of an L1 penalty on the units; scales have one
 * unless it is set to 0, for all of them are 1 at first and would die together.
 */
final class StrStage implements Stage {
    private final List<Prunable> layers;
    private final SoftThreshold.Options options;
    private final TrainingPlan plan;
    private final Optional<Double> decay;
    private final double penalty;
    private final double sparsity;

    StrStage(Settings settings, Workpiece piece) {
        layers = Units.of(settings, piece, "element");
        boolean scales = settings.text("granularity", "").equals(Units.SCALES);
        // The pull on thresholds is in proportion to the rate: of scales the last would not go while it falls.
        plan = TrainingPlan.of(settings, 20, 0.02, scales ? ScheduleOption.CONSTANT : ScheduleOption.COSINE);
        ThresholdMap map = settings.choice("g", scales ? ThresholdMap.EXP : ThresholdMap.SIGMOID);
        SoftThreshold.Sharing sharing = settings.choice("threshold", SoftThreshold.Sharing.LAYER);
        options = SoftThreshold.Options.of(settings.number("start", scales ? -4 : -10))
                .with(map)
                .with(sharing)
                .withFloor(settings.whole("floor", 1));
        decay = settings.number("threshold-decay");
        penalty = settings.number("penalty", scales ? 2e-2 : 0);
        sparsity = decay.isPresent() ? Double.NaN : Units.sparsity(settings);
    }

    @Override
    public void run(Workpiece piece) {
        SoftThreshold.on(layers, options);
        long steps = (long) plan.epochs() * piece.batches();
        LayerHistory history = new LayerHistory(layers);
        List<TrainingListener> listeners = new ArrayList<>(List.of(history));
        Optional<SparsityTarget> target =
                decay.isPresent() ? Optional.empty() : Optional.of(new SparsityTarget(layers, sparsity, steps));
        target.ifPresent(listeners::add);
        if (penalty > 0) {
            listeners.add(new NormPenalty(layers, penalty));
        }
        Schedule schedule = plan.schedule().over(steps);
        piece.train(plan, schedule, plan.optimizer(piece.net(), decay.orElse(0.0)), listeners);
        layers.forEach(Prunable::bake);
        target.ifPresent(reached -> piece.out()
                .printf(
                        Locale.ROOT,
                        "decay of the thresholds that led there: mean %.3g, last %.3g%n",
                        reached.meanDecay(),
                        reached.decay()));
        history.warning().ifPresent(piece.out()::println);
        piece.note(history);
    }
}
