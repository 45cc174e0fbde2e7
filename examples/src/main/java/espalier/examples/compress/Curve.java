package espalier.examples.compress;

import espalier.examples.bench.Stopwatch;
import espalier.examples.data.Split;
import espalier.examples.report.AlignedTable;
import espalier.examples.report.HtmlPage;
import espalier.examples.report.ScatterChart;
import espalier.examples.train.RunOptions;
import espalier.nn.Parameter;
import espalier.nn.data.DataLoader;
import espalier.sparsity.Sparsity;
import espalier.sparsity.export.Packer;
import espalier.sparsity.surgery.Surgeon;
import espalier.tensor.Device;
import espalier.tensor.io.AtomicFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * What accuracy costs: networks cut to different sizes, each packed and run, against channels, multiply-adds and
 * measured time.
 */
@Command(
        name = "curve",
        description = "Accuracy against channels, multiply-adds and measured time, of networks cut to different sizes.",
        mixinStandardHelpOptions = true)
public final class Curve implements Callable<Integer> {
    private static final List<String> HEAD = List.of(
            "network",
            "accuracy",
            "of seeds",
            "channels",
            "multiply-adds",
            "fewer",
            "file bytes",
            "1 image",
            Appraisal.MANY + " images",
            "faster",
            "faster/fewer");

    @Parameters(
            paramLabel = "NAME=FILE[,FILE...]",
            arity = "1..*",
            description = "A point: a name, and model.safetensors, or folders that train or compress left, one for each"
                    + " seed. The first point is the dense network.")
    private Map<String, String> points = Map.of();

    @Mixin
    private final RunOptions options = new RunOptions();

    @Option(names = "--csv", paramLabel = "FILE", description = "Write the table with commas.")
    private @Nullable Path csv;

    @Option(names = "--html", paramLabel = "FILE", description = "Write a page with table and pictures.")
    private @Nullable Path html;

    @Option(names = "--svg", paramLabel = "FILE", description = "Write the picture of accuracy against time.")
    private @Nullable Path svg;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        if (points.size() < 2) {
            throw new IllegalArgumentException("curve needs two points at least: the dense network and a smaller one");
        }
        points.forEach(Curve::requireNames);
        Path first = Path.of(points.values().iterator().next().split(",", 2)[0].strip());
        Split split = options.split(
                SavedModel.open(first, Optional.empty(), options.device()).input());
        List<CurvePoint> curve = new ArrayList<>();
        for (Map.Entry<String, String> point : points.entrySet()) {
            curve.add(measured(point.getKey(), point.getValue(), split));
        }
        CurvePoint dense = curve.getFirst();
        List<List<String>> rows = curve.stream().map(point -> point.row(dense)).toList();
        out.print(AlignedTable.text(HEAD, rows));
        out.flush();
        if (csv != null) {
            StringBuilder lines = new StringBuilder(
                    "network,family,seeds,accuracy_percent,channels,macs,file_bytes,ms_1,ms_128,times_faster_128\n");
            curve.forEach(point -> lines.append(point.csv(dense)));
            AtomicFile.writeText(csv, lines.toString());
        }
        if (svg != null) {
            AtomicFile.writeText(svg, against("milliseconds for 128 images", curve, CurvePoint::many));
        }
        if (html != null) {
            String page = new HtmlPage("What accuracy costs")
                    .table(HEAD, rows)
                    .picture(against("filters and neurons", curve, CurvePoint::channels))
                    .picture(against("multiply-adds", curve, CurvePoint::macs))
                    .picture(against("milliseconds for 128 images", curve, CurvePoint::many))
                    .html();
            AtomicFile.writeText(html, page);
        }
        return 0;
    }

    private static void requireNames(String name, String files) {
        if (name.isBlank()) {
            throw new IllegalArgumentException("curve: a name is missing before =" + files + "; write NAME=" + files);
        }
        if (Stream.of(files.split(",", -1)).anyMatch(String::isBlank)) {
            throw new IllegalArgumentException(
                    "curve: a file is missing in " + name + "=" + files + "; write " + name + "=FILE or FILE,FILE");
        }
    }

    private CurvePoint measured(String name, String files, Split split) throws IOException {
        Device device = options.device();
        DataLoader test =
                DataLoader.of(split.test(), 250).with(split.normalize()).on(device);
        Path file = Files.createTempFile("espalier", ".espalier");
        try {
            List<Appraisal> costs = new ArrayList<>();
            double channels = 0;
            String family = "";
            String[] seeds = files.split(",", -1);
            for (String seed : seeds) {
                SavedModel saved = SavedModel.open(Path.of(seed.strip()), Optional.empty(), device);
                saved.requireFits(split);
                Surgeon surgeon = Surgeon.of(saved.net(), saved.input().inserting(0, 1));
                surgeon.cutDead();
                costs.add(Appraisal.of(
                        saved.net(), test, split.normalize(), Packer.smallest(), file, device, Stopwatch.quick()));
                family = saved.metadata().getOrDefault("recipe", name);
                channels += (double) channels(Sparsity.weights(saved.net())) / seeds.length;
            }
            return new CurvePoint(name, family, channels, costs);
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private static long channels(Map<String, Parameter> weights) {
        return weights.values().stream()
                .mapToLong(weight -> weight.shape().dim(0))
                .sum();
    }

    private static String against(String what, List<CurvePoint> curve, ToDoubleFunction<CurvePoint> figure) {
        List<ScatterChart.Point> drawn = curve.stream()
                .map(point -> new ScatterChart.Point(
                        point.name(), point.family(), figure.applyAsDouble(point), point.accuracy()))
                .toList();
        return new ScatterChart("Accuracy against " + what, what, "test accuracy, %", false, drawn).svg();
    }
}
