package espalier.examples.compress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.examples.Console;
import espalier.examples.data.DataCatalog;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.model.LeNet;
import espalier.tensor.Device;
import espalier.tensor.Tensor;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Filters ranked by what they put out, in a LeNet-5 with batch norm whose even and odd first filters differ on purpose.
 */
class CriterionTest {
    private static final String ODD = cut(1);
    private static final String EVEN = cut(0);

    private final StringWriter told = new StringWriter();

    private static String cut(int first) {
        return "conv1.weight:0:"
                + IntStream.range(0, 10)
                        .mapToObj(i -> String.valueOf(first + 2 * i))
                        .collect(Collectors.joining(","));
    }

    private static Tensor evenOdd(double even, double odd) {
        float[] values = new float[20];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (i % 2 == 0 ? even : odd);
        }
        return Tensor.of(values);
    }

    /** A network that was pruned by these lines, beginning with these values of the first batch norm. */
    private Compression run(Map<String, Tensor> ofBn1, String... lines) throws Exception {
        List<String> recipe = new ArrayList<>(List.of("model = lenet5-bn", "data = fashion-tenth", "batch = 32"));
        recipe.addAll(List.of(lines));
        Compression work = new Compression(
                Recipe.parse("r", recipe), true, DataCatalog.usual(), Device.cpu(), true, new PrintWriter(told, true));
        Module net = LeNet.lenet5WithBatchNorm(Init.of(1));
        Map<String, Tensor> state = net.state();
        ofBn1.forEach((name, value) -> state.get("bn1." + name).copyInPlace(value));
        Tensor conv1 = state.get("conv1.weight");
        conv1.mulInPlace(evenOdd(1, 1.5).reshape(20, 1, 1, 1));
        work.from("dense", state);
        work.run();
        return work;
    }

    /**
     * Odd filters have the larger weights; in the second line they fire seldom and strongly, in the third always and
     * weakly.
     */
    @ParameterizedTest
    @CsvSource({"norm, 20, -100, 100, even", "apoz, 20, -100, 100, odd", "mean-activation, 100, 30, 1, odd"})
    void theLeastImportantFiltersAreCut(String importance, double even, double odd, double scale, String gone)
            throws Exception {
        Compression work = run(
                Map.of("shift", evenOdd(even, odd), "scale", evenOdd(1, scale)),
                "[magnitude]",
                "granularity = filter",
                "only = conv1",
                "sparsity = 50%",
                "importance = " + importance,
                "importance-batches = 3");
        assertEquals(
                gone.equals("odd") ? ODD : EVEN,
                work.piece().cuts().getFirst().encoded().split(" ")[0]);
        assertEquals(
                !importance.equals("norm"),
                told.toString()
                        .contains("filters of conv1.weight are ranked by " + importance + " on 3 batches"
                                + System.lineSeparator()));
    }

    /**
     * The running mean is wrong at first, so that odd filters seem dead; training, at a rate of 0, mends it before the
     * ramp.
     */
    @Test
    void gradualPruningMeasuresAnewAsTheNetworkChanges() throws Exception {
        Compression work = run(
                Map.of("shift", evenOdd(-1, 3), "mean", evenOdd(0, 50)),
                "[gmp]",
                "granularity = filter",
                "only = conv1",
                "sparsity = 50%",
                "importance = apoz",
                "epochs = 8",
                "lr = 0",
                "begin = 0.9",
                "end = 1",
                "every = 10");
        assertEquals(EVEN, work.piece().cuts().getFirst().encoded().split(" ")[0]);
    }

    /** Caffe's LeNet-5 has an activation function behind fc1 alone, and the user is told so. */
    @Test
    void whatCannotBeRankedIsTold(@TempDir Path folder) {
        Console done = Console.run("compress --method magnitude --granularity filter --importance apoz --sparsity 50%"
                + " --model lenet5 --smoke --set train.epochs=1 --set retrain.epochs=1 --out " + folder);
        assertEquals(0, done.status(), done.err());
        assertTrue(
                done.out()
                        .contains("filters of fc1.weight are ranked by apoz on 4 batches; conv1.weight, conv2.weight"
                                + " stay as they are, for no activation function follows them"),
                done.out());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            [magnitude]; sparsity = 50%; importance = apoz | r, line 8: importance: apoz tells how active the outputs of filters are, and the units are element; say granularity = filter
            [gmp]; rate = 2; granularity = block 2x2; importance = mean-activation | r, line 9: importance: mean-activation tells how active the outputs of filters are, and the units are block 2x2; say granularity = filter
            [magnitude]; sparsity = 50%; importance = some | r, line 8: importance: some is none of norm, apoz, mean-activation
            [magnitude]; rate = 2; granularity = filter; importance = apoz; importance-batches = 0 | r, line 10: importance-batches: 0 is less than 1
            [magnitude]; rate = 2; granularity = filter; importance = apoz; only = conv1 | prune: there is no conv1.weight; there are fc1.weight
            [str]; rate = 2; granularity = filter; importance = apoz | r, line 9: importance: apoz is for [magnitude] and [gmp]; thresholds are learned by a gradient, which leads to the norm of a unit only
            [admm]; rate = 2; granularity = filter; importance = apoz | r, line 9: importance: apoz is for [magnitude] and [gmp]; ADMM moves weights to the nearest ones that are sparse, and near is a matter of their norm
            [quantize]; bits = 3; importance = apoz | r, line 8: [quantize] knows no importance; it knows
            """)
    void aMistakeIsFoundBeforeAnythingIsTrained(String lines, String message) {
        Exception refused =
                assertThrows(IllegalArgumentException.class, () -> new SmallCompression("lenet5", lines.split("; ")));
        assertTrue(String.valueOf(refused.getMessage()).startsWith(message), refused.getMessage());
    }

    @Test
    void sensitivityTakesItToo(@TempDir Path folder) throws Exception {
        Path run = Saved.lenet5(folder, "run", 50);
        Console done = Console.run(
                "sensitivity --smoke --granularity filter --importance mean-activation --model-file " + run);
        assertEquals(0, done.status(), done.err());
        assertEquals(
                1, done.out().lines().filter(line -> line.contains(".weight ")).count(), done.out());
        Console refused = Console.run("sensitivity --smoke --importance apoz --model-file " + run);
        assertEquals(2, refused.status());
        assertTrue(
                refused.err().startsWith("examples/run sensitivity: --importance: apoz tells how active"),
                refused.err());
    }
}
