package espalier.examples.compress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.examples.Console;
import espalier.nn.Init;
import espalier.nn.model.LeNet;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two networks in one table, and what cannot be compared. */
class CompareTest {
    @TempDir
    private Path folder;

    @Test
    void theTableAndTheVerdictAreWrittenInAllForms() throws Exception {
        Path whole = Saved.lenet5(folder, "whole", 50);
        Path cut = Saved.lenet5(folder, "cut", 5);
        Path csv = folder.resolve("c.csv");
        Path json = folder.resolve("c.json");
        Path html = folder.resolve("c.html");
        Console done = Console.run("compare --smoke --no-times " + whole + " " + cut + " --csv " + csv + " --html "
                + html + " --json " + json);
        assertEquals(0, done.status(), done.err());
        assertTrue(done.out()
                .endsWith("no pair of a non-structured and a structured network to be compared."
                        + System.lineSeparator()));
        List<String> lines = Files.readAllLines(csv);
        assertEquals(3, lines.size());
        assertTrue(lines.get(1).startsWith("whole,dense,"), lines.get(1));
        // 500 + 2,500 + 500*80 + 5,000 weights after the cut.
        String[] fields = lines.get(2).split(",", -1);
        assertEquals("structured", fields[1]);
        assertEquals(430_500 / 48_000.0, Double.parseDouble(fields[3]), 1e-3);
        assertEquals(4 * 48_000, Long.parseLong(fields[5]));
        String figures = Files.readString(json);
        assertTrue(
                figures.contains("\"pruning\": \"structured\",") && figures.contains("\"data_bytes\": 192000,"),
                figures);
        assertTrue(figures.contains("\"verdict\": [\"Among these there is no pair"), figures);
        assertTrue(Files.readString(html).contains("<h1>Non-structured against structured pruning</h1>"));
    }

    @Test
    void bitsBringAllToTheSameQuantization() throws Exception {
        Path csv = folder.resolve("c.csv");
        Console done = Console.run("compare --smoke --no-times --bits 4 " + Saved.lenet5(folder, "a", 50) + " "
                + Saved.lenet5(folder, "b", 5) + " --csv " + csv);
        assertEquals(0, done.status(), done.err());
        List<String> lines = Files.readAllLines(csv);
        for (String line : lines.subList(1, 3)) {
            assertEquals(4, Double.parseDouble(line.split(",", -1)[4]), 0.3, line);
        }
    }

    /** Two runs of one kind under one name: means, and the accuracies they lie between. */
    @Test
    void severalSeedsAreOneNetworkWithTheirMeans() throws Exception {
        Path whole = Saved.lenet5(folder, "whole", 50);
        Path ten = Saved.lenet5(folder, "ten", 10);
        Path five = Saved.lenet5(folder, "five", 5);
        Path csv = folder.resolve("c.csv");
        Console done = Console.run("compare --smoke --no-times " + whole + " few=" + ten + "," + five + " ten=" + ten
                + " five=" + five + " --csv " + csv);
        assertEquals(0, done.status(), done.err());
        List<String[]> rows = Files.readAllLines(csv).stream()
                .map(line -> line.split(",", -1))
                .toList();
        assertEquals(List.of("few", "ten", "five"), List.of(rows.get(2)[0], rows.get(3)[0], rows.get(4)[0]));
        for (int column : new int[] {2, 3, 6, 8}) {
            double mean = (number(rows.get(3), column) + number(rows.get(4), column)) / 2;
            assertEquals(mean, number(rows.get(2), column), 0.51, rows.getFirst()[column]);
        }
        assertEquals(2, number(rows.get(2), 13));
        double ofTen = number(rows.get(3), 2);
        double ofFive = number(rows.get(4), 2);
        assertEquals(Math.min(ofTen, ofFive), number(rows.get(2), 14));
        assertEquals(Math.max(ofTen, ofFive), number(rows.get(2), 15));
        assertEquals(1, number(rows.get(1), 13));
        assertTrue(done.out().contains("one seed"), done.out());
    }

    private static double number(String[] row, int column) {
        return Double.parseDouble(row[column]);
    }

    @Test
    void aMistakeGetsOneSentence() throws Exception {
        Path a = Saved.lenet5(folder, "a", 50);
        Path other = Saved.write(folder, "other", LeNet.lenet300(Init.of(1)), Map.of("model", "lenet300"));
        refused("compare", "Missing required parameter: '[NAME=]FILE[,FILE...]'");
        refused("compare " + a, "compare needs at least two networks, not only " + a);
        refused("compare " + a + " /no/such", "there is no file /no/such");
        refused(
                "compare " + a + " " + other,
                "compare takes networks of one kind: " + a + " is a lenet5, other a lenet300");
        refused(
                "compare " + a + " b=" + a + ",",
                "compare: a file is missing in b=" + a + ",; write b=FILE or FILE,FILE");
        refused(
                "compare --smoke --no-times " + a + " b=" + a + "," + Saved.lenet5(folder, "c", 5),
                "compare: b is to be one network with several seeds, but a is dense and c structured");
        refused("compare --bits 1 " + a + " " + a, "--bits must be from 2 to 8, not 1");
        refused("compare --data digits " + a + " " + a, "takes images [1, 28, 28], digits has [1, 8, 8]");
    }

    private static void refused(String command, String message) {
        Console done = Console.run(command);
        assertEquals(2, done.status(), done.err());
        assertEquals(1, done.err().lines().count(), done.err());
        assertTrue(done.err().startsWith("examples/run compare: ") && done.err().contains(message), done.err());
    }
}
