package espalier.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command line as a user meets it: what is listed, and what a mistake gets. */
class MainTest {
    private record Outcome(int status, String out, String err) {}

    private static Outcome run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = Main.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
        return new Outcome(status, out.toString(), err.toString());
    }

    @Test
    void withoutArgumentsItListsWhatThereIs() {
        Outcome outcome = run();
        assertEquals(0, outcome.status());
        assertTrue(outcome.out().lines().anyMatch(line -> line.matches(" +bench +\\S.*")), outcome.out());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            nix                           | examples/run: there is no example nix; without arguments it lists all
            --frob                        | examples/run: Unknown option: '--frob' (see examples/run --help)
            bench                         | examples/run bench: Missing required parameter: 'FAMILY' (see examples/run bench --help)
            bench gem                     | examples/run bench: there is no family gem; there are gemm, conv
            bench gemm --threads -1       | examples/run bench: --threads must be from 1 to 1024, not -1
            bench gemm --threads x        | examples/run bench: Invalid value for option '--threads'
            bench gemm --filter (         | examples/run bench: --filter is no regular expression: Unclosed group in (
            bench gemm --filter no-such   | examples/run bench: no workload of these families has a name that matches no-such
            """)
    void aMistakeGetsOneLineAndStatus2(String arguments, String message) {
        Outcome outcome = run(arguments.split(" "));
        assertEquals(2, outcome.status());
        assertEquals("", outcome.out());
        List<String> lines = outcome.err().lines().toList();
        assertEquals(1, lines.size(), outcome.err());
        assertTrue(lines.getFirst().startsWith(message), lines.getFirst());
    }

    @Test
    void helpNamesTheOptions() {
        Outcome outcome = run("bench", "--help");
        assertEquals(0, outcome.status());
        assertTrue(outcome.out().contains("--threads"), outcome.out());
    }
}
