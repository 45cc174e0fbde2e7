package espalier.examples.compress;

import espalier.examples.report.BarChart;
import espalier.examples.report.HtmlPage;
import espalier.examples.report.Json;
import espalier.examples.report.LineChart;
import espalier.examples.report.RunFolder;
import espalier.examples.report.ScatterChart;
import espalier.sparsity.admm.Residual;
import espalier.sparsity.prune.LayerHistory;
import espalier.sparsity.surgery.Plan;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** What a compression leaves in its folder beside the networks: figures, tables and pictures. */
final class CompressionReport {
    private CompressionReport() {}

    /** Of one recipe. */
    static void write(
            RunFolder folder, Recipe recipe, Compression work, SizeTable table, Map<String, Object> circumstances)
            throws IOException {
        Workpiece piece = work.piece();
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("recipe", recipe.name());
        figures.put("seed", recipe.start().whole("seed", 1));
        figures.put("data", piece.data().name());
        List<Object> milestones = new ArrayList<>();
        for (Milestone milestone : piece.milestones()) {
            milestones.add(Map.of(
                    "stage", milestone.stage(),
                    "accuracy", milestone.accuracy(),
                    "non_zeros", milestone.nonZeros(),
                    "seconds", milestone.seconds()));
        }
        figures.put("stages", milestones);
        figures.put("networks", networks(table));
        figures.put("methods", piece.figures());
        figures.putAll(circumstances);
        folder.write("result.json", Json.write(figures));
        HtmlPage page = new HtmlPage("Compression by " + recipe.name())
                .table(table.head(), table.rows())
                .heading("Stages")
                .table(List.of("stage", "accuracy", "non-zeros", "seconds"), stages(piece))
                .picture(accuracyAgainstSize(table).svg());
        if (!piece.told().isEmpty()) {
            page.heading("What the stages told").lines(String.join("\n", piece.told()));
        }
        layers(folder, piece.layerRows(), page);
        if (piece.budget().isPresent()) {
            piece.budget().get().write(folder.file("budget.csv"));
        }
        if (!piece.residuals().isEmpty()) {
            List<String> lines = new ArrayList<>(List.of(Residual.CSV_HEADER));
            piece.residuals().forEach(residual -> lines.add(residual.csv()));
            folder.write("residuals.csv", String.join("\n", lines) + "\n");
            page.picture(residuals(piece.residuals()).svg());
        }
        for (Plan plan : piece.cuts()) {
            page.heading("What was cut").lines(plan.toString());
        }
        folder.write("report.html", page.lines(lines(circumstances)).html());
    }

    static List<Object> networks(SizeTable table) {
        List<Object> networks = new ArrayList<>();
        table.networks().forEach((name, a) -> {
            Map<String, Object> figures = new LinkedHashMap<>();
            figures.put("network", name);
            figures.put("accuracy", a.accuracy());
            figures.put("weights", a.weights());
            figures.put("non_zeros", a.nonZeros());
            figures.put("macs", a.macs());
            figures.put("file_bytes", a.bytes());
            figures.put("milliseconds_1", a.one());
            figures.put("milliseconds_" + Appraisal.MANY, a.many());
            networks.add(figures);
        });
        return networks;
    }

    static ScatterChart accuracyAgainstSize(SizeTable table) {
        List<ScatterChart.Point> points = new ArrayList<>();
        table.networks()
                .forEach((name, a) -> points.add(new ScatterChart.Point(name, "", a.bytes(), 100 * a.accuracy())));
        return ScatterChart.againstBytes("Accuracy against size", points);
    }

    private static List<List<String>> stages(Workpiece piece) {
        return piece.milestones().stream()
                .map(m -> List.of(
                        m.stage(),
                        String.format(Locale.ROOT, "%.2f %%", 100 * m.accuracy()),
                        String.format(Locale.ROOT, "%,d", m.nonZeros()),
                        String.format(Locale.ROOT, "%.1f", m.seconds())))
                .toList();
    }

    /** Sparsity and threshold a layer over the epochs, if a stage watched them. */
    static void layers(RunFolder folder, List<LayerHistory.Row> rows, HtmlPage page) throws IOException {
        if (rows.isEmpty()) {
            return;
        }
        List<String> lines = new ArrayList<>(List.of(LayerHistory.Row.CSV_HEADER));
        rows.forEach(row -> lines.add(row.csv()));
        folder.write("layers.csv", String.join("\n", lines) + "\n");
        page.picture(overEpochs("Sparsity a layer", "sparsity, %", rows, row -> 100 * row.sparsity())
                .svg());
        page.picture(overEpochs(
                        "Threshold a layer",
                        "threshold",
                        rows,
                        row -> row.threshold().orElse(0))
                .svg());
        page.picture(new BarChart("Units that are left", left(rows)).svg());
    }

    /** A bar for each layer: where it stood when a stage last watched it. */
    static List<BarChart.Bar> left(List<LayerHistory.Row> rows) {
        Map<String, BarChart.Bar> byLayer = new LinkedHashMap<>();
        rows.forEach(row -> byLayer.put(row.path(), new BarChart.Bar(row.path(), row.live(), row.units())));
        return List.copyOf(byLayer.values());
    }

    private static LineChart overEpochs(
            String title, String label, List<LayerHistory.Row> rows, ToDoubleFunction<LayerHistory.Row> value) {
        Map<String, List<Double>> byLayer = new LinkedHashMap<>();
        rows.forEach(row ->
                byLayer.computeIfAbsent(row.path(), _ -> new ArrayList<>()).add(value.applyAsDouble(row)));
        return LineChart.overEpochs(title, label, arrays(byLayer));
    }

    private static LineChart residuals(List<Residual> residuals) {
        Map<String, List<Double>> byLayer = new LinkedHashMap<>();
        residuals.forEach(residual ->
                byLayer.computeIfAbsent(residual.path(), _ -> new ArrayList<>()).add(residual.primal()));
        List<LineChart.Series> series = new ArrayList<>();
        arrays(byLayer).forEach((path, values) -> {
            double[] rounds = new double[values.length];
            for (int i = 0; i < rounds.length; i++) {
                rounds[i] = i + 1;
            }
            series.add(new LineChart.Series(path, rounds, values));
        });
        return new LineChart("Distance from the set, |W - Z| / |W|", "round", series);
    }

    private static Map<String, double[]> arrays(Map<String, List<Double>> lists) {
        Map<String, double[]> arrays = new LinkedHashMap<>();
        lists.forEach((name, values) -> arrays.put(
                name, values.stream().mapToDouble(Double::doubleValue).toArray()));
        return arrays;
    }

    static String lines(Map<String, Object> circumstances) {
        StringBuilder text = new StringBuilder();
        circumstances.forEach(
                (name, value) -> text.append(name).append(": ").append(value).append('\n'));
        return text.toString();
    }
}
