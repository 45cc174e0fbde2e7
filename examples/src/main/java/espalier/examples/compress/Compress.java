package espalier.examples.compress;

import espalier.examples.bench.Stopwatch;
import espalier.examples.data.DataCatalog;
import espalier.examples.report.RunFolder;
import espalier.examples.train.Architecture;
import espalier.sparsity.Sparsity;
import espalier.tensor.Device;
import espalier.tensor.io.SafeTensors;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
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

    @Option(names = "--resize", description = "Scale images to the size and channels that the model takes.")
    private boolean resize;

    @Option(names = "--seed", description = "Of all random numbers.")
    private @Nullable String seed;

    @Option(names = "--granularity", description = "Of --method: what is removed as one.")
    private @Nullable String granularity;

    @Option(
            names = "--importance",
            description = "Of --method magnitude or gmp, for filters: norm, apoz or mean-activation.")
    private @Nullable String importance;

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
        Recipe recipe = ofItsModel(recipe());
        Device where = Device.named(device);
        DataCatalog usual = DataCatalog.usual();
        List<Path> roots = new ArrayList<>(usual.roots());
        Optional.ofNullable(dataRoot).ifPresent(roots::addFirst);
        Compression work = new Compression(recipe, modelFile != null, new DataCatalog(roots), where, smoke, console);
        Optional<Path> file = Optional.ofNullable(modelFile).or(work::modelFile);
        if (file.isPresent()) {
            work.from(file.get());
        }
        RunFolder folder = RunFolder.open(out, false); // before hours of work that it could not take
        work.run();
        SafeTensors.write(folder.file("model.safetensors"), work.piece().net().state(), work.metadata());
        console.println(Sparsity.of(work.piece().net()));
        SizeTable table = new SizeTable()
                .row(
                        work.piece().milestones().getFirst().title(),
                        work.appraiseDense(folder.file("dense.espalier"), Stopwatch.quick()))
                .row(
                        work.piece().cuts().isEmpty() ? "packed" : "cut and packed",
                        work.appraise(folder.file("model.espalier"), Stopwatch.quick()));
        table.print(console);
        CompressionReport.write(folder, recipe, work, table, circumstances(where));
        console.println("report: " + folder.file("report.html").toAbsolutePath().normalize());
        double accuracy = work.piece().accuracy();
        if (accuracy < work.floor()) {
            console.printf(
                    Locale.ROOT,
                    "accuracy %.2f %% is below the recipe's floor of %.2f %%%n",
                    100 * accuracy,
                    100 * work.floor());
            return 1;
        }
        return 0;
    }

    private Map<String, Object> circumstances(Device where) {
        return RunFolder.circumstances(
                where.backend().description(),
                spec.commandLine().getParseResult().originalArgs());
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

    /** A recipe that starts from a trained network and does not say which model it is for is for that one's. */
    private Recipe ofItsModel(Recipe recipe) throws IOException {
        Optional<Path> file = Optional.ofNullable(modelFile)
                .or(() -> recipe.start().text("model-file").map(Path::of));
        if (file.isEmpty() || recipe.start().text("model").isPresent()) {
            return recipe;
        }
        try (SafeTensors saved = SafeTensors.open(file.get())) {
            String kind =
                    Architecture.of(file.get(), saved, Optional.empty()).model().label();
            return recipe.with("start", "model", kind);
        }
    }

    private Map<String, String> ofStart() {
        return given("model", model, "data", data, "seed", seed, "resize", resize ? "yes" : null);
    }

    private Map<String, String> ofMethod() {
        return given(
                "granularity",
                granularity,
                "importance",
                importance,
                "sparsity",
                sparsity,
                "rate",
                rate,
                "bits",
                bits,
                "epochs",
                epochs);
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
