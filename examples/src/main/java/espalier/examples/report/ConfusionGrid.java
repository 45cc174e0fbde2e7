package espalier.examples.report;

import espalier.nn.train.ConfusionMatrix;
import java.util.Locale;

/** A confusion matrix as an SVG picture: a row a class, darker where more samples of the row's class fell. */
final class ConfusionGrid {
    private static final int CELL = 34;
    private static final int LEFT = 96;
    private static final int TOP = 96;
    private static final int RIGHT = 56;

    private ConfusionGrid() {}

    static String svg(ConfusionMatrix matrix) {
        int n = matrix.classes().size();
        int width = LEFT + n * CELL + RIGHT;
        int height = TOP + n * CELL + 10;
        StringBuilder out = new StringBuilder();
        add(
                out,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\"",
                width,
                height,
                width,
                height);
        add(out, " font-family=\"system-ui, sans-serif\" font-size=\"11\" role=\"img\">%n");
        add(out, "<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>%n", width, height);
        add(
                out,
                "<text x=\"4\" y=\"16\" font-weight=\"600\" font-size=\"14\" fill=\"#1a202c\">Label (rows) and prediction</text>%n");
        for (int k = 0; k < n; k++) {
            String name = Markup.escape(matrix.classes().get(k));
            add(
                    out,
                    "<text x=\"%d\" y=\"%d\" text-anchor=\"end\" fill=\"#4a5568\">%s</text>%n",
                    LEFT - 6,
                    TOP + k * CELL + 21,
                    name);
            add(
                    out,
                    "<text transform=\"translate(%d,%d) rotate(-50)\" fill=\"#4a5568\">%s</text>%n",
                    LEFT + k * CELL + 16,
                    TOP - 6,
                    name);
            row(out, matrix, k);
        }
        return out.append("</svg>\n").toString();
    }

    private static void row(StringBuilder out, ConfusionMatrix matrix, int label) {
        int n = matrix.classes().size();
        long total = 0;
        for (int k = 0; k < n; k++) {
            total += matrix.count(label, k);
        }
        for (int k = 0; k < n; k++) {
            long count = matrix.count(label, k);
            double part = total == 0 ? 0 : Math.sqrt((double) count / total);
            String colour = label == k ? "43,108,176" : "192,86,33";
            int x = LEFT + k * CELL;
            int y = TOP + label * CELL;
            add(
                    out,
                    "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"rgba(%s,%.3f)\" stroke=\"#e2e8f0\"/>%n",
                    x,
                    y,
                    CELL,
                    CELL,
                    colour,
                    part);
            if (count > 0) {
                String ink = part > 0.65 ? "#ffffff" : "#1a202c";
                add(
                        out,
                        "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" fill=\"%s\">%d</text>%n",
                        x + CELL / 2,
                        y + 21,
                        ink,
                        count);
            }
        }
    }

    private static void add(StringBuilder out, String format, Object... values) {
        out.append(String.format(Locale.ROOT, format, values));
    }
}
