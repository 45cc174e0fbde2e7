package espalier.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.Variable;
import espalier.nn.Init;
import espalier.nn.model.LeNet;
import espalier.sparsity.export.Exporter;
import espalier.sparsity.export.PackedModel;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program in {@code examples/embedding}, compiled and run in four ways: one answer. */
class EmbeddingTest {
    private static final Path PROGRAM = Path.of("embedding", "Classify.java");

    @TempDir
    private Path folder;

    private Path model;
    private Path image;

    @BeforeEach
    void prepare() throws IOException {
        model = folder.resolve("model.espalier");
        image = folder.resolve("image.pgm");
        Exporter.of(LeNet.lenet5(Init.of(1)), Shape.of(1, 28, 28))
                .labels(List.of(
                        "T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"))
                .with(PackedModel.MEAN, "0.2860")
                .with(PackedModel.DEVIATION, "0.3530")
                .export()
                .write(model);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write("P5\n28 28\n255\n".getBytes(StandardCharsets.US_ASCII));
        for (int i = 0; i < 28 * 28; i++) {
            bytes.write(i * 37 % 256);
        }
        Files.write(image, bytes.toByteArray());
        int status = ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "-cp", libraries(), "-d", folder.toString(), PROGRAM.toString());
        assertEquals(0, status, "it compiles with two libraries");
    }

    private static String libraries() {
        return joined(Tensor.class, PackedModel.class);
    }

    private static String joined(Class<?>... types) {
        return Stream.of(types).map(EmbeddingTest::origin).collect(Collectors.joining(File.pathSeparator));
    }

    private static String origin(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toString();
        } catch (URISyntaxException problem) {
            throw new AssertionError(problem);
        }
    }

    private String answer(List<String> start, Path picture) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(start);
        command.addAll(List.of("Classify", model.toString(), picture.toString()));
        Process process = new ProcessBuilder(command)
                .redirectError(folder.resolve("err").toFile())
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        return process.waitFor() + " " + said;
    }

    @Test
    void classPathAndModulePathWithAndWithoutTheVectorApiGiveOneAnswer() throws Exception {
        List<String> onClassPath = List.of("-cp", folder + File.pathSeparator + libraries());
        String modules = joined(Tensor.class, Variable.class, LeNet.class, PackedModel.class);
        List<String> onModulePath =
                List.of("-p", modules, "--add-modules", "espalier.sparsity", "-cp", folder.toString());
        List<String> flag = List.of("--add-modules", "jdk.incubator.vector");
        Set<String> answers = new HashSet<>();
        for (List<String> path : List.of(onClassPath, onModulePath)) {
            for (List<String> more : List.of(List.<String>of(), flag)) {
                answers.add(answer(Stream.concat(path.stream(), more.stream()).toList(), image));
                String log = Files.readString(folder.resolve("err"));
                String chosen =
                        more.isEmpty() ? "scalar, [^\\n]* there is no module" : "vector, [^\\n]* there is the module";
                assertTrue(
                        Pattern.compile("INFO: CPU back end: " + chosen)
                                .matcher(log)
                                .find(),
                        log);
            }
        }
        assertEquals(1, answers.size(), answers::toString);
        assertTrue(answers.iterator().next().matches("0 [A-Za-z -]+"), answers::toString);
    }
}
