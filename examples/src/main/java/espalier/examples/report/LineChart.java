package espalier.examples.report;

import java.util.List;
import java.util.Locale;

/**
 * Curves as an SVG picture: axes with round numbers, a line and a name a series.
 *
 * @param title above the picture
 * @param xLabel below it
 * @param series what is drawn
 */
public record LineChart(String title, String xLabel, List<Series> series) {
    private static final int WIDTH = 560;
    private static final int HEIGHT = 320;
    private static final int LEFT = 56;
    private static final int RIGHT = 16;
    private static final int TOP = 34;
    private static final int BOTTOM = 44;
    private static final List<String> COLOURS =
            List.of("#2b6cb0", "#c05621", "#2f855a", "#6b46c1", "#b83280", "#4a5568");

    /**
     * One curve.
     *
     * @param name in the legend
     * @param x positions
     * @param y values, as many
     */
    public record Series(String name, double[] x, double[] y) {}

    /** The picture. */
    public String svg() {
        Range x = range(true);
        Range y = range(false);
        StringBuilder out = new StringBuilder();
        add(
                out,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\"",
                WIDTH,
                HEIGHT,
                WIDTH,
                HEIGHT);
        add(out, " font-family=\"system-ui, sans-serif\" font-size=\"12\" role=\"img\">%n");
        add(out, "<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>%n", WIDTH, HEIGHT);
        add(
                out,
                "<text x=\"%d\" y=\"20\" font-weight=\"600\" font-size=\"14\" fill=\"#1a202c\">%s</text>%n",
                LEFT,
                Markup.escape(title));
        axis(out, x, true);
        axis(out, y, false);
        add(
                out,
                "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" fill=\"#4a5568\">%s</text>%n",
                (LEFT + WIDTH - RIGHT) / 2,
                HEIGHT - 8,
                Markup.escape(xLabel));
        for (int i = 0; i < series.size(); i++) {
            curve(out, series.get(i), x, y, COLOURS.get(i % COLOURS.size()));
        }
        if (series.size() > 1) {
            legend(out);
        }
        return out.append("</svg>\n").toString();
    }

    private void curve(StringBuilder out, Series s, Range x, Range y, String colour) {
        StringBuilder points = new StringBuilder();
        for (int i = 0; i < s.x.length; i++) {
            if (Double.isFinite(s.y[i])) {
                add(points, "%.1f,%.1f ", across(x, s.x[i]), down(y, s.y[i]));
            }
        }
        add(
                out,
                "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" stroke-linejoin=\"round\" points=\"%s\"/>%n",
                colour,
                points.toString().strip());
        if (s.x.length <= 40) {
            for (int i = 0; i < s.x.length; i++) {
                if (Double.isFinite(s.y[i])) {
                    add(
                            out,
                            "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\" fill=\"%s\"/>%n",
                            across(x, s.x[i]),
                            down(y, s.y[i]),
                            colour);
                }
            }
        }
    }

    /** The names, right above the curves; the title stands left of them. */
    private void legend(StringBuilder out) {
        int left = WIDTH - RIGHT;
        for (int i = series.size() - 1; i >= 0; i--) {
            String name = series.get(i).name;
            String colour = COLOURS.get(i % COLOURS.size());
            left -= 36 + 7 * name.length();
            add(
                    out,
                    "<line x1=\"%d\" y1=\"16\" x2=\"%d\" y2=\"16\" stroke=\"%s\" stroke-width=\"3\"/>%n",
                    left,
                    left + 18,
                    colour);
            add(out, "<text x=\"%d\" y=\"20\" fill=\"#1a202c\">%s</text>%n", left + 24, Markup.escape(name));
        }
    }

    private static void axis(StringBuilder out, Range range, boolean horizontal) {
        for (double tick = range.firstTick(); tick <= range.high + 1e-9 * range.step; tick += range.step) {
            double at = horizontal ? across(range, tick) : down(range, tick);
            String label = range.label(tick);
            if (horizontal) {
                add(
                        out,
                        "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#e2e8f0\"/>%n",
                        at,
                        TOP,
                        at,
                        HEIGHT - BOTTOM);
                add(
                        out,
                        "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" fill=\"#4a5568\">%s</text>%n",
                        at,
                        HEIGHT - BOTTOM + 16,
                        label);
            } else {
                add(
                        out,
                        "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#e2e8f0\"/>%n",
                        LEFT,
                        at,
                        WIDTH - RIGHT,
                        at);
                add(
                        out,
                        "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\" fill=\"#4a5568\">%s</text>%n",
                        LEFT - 6,
                        at + 4,
                        label);
            }
        }
    }

    private static double across(Range range, double value) {
        return LEFT + (WIDTH - LEFT - RIGHT) * range.part(value);
    }

    private static double down(Range range, double value) {
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * range.part(value);
    }

    private Range range(boolean horizontal) {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (Series s : series) {
            for (double value : horizontal ? s.x : s.y) {
                if (Double.isFinite(value)) {
                    low = Math.min(low, value);
                    high = Math.max(high, value);
                }
            }
        }
        return low > high ? Range.of(0, 1) : Range.of(low, high);
    }

    private record Range(double low, double high, double step) {
        /** Limits widened to multiples of a step of 1, 2 or 5 times a power of ten, four to ten steps in all. */
        static Range of(double low, double high) {
            double span = high > low ? high - low : Math.max(1e-9, Math.abs(high));
            double power = Math.pow(10, Math.floor(Math.log10(span / 4)));
            double unit = span / 4 / power;
            double step = power * (unit >= 5 ? 5 : unit >= 2 ? 2 : 1);
            return new Range(Math.floor(low / step) * step, Math.ceil((low + span) / step) * step, step);
        }

        double firstTick() {
            return low;
        }

        double part(double value) {
            return (value - low) / (high - low);
        }

        String label(double tick) {
            int decimals = (int) Math.clamp(Math.ceil(-Math.log10(step) - 1e-9), 0, 8);
            return String.format(Locale.ROOT, "%." + decimals + "f", Math.abs(tick) < step / 2 ? 0 : tick);
        }
    }

    private static void add(StringBuilder out, String format, Object... values) {
        out.append(String.format(Locale.ROOT, format, values));
    }
}
