package espalier.examples.compress;

import espalier.sparsity.Prunable;
import espalier.sparsity.prune.CubicRamp;
import espalier.sparsity.prune.MagnitudePruning;
import java.util.List;

/** Removes what is smallest: all at once, or gradually while the network trains. */
final class MagnitudeStage {
    private final Units units;
    private final Quota quota;
    private final int floor;

    private MagnitudeStage(Settings settings, Workpiece piece) {
        units = Units.of(settings, piece, "element");
        floor = settings.whole("floor", 1);
        quota = Quota.of(settings, units.in(piece.blank()), "global", floor);
    }

    /** At once. */
    static Stage atOnce(Settings settings, Workpiece piece) {
        MagnitudeStage stage = new MagnitudeStage(settings, piece);
        return work -> MagnitudePruning.prune(
                stage.units.in(work.net()), stage.quota.allocation(), stage.quota.sparsity(), stage.floor);
    }

    /** Along a cubic ramp (Zhu and Gupta 2017) over the middle of the stage, the last quarter of which mends. */
    static Stage gradual(Settings settings, Workpiece piece) {
        MagnitudeStage stage = new MagnitudeStage(settings, piece);
        TrainingPlan plan = TrainingPlan.of(settings, 10, 0.02);
        double begin = settings.number("begin", 0);
        double end = settings.number("end", 0.75);
        int every = settings.whole("every", 100);
        if (!(begin >= 0 && begin < end && end <= 1)) {
            throw settings.wrong(
                    "end",
                    "the ramp goes from " + begin + " to " + end
                            + " of the stage; it must begin before it ends, between 0 and 1");
        }
        long steps = (long) plan.epochs() * piece.batches();
        CubicRamp ramp = new CubicRamp(
                0, stage.quota.sparsity(), Math.round(begin * steps), Math.max(1, Math.round(end * steps)), every);
        return work -> {
            List<Prunable> layers = stage.units.in(work.net());
            work.train(plan, List.of(new MagnitudePruning(layers, stage.quota.allocation(), ramp, stage.floor)));
        };
    }
}
