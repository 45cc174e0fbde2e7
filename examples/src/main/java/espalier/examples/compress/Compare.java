package espalier.examples.compress;

import espalier.examples.bench.Stopwatch;
import espalier.examples.data.Split;
import espalier.examples.report.HtmlPage;
import espalier.examples.report.Json;
import espalier.examples.report.ScatterChart;
import espalier.examples.train.Architecture;
import espalier.examples.train.RunOptions;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.data.DataLoader;
import espalier.nn.train.Evaluation;
import espalier.sparsity.Sparsity;
import espalier.sparsity.export.Exporter;
import espalier.sparsity.ledger.Ledger;
import espalier.sparsity.quant.Levels;
import espalier.sparsity.surgery.Surgeon;
import espalier.tensor.Device;
import espalier.tensor.io.AtomicFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * The question of Ma et al. (2022): at the same accuracy and the same quantization, is non-structured pruning worth it,
 * in storage and in time?
 */
@Command(
        name = "compare",
        description = "Non-structured against structured pruning, at the same accuracy: bytes and milliseconds.",
        mixinStandardHelpOptions = true)
public final class Compare implements Callable<Integer> {
    @Parameters(
            paramLabel = "[NAME=]FILE[,FILE...]",
            arity = "1..*",
            description = "Two or more networks: model.safetensors, or folders that train or compress left; with a name"
                    + " several of them, one for each seed, whose figures are averaged.")
    private List<String> networks = List.of();

    @Mixin
    private final RunOptions options = new RunOptions();

    @Option(names = "--model", description = "The kind of all models; by default what each file says.")
    private @Nullable String model;

    @Option(
            names = "--bits",
            paramLabel = "N",
            description = "First bring the weights of all of them to N bits, 2 to 8, zeros kept.")
    private int bits;

    @Option(names = "--no-times", description = "Leave out what takes long: do not measure times.")
    private boolean noTimes;

    @Option(names = "--csv", paramLabel = "FILE", description = "Write the table with commas.")
    private @Nullable Path csv;

    @Option(names = "--json", paramLabel = "FILE", description = "Write all figures and the verdict.")
    private @Nullable Path json;

    @Option(names = "--html", paramLabel = "FILE", description = "Write a page with table, verdict and picture.")
    private @Nullable Path html;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        if (networks.size() < 2) {
            throw new IllegalArgumentException("compare needs at least two networks, not only " + networks.getFirst());
        }
        if (bits != 0 && (bits < 2 || bits > 8)) {
            throw new IllegalArgumentException("--bits must be from 2 to 8, not " + bits);
        }
        Device device = options.device();
        List<List<Path>> files = networks.stream().map(Compare::files).toList();
        Split split = split(files.stream().flatMap(List::stream).toList(), device);
        List<Contestant> contestants = new ArrayList<>();
        for (int i = 0; i < files.size(); i++) {
            List<Contestant> seeds = new ArrayList<>();
            for (Path file : files.get(i)) {
                seeds.add(measured(file, split, device, out));
            }
            String name = name(networks.get(i));
            contestants.add(name.isEmpty() ? seeds.getFirst() : Contestant.mean(name, seeds));
        }
        List<String> verdict = Verdict.of(contestants);
        out.print(ComparisonTable.text(contestants));
        out.println();
        verdict.forEach(out::println);
        out.flush();
        if (csv != null) {
            AtomicFile.writeText(csv, ComparisonTable.csv(contestants));
        }
        if (json != null) {
            AtomicFile.writeText(json, Json.write(ComparisonTable.figures(split, contestants, verdict)));
        }
        if (html != null) {
            AtomicFile.writeText(html, page(split, contestants, verdict));
        }
        return 0;
    }

    /** What stands before the sign, unless all of it is a file. */
    private static String name(String network) {
        int sign = network.indexOf('=');
        return sign < 0 || Files.exists(Path.of(network))
                ? ""
                : network.substring(0, sign).strip();
    }

    private static List<Path> files(String network) {
        String name = name(network);
        if (name.isEmpty()) {
            return List.of(Path.of(network));
        }
        String after = network.substring(network.indexOf('=') + 1);
        List<String> files = List.of(after.split(",", -1));
        if (files.stream().anyMatch(String::isBlank)) {
            throw new IllegalArgumentException(
                    "compare: a file is missing in " + network + "; write " + name + "=FILE or FILE,FILE");
        }
        return files.stream().map(file -> Path.of(file.strip())).toList();
    }

    /** What all of them are judged by; refuses networks of several kinds before anything is measured. */
    private Split split(List<Path> files, Device device) throws IOException {
        SavedModel first = SavedModel.open(files.getFirst(), Optional.ofNullable(model), device);
        Architecture kind = first.architecture();
        for (Path file : files) {
            SavedModel other = SavedModel.open(file, Optional.ofNullable(model), device);
            if (!other.architecture().equals(kind)) {
                throw new IllegalArgumentException("compare takes networks of one kind: " + files.getFirst() + " is a "
                        + kind.label() + ", " + other.name() + " a "
                        + other.architecture().label());
            }
        }
        Split split = options.split(kind.input());
        first.requireFits(split);
        return split;
    }

    private Contestant measured(Path file, Split split, Device device, PrintWriter out) throws IOException {
        SavedModel saved = SavedModel.open(file, Optional.ofNullable(model), device);
        DataLoader test =
                DataLoader.of(split.test(), 250).with(split.normalize()).on(device);
        quantize(saved.net());
        double accuracy = 100 * Evaluation.of(saved.net(), test).accuracy();
        Optional<NetworkTimes> times = Optional.empty();
        if (!noTimes) {
            Stopwatch stopwatch = Stopwatch.quick();
            times = Optional.of(NetworkTimes.measure(
                    () -> again(file, device),
                    () -> saved.whole(device),
                    saved.input(),
                    device,
                    run -> stopwatch.measure(run).best()));
        }
        long weights = Sparsity.of(saved.whole(device)).weights();
        Ledger whole = saved.ledger();
        Surgeon.of(saved.net(), saved.input().inserting(0, 1)).cutDead();
        long packed = Exporter.of(saved.net(), saved.input()).export().toBytes().length;
        times.ifPresent(measured -> out.println(saved.name() + System.lineSeparator() + measured));
        return Contestant.of(saved.name(), accuracy, weights, whole, saved.ledger(), packed, times);
    }

    private Module again(Path file, Device device) {
        try {
            Module net =
                    SavedModel.open(file, Optional.ofNullable(model), device).net();
            quantize(net);
            return net;
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        }
    }

    private void quantize(Module net) {
        if (bits > 0) {
            Levels levels = Levels.bitsBesidePruned(bits);
            for (Parameter weight : Sparsity.weights(net).values()) {
                weight.set(levels.nearest(weight.raw().value()));
            }
        }
    }

    private static String page(Split split, List<Contestant> contestants, List<String> verdict) {
        HtmlPage page = new HtmlPage("Non-structured against structured pruning")
                .text(String.format(
                        Locale.ROOT,
                        "Judged by %,d test images of %s.",
                        split.test().size(),
                        split.name()))
                .table(ComparisonTable.HEAD, ComparisonTable.rows(contestants));
        verdict.forEach(page::text);
        List<ScatterChart.Point> points = contestants.stream()
                .map(c -> new ScatterChart.Point(c.name(), "", c.bytes(), c.accuracy()))
                .toList();
        return page.picture(ScatterChart.againstBytes("Accuracy against bytes of weights, index included", points)
                        .svg())
                .html();
    }
}
