package espalier.examples.compress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.examples.Console;
import espalier.tensor.Device;
import java.util.OptionalDouble;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where two curves cross, and that each density is timed once; how long anything takes is not tested. */
class BreakEvenTest {
    private static final double[] DENSITIES = {0.5, 0.3, 0.1};

    @Test
    void theCrossingLiesOnTheLineBetweenTwoDensities() {
        // 1.5 at 50 %, 0.5 at 30 %: 1 is half way.
        assertEquals(
                0.4, BreakEven.crossing(DENSITIES, new double[] {1.5, 0.5, 0.2}).orElseThrow(), 1e-12);
        // 1.3 at 30 %, 0.9 at 10 %: a quarter of the way back from 10 %.
        assertEquals(
                0.15, BreakEven.crossing(DENSITIES, new double[] {2, 1.3, 0.9}).orElseThrow(), 1e-12);
    }

    @Test
    void aLoneFastPointAmongSlowerOnesIsNoWin() {
        assertEquals(
                0.15,
                BreakEven.crossing(DENSITIES, new double[] {0.9, 1.3, 0.9}).orElseThrow(),
                1e-12);
        assertEquals(OptionalDouble.empty(), BreakEven.crossing(DENSITIES, new double[] {0.9, 0.9, 1}));
        assertEquals(
                0.5, BreakEven.crossing(DENSITIES, new double[] {0.9, 0.8, 0.7}).orElseThrow());
    }

    @ParameterizedTest
    @CsvSource({"5, 7, 1, 0.2, 7", "8, 10, 4, 0.5, 40", "6, 3, 4, 1, 18"})
    void aPartOfTheGroupsIsLeft(int rows, int columns, int height, double density, int nonZeros) {
        int found = 0;
        for (float w : BreakEven.pruned(rows, columns, height, density)) {
            found += w != 0 ? 1 : 0;
        }
        assertEquals(nonZeros, found);
    }

    @Test
    void theVerdictFollowsFromTheTimes() {
        AtomicInteger calls = new AtomicInteger();
        // Dense takes 3 while it is not yet compiled, then CSR at ten densities 2, 1.8, .. 0.2, blocks at ten 0.5,
        // dense 1.
        BreakEven measured = BreakEven.measure(Device.cpu(), 8, 4, 2, run -> {
            run.run();
            int call = calls.getAndIncrement();
            return call == 0 ? 3 : call <= 10 ? 2.2 - 0.2 * call : call <= 20 ? 0.5 : 1;
        });
        assertEquals(22, calls.get());
        // Not faster at 15 %, faster from there on.
        assertEquals("8x4 times 4x2: CSR wins below 15 %, 4x1 blocks below 60 % at least", measured.verdict());
        assertTrue(measured.toString().endsWith(measured.verdict() + System.lineSeparator()), measured.toString());
        assertEquals(
                "a: CSR wins at no density down to 1 %, 4x1 blocks below 20 %",
                new BreakEven("a", new double[] {0.3, 0.1, 0.01}, new double[] {3, 2, 1}, new double[] {1.5, 0.5, 0.1})
                        .verdict());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            break-even --shape 5x8      | --shape takes three sizes such as 500x800x128, not [5, 8]
            break-even --shape 5x8x0    | --shape takes three sizes such as 500x800x128, not [5, 8, 0]
            break-even --shape ax8x9    | Invalid value for option '--shape'
            break-even --threads 0      | --threads must be at least 1, not 0
            """)
    void aMistakeGetsOneSentence(String command, String message) {
        Console done = Console.run(command);
        assertEquals(2, done.status(), done.err());
        assertEquals(1, done.err().lines().count(), done.err());
        assertTrue(done.err().startsWith("examples/run break-even: " + message), done.err());
    }
}
