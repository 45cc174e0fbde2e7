package espalier.examples.compress;

import espalier.nn.Parameter;
import espalier.sparsity.admm.PartialFreezing;
import java.util.List;

/**
 * Puts weights on their levels a part at a time, and retrains what is still free after each: {@code bits} as in
 * {@code [quantize]}, {@code passes}, and {@code epochs} of each pass.
 */
final class FreezeStage implements Stage {
    private final Settings settings;
    private final TrainingPlan plan;
    private final int passes;
    private final double part;

    FreezeStage(Settings settings, Workpiece piece) {
        this.settings = settings;
        plan = TrainingPlan.of(settings, 1, 0.005);
        passes = settings.whole("passes", 4);
        part = settings.within("part", 0.3, 1e-6, 1);
        AdmmStage.levels(settings, piece); // so that a mistake is found before anything is run
    }

    @Override
    public void run(Workpiece piece) {
        piece.weights().values().forEach(Parameter::materialize);
        HeldZeros.in(piece.net());
        PartialFreezing freezing = new PartialFreezing(piece.weights(), AdmmStage.levels(settings, piece), part);
        for (int pass = 0; pass < passes; pass++) {
            freezing.pass();
            piece.train(plan, List.of());
        }
        freezing.finish();
    }
}
