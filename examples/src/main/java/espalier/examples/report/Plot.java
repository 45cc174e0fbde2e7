package espalier.examples.report;

import espalier.examples.report.Svg.Anchor;
import espalier.examples.report.Svg.Ink;
import java.util.List;

/**
 * The frame that values are drawn into: two axes with grid lines and labels, and a legend where it does not cover the
 * title.
 *
 * @param x to the right
 * @param y upwards
 * @param width of the frame, in pixels
 * @param height of the frame
 */
record Plot(Axis x, Axis y, double width, double height) {
    private static final double WIDTH = 576;
    private static final double HEIGHT = 320;
    private static final double LEFT = 72;
    private static final double RIGHT = 36;
    private static final double TOP = 38;
    private static final double BOTTOM = 48;
    private static final double MARK = 26; // of a legend: a short line and the gap after it

    static Plot of(Axis x, Axis y) {
        return new Plot(x, y, WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
    }

    double right() {
        return LEFT + width;
    }

    double bottom() {
        return TOP + height;
    }

    /** Pixels from the left. */
    double across(double value) {
        return LEFT + width * x.part(value);
    }

    /** Pixels from the top. */
    double down(double value) {
        return bottom() - height * y.part(value);
    }

    /** A picture with axes and, if there are several names, a legend; the values are still to be drawn. */
    Svg begin(String title, String xLabel, String yLabel, List<String> names) {
        List<String> listed = names.size() > 1 ? names : List.of();
        double row = listed.stream().mapToDouble(Plot::entry).sum();
        boolean beside = 16 + 1.25 * Svg.width(title) + row > WIDTH - RIGHT;
        double column = beside ? listed.stream().mapToDouble(Plot::entry).max().orElse(0) : 0;
        double rows = beside ? TOP + 8 + Svg.LINE * listed.size() : 0;
        double needed = Math.max(WIDTH + column, 32 + 1.25 * Svg.width(title));
        Svg svg = new Svg(needed, Math.max(HEIGHT, rows), title);
        for (double tick : x.ticks()) {
            svg.line(Ink.GRID.stroke(), 1, across(tick), TOP, across(tick), bottom());
            svg.text(Ink.LABEL, Anchor.MIDDLE, across(tick), bottom() + 16, x.label(tick));
        }
        for (double tick : y.ticks()) {
            svg.line(Ink.GRID.stroke(), 1, LEFT, down(tick), right(), down(tick));
            svg.text(Ink.LABEL, Anchor.END, LEFT - 6, down(tick) + 4, y.label(tick));
        }
        svg.text(Ink.LABEL, Anchor.MIDDLE, (LEFT + right()) / 2, bottom() + 36, xLabel);
        if (!yLabel.isEmpty()) {
            svg.upright(Ink.LABEL, 16, (TOP + bottom()) / 2, yLabel);
        }
        double at = beside ? WIDTH - 20 : WIDTH - RIGHT - row;
        for (int i = 0; i < listed.size(); i++) {
            double line = beside ? TOP + 10 + Svg.LINE * i : 20;
            svg.line(Svg.stroke(i, listed.size()), 3, at, line - 4, at + 18, line - 4);
            svg.text(Ink.TEXT, Anchor.START, at + MARK - 2, line, listed.get(i));
            at += beside ? 0 : entry(listed.get(i));
        }
        return svg;
    }

    private static double entry(String name) {
        return MARK + 12 + Svg.width(name);
    }
}
