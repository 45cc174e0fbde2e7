package espalier.examples.compress;

import espalier.examples.bench.Stopwatch;
import espalier.examples.data.DataCatalog;
import espalier.examples.report.HtmlPage;
import espalier.examples.report.Json;
import espalier.examples.report.RunFolder;
import espalier.tensor.Device;
import espalier.tensor.Tensor;
import espalier.tensor.io.SafeTensors;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The main job in one go, without a download: a network learns from real images, is compressed by each method of the
 * project, cut and packed, and what that saved is measured. It fails if the dense network recognizes fewer than
 * {@value #FLOOR} of the test images, or a compressed one fewer than {@value #MAY_LOSE} below it.
 */
@Command(
        name = "quickstart",
        description = "Start here: a network learns, and is pruned and packed by every method.",
        mixinStandardHelpOptions = true)
public final class Quickstart implements Callable<Integer> {
    private static final double FLOOR = 0.86;
    private static final double MAY_LOSE = 0.03;
    private static final List<String> METHODS = List.of("str", "str-bn", "admm-filters", "admm-bits", "binary");

    @Option(
            names = "--epochs",
            description = "Times through the data, for every stage; by default what its recipe says.")
    private int epochs = Integer.MAX_VALUE;

    @Option(
            names = "--out",
            defaultValue = "runs/quickstart",
            paramLabel = "FOLDER",
            description = "Where results go. Default: ${DEFAULT-VALUE}.")
    private Path out = Path.of("runs", "quickstart");

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        long start = System.nanoTime();
        PrintWriter console = spec.commandLine().getOut();
        if (epochs < 1) {
            throw new IllegalArgumentException("--epochs must be at least 1, not " + epochs);
        }
        RunFolder folder = RunFolder.open(out, false);
        console.printf("LeNet-5 with batch norm learns to tell ten kinds of clothes apart: 6,000 images of 28x28%n"
                + "pixels, a tenth of Fashion-MNIST; 1,000 others judge it.%n%n");
        console.flush();
        Compression dense = compression("train", false, console);
        dense.run();
        Map<String, Tensor> trained = dense.piece().net().state();
        SafeTensors.write(folder.file("dense.safetensors"), trained, dense.metadata());
        SizeTable table =
                new SizeTable().row("dense", dense.appraiseDense(folder.file("dense.espalier"), Stopwatch.quick()));

        console.println();
        List<Compression> works = new ArrayList<>();
        for (String method : METHODS) {
            long begun = System.nanoTime();
            Compression work = compression(method, true, new PrintWriter(Writer.nullWriter()));
            work.from("dense", trained);
            work.run();
            SafeTensors.write(
                    folder.file(method + ".safetensors"), work.piece().net().state(), work.metadata());
            table.row(work.title(), work.appraise(folder.file(method + ".espalier"), Stopwatch.quick()));
            console.printf(
                    Locale.ROOT, "%-28s %s (%.0f s)%n", work.title(), told(work), (System.nanoTime() - begun) * 1e-9);
            console.flush();
            works.add(work);
        }
        console.println();
        table.print(console);
        double seconds = (System.nanoTime() - start) * 1e-9;
        report(folder, table, works, seconds);
        console.printf(Locale.ROOT, "%nin all %.0f s%n", seconds);
        console.println("report: " + folder.file("report.html").toAbsolutePath().normalize());
        return verdict(table, console);
    }

    private Compression compression(String name, boolean trained, PrintWriter progress) throws IOException {
        Recipe recipe = recipe(name);
        for (Settings stage : recipe.stages()) {
            int wanted = stage.whole("epochs", 1);
            recipe = recipe.with(stage.section(), "epochs", Integer.toString(Math.min(wanted, epochs)));
        }
        return new Compression(recipe, trained, DataCatalog.usual(), Device.cpu(), false, progress);
    }

    private static Recipe recipe(String name) throws IOException {
        String file = "quickstart-" + name + ".recipe";
        try (InputStream text = Quickstart.class.getResourceAsStream(file)) {
            if (text == null) {
                throw new FileNotFoundException("the jar has no " + file);
            }
            return Recipe.parse(
                    file,
                    new String(text.readAllBytes(), StandardCharsets.UTF_8)
                            .lines()
                            .toList());
        }
    }

    /** Accuracy after each stage. */
    private static String told(Compression work) {
        StringBuilder text = new StringBuilder();
        for (Milestone milestone : work.piece().milestones()) {
            text.append(text.isEmpty() ? "" : " -> ")
                    .append(String.format(Locale.ROOT, "%s %.1f %%", milestone.stage(), 100 * milestone.accuracy()));
        }
        return text.toString();
    }

    private void report(RunFolder folder, SizeTable table, List<Compression> works, double seconds) throws IOException {
        Map<String, Object> circumstances = RunFolder.circumstances(
                Device.cpu().backend().description(),
                spec.commandLine().getParseResult().originalArgs());
        HtmlPage page = new HtmlPage("Quickstart: one network, compressed by every method")
                .text("LeNet-5 with batch norm on a tenth of Fashion-MNIST. Bytes are those of the packed files, and"
                        + " accuracy and milliseconds those of these files as they run on this machine.")
                .table(table.head(), table.rows())
                .picture(CompressionReport.accuracyAgainstSize(table).svg());
        for (Compression work : works) {
            page.heading(work.title()).text(told(work));
            CompressionReport.layers(folder, work.piece().layerRows(), page);
            work.piece().cuts().forEach(plan -> page.lines(plan.toString()));
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("networks", CompressionReport.networks(table));
        figures.put("seconds", seconds);
        figures.putAll(circumstances);
        folder.write("result.json", Json.write(figures));
        folder.write(
                "report.html",
                page.lines(CompressionReport.lines(circumstances)).html());
    }

    private static int verdict(SizeTable table, PrintWriter console) {
        double dense = table.networks().values().iterator().next().accuracy();
        int status = 0;
        for (var network : table.networks().entrySet()) {
            double floor = network.getKey().equals("dense") ? FLOOR : dense - MAY_LOSE;
            if (network.getValue().accuracy() < floor) {
                console.printf(
                        Locale.ROOT,
                        "%s: accuracy %.1f %% is below %.1f %%%n",
                        network.getKey(),
                        100 * network.getValue().accuracy(),
                        100 * floor);
                status = 1;
            }
        }
        return status;
    }
}
