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

    /**
     * Now and then, mostly on a busy machine, the compiler leaves a loop of which it makes objects for ever. An
     * allocation of ours would be there in the next process too.
     */
    private static void check(String model, int threads, boolean vector, int lines) throws Exception {
        List<String> loud = allocating(model, threads, vector, lines);
        List<String> again = loud.isEmpty() ? loud : allocating(model, threads, vector, lines);
        assertTrue(again.isEmpty(), () -> model + ", " + threads + " thread(s), twice: " + loud + ", " + again);
    }

    /** What a process said of the forms that go on allocating. */
    private static List<String> allocating(String model, int threads, boolean vector, int lines) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (vector) {
            assumeTrue(ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent(), "no Vector API here");
            command.add("--add-modules=jdk.incubator.vector");
            command.add("-XX:-UseTypeSpeculation"); // which mostly saves vectors from becoming objects
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
            return said.stream()
                    .filter(line -> !line.contains(": 0 bytes after"))
                    .toList();
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
