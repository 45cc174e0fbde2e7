package espalier.examples.compress;

import espalier.examples.report.AlignedTable;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Networks beside each other, the first of which is the dense one that the others are measured by. */
final class SizeTable {
    private static final List<String> HEAD = List.of(
            "network",
            "accuracy",
            "non-zeros",
            "multiply-adds",
            "file bytes",
            "smaller",
            "1 image",
            "faster",
            Appraisal.MANY + " images",
            "faster");

    private final Map<String, Appraisal> networks = new LinkedHashMap<>();

    /** With another network. */
    SizeTable row(String name, Appraisal appraisal) {
        networks.put(name, appraisal);
        return this;
    }

    /** The networks by name, in order. */
    Map<String, Appraisal> networks() {
        return networks;
    }

    /** The names of the columns. */
    List<String> head() {
        return HEAD;
    }

    /** A row a network. */
    List<List<String>> rows() {
        List<List<String>> rows = new ArrayList<>();
        Appraisal dense = networks.values().iterator().next();
        networks.forEach((name, a) -> rows.add(List.of(
                name,
                text("%.2f %%", 100 * a.accuracy()),
                text("%,d", a.nonZeros()),
                text("%,d", a.macs()),
                text("%,d", a.bytes()),
                text("%.1fx", (double) dense.bytes() / a.bytes()),
                text("%.3f ms", a.one()),
                text("%.1fx", dense.one() / a.one()),
                text("%.2f ms", a.many()),
                text("%.1fx", dense.many() / a.many()))));
        return rows;
    }

    private static String text(String format, Object value) {
        return String.format(Locale.ROOT, format, value);
    }

    /** Prints it, numbers aligned at their ends. */
    void print(PrintWriter out) {
        out.print(AlignedTable.text(HEAD, rows()));
        out.flush();
    }
}
