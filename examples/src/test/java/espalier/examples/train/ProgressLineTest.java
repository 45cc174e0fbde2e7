package espalier.examples.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.nn.train.TrainingListener.EpochReport;
import espalier.nn.train.TrainingListener.Position;
import espalier.nn.train.TrainingListener.StepReport;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

/** What a training tells a terminal and a log. */
class ProgressLineTest {
    private final StringWriter said = new StringWriter();

    private String shown(boolean terminal, EpochReport report) {
        ProgressLine line = new ProgressLine(new PrintWriter(said), terminal, 2, 10);
        line.onStep(new Position(0, 1, 1), new StepReport(0.5, 3, 4));
        line.onEpoch(new Position(1, 0, 10), report);
        return said.toString();
    }

    @Test
    void aLogGetsALineAnEpoch() {
        String line = "epoch  1/2  loss 0.2500  accuracy 80.00 %      20 examples/s    2.0 s\n";
        assertEquals(line, shown(false, new EpochReport(0.25, 0.8, 40, 2)));
    }

    @Test
    void aTerminalGetsOneLineThatIsWrittenOverAndNeverWrapped() {
        String text = shown(true, new EpochReport(0.25, 0.8, 40, 2));
        assertTrue(
                text.matches(
                        "(?s)\r\033\\[K\033\\[\\?7lepoch  1/2  loss 0.5000  accuracy 75.00 % [^\n]* examples/s  [^\n]* left\033\\[\\?7h"
                                + "\r\033\\[Kepoch  1/2  loss 0.2500 .*"),
                text);
    }

    @Test
    void anEpochOfWhichNothingWasLeftIsNotTold() {
        assertEquals("", shown(false, new EpochReport(Double.NaN, Double.NaN, 0, 0)));
    }
}
