package espalier.sparsity.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A warm call of the run time allocates nothing at all, in any thread, whatever the form of the weights. Measured in a
 * process of its own, whose compiled code no other test has shaped.
 */
class RuntimeAllocationTest {
    private static final int FORMS = 8;

    private static void check(String model, int threads, boolean vector, int lines) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (vector) {
            assumeTrue(ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent(), "no Vector API here");
            command.add("--add-modules=jdk.incubator.vector");
        }
        command.add("-Despalier.threads=" + threads);
        command.addAll(
                List.of("-cp", System.getProperty("java.class.path"), InferenceToBeMeasured.class.getName(), model));
        Process run = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader reader = run.inputReader()) {
            List<String> said = reader.lines().toList();
            assertEquals(0, run.waitFor());
            assertEquals(lines, said.size());
            for (String line : said) {
                assertTrue(line.contains(": 0 bytes after"), () -> model + ", " + threads + " thread(s): " + line);
            }
        } finally {
            run.destroyForcibly();
        }
    }

    @Test
    void leNetWithBatchNorm() throws Exception {
        check("lenet5-bn", 1, true, 2 * FORMS + 1);
    }

    @Test
    void resNetOnTwoThreads() throws Exception {
        check("resnet20", 2, true, 2 * FORMS);
    }

    @Test
    void mobileNetOnTwoThreads() throws Exception {
        check("mobilenet", 2, true, FORMS);
    }

    @Test
    void thePlainBackEnd() throws Exception {
        check("lenet5-bn", 2, false, 2 * FORMS + 1);
    }
}
