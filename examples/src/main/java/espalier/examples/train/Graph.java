package espalier.examples.train;

import espalier.autograd.Variable;
import espalier.autograd.graph.GraphDrawing;
import espalier.nn.ForwardPass;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.tensor.DType;
import espalier.tensor.RandomSource;
import espalier.tensor.Tensor;
import espalier.tensor.io.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Draws what autograd records when a model runs once in training. */
@Command(name = "graph", description = "Draws the graph that a model records.", mixinStandardHelpOptions = true)
public final class Graph implements Callable<Integer> {
    @Option(names = "--model", defaultValue = "lenet5", description = "Which. Default: ${DEFAULT-VALUE}.")
    private String model = "lenet5";

    @Option(
            names = "--classes",
            paramLabel = "N",
            description = "How many classes it tells apart. Default: as it is published.")
    private @Nullable Integer classes;

    @Option(names = "--svg", paramLabel = "FILE", description = "Write a picture.")
    private @Nullable Path svg;

    @Option(names = "--dot", paramLabel = "FILE", description = "Write Graphviz's format.")
    private @Nullable Path dot;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        ModelCatalog kind = ModelCatalog.named(model);
        Module net = new Architecture(kind, classes == null ? kind.classes() : classes).make(Init.of(1));
        Variable input = Variable.constant(Tensor.zeros(
                espalier.tensor.Device.cpu(), DType.F32, kind.input().inserting(0, 2)));
        // Under a hook layers are operations of their own, though training computes some of them together.
        Variable result = ForwardPass.training(
                RandomSource.of(1), () -> ForwardPass.hooked((module, x) -> x, () -> net.apply(input)));
        GraphDrawing drawing = GraphDrawing.of(result).named(input, "input");
        net.parameters().forEach((path, parameter) -> drawing.named(parameter.raw(), path));
        if (svg != null) {
            write(svg, drawing.svg());
        }
        if (dot != null) {
            write(dot, drawing.dot());
        }
        if (svg == null && dot == null) {
            spec.commandLine().getOut().print(drawing.text());
        }
        return 0;
    }

    private static void write(Path file, String text) throws IOException {
        if (!Files.isDirectory(
                Optional.ofNullable(file.toAbsolutePath().getParent()).orElse(file))) {
            throw new IOException(file + ": the folder for it is not there");
        }
        AtomicFile.writeText(file, text);
    }
}
