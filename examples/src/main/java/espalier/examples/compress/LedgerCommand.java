package espalier.examples.compress;

import espalier.examples.bench.Stopwatch;
import espalier.examples.report.HtmlPage;
import espalier.examples.report.Json;
import espalier.sparsity.export.Exporter;
import espalier.sparsity.export.PackedModel;
import espalier.sparsity.ledger.Ledger;
import espalier.tensor.Device;
import espalier.tensor.io.AtomicFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Tells what a saved network costs: bytes by every scheme and in the real file, multiply-adds, and measured times. */
@Command(
        name = "ledger",
        description = "What a saved network costs: bytes by every scheme, multiply-adds, milliseconds.",
        mixinStandardHelpOptions = true)
public final class LedgerCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "A model.safetensors, the folder of a run, or a packed model.")
    private Path file = Path.of("model.safetensors");

    @Option(names = "--model", description = "The kind of model; by default what the file says.")
    private @Nullable String model;

    @Option(names = "--csv", paramLabel = "FILE", description = "Write the table with commas.")
    private @Nullable Path csv;

    @Option(names = "--json", paramLabel = "FILE", description = "Write all figures as JSON.")
    private @Nullable Path json;

    @Option(names = "--html", paramLabel = "FILE", description = "Write a page with tables and pictures.")
    private @Nullable Path html;

    @Option(names = "--times", description = "Measure how long the network takes in each form, about 15 s.")
    private boolean withTimes;

    @Option(names = "--threads", defaultValue = "1", description = "Threads for --times. Default: ${DEFAULT-VALUE}.")
    private int threads;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private record Entry(
            String name, String kind, long fileBytes, Ledger ledger, String forms, Optional<NetworkTimes> times) {
        /** Weights that are left for each time faster, at the larger batch. */
        double ratio(NetworkTimes measured) {
            int batch = NetworkTimes.BATCHES.getLast();
            return ledger.rate() / measured.speedUp(measured.fastest(batch), batch);
        }
    }

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        if (threads < 1) {
            throw new IllegalArgumentException("--threads must be at least 1, not " + threads);
        }
        Entry entry = PackedModel.isPacked(file) ? packed() : saved();
        out.printf("%s (%s), %,d bytes in the file%n%n", entry.name, entry.kind, entry.fileBytes);
        out.print(entry.ledger);
        out.println();
        out.print(entry.forms);
        entry.times.ifPresent(times -> {
            int batch = NetworkTimes.BATCHES.getLast();
            out.printf("%n%s", times);
            out.print(LedgerReport.format(
                    "fastest with the same results at batch %d: %s; PPR %.1fx / %.2fx = %.1f%n",
                    batch,
                    times.fastest(batch).label(),
                    entry.ledger.rate(),
                    times.speedUp(times.fastest(batch), batch),
                    entry.ratio(times)));
        });
        out.flush();
        if (csv != null) {
            AtomicFile.writeText(csv, entry.ledger.csv());
        }
        if (json != null) {
            AtomicFile.writeText(json, Json.write(figures(entry)));
        }
        if (html != null) {
            AtomicFile.writeText(html, page(entry));
        }
        return 0;
    }

    private Entry packed() throws IOException {
        if (withTimes) {
            throw new IllegalArgumentException(
                    "--times needs a model.safetensors, whose forms can be changed; " + file + " is packed");
        }
        PackedModel packed = PackedModel.read(file);
        return new Entry(
                String.valueOf(file.getFileName()),
                "packed model",
                Files.size(file),
                PackedLedger.of(packed),
                PackedLedger.forms(packed),
                Optional.empty());
    }

    private Entry saved() throws IOException {
        Device device = Device.cpu(threads);
        SavedModel saved = open(device);
        Optional<NetworkTimes> times = Optional.empty();
        if (withTimes) {
            Stopwatch stopwatch = Stopwatch.quick();
            times = Optional.of(NetworkTimes.measure(
                    () -> {
                        try {
                            return open(device).net();
                        } catch (IOException problem) {
                            throw new UncheckedIOException(problem);
                        }
                    },
                    () -> saved.whole(device),
                    saved.input(),
                    device,
                    run -> stopwatch.measure(run).best()));
        }
        PackedModel packed = Exporter.of(saved.net(), saved.input()).export();
        String forms = "if it is packed (nothing cut)" + System.lineSeparator() + PackedLedger.forms(packed);
        return new Entry(saved.name(), saved.architecture().label(), saved.fileBytes(), saved.ledger(), forms, times);
    }

    private SavedModel open(Device device) throws IOException {
        return SavedModel.open(file, Optional.ofNullable(model), device);
    }

    private static Map<String, Object> figures(Entry entry) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("name", entry.name);
        figures.put("model", entry.kind);
        figures.put("file_bytes", entry.fileBytes);
        figures.putAll(LedgerReport.figures(entry.ledger));
        entry.times.ifPresent(times -> {
            Map<String, Object> forms = new LinkedHashMap<>();
            for (NetworkForm form : times.seconds().keySet()) {
                Map<String, Object> of = new LinkedHashMap<>();
                for (int batch : NetworkTimes.BATCHES) {
                    of.put("milliseconds_batch_" + batch, times.milliseconds(form, batch));
                    of.put("speed_up_batch_" + batch, times.speedUp(form, batch));
                }
                forms.put(form.label(), of);
            }
            figures.put("times", forms);
            figures.put("ppr", entry.ratio(times));
        });
        return figures;
    }

    private static String page(Entry entry) {
        Ledger ledger = entry.ledger;
        HtmlPage page = new HtmlPage("Ledger of " + entry.name)
                .text(LedgerReport.format(
                        "%s: %,d of %,d weights are not zero (%.1fx fewer), %,d of %,d multiply-adds are left."
                                + " The file has %,d bytes.",
                        entry.kind,
                        ledger.nonZeros(),
                        ledger.weights(),
                        ledger.rate(),
                        ledger.remainingMacs(),
                        ledger.macs(),
                        entry.fileBytes))
                .table(LedgerReport.layerHead(), LedgerReport.layerRows(ledger))
                .heading("Bytes by scheme")
                .table(LedgerReport.schemeHead(), LedgerReport.schemeRows(ledger))
                .lines(entry.forms);
        entry.times.ifPresent(times -> page.heading("Measured").lines(times.toString()));
        return page.heading("What is left")
                .picture(LedgerReport.keptWeights(ledger).svg())
                .picture(LedgerReport.keptOutputs(ledger).svg())
                .html();
    }
}
