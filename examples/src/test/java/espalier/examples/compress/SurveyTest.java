package espalier.examples.compress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.examples.Console;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Methods times units. */
class SurveyTest {
    @TempDir
    private Path folder;

    @Test
    void everyMethodMeetsEveryUnit() throws Exception {
        Path csv = folder.resolve("s.csv");
        Console done = Console.run("survey --smoke --epochs 1 --methods magnitude --granularities element,filter,bn"
                + " --sparsity 50% --csv " + csv);
        assertEquals(0, done.status(), done.err());
        List<String> lines = Files.readAllLines(csv);
        assertEquals(4, lines.size());
        String[] element = lines.get(1).split(",", -1);
        assertEquals(5_000 + 425_500 / 2, Long.parseLong(element[5]), "the classes keep all their weights");
        // conv1 10 of 20 filters, conv2 25 of 50 that read 10, fc1 250 of 500 that read 25·16, fc2 all that is left
        String[] filter = lines.get(2).split(",", -1);
        double macs = 288_000 / 2.0 + 1_600_000 / 4.0 + 400_000 / 4.0 + 5_000 / 2.0;
        assertEquals(2_293_000 / macs, Double.parseDouble(filter[6]), 1e-3);
        assertTrue(done.out().contains("accuracy, %, with 50% of the units gone"), done.out());
    }

    @Test
    void anUnknownMethodIsASentence() throws Exception {
        Console done = Console.run("survey --methods magnitude,wish");
        assertEquals(2, done.status());
        assertEquals(
                "examples/run survey: there is no stage or method called wish; there are "
                        + String.join(", ", StageCatalog.names()),
                done.err().strip());
    }
}
