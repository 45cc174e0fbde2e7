package espalier.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every command has help, the quick ones run, and a mistake gets one sentence and status 2. */
class CommandsTest {
    static Stream<String> names() {
        return Main.names().stream();
    }

    @ParameterizedTest
    @MethodSource("names")
    void everyCommandExplainsItself(String name) {
        Console help = Console.run(name + " --help");
        assertEquals(0, help.status(), help.err());
        assertTrue(help.out().startsWith("Usage: examples/run " + name), help.out());
        assertEquals("", help.err());
    }

    @ParameterizedTest
    @CsvSource({
        "first-tensor, met",
        "gradient-check, met",
        "mlp-by-hand, met",
        "devices, reference",
        "data, embedded",
        "data list, fsdd",
        "tune-gpu --device reference, nothing to tune"
    })
    void theQuickOnesRun(String command, String said) {
        Console done = Console.run(command);
        assertEquals(0, done.status(), done.err());
        assertTrue(done.out().contains(said), done.out());
    }

    @Test
    void theSummaryCountsWhatThePruningLiteratureCounts() {
        Console done = Console.run("summary --model lenet5");
        assertTrue(done.out().contains("431,080 parameters, 2,293,000 MACs"), done.out());
    }

    @Test
    void theGraphIsDrawnAsTextAndAsAPicture(@TempDir Path folder) throws Exception {
        Path svg = folder.resolve("graph.svg");
        Console text = Console.run("graph --model lenet5");
        for (String operation : List.of("conv2d", "maxPool2d", "relu", "matmul")) {
            assertTrue(text.out().contains(operation), text.out());
        }
        assertEquals(0, Console.run("graph --model lenet5 --svg " + svg).status());
        assertTrue(Files.readString(svg).startsWith("<svg"), "it is a picture");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            train --model nix             | examples/run train: there is no model called nix; there are lenet300, lenet5
            train --data nix              | examples/run train: there is no data called nix; embedded are fashion-tenth and digits
            train --data digits           | examples/run train: model lenet5 takes images [1, 28, 28], digits has [1, 8, 8]; --resize scales them
            train --model resnet20        | examples/run train: model resnet20 takes images [3, 32, 32], fashion-tenth has [1, 28, 28]; --resize scales them
            train --device nix            | examples/run train: device: there is no nix here
            tune-gpu --device nix         | examples/run tune-gpu: device: there is no nix here
            train --epochs -1             | examples/run train: --epochs must be at least 1, not -1
            train --epochs x              | examples/run train: Invalid value for option '--epochs'
            train --batch 0               | examples/run train: --batch must be at least 1, not 0
            train --threads -2            | examples/run train: --threads must be at least 1, not -2
            train --threads 100000        | examples/run train: --threads must be at most 1024, not 100000
            train --checkpoint-steps -3   | examples/run train: --checkpoint-steps must be at least 0, not -3
            train --smoothing NaN         | examples/run train: --smoothing must be from 0 to 1, not NaN
            train --data /                | examples/run train: /: holds neither idx files, nor CIFAR-10's
            train --data ''               | examples/run train: there is no data called '';
            train --lr -1                 | examples/run train: sgd: rate
            train --momentum 1            | examples/run train: sgd: rate 0.01 and decay 5.0E-4 must be finite and not negative, momentum 1.0
            train --schedule nix          | examples/run train: Invalid value for option '--schedule'
            train --frob                  | examples/run train: Unknown option: '--frob'
            quickstart --epochs 0         | examples/run quickstart: --epochs must be at least 1, not 0
            eval                          | examples/run eval: Missing required option: '--model-file=FILE'
            eval --model-file /no/such    | examples/run eval: there is no file /no/such
            summary --model nix           | examples/run summary: there is no model called nix
            graph --svg /no/such/a.svg    | examples/run graph: /no/such/a.svg: the folder for it is not there
            graph --dot /dev/full         | examples/run graph: /dev/full: is there already and is no regular file
            data fetch mnist --from nix   | examples/run data fetch: --from is no address of files: nix
            data fetch nix                | examples/run data fetch: there is no data called nix to fetch; there are mnist
            data fetch fsdd               | examples/run data fetch: fsdd is not published as files with checksums; get it with: git clone https://github.com/Jakobovski/free-spoken-digit-dataset data/fsdd
            spoken-digits --epochs 0      | examples/run spoken-digits: --epochs must be at least 1, not 0
            spoken-digits --cell lstm     | examples/run spoken-digits: Invalid value for option '--cell'
            lenet-mnist --data nix        | examples/run lenet-mnist: there is no data called nix
            bench train --model nix       | examples/run bench: there is no model called nix
            bench train --batch -1        | examples/run bench: --batch must be at least 1, not -1
            """)
    void aMistakeGetsOneSentence(String arguments, String message, @TempDir Path folder) throws Exception {
        boolean writes = arguments.startsWith("train") || arguments.startsWith("quickstart");
        Console done = Console.run(arguments + (writes ? " --out " + folder.resolve("run") : ""));
        List<String> lines = done.err().lines().toList();
        assertEquals(1, lines.size(), done.err());
        assertTrue(lines.getFirst().startsWith(message), lines.getFirst());
        assertEquals(2, done.status());
    }
}
