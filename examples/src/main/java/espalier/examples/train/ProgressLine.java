package espalier.examples.train;

import espalier.nn.train.RunningMean;
import espalier.nn.train.TrainingListener;
import java.io.PrintWriter;
import java.util.Locale;

/**
 * Says how training goes: in a terminal one line that is written over, in a log one line an epoch. Loss, accuracy,
 * examples (images or sounds) a second and the time that is left.
 */
public final class ProgressLine implements TrainingListener {
    private static final long EVERY_NANOS = 200_000_000;

    private static final String NO_WRAP = "\033[?7l";
    private static final String WRAP = "\033[?7h";

    private final PrintWriter out;
    private final boolean terminal;
    private final int epochs;
    private final int batches;
    private final long start = System.nanoTime();
    private RunningMean loss = new RunningMean();
    private RunningMean accuracy = new RunningMean();
    private long shown;
    private long stepsHere;
    private long samplesHere;

    /** Of a training of so many epochs, of so many batches each. */
    public ProgressLine(PrintWriter out, int epochs, int batches) {
        this(out, System.console() != null && System.console().isTerminal(), epochs, batches);
    }

    ProgressLine(PrintWriter out, boolean terminal, int epochs, int batches) {
        this.out = out;
        this.terminal = terminal;
        this.epochs = epochs;
        this.batches = batches;
    }

    @Override
    public void onStep(Position at, StepReport report) {
        loss.add(report.loss(), report.samples());
        accuracy.add((double) report.correct() / report.samples(), report.samples());
        stepsHere++;
        samplesHere += report.samples();
        long now = System.nanoTime();
        if (terminal && now - shown > EVERY_NANOS) {
            shown = now;
            out.print("\r\033[K" + NO_WRAP + line(at) + WRAP); // a narrow terminal cuts it off, in one line still
            out.flush();
        }
    }

    private String line(Position at) {
        double seconds = (System.nanoTime() - start) * 1e-9;
        long left = (long) epochs * batches - at.step();
        double remaining = stepsHere == 0 ? 0 : seconds / stepsHere * left;
        return String.format(
                Locale.ROOT,
                "epoch %2d/%d  loss %.4f  accuracy %5.2f %%  %,6.0f examples/s  batch %d/%d, %s left",
                at.epoch() + 1,
                epochs,
                loss.value(),
                100 * accuracy.value(),
                samplesHere / seconds,
                at.batch(),
                batches,
                clock(remaining));
    }

    private static String clock(double seconds) {
        long s = Math.round(seconds);
        return s >= 3600
                ? String.format(Locale.ROOT, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60)
                : String.format(Locale.ROOT, "%d:%02d", s / 60, s % 60);
    }

    @Override
    public void onEpoch(Position at, EpochReport report) {
        loss = new RunningMean();
        accuracy = new RunningMean();
        double rate = report.samples() / report.seconds();
        out.print(terminal ? "\r\033[K" : "");
        if (report.samples() == 0) { // a checkpoint of its last step was resumed
            return;
        }
        out.println(String.format(
                Locale.ROOT,
                "epoch %2d/%d  loss %.4f  accuracy %5.2f %%  %,6.0f examples/s  %5.1f s",
                at.epoch(),
                epochs,
                report.loss(),
                100 * report.accuracy(),
                rate,
                report.seconds()));
        out.flush();
    }
}
