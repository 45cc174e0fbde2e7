package espalier.examples.compress;

import espalier.examples.train.ScheduleOption;
import espalier.nn.Module;
import espalier.nn.optim.Schedule;
import espalier.nn.train.TrainingListener;
import espalier.sparsity.Prunable;
import espalier.sparsity.TopK;
import espalier.sparsity.parametrize.SoftThreshold;
import espalier.sparsity.parametrize.ThresholdMap;
import espalier.sparsity.prune.Budget;
import espalier.sparsity.prune.LayerHistory;
import espalier.sparsity.prune.Measure;
import espalier.sparsity.prune.NormPenalty;
import espalier.sparsity.prune.SparsityTarget;
import espalier.sparsity.surgery.CutMeasure;
import espalier.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * STR: thresholds that are learned with the weights (Kusupati et al. 2020). With {@code granularity = bn} it is STR-BN:
 * the thresholds are on the scales of batch norm, and whole channels go.
 *
 * <p>{@code sparsity = 95%} finds the decay of the thresholds by feedback; {@code threshold-decay = 0.001} takes that
 * one and ends at whatever sparsity it leads to. What each layer keeps is the run's {@code budget.csv}, for the
 * {@code allocation} of other stages. {@code penalty} is the strength of an L1 penalty on the units; scales have one
 * unless it is set to 0, for all of them are 1 at first and would die together. {@code of = macs} or {@code parameters}
 * makes the target a part of what a cut of the dead channels would leave, in place of a part of the units.
 */
final class StrStage implements Stage {
    /** What the target is a part of. */
    private enum Of {
        UNITS,
        MACS,
        PARAMETERS;

        Measure measure(Workpiece piece, Module net) {
            Shape input = piece.data().train().sampleShape().inserting(0, 1);
            return switch (this) {
                case UNITS -> Measure.UNITS;
                case MACS -> CutMeasure.macs(net, input);
                case PARAMETERS -> CutMeasure.parameters(net, input);
            };
        }
    }

    private final Units units;
    private final Of of;
    private final SoftThreshold.Options options;
    private final TrainingPlan plan;
    private final Optional<Double> decay;
    private final double penalty;
    private final double sparsity;

    StrStage(Settings settings, Workpiece piece) {
        units = Units.of(settings, piece, "element");
        Criterion.requireNorm(settings, "thresholds are learned by a gradient, which leads to the norm of a unit only");
        boolean scales = units.areScales();
        // The pull on thresholds is in proportion to the rate: of scales the last would not go while it falls.
        plan = TrainingPlan.of(settings, 20, 0.02, scales ? ScheduleOption.CONSTANT : ScheduleOption.COSINE);
        ThresholdMap map = settings.choice("g", scales ? ThresholdMap.EXP : ThresholdMap.SIGMOID);
        SoftThreshold.Sharing sharing = settings.choice("threshold", SoftThreshold.Sharing.LAYER);
        options = SoftThreshold.Options.of(settings.number("start", scales ? -4 : -10))
                .with(map)
                .with(sharing)
                .withFloor(settings.whole("floor", 1));
        decay = settings.number("threshold-decay");
        penalty = settings.within("penalty", scales ? 2e-2 : 0, 0, 1e6);
        of = settings.choice("of", Of.UNITS);
        sparsity = decay.isPresent() ? Double.NaN : Units.sparsity(settings);
        Module blank = piece.blank();
        List<Prunable> layers = units.in(blank);
        SoftThreshold.on(layers, options);
        if (decay.isEmpty()) {
            target(piece, blank, layers, 1);
            requireReachable(settings, of.measure(piece, blank), layers);
        }
    }

    private SparsityTarget target(Workpiece piece, Module net, List<Prunable> layers, long steps) {
        Measure measure = of.measure(piece, net);
        return new SparsityTarget(
                layers, SparsityTarget.Options.of(sparsity, steps).with(measure));
    }

    /** Tries what goes if nothing but the floors stays. */
    private void requireReachable(Settings settings, Measure measure, List<Prunable> layers) {
        if (of == Of.UNITS) {
            return; // the target has looked at that
        }
        layers.forEach(layer ->
                layer.keepOnly(TopK.mask(layer.scores(), Math.min(layer.units(), Math.max(1, options.floor())))));
        double most = measure.removed(layers);
        if (sparsity > most) {
            throw settings.wrong(
                    "sparsity",
                    String.format(
                            Locale.ROOT,
                            "%.4g of the %s cannot go: with the floor of %d units a layer, at most %.4f can",
                            sparsity,
                            of.name().toLowerCase(Locale.ROOT),
                            options.floor(),
                            most));
        }
    }

    @Override
    public void run(Workpiece piece) {
        List<Prunable> layers = units.in(piece.net());
        SoftThreshold.on(layers, options);
        long steps = (long) plan.epochs() * piece.batches();
        LayerHistory history = new LayerHistory(layers);
        List<TrainingListener> listeners = new ArrayList<>(List.of(history, new LayerLine(history, piece.out())));
        Optional<SparsityTarget> target =
                decay.isPresent() ? Optional.empty() : Optional.of(target(piece, piece.net(), layers, steps));
        target.ifPresent(listeners::addFirst);
        if (penalty > 0) {
            listeners.add(new NormPenalty(layers, penalty));
        }
        Schedule schedule = plan.schedule().over(steps);
        piece.train(plan, schedule, plan.optimizer(piece.net(), decay.orElse(0.0)), listeners);
        layers.forEach(Prunable::bake);
        target.ifPresent(reached -> tell(piece, reached));
        piece.note(history);
        piece.note(Budget.of(layers));
    }

    private void tell(Workpiece piece, SparsityTarget reached) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("target", sparsity);
        figures.put("of", of.name().toLowerCase(Locale.ROOT));
        figures.put("reached", reached.sparsity());
        figures.put("reached_by_thresholds", reached.learned());
        figures.put("decay_mean", reached.meanDecay());
        figures.put("decay_last", reached.decay());
        piece.tell(
                "str",
                figures,
                String.format(
                        Locale.ROOT,
                        "%.2f %% of the %s are gone, %.2f %% by thresholds alone; decay of the thresholds that led there:"
                                + " mean %.3g, last %.3g",
                        100 * reached.sparsity(),
                        of.name().toLowerCase(Locale.ROOT),
                        100 * reached.learned(),
                        reached.meanDecay(),
                        reached.decay()));
    }
}
