package espalier.examples.bench;

import espalier.examples.train.ModelCatalog;
import espalier.tensor.Device;
import java.util.List;

/** Where the time of a step of training goes, once steps are as fast as they get. */
final class StepProfile {
    private static final long WINDOW_NANOS = 3_000_000_000L;

    private StepProfile() {}

    static List<String> of(ModelCatalog model, int batch, Device device) {
        OperationTimes times = new OperationTimes(device);
        Runnable step = NetworkWorkloads.step(model, batch, times.device());
        times.clear();
        long start = System.nanoTime();
        int steps = repeat(step, WINDOW_NANOS);
        return times.table(steps, (System.nanoTime() - start) * 1e-9);
    }

    /** Runs for a while and says how often. */
    private static int repeat(Runnable step, long nanos) {
        long start = System.nanoTime();
        int steps = 0;
        do {
            step.run();
            steps++;
        } while (System.nanoTime() - start < nanos);
        return steps;
    }
}
