package espalier.examples.compress;

import espalier.nn.train.TrainingListener;
import espalier.sparsity.Prunable;
import espalier.sparsity.prune.CubicRamp;
import espalier.sparsity.prune.MagnitudePruning;
import java.util.List;

/**
 * Removes what is smallest, or filters that are least active ({@link Criterion}): all at once, or gradually while the
 * network trains.
 */
final class MagnitudeStage {
    private final String section;
    private final Units units;
    private final Criterion criterion;
    private final Quota quota;
    private final int floor;

    private MagnitudeStage(Settings settings, Workpiece piece) {
        section = settings.section();
        units = Units.of(settings, piece, "element");
        criterion = Criterion.of(settings, units);
        floor = settings.whole("floor", 1);
        List<Prunable> layers = criterion
                .atAGlance()
                .rank(units, piece.blank(), piece.unchanged())
                .layers();
        quota = Quota.of(settings, piece, layers, criterion.usualAllocation(), floor);
    }

    private Criterion.Ranked ranked(Workpiece piece) {
        Criterion.Ranked ranked = criterion.rank(units, piece.net(), piece.unchanged());
        criterion.tell(piece, section, ranked);
        return ranked;
    }

    /** At once. */
    static Stage atOnce(Settings settings, Workpiece piece) {
        MagnitudeStage stage = new MagnitudeStage(settings, piece);
        return work -> MagnitudePruning.prune(
                stage.ranked(work).layers(), stage.quota.allocation(), stage.quota.sparsity(), stage.floor);
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
            Criterion.Ranked ranked = stage.ranked(work);
            work.train(
                    plan,
                    List.of(
                            before(ramp, ranked.renew()),
                            new MagnitudePruning(ranked.layers(), stage.quota.allocation(), ramp, stage.floor)));
        };
    }

    /** Ranks anew in every step in which the ramp prunes. */
    private static TrainingListener before(CubicRamp ramp, Runnable renew) {
        return new TrainingListener() {
            @Override
            public void onStep(Position at, StepReport report) {
                if (ramp.isDue(at.step())) {
                    renew.run();
                }
            }
        };
    }
}
