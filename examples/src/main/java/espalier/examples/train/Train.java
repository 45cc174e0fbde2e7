package espalier.examples.train;

import espalier.autograd.Variable;
import espalier.autograd.op.Losses;
import espalier.examples.data.Split;
import espalier.examples.report.RunFolder;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.Role;
import espalier.nn.data.DataLoader;
import espalier.nn.optim.Optimizer;
import espalier.nn.optim.Sgd;
import espalier.nn.train.Checkpoint;
import espalier.nn.train.ConfusionMatrix;
import espalier.nn.train.Evaluation;
import espalier.nn.train.Trainer;
import espalier.nn.train.TrainingListener.Position;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Tensor;
import espalier.tensor.io.SafeTensors;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Trains a model on images or sounds and leaves a folder with the model, its history and a report. */
@Command(name = "train", description = "Trains a model.", mixinStandardHelpOptions = true)
public final class Train implements Callable<Integer> {
    private static final String DATA_FROM = "data-from";
    private static final String PARTS = "parts";
    private static final String COMMAND = "command";

    @Mixin
    private final RunOptions options = new RunOptions();

    @Option(
            names = "--model",
            defaultValue = "lenet5",
            description = "One of those that summary lists. Default: ${DEFAULT-VALUE}.")
    private String model = "lenet5";

    @Option(names = "--epochs", defaultValue = "10", description = "Times through the data. Default: ${DEFAULT-VALUE}.")
    private int epochs;

    @Option(names = "--lr", defaultValue = "0.01", description = "Learning rate. Default: ${DEFAULT-VALUE}.")
    private double rate;

    @Option(names = "--momentum", defaultValue = "0.9", description = "Of SGD. Default: ${DEFAULT-VALUE}.")
    private double momentum;

    @Option(
            names = "--decay",
            defaultValue = "0.0005",
            description = "Weight decay, of weights only. Default: ${DEFAULT-VALUE}.")
    private double decay;

    @Option(names = "--nesterov", description = "Look ahead along the velocity.")
    private boolean nesterov;

    @Option(names = "--smoothing", defaultValue = "0", description = "Of labels. Default: ${DEFAULT-VALUE}.")
    private double smoothing;

    @Option(
            names = "--schedule",
            defaultValue = "cosine",
            description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private ScheduleOption schedule = ScheduleOption.COSINE;

    @Option(
            names = "--out",
            defaultValue = "runs/train",
            paramLabel = "FOLDER",
            description = "Where results go. Default: ${DEFAULT-VALUE}.")
    private Path out = Path.of("runs", "train");

    @Option(
            names = "--resume",
            description = "Go on from the checkpoint in --out, with the options the run was begun with.")
    private boolean resume;

    @Option(
            names = "--checkpoint-steps",
            defaultValue = "0",
            description = "Save a checkpoint every so many steps too, not only every epoch.")
    private int checkpointSteps;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        PrintWriter console = spec.commandLine().getOut();
        List<String> arguments = spec.commandLine().getParseResult().originalArgs();
        Path checkpoint = out.resolve("checkpoint.safetensors");
        Map<String, String> begun = resume && Files.exists(checkpoint) ? Checkpoint.settings(checkpoint) : Map.of();
        if (!begun.isEmpty()) {
            goOnAs(begun, arguments.subList(1, arguments.size()));
        }
        if (epochs < 1) {
            throw new IllegalArgumentException("--epochs must be at least 1, not " + epochs);
        }
        if (checkpointSteps < 0) {
            throw new IllegalArgumentException("--checkpoint-steps must be at least 0, not " + checkpointSteps);
        }
        if (!(smoothing >= 0 && smoothing <= 1)) {
            throw new IllegalArgumentException("--smoothing must be from 0 to 1, not " + smoothing);
        }
        Device device = options.device();
        ModelCatalog kind = ModelCatalog.named(model);
        Split split = options.split(kind.input());
        Architecture architecture = Architecture.toLearn(kind, split);
        if (architecture.classes() != kind.classes()) {
            console.printf(
                    "%s has %d classes: %s gets as many outputs, instead of the published %d%n",
                    split.name(), architecture.classes(), model, kind.classes());
            console.flush();
        }
        split.note().ifPresent(note -> {
            console.println(note);
            console.flush();
        });
        int rounds = options.smoke() ? Math.min(epochs, 1) : epochs;
        Module net = architecture.make(Init.of(device, options.seed()));
        RandomSource random = RandomSource.of(options.seed());
        DataLoader train = DataLoader.of(split.train(), options.batch())
                .shuffled(random.split("data"))
                .with(split.augment().then(split.normalize()))
                .on(device);
        DataLoader test =
                DataLoader.of(split.test(), 250).with(split.normalize()).on(device);
        Sgd.Options sgd = new Sgd.Options(rate, momentum, decay, nesterov);
        Optimizer<Sgd.Options> optimizer = new Sgd(net.parameters(), sgd)
                .forRoles(EnumSet.of(Role.BIAS, Role.NORM_SCALE, Role.NORM_SHIFT), sgd.withDecay(0));
        RunFolder folder = RunFolder.open(out, resume);
        Map<String, String> settings = settings(split, rounds);
        EpochSoFar epoch = new EpochSoFar(begun);
        Position from = Position.START;
        if (resume) {
            boolean isThere = Files.exists(checkpoint);
            from = isThere ? Checkpoint.load(checkpoint, net, optimizer, settings) : from;
            console.println(
                    isThere ? goingOn(from, rounds) : "there is no checkpoint in " + out + " yet: from the start");
            console.flush();
        }
        if (!resume && Files.exists(checkpoint)) {
            console.println(out + " holds a run already, which this one replaces; --resume would go on with that");
            console.flush();
        }
        Map<String, String> notes = notes(begun, rounds, from.epoch() < rounds, String.join(" ", arguments));
        Recorder.Saving saving = at -> {
            Map<String, String> said = new LinkedHashMap<>(settings);
            said.putAll(notes);
            said.putAll(epoch.saved());
            Checkpoint.save(checkpoint, net, optimizer, at, said);
        };
        try (Recorder recorder = new Recorder(net, test, folder, epoch, checkpointSteps, saving, console)) {
            new Trainer(net, optimizer, this::loss, random)
                    .with(schedule.over((long) rounds * train.batches()))
                    .with(new ProgressLine(console, rounds, train.batches()))
                    .with(new Divergence(rate))
                    .with(recorder)
                    .from(from)
                    .train(train, rounds);
        }
        double seconds = epoch.seconds();
        Map<String, String> said = new LinkedHashMap<>(architecture.metadata());
        said.put("data", split.name());
        SafeTensors.write(folder.file("model.safetensors"), net.state(), said);
        ConfusionMatrix matrix = Evaluation.of(net, test);
        folder.finish(model + " on " + split.name(), figures(split, device, rounds, matrix, seconds, notes), matrix);
        console.printf(
                Locale.ROOT,
                "test accuracy %.2f %% (%d of %d)%n",
                100 * matrix.accuracy(),
                matrix.correct(),
                matrix.total());
        console.printf(
                "report: %s%n", folder.file("report.html").toAbsolutePath().normalize());
        return 0;
    }

    /**
     * Options that were not given are what the run was begun with: the command line is read again, with those as
     * defaults.
     */
    private void goOnAs(Map<String, String> begun, List<String> given) {
        CommandLine line = spec.commandLine();
        Map<String, String> defaults = new HashMap<>();
        for (OptionSpec option : spec.options()) {
            String name = option.longestName().substring(2);
            String before = begun.get(name.equals("data") ? DATA_FROM : name);
            if (before != null && !line.getParseResult().hasMatchedOption(option)) {
                defaults.put(option.longestName(), before);
            }
        }
        line.setDefaultValueProvider(
                argument -> argument instanceof OptionSpec option ? defaults.get(option.longestName()) : null);
        line.parseArgs(given.toArray(String[]::new));
    }

    private static String goingOn(Position from, int rounds) {
        return from.epoch() >= rounds
                ? "all " + rounds + " epochs are done"
                : "going on in epoch " + (from.epoch() + 1) + " of " + rounds + " after batch " + from.batch();
    }

    /** What a run wants to find again when it goes on, but may change then. */
    private Map<String, String> notes(Map<String, String> begun, int rounds, boolean isAnotherPart, String command) {
        Map<String, String> notes = new LinkedHashMap<>();
        notes.put(DATA_FROM, options.dataFrom());
        if (!options.dataRoot().isEmpty()) {
            notes.put("data-root", options.dataRoot());
        }
        notes.put("device", options.deviceName());
        notes.put("resize", Boolean.toString(options.resize()));
        notes.put("smoke", Boolean.toString(options.smoke()));
        notes.put("epochs", Integer.toString(rounds));
        notes.put("checkpoint-steps", Integer.toString(checkpointSteps));
        int parts = Integer.parseInt(begun.getOrDefault(PARTS, "0"));
        notes.put(PARTS, Integer.toString(isAnotherPart ? parts + 1 : parts));
        notes.put(COMMAND, begun.getOrDefault(COMMAND, command));
        return notes;
    }

    /** What decides the weights, besides the code: a run goes on with the same, or not at all. */
    private Map<String, String> settings(Split split, int rounds) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("model", model);
        settings.put("data", split.name());
        settings.put("classes", Integer.toString(split.train().classes().size()));
        settings.put("examples", Integer.toString(split.train().size()));
        settings.put("data of checksum", DataChecksum.of(split));
        settings.put("seed", Long.toString(options.seed()));
        settings.put("batch", Integer.toString(options.batch()));
        settings.put("lr", Double.toString(rate));
        settings.put("momentum", Double.toString(momentum));
        settings.put("decay", Double.toString(decay));
        settings.put("nesterov", Boolean.toString(nesterov));
        settings.put("smoothing", Double.toString(smoothing));
        settings.put("schedule", schedule.name().toLowerCase(Locale.ROOT));
        if (schedule != ScheduleOption.CONSTANT) {
            settings.put("epochs", Integer.toString(rounds)); // the others are laid over all of them
        }
        return settings;
    }

    private Variable loss(Variable outputs, Tensor labels) {
        return Losses.crossEntropy(outputs, labels, smoothing);
    }

    private Map<String, Object> figures(
            Split split, Device device, int rounds, ConfusionMatrix matrix, double seconds, Map<String, String> notes) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("model", model);
        figures.put("data", split.name());
        figures.put("test_accuracy", matrix.accuracy());
        figures.put("test_correct", matrix.correct());
        figures.put("test_samples", matrix.total());
        figures.put("macro_f1", matrix.macroF1());
        figures.put("epochs", rounds);
        figures.put("batch", options.batch());
        figures.put("seed", options.seed());
        figures.put("seconds", seconds); // of all parts, if it was interrupted
        figures.put(PARTS, Integer.parseInt(notes.getOrDefault(PARTS, "1")));
        figures.putAll(
                RunFolder.circumstances(device.backend().description(), List.of(notes.getOrDefault(COMMAND, ""))));
        return figures;
    }
}
