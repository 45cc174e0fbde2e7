package espalier.examples.report;

import java.util.List;
import java.util.Locale;

/**
 * A picture under construction. Shapes carry their colour for a light page; a style sheet inside changes it where the
 * reader's screen is dark, so one file is legible on both.
 */
final class Svg {
    /** About how wide a letter is, in pixels, at the size of most text. */
    static final double LETTER = 6.6;

    /** How tall a line of such text is. */
    static final double LINE = 15;

    private static final List<Ink> SERIES = List.of(Ink.BLUE, Ink.ORANGE, Ink.GREEN, Ink.PURPLE, Ink.PINK, Ink.GREY);

    /** Where text stands relative to its point. */
    enum Anchor {
        /** The text begins there. */
        START,
        /** It is centred there. */
        MIDDLE,
        /** It ends there. */
        END
    }

    /** A colour on light paper, and its counterpart on dark paper. */
    enum Ink {
        /** The ground. */
        PAPER("#ffffff", "#161b22"),
        /** Titles and names. */
        TEXT("#1a202c", "#e6edf3"),
        /** Labels of axes. */
        LABEL("#4a5568", "#a0aec0"),
        /** Grid lines. */
        GRID("#e2e8f0", "#2d3748"),
        /** What is not there any more. */
        TRACK("#edf2f7", "#232b36"),
        /** First series. */
        BLUE("#2b6cb0", "#63b3ed"),
        /** Second. */
        ORANGE("#c05621", "#f6ad55"),
        /** Third. */
        GREEN("#2f855a", "#68d391"),
        /** Fourth. */
        PURPLE("#6b46c1", "#b794f4"),
        /** Fifth. */
        PINK("#b83280", "#f687b3"),
        /** Sixth. */
        GREY("#4a5568", "#a0aec0");

        private final String light;
        private final String dark;

        Ink(String light, String dark) {
            this.light = light;
            this.dark = dark;
        }

        private String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** Attributes that fill a shape or letters with it. */
        String fill() {
            return "class=\"f-" + word() + "\" fill=\"" + light + "\"";
        }

        /** Attributes that draw a line with it. */
        String stroke() {
            return "class=\"s-" + word() + "\" stroke=\"" + light + "\"";
        }
    }

    private final StringBuilder out = new StringBuilder();

    /** A picture of this size in pixels, with paper and a title. */
    Svg(double width, double height, String title) {
        add(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\"",
                width, height, width, height);
        add(" font-family=\"system-ui, sans-serif\" font-size=\"12\" role=\"img\">%n");
        style();
        add("<rect width=\"%.0f\" height=\"%.0f\" %s/>%n", width, height, Ink.PAPER.fill());
        add(
                "<text x=\"16\" y=\"20\" font-weight=\"600\" font-size=\"14\" %s>%s</text>%n",
                Ink.TEXT.fill(), Markup.escape(title));
    }

    private void style() {
        add("<style>@media (prefers-color-scheme: dark) {");
        for (Ink ink : Ink.values()) {
            add(" .f-%s { fill: %s } .s-%s { stroke: %s }", ink.word(), ink.dark, ink.word(), ink.dark);
        }
        add(" }</style>%n");
    }

    /** Attributes for filling in the colour of a series: of few, distinct ones; of many, steps from blue to orange. */
    static String fill(int series, int of) {
        return of <= SERIES.size() ? SERIES.get(series).fill() : "fill=\"" + step(series, of) + "\"";
    }

    /** The same for lines. */
    static String stroke(int series, int of) {
        return of <= SERIES.size() ? SERIES.get(series).stroke() : "stroke=\"" + step(series, of) + "\"";
    }

    /** Of middling lightness, to be seen on light and dark paper. */
    private static String step(int series, int of) {
        double hue = 220 - 200.0 * series / (of - 1);
        return String.format(Locale.ROOT, "hsl(%.0f, 55%%, 46%%)", hue);
    }

    Svg text(Ink ink, Anchor anchor, double x, double y, String words) {
        return add(
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" %s>%s</text>%n",
                x, y, anchor.name().toLowerCase(Locale.ROOT), ink.fill(), Markup.escape(words));
    }

    /** Text that runs upwards, centred at a point. */
    Svg upright(Ink ink, double x, double y, String words) {
        return add(
                "<text transform=\"translate(%.1f,%.1f) rotate(-90)\" text-anchor=\"middle\" %s>%s</text>%n",
                x, y, ink.fill(), Markup.escape(words));
    }

    Svg line(String stroke, double width, double x1, double y1, double x2, double y2) {
        return add(
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke-width=\"%.1f\" %s/>%n",
                x1, y1, x2, y2, width, stroke);
    }

    Svg rectangle(String fill, double x, double y, double width, double height) {
        return add(
                "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"2\" %s/>%n",
                x, y, width, height, fill);
    }

    Svg dot(String fill, double radius, double x, double y) {
        return add("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" %s/>%n", x, y, radius, fill);
    }

    /** Connected points, {@code x,y x,y ...}. */
    Svg polyline(String stroke, double width, CharSequence points) {
        return add(
                "<polyline fill=\"none\" stroke-width=\"%.1f\" stroke-linejoin=\"round\" %s points=\"%s\"/>%n",
                width, stroke, points);
    }

    private Svg add(String format, Object... values) {
        out.append(String.format(Locale.ROOT, format, values));
        return this;
    }

    /** The picture. */
    String finish() {
        return out + "</svg>\n";
    }

    /** About how many pixels words take. */
    static double width(String words) {
        return LETTER * words.length();
    }
}
