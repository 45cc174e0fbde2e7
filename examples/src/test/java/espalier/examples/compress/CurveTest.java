package espalier.examples.compress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.examples.Console;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Networks of different sizes on a curve. */
class CurveTest {
    @TempDir
    private Path folder;

    @Test
    void aPointIsTheMeanOfItsSeeds() throws Exception {
        Path whole = Saved.lenet5(folder, "whole", 50);
        Path small = Saved.lenet5(folder, "small", 10);
        Path smaller = Saved.lenet5(folder, "smaller", 5);
        Path csv = folder.resolve("c.csv");
        Path html = folder.resolve("c.html");
        Path svg = folder.resolve("c.svg");
        Console done = Console.run("curve --smoke --threads 1 dense=" + whole + " few=" + small + "," + smaller
                + " --csv " + csv + " --html " + html + " --svg " + svg);
        assertEquals(0, done.status(), done.err());
        assertEquals(3, done.out().lines().count(), done.out());
        List<String> lines = Files.readAllLines(csv);
        String[] dense = lines.get(1).split(",", -1);
        String[] few = lines.get(2).split(",", -1);
        assertEquals(20 + 50 + 500 + 10, Double.parseDouble(dense[4]));
        assertEquals(20 + 7.5 + 500 + 10, Double.parseDouble(few[4]));
        assertEquals(2_293_000, Double.parseDouble(dense[5]));
        // conv1 288,000; conv2 32,000 a filter; fc1 8,000 a filter; fc2 5,000
        assertEquals(293_000 + 7.5 * 40_000, Double.parseDouble(few[5]));
        assertEquals("2", few[2]);
        assertTrue(Files.readString(html).contains("Accuracy against multiply-adds"));
        assertTrue(Files.readString(svg).startsWith("<svg"));
    }

    @Test
    void oneNetworkIsNoCurve() throws Exception {
        Console done = Console.run("curve dense=" + Saved.lenet5(folder, "whole", 50));
        assertEquals(2, done.status());
        assertEquals(
                "examples/run curve: curve needs two points at least: the dense network and a smaller one",
                done.err().strip());
    }

    @Test
    void namesAndFilesMustBeThere() throws Exception {
        String whole = Saved.lenet5(folder, "whole", 50).toString();
        assertRefused("curve dense=" + whole + " =" + whole, "a name is missing before =" + whole);
        assertRefused("curve dense=" + whole + " few=", "a file is missing in few=;");
        assertRefused("curve dense=" + whole + " few=" + whole + ",", "a file is missing in few=" + whole + ",;");
    }

    private static void assertRefused(String command, String reason) throws Exception {
        Console done = Console.run(command);
        assertEquals(2, done.status());
        assertEquals(1, done.err().strip().lines().count(), done.err());
        assertTrue(done.err().startsWith("examples/run curve: curve: " + reason), done.err());
    }
}
