package espalier.examples.compress;

import espalier.examples.report.HtmlPage;
import espalier.examples.report.Json;
import espalier.sparsity.ledger.Ledger;
import espalier.tensor.Device;
import java.io.IOException;
import java.io.PrintWriter;
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

/** Tells what a saved network costs: bytes by every scheme and multiply-adds. */
@Command(
        name = "ledger",
        description = "What a saved network costs: bytes by every scheme, multiply-adds, milliseconds.",
        mixinStandardHelpOptions = true)
public final class LedgerCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "A model.safetensors, or the folder of a run.")
    private Path file = Path.of("model.safetensors");

    @Option(names = "--model", description = "The kind of model; by default what the file says.")
    private @Nullable String model;

    @Option(names = "--csv", paramLabel = "FILE", description = "Write the table with commas.")
    private @Nullable Path csv;

    @Option(names = "--json", paramLabel = "FILE", description = "Write all figures as JSON.")
    private @Nullable Path json;

    @Option(names = "--html", paramLabel = "FILE", description = "Write a page with tables and pictures.")
    private @Nullable Path html;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        SavedModel saved = SavedModel.open(file, Optional.ofNullable(model), Device.cpu());
        Ledger ledger = saved.ledger();
        out.printf("%s (%s), %,d bytes in the file%n%n", saved.name(), saved.kind(), saved.fileBytes());
        out.print(ledger);
        out.flush();
        if (csv != null) {
            Files.writeString(csv, ledger.csv());
        }
        if (json != null) {
            Map<String, Object> figures = new LinkedHashMap<>();
            figures.put("name", saved.name());
            figures.put("model", saved.kind());
            figures.put("file_bytes", saved.fileBytes());
            figures.putAll(LedgerReport.figures(ledger));
            Files.writeString(json, Json.write(figures));
        }
        if (html != null) {
            Files.writeString(html, page(saved, ledger));
        }
        return 0;
    }

    private static String page(SavedModel saved, Ledger ledger) {
        return new HtmlPage("Ledger of " + saved.name())
                .text(LedgerReport.format(
                        "%s: %,d of %,d weights are not zero (%.1fx fewer), %,d of %,d multiply-adds are left."
                                + " The file has %,d bytes.",
                        saved.kind(),
                        ledger.nonZeros(),
                        ledger.weights(),
                        ledger.rate(),
                        ledger.remainingMacs(),
                        ledger.macs(),
                        saved.fileBytes()))
                .table(LedgerReport.layerHead(), LedgerReport.layerRows(ledger))
                .heading("Bytes by scheme")
                .table(LedgerReport.schemeHead(), LedgerReport.schemeRows(ledger))
                .heading("What is left")
                .picture(LedgerReport.keptWeights(ledger).svg())
                .picture(LedgerReport.keptOutputs(ledger).svg())
                .html();
    }
}
