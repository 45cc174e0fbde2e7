package espalier.nn.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training that is killed (as by {@code kill -9}) at random moments and started again ends with the same bits. */
class KilledTrainingTest {
    @TempDir
    private Path folder;

    private static Process start(Path checkpoint, Path result) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()) {
            command.add("--add-modules=jdk.incubator.vector");
        }
        command.addAll(List.of(
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                TrainingToBeKilled.class.getName(),
                checkpoint.toString(),
                result.toString()));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    /** Kills a run some steps after it began, in the middle of whatever it does then. */
    private static void killedAfter(int steps, long nanos, Path checkpoint, Path result) throws Exception {
        Process run = start(checkpoint, result);
        try (BufferedReader lines = run.inputReader()) {
            for (int i = 0; i < steps; i++) {
                assertTrue(lines.readLine() != null, "the run ended too early");
            }
            TimeUnit.NANOSECONDS.sleep(nanos);
        } finally {
            run.destroyForcibly();
        }
        run.waitFor();
    }

    @Test
    void sameBitsAsWithoutInterruption() throws Exception {
        Path straight = folder.resolve("straight.safetensors");
        TrainingToBeKilled.run(folder.resolve("checkpoint-straight"), straight, step -> {});
        Path checkpoint = folder.resolve("checkpoint");
        Path result = folder.resolve("killed.safetensors");
        Random random = new Random();
        for (int kill = 0; kill < 3; kill++) {
            killedAfter(1 + random.nextInt(7), random.nextInt(4_000_000), checkpoint, result);
            assertTrue(Files.exists(checkpoint) && Files.notExists(result), "killed on its way");
        }
        Process last = start(checkpoint, result);
        long steps;
        try (BufferedReader lines = last.inputReader()) {
            steps = lines.lines().count();
        }
        assertEquals(0, last.waitFor());
        assertTrue(steps > 0 && steps < 35, steps + " steps were left of 35");
        assertArrayEquals(Files.readAllBytes(straight), Files.readAllBytes(result));
        // A kill may leave an unfinished file beside the checkpoint, but only one.
        try (Stream<Path> files = Files.list(folder)) {
            assertTrue(files.count() <= 4 + 3);
        }
    }
}
