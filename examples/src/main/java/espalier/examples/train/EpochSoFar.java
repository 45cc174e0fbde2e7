package espalier.examples.train;

import espalier.nn.train.TrainingListener.EpochReport;
import espalier.nn.train.TrainingListener.StepReport;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The figures of the epoch under way, kept in checkpoints so that the line of an epoch that was interrupted covers all
 * of it, and the seconds that all parts of a run took.
 */
final class EpochSoFar {
    private double loss;
    private long correct;
    private long samples;
    private double seconds;
    private double all;
    private long last;

    /** Goes on with what a checkpoint says, or begins. */
    EpochSoFar(Map<String, String> saved) {
        loss = Double.parseDouble(saved.getOrDefault("epoch-loss", "0"));
        correct = Long.parseLong(saved.getOrDefault("epoch-correct", "0"));
        samples = Long.parseLong(saved.getOrDefault("epoch-samples", "0"));
        seconds = Double.parseDouble(saved.getOrDefault("epoch-seconds", "0"));
        all = Double.parseDouble(saved.getOrDefault("seconds", "0"));
    }

    /** The clock runs from now on. */
    void start() {
        last = System.nanoTime();
    }

    /** Counts a step and the time since the one before. */
    void add(StepReport step) {
        loss += step.loss() * step.samples();
        correct += step.correct();
        samples += step.samples();
        seconds += tick();
    }

    /** The epoch's figures; the next one begins. */
    EpochReport finish() {
        EpochReport report = new EpochReport(loss / samples, (double) correct / samples, (int) samples, seconds);
        loss = 0;
        correct = 0;
        samples = 0;
        seconds = 0;
        return report;
    }

    /** Seconds of all parts so far, those of testing among them. */
    double seconds() {
        tick();
        return all;
    }

    private double tick() {
        long now = System.nanoTime();
        double passed = (now - last) * 1e-9;
        last = now;
        all += passed;
        return passed;
    }

    /** What a checkpoint has to say of it. */
    Map<String, String> saved() {
        Map<String, String> notes = new LinkedHashMap<>();
        notes.put("seconds", Double.toString(seconds()));
        notes.put("epoch-loss", Double.toString(loss));
        notes.put("epoch-correct", Long.toString(correct));
        notes.put("epoch-samples", Long.toString(samples));
        notes.put("epoch-seconds", Double.toString(seconds));
        return notes;
    }
}
