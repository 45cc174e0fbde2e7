package espalier.examples.compress;

import espalier.examples.train.ModelFile;
import espalier.sparsity.surgery.Plan;
import espalier.sparsity.surgery.Selection;
import espalier.sparsity.surgery.Surgeon;
import espalier.tensor.Device;
import espalier.tensor.io.SafeTensors;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Cuts dead channels out of a saved network, which then computes the same with less. */
@Command(
        name = "cut",
        description = "Cuts dead channels out of a saved network: smaller, faster, the same outputs.",
        mixinStandardHelpOptions = true)
public final class Cut implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "A model.safetensors, or the folder of a run.")
    private Path file = Path.of("model.safetensors");

    @Option(names = "--model", description = "The kind of model; by default what the file says.")
    private @Nullable String model;

    @Option(names = "--print-plan", description = "Only print what would be cut, and why.")
    private boolean printPlan;

    @Option(
            names = "--select",
            paramLabel = "PATH:AXIS:INDICES",
            description = "Cut these channels instead, dead or not, such as conv1.weight:0:3,7. May be repeated.")
    private List<String> selected = new ArrayList<>();

    @Option(names = "--out", paramLabel = "FILE", description = "Where to. By default cut.safetensors beside the file.")
    private @Nullable Path out;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        PrintWriter console = spec.commandLine().getOut();
        SavedModel saved = SavedModel.open(file, Optional.ofNullable(model), Device.cpu());
        Surgeon surgeon = Surgeon.of(saved.net(), saved.input().inserting(0, 1));
        List<Plan> plans = selected.isEmpty() ? surgeon.cutDead() : chosen(surgeon);
        (plans.isEmpty() ? List.of(surgeon.dead()) : plans).forEach(console::print);
        console.flush();
        if (printPlan) {
            return 0; // what was cut is the copy in memory
        }
        if (plans.isEmpty()) {
            console.println(
                    "nothing to cut: no channel is dead; prune by filters, channels or batch-norm scales first");
            return 0;
        }
        Map<String, String> metadata = new LinkedHashMap<>(saved.metadata());
        metadata.putAll(saved.architecture().metadata());
        plans.forEach(plan -> ModelFile.noteCut(metadata, plan.encoded()));
        Path to = Optional.ofNullable(out).orElseGet(this::beside);
        SafeTensors.write(to, saved.net().state(), metadata);
        console.printf("%s: %,d bytes, %,d before%n", to, Files.size(to), saved.fileBytes());
        return 0;
    }

    private List<Plan> chosen(Surgeon surgeon) {
        Plan plan = surgeon.without(selected.stream().map(Selection::parse).toList());
        surgeon.cut(plan);
        return List.of(plan);
    }

    private Path beside() {
        return Files.isDirectory(file) ? file.resolve("cut.safetensors") : file.resolveSibling("cut.safetensors");
    }
}
