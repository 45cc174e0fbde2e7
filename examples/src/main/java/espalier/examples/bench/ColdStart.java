package espalier.examples.bench;

import espalier.nn.Init;
import espalier.nn.model.LeNet;
import espalier.sparsity.export.Exporter;
import espalier.sparsity.export.PackedModel;
import espalier.sparsity.export.Packer;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.io.BufferedReader;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/**
 * From the start of a fresh JVM to its first answer: the program of {@code examples/embedding}, compiled as a user
 * would, loads LeNet-5 from a packed file and classifies an image. Two jars on the class path, no flags.
 */
final class ColdStart {
    private static final String PROGRAM = "Classify.java";
    private static final int PIXELS = 28 * 28;

    private final List<String> command;

    private ColdStart(List<String> command) {
        this.command = command;
    }

    static List<Workload> all() {
        return List.of(
                Workload.time("coldstart-lenet", Unit.MILLISECONDS, _ -> prepare(List.of())::firstAnswer),
                Workload.time(
                        "coldstart-lenet-vector",
                        Unit.MILLISECONDS,
                        _ -> prepare(List.of("--add-modules", "jdk.incubator.vector"))::firstAnswer));
    }

    /** Compiles the program and saves a model and an image, into a folder that is deleted at exit. */
    private static ColdStart prepare(List<String> flags) {
        try {
            Path folder = Files.createTempDirectory("espalier-coldstart");
            folder.toFile().deleteOnExit();
            Path source = file(folder, PROGRAM);
            Path model = file(folder, "model.espalier");
            Path image = file(folder, "image.pgm");
            try (InputStream text = ColdStart.class.getResourceAsStream(PROGRAM)) {
                if (text == null) {
                    throw new FileNotFoundException("the jar has no " + PROGRAM);
                }
                Files.copy(text, source);
            }
            file(folder, "Classify.class");
            compile(source);
            Exporter.of(LeNet.lenet5(Init.of(1)), Shape.of(1, 28, 28))
                    .with(Packer.dense())
                    .labels(IntStream.range(0, 10).mapToObj(Integer::toString).toList())
                    .export()
                    .write(model);
            byte[] header = "P5\n28 28\n255\n".getBytes(StandardCharsets.US_ASCII);
            byte[] bytes = new byte[header.length + PIXELS];
            System.arraycopy(header, 0, bytes, 0, header.length);
            Files.write(image, bytes);
            Stream<String> start = Stream.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    folder + File.pathSeparator + libraries());
            Stream<String> program = Stream.of("Classify", model.toString(), image.toString());
            return new ColdStart(Stream.of(start, flags.stream(), program)
                    .flatMap(words -> words)
                    .toList());
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        }
    }

    private static Path file(Path folder, String name) {
        Path file = folder.resolve(name);
        file.toFile().deleteOnExit();
        return file;
    }

    private static void compile(Path source) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        if (compiler == null || compiler.run(null, null, null, "-cp", libraries(), source.toString()) != 0) {
            throw new IllegalStateException(source + " cannot be compiled");
        }
    }

    /** Where the libraries are that the program needs. */
    private static String libraries() {
        return Stream.of(Tensor.class, PackedModel.class)
                .map(ColdStart::origin)
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static String origin(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toString();
        } catch (URISyntaxException problem) {
            throw new IllegalStateException(problem);
        }
    }

    /** Starts a JVM and returns when it has printed its answer. */
    private void firstAnswer() {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try (BufferedReader answers = process.inputReader()) {
                if (answers.readLine() == null) {
                    throw new IllegalStateException("no answer from " + String.join(" ", command));
                }
            } finally {
                process.destroyForcibly();
            }
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        }
    }
}
