package espalier.nn.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.op.Losses;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.data.DataLoader;
import espalier.nn.optim.Adam;
import espalier.nn.optim.Optimizer;
import espalier.nn.optim.Sgd;
import espalier.nn.train.TrainingListener.Position;
import espalier.tensor.RandomSource;
import espalier.tensor.Tensor;
import espalier.tensor.io.SafeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A checkpoint's round trip, and one sentence for each way in which it cannot be used. */
class CheckpointTest {
    @TempDir
    private Path folder;

    private Path file;
    private final Module model = Tiny.leNet(Init.of(1));
    private final Optimizer<?> optimizer = new Adam(model.parameters(), Adam.Options.of(0.01));
    private static final Position AT = new Position(1, 2, 9);

    @BeforeEach
    void save() throws IOException {
        file = folder.resolve("checkpoint.safetensors");
        RandomSource random = RandomSource.of(1);
        new Trainer(model, optimizer, Losses::crossEntropy, random).train(DataLoader.of(Tiny.stripes(20, 1), 10), 1);
        Checkpoint.save(file, model, optimizer, AT);
    }

    private static Map<String, Integer> hashes(Module model, Optimizer<?> optimizer) {
        Map<String, Integer> hashes = new LinkedHashMap<>();
        model.state().forEach((path, value) -> hashes.put(path, Arrays.hashCode(value.toBytes())));
        optimizer.state().forEach((path, value) -> hashes.put("o." + path, Arrays.hashCode(value.toBytes())));
        return hashes;
    }

    @Test
    void roundTrip() throws IOException {
        Module other = Tiny.leNet(Init.of(2));
        Optimizer<?> fresh = new Adam(other.parameters(), Adam.Options.of(0.01));
        assertEquals(AT, Checkpoint.load(file, other, fresh));
        assertEquals(hashes(model, optimizer), hashes(other, fresh));
        assertEquals(9, fresh.steps());
    }

    private void refuses(String sentence, Module into, Optimizer<?> with) {
        Map<String, Integer> before = hashes(into, with);
        IOException thrown = assertThrows(IOException.class, () -> Checkpoint.load(file, into, with));
        assertTrue(thrown.getMessage().startsWith(file.toString()), thrown.getMessage());
        assertFalse(thrown.getMessage().contains("\n"), thrown.getMessage());
        assertTrue(thrown.getMessage().contains(sentence), thrown.getMessage());
        assertEquals(before, hashes(into, with), "nothing may change");
    }

    @Test
    void otherSettings() throws IOException {
        Checkpoint.save(file, model, optimizer, AT, Map.of("seed", "1", "schedule", "cosine"));
        Map<String, Integer> before = hashes(model, optimizer);
        IOException thrown =
                assertThrows(IOException.class, () -> Checkpoint.load(file, model, optimizer, Map.of("seed", "2")));
        assertEquals(
                file + ": was made with seed 1, not 2; go on with the same, or begin another run", thrown.getMessage());
        assertEquals(before, hashes(model, optimizer), "nothing may change");
        for (Map<String, String> fitting :
                List.of(Map.<String, String>of(), Map.of("seed", "1"), Map.of("schedule", "cosine", "new", "x"))) {
            assertEquals(AT, Checkpoint.load(file, model, optimizer, fitting));
        }
    }

    @Test
    void settingsAreReadBack() throws IOException {
        Map<String, String> settings = Map.of("seed", "1", "format", "mine", "data of", "C:\\pets \"x\"");
        Checkpoint.save(file, model, optimizer, AT, settings);
        assertEquals(settings, Checkpoint.settings(file));
        SafeTensors.write(file, model.state(), Map.of("setting.seed", "1"));
        IOException thrown = assertThrows(IOException.class, () -> Checkpoint.settings(file));
        assertEquals(file + ": is no checkpoint of a training run; it may be a model file", thrown.getMessage());
        Files.delete(file);
        thrown = assertThrows(IOException.class, () -> Checkpoint.settings(file));
        assertEquals(file + ": is not there", thrown.getMessage());
    }

    @Test
    void anotherModel() {
        Module other = Tiny.resNet(Init.of(1));
        Optimizer<?> fresh = new Adam(other.parameters(), Adam.Options.of(0.01));
        refuses(": belongs to another model or optimizer: ", other, fresh);
    }

    @Test
    void anotherOptimizer() {
        refuses(": was made with the optimizer Adam, not Sgd", model, new Sgd(model.parameters(), Sgd.Options.of(0.1)));
    }

    @Test
    void aModelFileAndAFileThatIsNotThere() throws IOException {
        SafeTensors.write(file, model.state(), Map.of());
        refuses(": is no checkpoint of a training run; it may be a model file", model, optimizer);
        Files.delete(file);
        refuses(": is not there", model, optimizer);
    }

    @Test
    void nonsenseInTheMetadata() throws IOException {
        for (Map<String, String> wrong : List.of(
                Map.of("epoch", "x", "batch", "0", "step", "0"),
                Map.of("epoch", "1", "batch", "0"),
                Map.of("epoch", "-1", "batch", "0", "step", "0"),
                Map.of("epoch", "99999999999", "batch", "0", "step", "0"))) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            model.state().forEach((path, value) -> tensors.put("model." + path, value));
            Map<String, String> metadata = new LinkedHashMap<>(wrong);
            metadata.put("format", "espalier-checkpoint-1");
            SafeTensors.write(file, tensors, metadata);
            refuses(": is damaged: ", model, optimizer);
        }
    }

    @Test
    void truncatedAnywhere() throws IOException {
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length += 1 + length / 7) {
            Files.write(file, Arrays.copyOf(whole, length));
            refuses("", model, optimizer);
        }
    }

    @Test
    void aSaveThatFailsLeavesTheOldOne() throws IOException {
        byte[] before = Files.readAllBytes(file);
        Path inside = file.resolve("not-a-folder");
        assertThrows(IOException.class, () -> Checkpoint.save(inside, model, optimizer, AT));
        assertEquals(Arrays.hashCode(before), Arrays.hashCode(Files.readAllBytes(file)));
    }

    @Test
    void trainingGoesOnFromThePosition() {
        Trainer trainer = new Trainer(model, optimizer, Losses::crossEntropy, RandomSource.of(1)).from(AT);
        long[] steps = new long[2];
        trainer.with(new TrainingListener() {
                    @Override
                    public void onStep(Position at, StepReport report) {
                        steps[0] = steps[0] == 0 ? at.step() : steps[0];
                        steps[1]++;
                    }
                })
                .train(DataLoader.of(Tiny.stripes(50, 1), 10), 2);
        assertEquals(10, steps[0]);
        assertEquals(3, steps[1], "three batches were left of the second epoch");
        assertEquals(new Position(2, 0, 12), trainer.position());
    }
}
