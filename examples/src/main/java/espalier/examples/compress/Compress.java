package espalier.examples.compress;

import espalier.examples.data.DataCatalog;
import espalier.examples.data.Split;
import espalier.examples.report.RunFolder;
import espalier.examples.train.ModelCatalog;
import espalier.nn.Init;
import espalier.nn.Parameter;
import espalier.nn.train.Evaluation;
import espalier.sparsity.Sparsity;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.io.SafeTensors;
import java.io.IOException;
import java.io.PrintWriter;
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
import picocli.CommandLine.Spec;

/** Makes a network smaller by a recipe, or by one method named on the command line. */
@Command(
        name = "compress",
        description = "Makes a network smaller: by a recipe, or by one method.",
        mixinStandardHelpOptions = true)
public final class Compress implements Callable<Integer> {
    @Option(names = "--recipe", paramLabel = "FILE", description = "The stages the network goes through, as a text.")
    private @Nullable Path recipeFile;

    @Option(names = "--method", description = "Instead of a recipe: train, this one stage, retrain.")
    private @Nullable String method;

    @Option(
            names = "--set",
            paramLabel = "STAGE.KEY=VALUE",
            description = "Another value for a line of the recipe, such as admm.epochs=5 or seed=2. May be repeated.")
    private Map<String, String> changes = new LinkedHashMap<>();

    @Option(names = "--model", description = "The kind of model, one of those that summary lists.")
    private @Nullable String model;

    @Option(
            names = "--model-file",
            paramLabel = "FILE",
            description = "A trained one to start from; [train] is left out.")
    private @Nullable Path modelFile;

    @Option(names = "--data", paramLabel = "NAME|FOLDER", description = "What it learns from.")
    private @Nullable String data;

    @Option(names = "--data-root", paramLabel = "FOLDER", description = "Where named data is looked for first.")
    private @Nullable Path dataRoot;

    @Option(names = "--seed", description = "Of all random numbers.")
    private @Nullable String seed;

    @Option(names = "--granularity", description = "Of --method: what is removed as one.")
    private @Nullable String granularity;

    @Option(names = "--sparsity", description = "Of --method: the part to remove, such as 0.95 or 95%%.")
    private @Nullable String sparsity;

    @Option(names = "--rate", description = "Of --method: how many times fewer are to be left.")
    private @Nullable String rate;

    @Option(names = "--bits", description = "Of --method: bits a weight.")
    private @Nullable String bits;

    @Option(names = "--epochs", description = "Of --method: times through the data.")
    private @Nullable String epochs;

    @Option(
            names = "--device",
            defaultValue = "cpu",
            description = "One that devices lists. Default: ${DEFAULT-VALUE}.")
    private String device = "cpu";

    @Option(names = "--smoke", description = "A few samples only: does it run at all?")
    private boolean smoke;

    @Option(
            names = "--out",
            defaultValue = "runs/compress",
            paramLabel = "FOLDER",
            description = "Where results go. Default: ${DEFAULT-VALUE}.")
    private Path out = Path.of("runs", "compress");

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        PrintWriter console = spec.commandLine().getOut();
        Recipe recipe = recipe();
        Settings start = recipe.start();
        String kind = start.text("model", "lenet5");
        long number = start.whole("seed", 1);
        int batch = start.whole("batch", 128);
        double floor = start.number("floor", 0);
        Optional<Path> file =
                Optional.ofNullable(modelFile).or(() -> start.text("model-file").map(Path::of));
        DataCatalog catalog = DataCatalog.usual();
        List<Path> roots = new ArrayList<>(catalog.roots());
        Optional.ofNullable(dataRoot).ifPresent(roots::addFirst);
        Split read = new DataCatalog(roots).read(start.text("data", "fashion-tenth"));
        Split split = smoke ? read.smoke() : read;
        start.refuseUnknown();

        Device where = Device.named(device);
        ModelCatalog catalogued = ModelCatalog.named(kind);
        if (!split.train().sampleShape().equals(catalogued.input())) {
            throw new IllegalArgumentException("model " + kind + " takes images " + catalogued.input() + ", "
                    + split.name() + " has " + split.train().sampleShape());
        }
        Workpiece piece = new Workpiece(
                () -> catalogued.make(Init.of(where, number)), split, batch, where, RandomSource.of(number), console);
        if (file.isPresent()) {
            try (SafeTensors saved = SafeTensors.open(file.get())) {
                piece.net().load(saved.tensors(where));
            }
        }
        Map<String, Stage> stages = new LinkedHashMap<>();
        for (Settings section : recipe.stages()) {
            if (file.isEmpty() || !section.section().equals(StageCatalog.TRAIN.label())) {
                String name = section.section();
                for (int i = 2; stages.containsKey(name); i++) {
                    name = section.section() + " " + i;
                }
                stages.put(name, StageCatalog.named(section.section()).make(section, piece));
            }
        }
        file.ifPresent(path -> piece.run("from " + path.getFileName(), _ -> {}));
        stages.forEach(piece::run);
        piece.net().parameters().values().forEach(Parameter::materialize);
        return finish(piece, recipe, kind, floor);
    }

    private int finish(Workpiece piece, Recipe recipe, String kind, double floor) throws IOException {
        PrintWriter console = piece.out();
        RunFolder folder = RunFolder.open(out, false);
        SafeTensors.write(
                folder.file("model.safetensors"),
                piece.net().state(),
                Map.of("model", kind, "data", piece.data().name()));
        console.println(Sparsity.of(piece.net()));
        double accuracy = piece.accuracy();
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("recipe", recipe.name());
        figures.put("model", kind);
        figures.put("data", piece.data().name());
        figures.put("test_accuracy", accuracy);
        for (Milestone milestone : piece.milestones()) {
            figures.put(milestone.stage() + "_accuracy", milestone.accuracy());
            figures.put(milestone.stage() + "_non_zeros", milestone.nonZeros());
            figures.put(milestone.stage() + "_seconds", milestone.seconds());
        }
        figures.putAll(RunFolder.circumstances(
                Device.named(device).backend().description(),
                spec.commandLine().getParseResult().originalArgs()));
        folder.finish("Compression by " + recipe.name(), figures, Evaluation.of(piece.net(), piece.test()));
        console.println("report: " + folder.file("report.html").toAbsolutePath().normalize());
        if (accuracy < floor) {
            console.printf("accuracy %.2f %% is below the recipe's floor of %.2f %%%n", 100 * accuracy, 100 * floor);
            return 1;
        }
        return 0;
    }

    /** The recipe of the file or of the method, with what the command line changes in it. */
    private Recipe recipe() throws IOException {
        if ((recipeFile == null) == (method == null)) {
            throw new IllegalArgumentException("compress needs either --recipe FILE or --method, which is one of "
                    + String.join(", ", StageCatalog.names()));
        }
        Recipe read = recipeFile != null
                ? Recipe.read(recipeFile)
                : Recipe.parse(
                        String.valueOf(method),
                        List.of(
                                "[train]",
                                "[" + StageCatalog.named(String.valueOf(method)).label() + "]",
                                "[retrain]"));
        for (var change : ofStart().entrySet()) {
            read = read.with("start", change.getKey(), change.getValue());
        }
        for (var change : ofMethod().entrySet()) {
            if (method == null) {
                throw new IllegalArgumentException("--" + change.getKey()
                        + " belongs to --method; for a recipe say --set STAGE." + change.getKey() + "="
                        + change.getValue());
            }
            read = read.with(method, change.getKey(), change.getValue());
        }
        for (var change : changes.entrySet()) {
            int dot = change.getKey().lastIndexOf('.');
            read = dot < 0
                    ? read.with("start", change.getKey(), change.getValue())
                    : read.with(
                            change.getKey().substring(0, dot), change.getKey().substring(dot + 1), change.getValue());
        }
        return read;
    }

    private Map<String, String> ofStart() {
        return given("model", model, "data", data, "seed", seed);
    }

    private Map<String, String> ofMethod() {
        return given("granularity", granularity, "sparsity", sparsity, "rate", rate, "bits", bits, "epochs", epochs);
    }

    private static Map<String, String> given(@Nullable String... namesAndValues) {
        Map<String, String> found = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            String value = namesAndValues[i + 1];
            if (value != null) {
                found.put(String.valueOf(namesAndValues[i]), value);
            }
        }
        return found;
    }
}
