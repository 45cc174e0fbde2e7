package espalier.examples.compress;

import espalier.examples.bench.Stopwatch;
import espalier.examples.data.DataCatalog;
import espalier.examples.data.Split;
import espalier.examples.train.Architecture;
import espalier.examples.train.ModelCatalog;
import espalier.examples.train.ModelFile;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.sparsity.export.Packer;
import espalier.sparsity.surgery.Surgeon;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Tensor;
import espalier.tensor.io.SafeTensors;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A recipe at work: the network that it names, brought through its stages, then cut where channels have died. A mistake
 * in any of its lines is found before the first stage begins.
 */
public final class Compression {
    private final Recipe recipe;
    private final Architecture architecture;
    private final String title;
    private final double floor;
    private final Optional<Path> modelFile;
    private final Workpiece piece;
    private final Device device;
    private final Map<String, Stage> stages = new LinkedHashMap<>();
    private String cuts = "";

    /**
     * Prepares a recipe.
     *
     * @param trained whether a trained network is given, so that {@code [train]} is left out
     * @param smoke whether only a few samples are used
     * @throws IllegalArgumentException in one sentence naming the line that cannot be done
     */
    public Compression(
            Recipe recipe, boolean trained, DataCatalog catalog, Device device, boolean smoke, PrintWriter out)
            throws IOException {
        this.recipe = recipe;
        this.device = device;
        Settings start = recipe.start();
        ModelCatalog model = ModelCatalog.named(start.text("model", "lenet5"));
        model.requireImages();
        long seed = start.whole("seed", 1);
        int batch = start.whole("batch", 128);
        title = start.text("title", recipe.name());
        floor = start.number("floor", 0);
        modelFile = start.text("model-file").map(Path::of);
        Split read = catalog.read(start.text("data", "fashion-tenth"), model.input());
        read = start.flag("resize", false) ? read.resized(model.input()) : read;
        start.refuseUnknown();
        if (batch < 1) {
            throw start.wrong("batch", batch + " is less than 1");
        }
        architecture = Architecture.toLearn(model, read);
        piece = new Workpiece(() -> make(seed), smoke ? read.smoke() : read, batch, device, RandomSource.of(seed), out);
        boolean given = trained || modelFile.isPresent();
        if (!given && recipe.stages().isEmpty()) {
            throw new IllegalArgumentException(
                    recipe.name() + " has no stage, so nothing would be done; write [train] and what shall follow it");
        }
        for (Settings section : recipe.stages()) {
            if (!given || !section.section().equals(StageCatalog.TRAIN.label())) {
                String name = section.section();
                for (int i = 2; stages.containsKey(name); i++) {
                    name = section.section() + " " + i;
                }
                stages.put(name, StageCatalog.named(section.section()).make(section, piece));
            }
        }
    }

    /** The file of a trained network that the recipe names. */
    public Optional<Path> modelFile() {
        return modelFile;
    }

    /** Starts from a trained network. */
    public void from(String name, Map<String, Tensor> state) {
        piece.net().load(state);
        piece.run(name, _ -> {});
    }

    /** Starts from the trained network of a file, which may have been cut before. */
    public void from(Path file) throws IOException {
        try (SafeTensors saved = SafeTensors.open(file)) {
            Optional<String> says = Optional.ofNullable(saved.metadata().get("model"));
            Architecture found = Architecture.of(
                    file, saved, says.or(() -> Optional.of(architecture.model().label())));
            if (found.model() != architecture.model()) {
                throw new IllegalArgumentException(file + " holds a " + found.label() + ", " + recipe.name()
                        + " is for a " + architecture.label());
            }
            found.requireFits(piece.data());
            cuts = saved.metadata().getOrDefault(ModelFile.CUTS, "");
            ModelFile.load(piece.net(), architecture.input(), saved, device);
        }
        piece.run("from " + file.getFileName(), _ -> {});
    }

    private Module make(long seed) {
        Module made = architecture.make(Init.of(device, seed));
        if (!cuts.isEmpty()) {
            Surgeon.repeat(made, architecture.input().inserting(0, 1), cuts);
        }
        return made;
    }

    /** Runs the stages, bakes in what they put between weights and layers, and cuts out what has died. */
    public void run() {
        stages.forEach(piece::run);
        piece.cut();
    }

    /** Packs the network into a file and finds out what it costs. */
    public Appraisal appraise(Path file, Stopwatch watch) throws IOException {
        return Appraisal.of(
                piece.net(), piece.test(), piece.data().normalize(), Packer.smallest(), file, Device.cpu(), watch);
    }

    /** Packs the dense network, as floats, and finds out what that costs. */
    public Appraisal appraiseDense(Path file, Stopwatch watch) throws IOException {
        Module dense = piece.teacher().orElseThrow(() -> new IllegalStateException("nothing was trained"));
        return Appraisal.of(dense, piece.test(), piece.data().normalize(), Packer.dense(), file, Device.cpu(), watch);
    }

    /** What it works on. */
    public Workpiece piece() {
        return piece;
    }

    /** What the recipe calls itself. */
    public String title() {
        return title;
    }

    /** The accuracy that the recipe promises, at least. */
    public double floor() {
        return floor;
    }

    /** What a saved network must say of itself to be loaded again. */
    public Map<String, String> metadata() {
        Map<String, String> said = new LinkedHashMap<>(architecture.metadata());
        said.put("data", piece.data().name());
        said.put("recipe", recipe.name());
        if (!cuts.isEmpty()) {
            ModelFile.noteCut(said, cuts);
        }
        piece.cuts().forEach(plan -> ModelFile.noteCut(said, plan.encoded()));
        return said;
    }
}
