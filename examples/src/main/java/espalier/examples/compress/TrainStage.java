package espalier.examples.compress;

import java.util.List;

/** Trains the network as it stands: at the start all of it, after pruning what the masks leave. */
final class TrainStage implements Stage {
    private final TrainingPlan plan;

    TrainStage(Settings settings) {
        plan = TrainingPlan.of(settings, 10, 0.02);
    }

    @Override
    public void run(Workpiece piece) {
        piece.train(plan, List.of());
    }
}
