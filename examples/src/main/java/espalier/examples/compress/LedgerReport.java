package espalier.examples.compress;

import espalier.examples.report.BarChart;
import espalier.sparsity.ledger.Ledger;
import espalier.sparsity.ledger.Scheme;
import espalier.sparsity.ledger.Storage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A ledger as figures for JSON, as rows for a page, and as pictures. */
final class LedgerReport {
    private LedgerReport() {}

    static Map<String, Object> figures(Ledger ledger) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("weights", ledger.weights());
        figures.put("non_zeros", ledger.nonZeros());
        figures.put("rate", ledger.rate());
        figures.put("mean_bits", ledger.meanBits());
        figures.put("macs", ledger.macs());
        figures.put("remaining_macs", ledger.remainingMacs());
        figures.put("other_bytes", ledger.otherBytes());
        figures.put("smallest_scheme", ledger.smallest().label());
        Map<String, Object> schemes = new LinkedHashMap<>();
        for (Scheme scheme : Scheme.values()) {
            Map<String, Object> of = new LinkedHashMap<>(bytes(ledger.storage(scheme)));
            of.put("times_smaller", ledger.storage(scheme).reduction(ledger.weights()));
            schemes.put(scheme.label(), of);
        }
        figures.put("storage", schemes);
        List<Object> layers = new ArrayList<>();
        ledger.layers().forEach(layer -> layers.add(figures(layer)));
        figures.put("layers", layers);
        return figures;
    }

    private static Map<String, Object> figures(Ledger.Layer layer) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("layer", layer.path());
        figures.put("shape", layer.shape().toString());
        figures.put("weights", layer.weights());
        figures.put("non_zeros", layer.nonZeros());
        figures.put("bits", layer.codebook().bits());
        figures.put("kept_rows", layer.keptRows());
        figures.put("kept_columns", layer.keptColumns());
        figures.put("macs", layer.macs());
        figures.put("remaining_macs", layer.remainingMacs());
        Map<String, Object> schemes = new LinkedHashMap<>();
        for (Scheme scheme : Scheme.values()) {
            schemes.put(scheme.label(), bytes(layer.storage(scheme)));
        }
        figures.put("storage", schemes);
        return figures;
    }

    private static Map<String, Object> bytes(Storage storage) {
        Map<String, Object> of = new LinkedHashMap<>();
        of.put("bytes", storage.bytes());
        of.put("value_bits", storage.valueBits());
        of.put("index_bits", storage.indexBits());
        of.put("codebook_bits", storage.tableBits());
        return of;
    }

    /** The names of {@link #layerRows}' columns. */
    static List<String> layerHead() {
        return List.of("layer", "weights", "non-zeros", "density", "bits", "outputs", "MACs", "left");
    }

    static List<List<String>> layerRows(Ledger ledger) {
        List<List<String>> rows = new ArrayList<>();
        for (Ledger.Layer layer : ledger.layers()) {
            rows.add(List.of(
                    layer.path(),
                    format("%,d", layer.weights()),
                    format("%,d", layer.nonZeros()),
                    format("%.2f %%", 100 * layer.density()),
                    format("%d", layer.codebook().bits()),
                    layer.keptRows() + " of " + outputs(layer),
                    format("%,d", layer.macs()),
                    format("%,d", layer.remainingMacs())));
        }
        return rows;
    }

    /** The names of {@link #schemeRows}' columns. */
    static List<String> schemeHead() {
        return List.of("scheme", "bytes", "values only", "index", "codebooks", "smaller than floats");
    }

    static List<List<String>> schemeRows(Ledger ledger) {
        List<List<String>> rows = new ArrayList<>();
        for (Scheme scheme : Scheme.values()) {
            Storage storage = ledger.storage(scheme);
            rows.add(List.of(
                    scheme.label(),
                    format("%,d", storage.bytes()),
                    format("%,d", storage.dataBytes()),
                    format("%,d", Math.ceilDiv(storage.indexBits(), 8L)),
                    format("%,d", Math.ceilDiv(storage.tableBits(), 8L)),
                    format("%.1fx", storage.reduction(ledger.weights()))));
        }
        return rows;
    }

    /** Outputs (channels, features) of each layer of which something is left. */
    static BarChart keptOutputs(Ledger ledger) {
        return new BarChart(
                "Kept channels",
                ledger.layers().stream()
                        .map(layer -> new BarChart.Bar(layer.path(), layer.keptRows(), outputs(layer)))
                        .toList());
    }

    /** Weights of each layer that are left. */
    static BarChart keptWeights(Ledger ledger) {
        return new BarChart(
                "Weights that are not zero",
                ledger.layers().stream()
                        .map(layer -> new BarChart.Bar(layer.path(), layer.nonZeros(), layer.weights()))
                        .toList());
    }

    private static int outputs(Ledger.Layer layer) {
        return layer.shape().rank() == 0 ? 1 : layer.shape().dim(0);
    }

    static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
