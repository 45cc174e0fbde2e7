package espalier.examples.compress;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.examples.Console;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.model.LeNet;
import espalier.sparsity.Block;
import espalier.sparsity.Prunable;
import espalier.sparsity.Sparsity;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One layer at a time is pruned, by as much as the table says, and is then as it was. */
class SensitivityTest {
    private static final int OTHERS = 430_500 - 25_000;

    @TempDir
    private Path folder;

    private static double[] leftOfConv2(Module net, String units) {
        Prunable conv2 =
                Prunable.at(Units.named(units).in(net), Set.of("conv2.weight")).getFirst();
        return Sensitivity.row(net, conv2, pruned -> Sparsity.of(pruned).nonZeros() - OTHERS);
    }

    @Test
    void aLayerIsPrunedByThePartsOfTheTableAndRestored() {
        Module net = LeNet.lenet5(Init.of(1));
        float[] before = weights(net);
        assertArrayEquals(new double[] {12_500, 7_500, 5_000, 2_500, 1_250, 500, 250}, leftOfConv2(net, "element"));
        assertArrayEquals(before, weights(net));
    }

    @Test
    void groupsArePrunedAsOneAndOneIsKept() {
        // 50 filters of 500: 25, 15, 10, 5, 3 (2.5 rounds up), 1, 1 (0.5 rounds up).
        assertArrayEquals(
                new double[] {12_500, 7_500, 5_000, 2_500, 1_500, 500, 500},
                leftOfConv2(LeNet.lenet5(Init.of(1)), "filter"));
    }

    /** 13 rows of tiles, of which the last sticks out, by 500 columns: 6,500 tiles. */
    @Test
    void blocksArePrunedAsOne() {
        Module net = LeNet.lenet5(Init.of(1));
        Prunable conv2 = Prunable.at(Units.named("block 4x1").in(net), Set.of("conv2.weight"))
                .getFirst();
        assertArrayEquals(
                new double[] {3_250, 1_950, 1_300, 650, 325, 130, 65},
                Sensitivity.row(
                        net,
                        conv2,
                        _ -> new Block(4, 1).norms(conv2.value()).countNonZero().item()));
    }

    /** The scales of batch norm are put into STR-BN's form for it, which changes nothing the network computes. */
    @Test
    void scalesArePrunedAndRestored() {
        Module net = LeNet.lenet5WithBatchNorm(Init.of(1));
        List<Prunable> scales = Units.named("bn").in(net);
        assertEquals(
                List.of("bn1.scale", "bn2.scale"),
                scales.stream().map(Prunable::path).toList());
        assertArrayEquals(
                new double[] {25, 15, 10, 5, 3, 1, 1},
                Sensitivity.row(net, scales.getLast(), _ -> scales.getLast().liveUnits()));
        assertEquals(50, scales.getLast().liveUnits());
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
                List.of("fc1.weight", "fc2.weight"),
                lines.stream().skip(1).map(line -> line.split(",")[0]).toList());
        String picture = Files.readString(svg);
        assertEquals(2, picture.split("<polyline", -1).length - 1);
        assertTrue(picture.contains(">fc2.weight</text>"), picture);
    }

    /** Whatever compress can prune; filters of the last layer are the classes, channels of the first the image. */
    @ParameterizedTest
    @CsvSource({
        "element, conv1.weight conv2.weight fc1.weight fc2.weight",
        "filter, conv1.weight conv2.weight fc1.weight",
        "channel, conv2.weight fc1.weight fc2.weight",
        "column, conv1.weight conv2.weight fc1.weight fc2.weight",
        "kernel, conv1.weight conv2.weight fc1.weight fc2.weight",
        "block4x1, conv1.weight conv2.weight fc1.weight fc2.weight",
        "bn, bn1.scale bn2.scale"
    })
    void everyGranularityOfCompress(String units, String layers) throws Exception {
        Path run = Saved.write(folder, "bn", LeNet.lenet5WithBatchNorm(Init.of(1)), Map.of("model", "lenet5-bn"));
        Path csv = folder.resolve("s.csv");
        Console done =
                Console.run("sensitivity --smoke --granularity " + units + " --model-file " + run + " --csv " + csv);
        assertEquals(0, done.status(), done.err());
        assertEquals(
                List.of(layers.split(" ")),
                Files.readAllLines(csv).stream()
                        .skip(1)
                        .map(line -> line.split(",")[0])
                        .toList());
        assertTrue(
                done.out().contains("one layer's units (" + units.replace("block", "block ") + ") removed"),
                done.out());
    }

    @Test
    void aMistakeGetsOneSentence() throws Exception {
        Path run = Saved.lenet5(folder, "run", 50);
        refused("sensitivity", "Missing required option: '--model-file=FILE'");
        refused("sensitivity --model-file /no/such", "there is no file /no/such");
        refused("sensitivity --data nix --model-file " + run, "there is no data called nix");
        refused("sensitivity --data digits --model-file " + run, "takes images [1, 28, 28], digits has [1, 8, 8]");
        refused(
                "sensitivity --granularity nix --model-file " + run,
                "--granularity: nix is none of element, filter, channel, column, kernel, block 4x1 (or other sizes), bn");
        refused("sensitivity --granularity bn --model-file " + run, "prune: the model has no batch norm");
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
