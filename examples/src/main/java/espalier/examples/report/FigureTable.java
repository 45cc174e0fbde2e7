package espalier.examples.report;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** A table of two columns for the end of a run: what, and how much. */
public final class FigureTable {
    private final Map<String, String> rows = new LinkedHashMap<>();

    /** An empty table. */
    public FigureTable() {}

    /** With another row. */
    public FigureTable row(String what, String format, Object... values) {
        rows.put(what, String.format(Locale.ROOT, format, values));
        return this;
    }

    /** Prints it between two rules. */
    public void print(PrintWriter out) {
        int left = rows.keySet().stream().mapToInt(String::length).max().orElse(0);
        int right = rows.values().stream().mapToInt(String::length).max().orElse(0);
        String rule = "-".repeat(left + 3 + right);
        out.println(rule);
        rows.forEach((what, value) -> out.println(what + " ".repeat(left + 3 - what.length()) + value));
        out.println(rule);
    }
}
