package espalier.examples.report;

import espalier.nn.train.ConfusionMatrix;
import espalier.nn.train.TrainingListener.EpochReport;
import espalier.tensor.io.AtomicFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The folder of a run: {@code result.json} (figures and how they came about), {@code history.csv} (a line an epoch),
 * {@code model.safetensors}, and {@code report.html} and {@code report.md} with curves and a confusion matrix. Each
 * file is written beside its place and then moved there, so that none is ever half written.
 */
public final class RunFolder {
    private final Path folder;
    private final List<String> history = new ArrayList<>();

    private RunFolder(Path folder) {
        this.folder = folder;
    }

    /** Opens a folder, which is made if it is not there; what a resumed run wrote before is read back. */
    public static RunFolder open(Path folder, boolean resumed) throws IOException {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new IOException(folder + " is a file, not a folder for results");
        }
        try {
            Files.createDirectories(folder);
        } catch (IOException problem) {
            throw new IOException(folder + ": this folder for results cannot be made", problem);
        }
        if (!Files.isWritable(folder)) {
            throw new IOException(folder + ": not allowed to write results into this folder");
        }
        RunFolder run = new RunFolder(folder);
        Path csv = run.file("history.csv");
        if (resumed && Files.exists(csv)) {
            List<String> lines = Files.readAllLines(csv);
            run.history.addAll(lines.subList(Math.min(1, lines.size()), lines.size()));
        }
        return run;
    }

    /** A file in it. */
    public Path file(String name) {
        return folder.resolve(name);
    }

    /** Notes an epoch and writes {@code history.csv} anew. */
    public void epoch(int number, EpochReport report, double testAccuracy) throws IOException {
        history.removeIf(line -> Integer.parseInt(line.substring(0, line.indexOf(','))) >= number);
        history.add(String.format(
                Locale.ROOT,
                "%d,%.6f,%.6f,%.6f,%.1f",
                number,
                report.loss(),
                report.accuracy(),
                testAccuracy,
                report.samples() / report.seconds()));
        write(
                "history.csv",
                "epoch,loss,train_accuracy,test_accuracy,examples_per_second\n" + String.join("\n", history) + "\n");
    }

    /** Writes {@code result.json}, {@code report.html} and {@code report.md}. */
    public void finish(String title, Map<String, Object> figures, ConfusionMatrix matrix) throws IOException {
        write("result.json", Json.write(figures));
        String loss = chart("Training loss", 1).svg();
        String accuracy = new LineChart(
                        "Accuracy, %", "epoch", List.of(series("training", 2, 100), series("test", 3, 100)))
                .svg();
        String grid = ConfusionGrid.svg(matrix);
        write("loss.svg", loss);
        write("accuracy.svg", accuracy);
        write("confusion.svg", grid);
        write("report.html", html(title, figures, List.of(loss, accuracy, grid)));
        write("report.md", markdown(title, figures));
    }

    private LineChart chart(String title, int column) {
        return new LineChart(title, "epoch", List.of(series("training", column, 1)));
    }

    private LineChart.Series series(String name, int column, double factor) {
        double[] x = new double[history.size()];
        double[] y = new double[history.size()];
        for (int i = 0; i < x.length; i++) {
            String[] fields = history.get(i).split(",", -1);
            x[i] = Double.parseDouble(fields[0]);
            y[i] = factor * Double.parseDouble(fields[column]);
        }
        return new LineChart.Series(name, x, y);
    }

    private static String html(String title, Map<String, Object> figures, List<String> pictures) {
        List<List<String>> rows = new ArrayList<>();
        figures.forEach((name, value) -> rows.add(List.of(name.replace('_', ' '), shown(value))));
        HtmlPage page = new HtmlPage(title).table(List.of(), rows);
        pictures.forEach(page::picture);
        return page.html();
    }

    private static String markdown(String title, Map<String, Object> figures) {
        StringBuilder out = new StringBuilder("# " + title + "\n\n| | |\n|---|---|\n");
        figures.forEach((name, value) ->
                out.append("| " + name.replace('_', ' ') + " | " + shown(value).replace("|", "\\|") + " |\n"));
        return out.append("\n![loss](loss.svg) ![accuracy](accuracy.svg)\n\n![confusion matrix](confusion.svg)\n")
                .toString();
    }

    private static String shown(Object value) {
        return value instanceof Double number ? String.format(Locale.ROOT, "%.4f", number) : value.toString();
    }

    /** Writes a text file, beside its place first. */
    public void write(String name, String text) throws IOException {
        AtomicFile.writeText(file(name), text);
    }

    /** How, where and with what a run was made. */
    public static Map<String, Object> circumstances(String device, List<String> arguments) {
        Map<String, Object> found = new LinkedHashMap<>();
        found.put("command", String.join(" ", arguments));
        found.put("commit", commit());
        found.put("jdk", Runtime.version().toString());
        found.put("cpu", cpu());
        found.put("processors", Runtime.getRuntime().availableProcessors());
        found.put("back_end", device);
        return found;
    }

    private static String cpu() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
                if (line.startsWith("model name")) {
                    return line.substring(line.indexOf(':') + 1).strip();
                }
            }
        } catch (IOException e) {
            return System.getProperty("os.arch");
        }
        return System.getProperty("os.arch");
    }

    /** The commit that was built, as the build notes it. */
    private static String commit() {
        try (InputStream noted = RunFolder.class.getResourceAsStream("commit.txt")) {
            return noted == null ? "unknown" : new String(noted.readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException problem) {
            return "unknown";
        }
    }
}
