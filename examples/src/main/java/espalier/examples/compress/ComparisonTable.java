package espalier.examples.compress;

import espalier.examples.data.Split;
import espalier.examples.report.AlignedTable;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Networks that are compared, a line each. */
final class ComparisonTable {
    static final List<String> HEAD = List.of(
            "network",
            "pruning",
            "accuracy",
            "of seeds",
            "fewer",
            "bits",
            "data only",
            "with index",
            "scheme",
            "packed file",
            "fastest",
            "ms",
            "speed-up",
            "PPR");

    private ComparisonTable() {}

    static List<List<String>> rows(List<Contestant> contestants) {
        return contestants.stream().map(ComparisonTable::row).toList();
    }

    private static List<String> row(Contestant c) {
        return List.of(
                c.name(),
                c.structure().word(),
                format("%.2f %%", c.accuracy()),
                c.spread(),
                format("%.1fx", c.rate()),
                format("%.1f", c.bits()),
                format("%,d", c.dataBytes()),
                format("%,d", c.bytes()),
                c.scheme().label(),
                format("%,d", c.fileBytes()),
                c.speed().map(s -> s.form().label()).orElse("-"),
                c.speed().map(s -> format("%.3f", s.milliseconds())).orElse("-"),
                c.speed().map(s -> format("%.2fx", s.times())).orElse("-"),
                c.speed().isEmpty() ? "-" : format("%.1f", c.ratio()));
    }

    static String text(List<Contestant> contestants) {
        return AlignedTable.text(HEAD, rows(contestants));
    }

    static String csv(List<Contestant> contestants) {
        StringBuilder text =
                new StringBuilder("network,structure,accuracy_percent,rate,mean_bits,data_bytes,bytes,scheme,"
                        + "packed_file_bytes,fastest,milliseconds,speed_up,ppr,seeds,lowest_percent,highest_percent\n");
        for (Contestant c : contestants) {
            text.append(format(
                    "%s,%s,%.4f,%.4f,%.4f,%d,%d,%s,%d",
                    c.name().replace(',', ' '),
                    c.structure().word(),
                    c.accuracy(),
                    c.rate(),
                    c.bits(),
                    c.dataBytes(),
                    c.bytes(),
                    c.scheme().label(),
                    c.fileBytes()));
            text.append(c.speed()
                    .map(s -> format(",%s,%.5f,%.4f,%.4f", s.form().label(), s.milliseconds(), s.times(), c.ratio()))
                    .orElse(",,,,"));
            text.append(format(
                    ",%d,%.4f,%.4f\n",
                    c.accuracies().size(), Collections.min(c.accuracies()), Collections.max(c.accuracies())));
        }
        return text.toString();
    }

    static Map<String, Object> figures(Split split, List<Contestant> contestants, List<String> verdict) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("data", split.name());
        figures.put("test_images", split.test().size());
        figures.put("batch", NetworkTimes.BATCHES.getLast());
        figures.put(
                "networks", contestants.stream().map(ComparisonTable::figures).toList());
        figures.put("verdict", verdict);
        return figures;
    }

    private static Map<String, Object> figures(Contestant c) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("network", c.name());
        figures.put("pruning", c.structure().word());
        figures.put("accuracy_percent", c.accuracy());
        figures.put("accuracies_percent", c.accuracies());
        figures.put("rate", c.rate());
        figures.put("mean_bits", c.bits());
        figures.put("data_bytes", c.dataBytes());
        figures.put("bytes", c.bytes());
        figures.put("scheme", c.scheme().label());
        figures.put("packed_file_bytes", c.fileBytes());
        c.speed().ifPresent(speed -> {
            figures.put("fastest", speed.form().label());
            figures.put("milliseconds", speed.milliseconds());
            figures.put("speed_up", speed.times());
            figures.put("ppr", c.ratio());
        });
        return figures;
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
