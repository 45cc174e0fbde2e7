package espalier.examples.compress;

import espalier.examples.data.DataCatalog;
import espalier.examples.report.AlignedTable;
import espalier.nn.Summary;
import espalier.sparsity.Prunable;
import espalier.tensor.Device;
import espalier.tensor.Tensor;
import espalier.tensor.io.AtomicFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The thesis of Kusupati (2020) put to the test: a method for single weights, applied to a vector of importances, is a
 * method for whatever that vector stands for. Every method prunes the same trained network in every unit, to the same
 * part of its units, and is retrained alike. The last layer, whose rows are the classes, is left alone.
 */
@Command(
        name = "survey",
        description = "Every pruning method times every unit it can prune, from one trained network, at one budget.",
        mixinStandardHelpOptions = true)
public final class Survey implements Callable<Integer> {
    private static final String HEADER =
            "method,granularity,seed,accuracy_percent,dense_percent,non_zeros,macs_fewer\n";

    /** One method on one kind of unit, from one seed. */
    private record Outcome(String method, String units, int seed, double accuracy, double macsFewer) {}

    @Option(names = "--data", defaultValue = "fashion-tenth", description = "Data. Default: ${DEFAULT-VALUE}.")
    private String data = "fashion-tenth";

    @Option(names = "--model", defaultValue = "lenet5-bn", description = "A model. Default: ${DEFAULT-VALUE}.")
    private String model = "lenet5-bn";

    @Option(
            names = "--sparsity",
            defaultValue = "75%",
            description = "The part of the units to remove. Default: ${DEFAULT-VALUE}.")
    private String sparsity = "75%";

    @Option(names = "--epochs", defaultValue = "6", description = "Of each method. Default: ${DEFAULT-VALUE}.")
    private int epochs;

    @Option(names = "--seeds", defaultValue = "1", description = "How many, from 1 on. Default: ${DEFAULT-VALUE}.")
    private int seeds;

    @Option(
            names = "--methods",
            split = ",",
            defaultValue = "magnitude,gmp,str,admm",
            description = "Default: ${DEFAULT-VALUE}.")
    private List<String> methods = List.of();

    @Option(
            names = "--granularities",
            split = ",",
            defaultValue = "element,block 4x1,kernel,column,channel,filter,bn",
            description = "Default: ${DEFAULT-VALUE}.")
    private List<String> granularities = List.of();

    @Option(names = "--smoke", description = "A few samples only: does it run at all?")
    private boolean smoke;

    @Option(names = "--csv", paramLabel = "FILE", description = "Write a line for each run.")
    private @Nullable Path csv;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        if (epochs < 1 || seeds < 1) {
            throw new IllegalArgumentException(
                    "--epochs and --seeds must be at least 1, not " + epochs + " and " + seeds);
        }
        for (String method : methods) {
            for (String units : granularities) {
                work(1, stages(method, units, "")); // a mistake is found before anything is trained
            }
        }
        List<Outcome> outcomes = new ArrayList<>();
        StringBuilder lines = new StringBuilder(HEADER);
        for (int seed = 1; seed <= seeds; seed++) {
            Compression dense = work(seed, List.of("[train]", "epochs = " + 2 * epochs, "lr = 0.05"));
            dense.run();
            Map<String, Tensor> trained = dense.piece().net().state();
            double before = 100 * dense.piece().accuracy();
            out.printf(Locale.ROOT, "seed %d: dense %.2f %%%n", seed, before);
            for (String method : methods) {
                for (String units : granularities) {
                    Compression work = work(seed, stages(method, units, prunable(method, units, dense)));
                    work.from("dense", trained);
                    work.run();
                    Milestone last = work.piece().milestones().getLast();
                    double fewer = (double) macs(dense) / macs(work);
                    Outcome outcome = new Outcome(method, units, seed, 100 * last.accuracy(), fewer);
                    outcomes.add(outcome);
                    lines.append(String.format(
                            Locale.ROOT,
                            "%s,%s,%d,%.4f,%.4f,%d,%.4f%n",
                            method,
                            units,
                            seed,
                            outcome.accuracy,
                            before,
                            last.nonZeros(),
                            fewer));
                    out.printf(
                            Locale.ROOT,
                            "  %s, %s: %.2f %%, %.1fx%n",
                            method,
                            units,
                            outcome.accuracy,
                            outcome.macsFewer);
                    out.flush();
                }
            }
        }
        out.printf("%naccuracy, %%, with %s of the units gone%n", sparsity);
        out.print(table(outcomes, "%.2f", Outcome::accuracy));
        out.printf("%ntimes fewer multiply-adds after a cut%n");
        out.print(table(outcomes, "%.1f", Outcome::macsFewer));
        out.flush();
        if (csv != null) {
            AtomicFile.writeText(csv, lines.toString());
        }
        return 0;
    }

    private Compression work(int seed, List<String> stages) throws IOException {
        List<String> recipe = new ArrayList<>(List.of("model = " + model, "data = " + data, "seed = " + seed));
        recipe.addAll(stages);
        boolean trained = stages.stream().noneMatch("[train]"::equals);
        return new Compression(
                Recipe.parse("survey", recipe),
                trained,
                DataCatalog.usual(),
                Device.cpu(),
                smoke,
                new PrintWriter(Writer.nullWriter()));
    }

    /** The method, and a retraining that is the same for all. */
    private List<String> stages(String method, String units, String only) {
        List<String> lines =
                new ArrayList<>(List.of("[" + method + "]", "granularity = " + units, "sparsity = " + sparsity));
        if (!only.isEmpty()) {
            lines.add("only = " + only);
        }
        switch (StageCatalog.named(method)) {
            case MAGNITUDE -> lines.add("allocation = uniform");
            case GMP -> lines.addAll(List.of("allocation = uniform", "lr = 0.02", "epochs = " + epochs));
            case STR -> lines.addAll(List.of("lr = 0.02", "epochs = " + epochs));
            case ADMM -> lines.addAll(List.of("rule = uniform", "optimizer = adam", "epochs = " + epochs));
            default ->
                throw new IllegalArgumentException("--methods: " + method + " is none of magnitude, gmp, str, admm");
        }
        lines.addAll(List.of("[cut]", "[retrain]", "lr = 0.01", "distill = 0.5", "epochs = " + epochs));
        return lines;
    }

    /** The layers with such units, but for the last, whose rows are the classes; all if they are scales. */
    private String prunable(String method, String granularity, Compression dense) {
        Settings section =
                Recipe.parse("survey", stages(method, granularity, "")).stages().getFirst();
        Units units = Units.of(section, dense.piece(), "element");
        List<String> weights = List.copyOf(dense.piece().weights().keySet());
        return units.areScales()
                ? ""
                : units.in(dense.piece().net()).stream()
                        .map(Prunable::path)
                        .filter(path -> !path.equals(weights.getLast()))
                        .collect(Collectors.joining(", "));
    }

    private static long macs(Compression work) {
        return Summary.of(
                        work.piece().net(),
                        work.piece().data().train().sampleShape().inserting(0, 1))
                .macs();
    }

    private String table(List<Outcome> outcomes, String format, ToDoubleFunction<Outcome> figure) {
        List<String> head = new ArrayList<>(List.of("method"));
        head.addAll(granularities);
        List<List<String>> rows = new ArrayList<>();
        for (String method : methods) {
            List<String> row = new ArrayList<>(List.of(method));
            for (String units : granularities) {
                double mean = outcomes.stream()
                        .filter(o -> o.method.equals(method) && o.units.equals(units))
                        .mapToDouble(figure)
                        .average()
                        .orElse(Double.NaN);
                row.add(String.format(Locale.ROOT, format, mean));
            }
            rows.add(row);
        }
        return AlignedTable.text(head, rows);
    }
}
