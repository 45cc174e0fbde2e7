package espalier.examples.compress;

import espalier.examples.data.Split;
import espalier.examples.report.LineChart;
import espalier.examples.train.RunOptions;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.data.DataLoader;
import espalier.nn.train.Evaluation;
import espalier.sparsity.Projection;
import espalier.sparsity.Prunable;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Tensor;
import espalier.tensor.io.AtomicFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Prunes one layer at a time and tests, without training again: which layers bear it, and how much of it (Li et al.
 * 2017, section 3.2). A line for each layer that {@code compress} would prune in these units, so of filters not for the
 * last.
 */
@Command(
        name = "sensitivity",
        description = "Which layers bear pruning: one at a time is pruned and the network tested.",
        mixinStandardHelpOptions = true)
public final class Sensitivity implements Callable<Integer> {
    /** Parts of a layer's groups that are removed. */
    static final double[] REMOVED = {0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99};

    @Mixin
    private final RunOptions options = new RunOptions();

    @Option(names = "--model-file", required = true, paramLabel = "FILE", description = "A trained model.safetensors.")
    private Path file = Path.of("model.safetensors");

    @Option(names = "--model", description = "The kind of model; by default what the file says.")
    private @Nullable String model;

    @Option(
            names = "--granularity",
            defaultValue = "element",
            paramLabel = "UNIT",
            description = "What is removed as one: any that compress takes, such as filter, block 4x1 or bn."
                    + " Default: ${DEFAULT-VALUE}.")
    private String granularity = "element";

    @Option(
            names = "--importance",
            defaultValue = "norm",
            description = "By what units are ranked: norm, or of filters apoz or mean-activation."
                    + " Default: ${DEFAULT-VALUE}.")
    private String importance = "norm";

    @Option(names = "--svg", paramLabel = "FILE", description = "Write a picture.")
    private @Nullable Path svg;

    @Option(names = "--csv", paramLabel = "FILE", description = "Write the table with commas.")
    private @Nullable Path csv;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        Units units = units();
        Criterion criterion = Criterion.of(
                new Settings("sensitivity", Map.of("importance", new Settings.Value(importance, "--importance"))),
                units);
        Device device = options.device();
        SavedModel saved = SavedModel.open(file, Optional.ofNullable(model), device);
        Split split = options.split(saved.input());
        saved.requireFits(split);
        DataLoader test =
                DataLoader.of(split.test(), 250).with(split.normalize()).on(device);
        ToDoubleFunction<Module> judge = net -> 100 * Evaluation.of(net, test).accuracy();
        DataLoader train = DataLoader.of(split.train(), options.batch())
                .shuffled(RandomSource.of(options.seed()))
                .with(split.normalize())
                .on(device);
        List<Prunable> layers = criterion.rank(units, saved.net(), train).layers();
        out.printf(
                Locale.ROOT,
                "%s on %s: accuracy %.2f %%; then with a part of one layer's units (%s) removed:%n%n",
                saved.name(),
                split.name(),
                judge.applyAsDouble(saved.net()),
                units);
        out.print(String.format("%-26s", "layer") + header(" %7.0f %%") + System.lineSeparator());
        out.flush();
        Map<String, double[]> table = new LinkedHashMap<>();
        for (Prunable layer : layers) {
            double[] row = row(saved.net(), layer, judge);
            table.put(layer.path(), row);
            StringBuilder line = new StringBuilder(String.format("%-26s", layer.path()));
            Arrays.stream(row).forEach(value -> line.append(String.format(Locale.ROOT, " %9.2f", value)));
            out.println(line);
            out.flush();
        }
        if (svg != null) {
            String title = "Accuracy when one layer is pruned (" + units + ")";
            AtomicFile.writeText(svg, chart(title, table).svg());
        }
        if (csv != null) {
            AtomicFile.writeText(csv, csv(table));
        }
        return 0;
    }

    private Units units() {
        try {
            return Units.named(granularity);
        } catch (IllegalArgumentException unknown) {
            throw new IllegalArgumentException("--granularity: " + unknown.getMessage(), unknown);
        }
    }

    /** The judgements of a network of which one layer is pruned, more and more; afterwards it is as it was. */
    static double[] row(Module net, Prunable layer, ToDoubleFunction<Module> judge) {
        Parameter parameter = layer.parameter();
        Tensor before = parameter.raw().value().copy();
        double[] row = new double[REMOVED.length];
        try {
            for (int i = 0; i < row.length; i++) {
                int keep = (int) Math.max(1, Math.round((1 - REMOVED[i]) * layer.units()));
                parameter.set(Projection.largest(layer.importance(), keep).nearest(before));
                row[i] = judge.applyAsDouble(net);
            }
        } finally {
            parameter.set(before);
        }
        return row;
    }

    private static LineChart chart(String title, Map<String, double[]> table) {
        double[] percent = Arrays.stream(REMOVED).map(part -> 100 * part).toArray();
        List<LineChart.Series> series = new ArrayList<>();
        table.forEach((path, row) -> series.add(new LineChart.Series(path, percent, row)));
        return new LineChart(title, "removed, %", "test accuracy, %", series);
    }

    private static String csv(Map<String, double[]> table) {
        StringBuilder text = new StringBuilder("layer" + header(",%.0f") + "\n");
        table.forEach((path, row) -> {
            text.append(path);
            Arrays.stream(row).forEach(value -> text.append(String.format(Locale.ROOT, ",%.4f", value)));
            text.append('\n');
        });
        return text.toString();
    }

    private static String header(String format) {
        StringBuilder line = new StringBuilder();
        Arrays.stream(REMOVED).forEach(part -> line.append(String.format(Locale.ROOT, format, 100 * part)));
        return line.toString();
    }
}
