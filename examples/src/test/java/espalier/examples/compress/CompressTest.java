package espalier.examples.compress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.examples.Console;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.model.ResNet;
import espalier.sparsity.Sparsity;
import espalier.sparsity.runtime.InferenceModel;
import espalier.sparsity.surgery.Surgeon;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.io.SafeTensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A network goes through stages and comes out as small as they were told; mistakes get one sentence. */
class CompressTest {
    private static final String SMALL =
            " --smoke --data fashion-tenth --set train.epochs=1 --set retrain.epochs=1 --out ";

    @Test
    void keepsWhatItWasTold(@TempDir Path folder) throws Exception {
        Console done = Console.run("compress --method admm --rate 50 --epochs 1 --model lenet5" + SMALL + folder);
        assertEquals(0, done.status(), done.err());
        assertTrue(done.out().contains(" of 430,500 weights (50.0x)"), done.out());
        InferenceModel packed = InferenceModel.load(folder.resolve("model.espalier"));
        assertEquals(10, packed.run(new float[784]).length);
        assertEquals("0.286", packed.packed().metadata().get("mean"));
        assertTrue(Files.size(folder.resolve("model.espalier")) < Files.size(folder.resolve("dense.espalier")) / 10);
        for (String file : List.of("result.json", "report.html", "residuals.csv")) {
            assertTrue(Files.exists(folder.resolve(file)), file);
        }
    }

    @Test
    void cutsWhatHasDiedAndGoesOnFromThere(@TempDir Path folder) throws Exception {
        Path recipe = folder.resolve("filters.recipe");
        Files.writeString(
                recipe, "model = lenet5-bn\n[train]\nepochs = 1\n[admm]\nfilters = conv1 10, fc1 100\nepochs = 1\n");
        Path out = folder.resolve("first");
        Console first = Console.run("compress --smoke --recipe " + recipe + " --out " + out);
        assertEquals(0, first.status(), first.err());
        try (SafeTensors saved = SafeTensors.open(out.resolve("model.safetensors"))) {
            assertEquals(
                    "[10, 1, 5, 5]",
                    saved.tensor("conv1.weight", Device.cpu()).shape().toString());
            assertEquals(
                    "[100, 800]",
                    saved.tensor("fc1.weight", Device.cpu()).shape().toString());
        }
        Console second = Console.run("compress --method magnitude --sparsity 50% --set retrain.epochs=1 --smoke"
                + " --model lenet5-bn --model-file " + out.resolve("model.safetensors") + " --out "
                + folder.resolve("second"));
        assertEquals(0, second.status(), second.err());
        Console judged = Console.run("eval --smoke --model-file " + folder.resolve("second/model.safetensors"));
        assertEquals(0, judged.status(), judged.err());
    }

    /** What STR keeps of each layer is a file, and other methods keep as much of each. */
    @Test
    void aLearnedBudgetGoesIntoOtherMethods(@TempDir Path folder) throws Exception {
        Path first = folder.resolve("str");
        Console learned = Console.run("compress --method str --sparsity 90% --epochs 2 --model lenet5" + SMALL + first);
        assertEquals(0, learned.status(), learned.err());
        Path csv = first.resolve("budget.csv");
        for (String method : List.of("gmp", "admm")) {
            Console done = Console.run("compress --method " + method + " --epochs 1 --model lenet5 --set " + method
                    + ".allocation=" + csv + SMALL + folder.resolve(method));
            assertEquals(0, done.status(), done.err());
            assertTrue(
                    done.out()
                            .lines()
                            .anyMatch(line -> line.startsWith("[" + method + "]")
                                    && line.contains(" 43,050 of 430,500 weights (10.0x)")),
                    done.out());
        }
    }

    /**
     * One weight a layer, and they do not meet; and a layer without any, which is told once though [retrain] follows.
     */
    @Test
    void tooMuchIsTold(@TempDir Path folder) {
        Console dead = Console.run("compress --method magnitude --sparsity 99.9999% --model lenet300" + SMALL + folder);
        assertEquals(0, dead.status(), dead.err());
        List<String> warnings = warnings(dead);
        assertEquals(1, warnings.size(), dead.out());
        assertTrue(
                warnings.getFirst()
                        .startsWith(
                                "WARNING: [magnitude] nothing of the image reaches the output any more, so that every"
                                        + " image gets the same answer; fewest weights are left in fc1.weight 1, fc2.weight 1, fc3.weight 1:"),
                dead.out());
        Console sound = Console.run("compress --method magnitude --sparsity 90% --model lenet300" + SMALL + folder);
        assertEquals(List.of(), warnings(sound));
    }

    private static List<String> warnings(Console done) {
        return done.out().lines().filter(line -> line.startsWith("WARNING")).toList();
    }

    /** A residual branch may lose all weights: the network goes on without it. */
    @Test
    void aLayerWithoutWeightsIsNamed() throws Exception {
        Module net = ResNet.cifar(Init.of(1), 8, ResNet.Shortcut.PADDED);
        Parameter inner = Objects.requireNonNull(Sparsity.weights(net).get("stage2block1.body.conv1.weight"));
        inner.set(inner.raw().value().mul(0));
        assertEquals(
                Optional.of(
                        "no weight is left in stage2block1.body.conv1.weight: if that was not meant, prune less, or keep"
                                + " some by floor or allocation"),
                Overpruned.sentence(Sparsity.of(net), Surgeon.of(net, Shape.of(1, 3, 8, 8))));
    }

    /** A budget of another network, or of a part of this one, is refused before anything is trained. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            gmp       | conv1,1;fc1,0.5;fc3,0.5                   | : line 4 names fc3, which is no layer of the network; there are conv1.weight, conv2.weight, fc1.weight, fc2.weight
            magnitude | conv1,1;fc1,0.5;fc2,0.5                   | : has no line for conv2.weight, which is to be pruned; give it one, with a density of 1 if it shall stay dense
            admm      | conv1,1;conv1.weight,1                    | : line 3 names conv1.weight a second time
            """)
    void aBudgetOfAnotherNetwork(String method, String lines, String message, @TempDir Path folder) throws Exception {
        Path csv = folder.resolve("b.csv");
        Files.writeString(csv, "layer,density\n" + lines.replace(';', '\n') + "\n");
        Console done = Console.run("compress --method " + method + " --model lenet5 --set " + method + ".allocation="
                + csv + SMALL + folder.resolve("run"));
        assertEquals("examples/run compress: " + csv + message, done.err().strip());
        assertEquals(2, done.status());
        assertTrue(Files.notExists(folder.resolve("run")), "nothing is left behind");
    }

    /** A network that was pruned from the first stage on is not called dense. */
    @Test
    void withoutDenseTrainingThereIsNoDenseNetwork(@TempDir Path folder) throws Exception {
        Path recipe = folder.resolve("scratch.recipe");
        Files.writeString(recipe, "model = lenet300\n[gmp]\nsparsity = 90%\nepochs = 1\n");
        Console done = Console.run("compress --smoke --recipe " + recipe + " --out " + folder.resolve("run"));
        assertEquals(0, done.status(), done.err());
        assertTrue(done.out().contains("\nafter gmp "), done.out());
        assertTrue(!done.out().contains("\ndense "), done.out());
    }

    @Test
    void aRecipeOfNothingAndWhatIsNoText(@TempDir Path folder) throws Exception {
        Path recipe = folder.resolve("empty.recipe");
        Files.writeString(recipe, "model = lenet5\n");
        Console empty = Console.run("compress --smoke --recipe " + recipe + " --out " + folder.resolve("run"));
        assertEquals(2, empty.status());
        assertEquals(
                "examples/run compress: empty.recipe has no stage, so nothing would be done; write [train] and what shall"
                        + " follow it",
                empty.err().strip());
        Files.write(recipe, new byte[] {'a', (byte) 0xff, (byte) 0xfe});
        for (Path unreadable : List.of(recipe, folder)) {
            Console refused = Console.run("compress --smoke --recipe " + unreadable);
            assertEquals(2, refused.status());
            assertTrue(
                    refused.err().startsWith("examples/run compress: " + unreadable + ": cannot be read as a text"),
                    refused.err());
        }
    }

    /** A folder that cannot be made is found out before the training whose results should go there. */
    @Test
    void aFolderThatCannotBeMade(@TempDir Path folder) throws Exception {
        Path file = Files.createFile(folder.resolve("file"));
        Console done = Console.run("compress --method magnitude --sparsity 50% --model lenet5" + SMALL + file);
        assertEquals(2, done.status());
        assertTrue(done.err().contains(" is a file, not a folder for results"), done.err());
        assertTrue(!done.out().contains("[train]"), done.out());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --recipe /no/such                                       | there is no file /no/such
            --method nix                                            | there is no stage or method called nix; there are train, retrain, magnitude
            --model lenet5                                          | compress needs either --recipe FILE or --method
            --method str --sparsity 95% --granularity bn --model lenet5 | prune: the model has no batch norm
            --method str                                            | [str] sparsity: say either sparsity, such as 95%, or rate, such as 20
            --method str --sparsity 1.5                             | --sparsity: 1.5 is not from 0 to below 1
            --method admm --rate 1000000                            | rates: 1000000.0x leaves fewer than one unit
            --method admm --granularity rows --rate 2               | --granularity: rows is none of element, filter
            --method magnitude --sparsity 0.5 --set magnitude.only=conv9 | there is no layer called conv9 with weights; there are conv1, conv2, fc1, fc2
            --method magnitude --sparsity 0.5 --epochs 3            | --epochs: [magnitude] knows no epochs
            --method quantize                                       | [quantize] bits: say on how many bits
            --method quantize --bits lots                           | bits: conv1.weight is to be 'lots'
            --method admm --rate 2 --set admm.allocation=some   | --allocation: some is none of uniform, global, erk, root, or a budget's .csv file
            --method gmp --set gmp.allocation=/no/such.csv          | there is no file /no/such.csv
            --method retrain --set retrain.distill=2                | --distill: 2.0 is not from 0.0 to 1.0
            --method retrain --set retrain.lr=-1                    | --lr: -1.0 is not from 0.0 to 1000000.0
            --method retrain --set retrain.momentum=NaN             | --momentum: NaN is not from 0.0 to 1.0
            --method freeze --bits 3 --set freeze.part=2            | --part: 2.0 is not from 1.0E-6 to 1.0
            --method gmp --sparsity 0.5 --set gmp.every=0           | ramp: sparsity from 0.0 to 0.5, steps from 0 to
            --method magnitude --sparsity 0.5 --set magnitude.floor=-1 | --floor: -1 units are less than none
            --method gmp --sparsity 0.5 --model resnet20            | model resnet20 takes images [3, 32, 32]
            """)
    void aMistakeGetsOneSentence(String arguments, String message, @TempDir Path folder) {
        Console done = Console.run("compress " + arguments + " --smoke --out " + folder.resolve("run"));
        List<String> lines = done.err().lines().toList();
        assertEquals(1, lines.size(), done.err());
        assertTrue(lines.getFirst().startsWith("examples/run compress: " + message), lines.getFirst());
        assertEquals(2, done.status());
        assertTrue(Files.notExists(folder.resolve("run")), "nothing is left behind");
    }
}
