package espalier.examples.train;

import espalier.examples.data.Split;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.data.DataLoader;
import espalier.nn.train.ConfusionMatrix;
import espalier.nn.train.Evaluation;
import espalier.tensor.Device;
import espalier.tensor.io.SafeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Judges a saved model on test data. */
@Command(name = "eval", description = "Judges a saved model.", mixinStandardHelpOptions = true)
public final class Eval implements Callable<Integer> {
    @Mixin
    private final RunOptions options = new RunOptions();

    @Option(names = "--model-file", required = true, paramLabel = "FILE", description = "A model.safetensors.")
    private Path file = Path.of("model.safetensors");

    @Option(names = "--model", description = "The kind of model; by default what the file says.")
    private @Nullable String model;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        Device device = options.device();
        if (Files.isDirectory(file)) {
            throw new IllegalArgumentException(file + " is a folder; give the model file in it");
        }
        try (SafeTensors saved = SafeTensors.open(file)) {
            Architecture architecture = Architecture.of(file, saved, Optional.ofNullable(model));
            Split split = options.split(architecture.input());
            architecture.requireFits(split);
            Module net = architecture.make(Init.of(device, 0));
            ModelFile.load(net, architecture.input(), saved, device);
            DataLoader test = DataLoader.of(split.test(), options.batch())
                    .with(split.normalize())
                    .on(device);
            ConfusionMatrix matrix = Evaluation.of(net, test);
            spec.commandLine()
                    .getOut()
                    .printf(
                            Locale.ROOT,
                            "%s on %s: accuracy %.2f %% (%d of %d), macro F1 %.4f%n",
                            architecture.label(),
                            split.name(),
                            100 * matrix.accuracy(),
                            matrix.correct(),
                            matrix.total(),
                            matrix.macroF1());
        }
        return 0;
    }
}
