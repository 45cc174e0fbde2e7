package espalier.examples.compress;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.Variable;
import espalier.examples.Console;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file is cut, says what was cut, and is read again as what it is now. */
class CutTest {
    @TempDir
    private Path folder;

    private static float[] outputs(Path file) throws Exception {
        Variable x = Variable.constant(RandomSource.of(2).normal(Device.cpu(), Shape.of(3, 1, 28, 28)));
        return SavedModel.open(file, Optional.empty(), Device.cpu())
                .net()
                .apply(x)
                .value()
                .toFloats();
    }

    @Test
    void aPrunedFileBecomesASmallerOneThatComputesTheSame() throws Exception {
        Path run = Saved.lenet5(folder, "pruned", 5);
        Console plan = Console.run("cut --print-plan " + run);
        assertEquals(0, plan.status(), plan.err());
        assertTrue(plan.out().startsWith("45 channels: zero for every input"), plan.out());
        assertTrue(plan.out().contains("    conv2.weight axis 0 loses 5-49\n"), plan.out());
        assertTrue(plan.out().contains("    fc1.weight axis 1 loses 80-799\n"), plan.out());
        // 500 + 20, 2,500 + 5, 40,000 + 500, 5,000 + 10
        assertTrue(plan.out().contains("after:  48,535 parameters, "), plan.out());
        assertFalse(Files.exists(run.resolve("cut.safetensors")));

        Console done = Console.run("cut " + run);
        assertEquals(0, done.status(), done.err());
        Path cut = run.resolve("cut.safetensors");
        assertTrue(Files.size(cut) < Files.size(run.resolve("model.safetensors")) / 8);
        assertArrayEquals(outputs(run), outputs(cut), 1e-4f);

        Path again = folder.resolve("again.safetensors");
        Console second = Console.run("cut " + cut + " --select conv1.weight:0:0,19 --out " + again);
        assertEquals(0, second.status(), second.err());
        assertEquals(30, outputs(again).length);
        assertTrue(Console.run("cut " + again).out().contains("nothing to cut"));
    }

    @Test
    void aMistakeGetsOneSentence() throws Exception {
        Path run = Saved.lenet5(folder, "pruned", 5);
        Console bad = Console.run("cut " + run + " --select fc2.weight:0:1");
        assertEquals(2, bad.status());
        assertEquals(
                "examples/run cut: surgery: fc2.weight axis 0 index 1 cannot be cut: it is the output of the network\n",
                bad.err());
        assertEquals(
                "examples/run cut: surgery: 'fc2' does not say which channels, as in conv1.weight:0:3,7\n",
                Console.run("cut " + run + " --select fc2").err());
    }
}
