package espalier.examples.train;

import espalier.autograd.op.Losses;
import espalier.examples.data.DataCatalog;
import espalier.examples.data.Split;
import espalier.examples.report.FigureTable;
import espalier.examples.report.RunFolder;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.Role;
import espalier.nn.Summary;
import espalier.nn.data.DataLoader;
import espalier.nn.data.Transform;
import espalier.nn.model.LeNet;
import espalier.nn.optim.Optimizer;
import espalier.nn.optim.Schedule;
import espalier.nn.optim.Sgd;
import espalier.nn.train.ConfusionMatrix;
import espalier.nn.train.Evaluation;
import espalier.nn.train.Trainer;
import espalier.nn.train.TrainingListener;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import espalier.tensor.io.SafeTensors;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * A network that learns, in less than a minute and without a download: LeNet-5 on a tenth of Fashion-MNIST. It fails if
 * fewer than {@value #FLOOR} of the test images are recognized.
 */
@Command(
        name = "quickstart",
        description = "Start here: a network learns to tell clothes apart, in a minute.",
        mixinStandardHelpOptions = true)
public final class Quickstart implements Callable<Integer> {
    private static final double FLOOR = 0.86;
    private static final long SEED = 1;
    private static final int BATCH = 32;
    private static final double RATE = 0.02;
    private static final double DECAY = 5e-4;
    private static final int TIMED_IMAGES = 500;

    @Option(names = "--epochs", defaultValue = "10", description = "Times through the data. Default: ${DEFAULT-VALUE}.")
    private int epochs;

    @Option(
            names = "--out",
            defaultValue = "runs/quickstart",
            paramLabel = "FOLDER",
            description = "Where results go. Default: ${DEFAULT-VALUE}.")
    private Path out = Path.of("runs", "quickstart");

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private double imagesPerSecond;

    @Override
    public Integer call() throws IOException {
        long start = System.nanoTime();
        PrintWriter console = spec.commandLine().getOut();
        if (epochs < 1) {
            throw new IllegalArgumentException("--epochs must be at least 1, not " + epochs);
        }
        Split clothes = DataCatalog.usual().read("fashion-tenth");
        console.printf(
                Locale.ROOT,
                "LeNet-5 learns to tell ten kinds of clothes apart: %,d images of 28x28 pixels,%n"
                        + "a tenth of Fashion-MNIST; %,d others judge it.%n%n",
                clothes.train().size(),
                clothes.test().size());
        console.flush();

        RandomSource random = RandomSource.of(SEED);
        DataLoader train = DataLoader.of(clothes.train(), BATCH)
                .shuffled(random.split("data"))
                .with(Transform.flip().then(clothes.normalize()));
        DataLoader test = DataLoader.of(clothes.test(), 250).with(clothes.normalize());
        Module model = LeNet.lenet5(Init.of(SEED));
        Sgd.Options options = new Sgd.Options(RATE, 0.9, DECAY, true);
        Optimizer<Sgd.Options> optimizer =
                new Sgd(model.parameters(), options).forRoles(EnumSet.of(Role.BIAS), options.withDecay(0));
        RunFolder folder = RunFolder.open(out, false);
        new Trainer(model, optimizer, Losses::crossEntropy, random)
                .with(Schedule.oneCycle(Math.max(2, (long) epochs * train.batches())))
                .with(new ProgressLine(console, epochs, train.batches()))
                .with(new Recorder(model, optimizer, test, folder, folder.file("checkpoint.safetensors"), 0))
                .with(new TrainingListener() {
                    @Override
                    public void onEpoch(Position at, EpochReport report) {
                        imagesPerSecond = report.samples() / report.seconds(); // of the last epoch: warm
                    }
                })
                .train(train, epochs);

        Path file = folder.file("model.safetensors");
        SafeTensors.write(file, model.state(), Map.of("model", "lenet5", "data", clothes.name()));
        ConfusionMatrix matrix = Evaluation.of(model, test);
        double milliseconds = 1e3 * secondsAnImage(model, clothes);
        Summary summary = Summary.of(model, Shape.of(1, 1, 28, 28));
        boolean met = matrix.accuracy() >= FLOOR;
        double seconds = (System.nanoTime() - start) * 1e-9;

        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("model", "LeNet-5 (20-50-500-10)");
        figures.put("data", clothes.name());
        figures.put("parameters", summary.parameters());
        figures.put("macs", summary.macs());
        figures.put("file_bytes", Files.size(file));
        figures.put("test_accuracy", matrix.accuracy());
        figures.put("test_accuracy_floor", FLOOR);
        figures.put("training_images_per_second", imagesPerSecond);
        figures.put("inference_milliseconds", milliseconds);
        figures.put("epochs", epochs);
        figures.put("seed", SEED);
        figures.put("seconds", seconds);
        figures.putAll(RunFolder.circumstances(
                Device.cpu().backend().description(),
                spec.commandLine().getParseResult().originalArgs()));
        folder.finish("Quickstart: LeNet-5 on a tenth of Fashion-MNIST", figures, matrix);

        new FigureTable()
                .row("model", "%s", "LeNet-5 (20-50-500-10)")
                .row("data", "%s", "a tenth of Fashion-MNIST")
                .row("parameters", "%,d", summary.parameters())
                .row("multiply-adds an image", "%,d", summary.macs())
                .row("saved file", "%,d bytes", Files.size(file))
                .row(
                        "test accuracy",
                        "%.1f %% (at least %.0f %%: %s)",
                        100 * matrix.accuracy(),
                        100 * FLOOR,
                        met ? "met" : "MISSED")
                .row("training", "%,.0f images/s", imagesPerSecond)
                .row("inference, one image", "%.2f ms", milliseconds)
                .row("in all", "%.1f s", seconds)
                .print(console);
        console.println("report: " + folder.file("report.html").toAbsolutePath().normalize());
        return met ? 0 : 1;
    }

    /** The time the model takes for one image alone: the median of many, after as many to warm up. */
    private static double secondsAnImage(Module model, Split data) {
        float[] pixels = new float[data.test().sampleShape().size()];
        double[] seconds = new double[TIMED_IMAGES];
        for (int i = 0; i < 2 * TIMED_IMAGES; i++) {
            data.test().copySample(i % data.test().size(), pixels, 0);
            long start = System.nanoTime();
            try (TensorScope _ = TensorScope.open()) {
                Evaluation.outputs(model, Tensor.of(pixels, 1, 1, 28, 28)).toFloats();
            }
            seconds[i % TIMED_IMAGES] = (System.nanoTime() - start) * 1e-9;
        }
        Arrays.sort(seconds);
        return seconds[TIMED_IMAGES / 2];
    }
}
