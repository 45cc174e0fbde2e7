package espalier.nn.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * A warm training step takes its memory from the pool: less than a megabyte is allocated on the heap, by all threads
 * together. Measured in a process of its own, whose compiled code no other test has shaped.
 */
class AllocationTest {
    private static final long MEGABYTE = 1_000_000;

    private static void check(String model, int batch) throws Exception {
        assumeTrue(
                ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent(),
                "the plain back end composes convolutions of views");
        Process run = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--add-modules=jdk.incubator.vector",
                        "-XX:-UseTypeSpeculation", // which mostly saves vectors from becoming objects
                        "-cp",
                        System.getProperty("java.class.path"),
                        TrainingToBeMeasured.class.getName(),
                        model,
                        Integer.toString(batch),
                        Long.toString(MEGABYTE))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader lines = run.inputReader()) {
            String line = lines.readLine();
            assertEquals(0, run.waitFor());
            String[] said = line.split(" ");
            assertTrue(
                    Long.parseLong(said[0]) < MEGABYTE,
                    () -> model + ": after " + said[1] + " steps a step allocates " + said[0] + " bytes");
        } finally {
            run.destroyForcibly();
        }
    }

    @Test
    void leNet5() throws Exception {
        check("lenet5", 64);
    }

    @Test
    void resNet20() throws Exception {
        check("resnet20", 16);
    }
}
