package espalier.examples.compress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.examples.Console;
import espalier.nn.Init;
import espalier.nn.model.LeNet;
import espalier.sparsity.export.Exporter;
import espalier.tensor.Device;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The ledger of a file, in each of its forms, and what a file that cannot be read gets. */
class LedgerCommandTest {
    @TempDir
    private Path folder;

    @Test
    void theTableHasTheFilesBytesBesideTheSchemes() throws Exception {
        Path run = Saved.lenet5(folder, "pruned", 5);
        Console done = Console.run("ledger " + run);
        assertEquals(0, done.status(), done.err());
        long bytes = Files.size(run.resolve("model.safetensors"));
        assertTrue(done.out().startsWith(String.format("pruned (lenet5), %,d bytes in the file", bytes)), done.out());
        // 500 + 2,500 + 400,000 + 5,000 weights are left, 5 of 50 filters of conv2.
        assertTrue(done.out().lines().anyMatch(line -> line.matches("total +430,500 +408,000 .*")), done.out());
        assertTrue(done.out().lines().anyMatch(line -> line.matches("conv2.weight .* 5/50 +500/500 .*")), done.out());
        assertEquals(
                done.out(),
                Console.run("ledger " + run.resolve("model.safetensors")).out());
    }

    @Test
    void theOtherFormsHoldTheSameFigures() throws Exception {
        Path run = Saved.lenet5(folder, "pruned", 5);
        Path csv = folder.resolve("l.csv");
        Path json = folder.resolve("l.json");
        Path html = folder.resolve("l.html");
        Console done = Console.run("ledger " + run + " --csv " + csv + " --json " + json + " --html " + html);
        assertEquals(0, done.status(), done.err());
        List<String> lines = Files.readAllLines(csv);
        assertTrue(lines.get(2).startsWith("conv2.weight,25000,2500,32,5,500,1600000,160000,"), lines.get(2));
        String figures = Files.readString(json);
        assertTrue(figures.contains("\"non_zeros\": 408000,"), figures);
        String page = Files.readString(html);
        assertTrue(page.contains("<td>conv2.weight</td>") && page.contains(">5 of 50 (10 %)</text>"), page);
    }

    @Test
    void aPackedFileHasTheSameLedgerAndItsOwnBytes() throws Exception {
        Path run = Saved.lenet5(folder, "pruned", 5);
        Path file = folder.resolve("lenet.espalier");
        SavedModel saved = SavedModel.open(run, Optional.empty(), Device.cpu());
        Exporter.of(saved.net(), saved.input()).export().write(file);
        Path csv = folder.resolve("packed.csv");
        Console done = Console.run("ledger " + file + " --csv " + csv);
        assertEquals(0, done.status(), done.err());
        assertEquals(saved.ledger().csv(), Files.readString(csv));
        String bytes = String.format(java.util.Locale.ROOT, "%,d", Files.size(file));
        assertTrue(done.out().contains("all of it") && done.out().contains(" " + bytes + System.lineSeparator()));
        refused("ledger --times " + file, "--times needs a model.safetensors, whose forms can be changed");
        refused("cut " + file, "is a packed model, which runs but cannot be changed; give the model.safetensors");
        Files.write(file, new byte[] {'E', 'S', 'P', 'K', 9});
        refused("ledger " + file, "lenet.espalier");
    }

    @Test
    void aMistakeGetsOneSentence() throws Exception {
        Path nameless = Saved.write(folder, "nameless", LeNet.lenet5(Init.of(1)), Map.of());
        Path wrong = Saved.write(folder, "wrong", LeNet.lenet300(Init.of(1)), Map.of("model", "lenet5"));
        Path unknown = Saved.write(folder, "unknown", LeNet.lenet5(Init.of(1)), Map.of("model", "nix"));
        Path text = Files.writeString(folder.resolve("text.safetensors"), "nonsense");
        refused("ledger /no/such", "there is no file /no/such");
        refused(
                "ledger " + nameless,
                "does not say which model it is: it may be a checkpoint; if it is a model, use --model");
        refused("ledger " + wrong, "does not fit the model it names: load: the file has no conv1");
        refused("ledger " + unknown, "there is no model called nix; there are lenet300, ");
        refused("ledger " + text, "text.safetensors");
        refused("ledger", "Missing required parameter: 'FILE'");
        refused("ledger " + Saved.lenet5(folder, "a", 5) + " --csv /no/such/a.csv", "/no/such/a.csv");
    }

    private static void refused(String command, String message) {
        Console done = Console.run(command);
        assertEquals(2, done.status(), done.err());
        assertEquals(1, done.err().lines().count(), done.err());
        assertTrue(
                done.err().startsWith("examples/run " + command.split(" ")[0] + ": ")
                        && done.err().contains(message),
                done.err());
    }
}
