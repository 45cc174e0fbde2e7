package espalier.examples.compress;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.examples.Console;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.model.LeNet;
import espalier.sparsity.Granularity;
import espalier.sparsity.Sparsity;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One layer at a time is pruned, by as much as the table says, and is then as it was. */
class SensitivityTest {
    private static final int OTHERS = 430_500 - 25_000;

    @TempDir
    private Path folder;

    private static double[] leftOfConv2(Module net, Granularity granularity) {
        return Sensitivity.row(
                net, "conv2.weight", granularity, pruned -> Sparsity.of(pruned).nonZeros() - OTHERS);
    }

    @Test
    void aLayerIsPrunedByThePartsOfTheTableAndRestored() {
        Module net = LeNet.lenet5(Init.of(1));
        float[] before = weights(net);
        assertArrayEquals(
                new double[] {12_500, 7_500, 5_000, 2_500, 1_250, 500, 250}, leftOfConv2(net, Granularity.ELEMENT));
        assertArrayEquals(before, weights(net));
    }

    @Test
    void groupsArePrunedAsOneAndOneIsKept() {
        // 50 filters of 500: 25, 15, 10, 5, 3 (2.5 rounds up), 1, 1 (0.5 rounds up).
        assertArrayEquals(
                new double[] {12_500, 7_500, 5_000, 2_500, 1_500, 500, 500},
                leftOfConv2(LeNet.lenet5(Init.of(1)), Granularity.FILTER));
    }

    private static float[] weights(Module net) {
        return Objects.requireNonNull(Sparsity.weights(net).get("conv2.weight"))
                .raw()
                .value()
                .toFloats();
    }

    @Test
    void theCommandTestsEveryLayerAndDrawsIt() throws Exception {
        Path run = Saved.write(folder, "run", LeNet.lenet300(Init.of(1)), Map.of("model", "lenet300"));
        Path svg = folder.resolve("s.svg");
        Path csv = folder.resolve("s.csv");
        Console done = Console.run(
                "sensitivity --smoke --granularity filter --model-file " + run + " --svg " + svg + " --csv " + csv);
        assertEquals(0, done.status(), done.err());
        List<String> lines = Files.readAllLines(csv);
        assertEquals("layer,50,70,80,90,95,98,99", lines.getFirst());
        assertEquals(
                List.of("fc1.weight", "fc2.weight", "fc3.weight"),
                lines.stream().skip(1).map(line -> line.split(",")[0]).toList());
        String picture = Files.readString(svg);
        assertEquals(3, picture.split("<polyline", -1).length - 1);
        assertTrue(picture.contains(">fc3.weight</text>"), picture);
    }

    @Test
    void aMistakeGetsOneSentence() throws Exception {
        Path run = Saved.lenet5(folder, "run", 50);
        refused("sensitivity", "Missing required option: '--model-file=FILE'");
        refused("sensitivity --model-file /no/such", "there is no file /no/such");
        refused("sensitivity --data nix --model-file " + run, "there is no data called nix");
        refused("sensitivity --data digits --model-file " + run, "takes images [1, 28, 28], digits has [1, 8, 8]");
        refused("sensitivity --granularity nix --model-file " + run, "Invalid value for option '--granularity'");
    }

    private static void refused(String command, String message) {
        Console done = Console.run(command);
        assertEquals(2, done.status(), done.err());
        assertEquals(1, done.err().lines().count(), done.err());
        assertTrue(
                done.err().startsWith("examples/run sensitivity: ")
                        && done.err().contains(message),
                done.err());
    }
}
