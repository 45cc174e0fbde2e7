package espalier.examples.compress;

import espalier.sparsity.Prunable;
import espalier.sparsity.prune.Allocation;
import espalier.sparsity.prune.Budget;
import espalier.sparsity.prune.CubicRamp;
import espalier.sparsity.prune.MagnitudePruning;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/** Removes what is smallest: all at once, or gradually while the network trains. */
final class MagnitudeStage {
    private final Units units;
    private final Allocation allocation;
    private final double sparsity;
    private final int floor;

    private MagnitudeStage(Settings settings, Workpiece piece) {
        units = Units.of(settings, piece, "element");
        allocation = allocation(settings);
        sparsity = Units.sparsity(settings);
        floor = settings.whole("floor", 1);
    }

    /** At once. */
    static Stage atOnce(Settings settings, Workpiece piece) {
        MagnitudeStage stage = new MagnitudeStage(settings, piece);
        return work ->
                MagnitudePruning.prune(stage.units.in(work.net()), stage.allocation, stage.sparsity, stage.floor);
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
        return work -> {
            long steps = (long) plan.epochs() * work.batches();
            CubicRamp ramp = new CubicRamp(
                    0, stage.sparsity, Math.round(begin * steps), Math.max(1, Math.round(end * steps)), every);
            List<Prunable> layers = stage.units.in(work.net());
            work.train(plan, List.of(new MagnitudePruning(layers, stage.allocation, ramp, stage.floor)));
        };
    }

    private static Allocation allocation(Settings settings) {
        String name = settings.text("allocation", "global");
        return switch (name) {
            case "uniform" -> Allocation.UNIFORM;
            case "global" -> Allocation.GLOBAL;
            case "erk" -> Allocation.ERK;
            default -> {
                if (!name.endsWith(".csv")) {
                    throw settings.wrong(
                            "allocation", name + " is none of uniform, global, erk, or a budget's .csv file");
                }
                try {
                    yield Budget.read(Path.of(name));
                } catch (IOException problem) {
                    throw new UncheckedIOException(problem);
                }
            }
        };
    }
}
