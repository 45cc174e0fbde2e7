package espalier.examples.report;

import java.util.ArrayList;
import java.util.List;

/** A table as text: the first column begins on the left, the others end on the right, as numbers do. */
public final class AlignedTable {
    private AlignedTable() {}

    /** The head and the rows, each ended by a line break. */
    public static String text(List<String> head, List<List<String>> rows) {
        List<List<String>> lines = new ArrayList<>(List.of(head));
        lines.addAll(rows);
        int[] widths = new int[head.size()];
        lines.forEach(line -> {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], line.get(i).length());
            }
        });
        StringBuilder text = new StringBuilder();
        for (List<String> line : lines) {
            for (int i = 0; i < widths.length; i++) {
                String gap = " ".repeat(widths[i] - line.get(i).length());
                text.append(i == 0 ? line.get(i) + gap : "  " + gap + line.get(i));
            }
            text.append(System.lineSeparator());
        }
        return text.toString();
    }
}
