package espalier.examples.report;

import espalier.examples.report.Svg.Anchor;
import espalier.examples.report.Svg.Ink;
import java.util.List;
import java.util.Locale;

/**
 * What is left of each layer, as an SVG picture: a bar a layer, filled as far as it was kept, with the numbers behind
 * it.
 *
 * <pre>{@code
 * String svg = new BarChart("Kept channels", List.of(new BarChart.Bar("conv1", 7, 20))).svg();
 * }</pre>
 *
 * @param title above the picture
 * @param bars from top to bottom
 */
public record BarChart(String title, List<Bar> bars) {
    private static final double WIDTH = 560;
    private static final double TOP = 38;
    private static final double ROW = 22;
    private static final double BOTTOM = 44;

    /**
     * One layer.
     *
     * @param name left of the bar
     * @param kept how many are left
     * @param of how many there were
     */
    public record Bar(String name, long kept, long of) {
        double part() {
            return of == 0 ? 0 : Math.clamp((double) kept / of, 0, 1);
        }

        String figures() {
            return String.format(Locale.ROOT, "%,d of %,d (%.0f %%)", kept, of, 100 * part());
        }
    }

    /** The picture. */
    public String svg() {
        double left = 24 + longest(bars.stream().map(Bar::name).toList());
        double right = WIDTH + Math.max(0, left - 160);
        double width = right + 24 + longest(bars.stream().map(Bar::figures).toList());
        double bottom = TOP + ROW * bars.size();
        Svg svg = new Svg(Math.max(width, 32 + 1.25 * Svg.width(title)), bottom + BOTTOM, title);
        for (int i = 0; i < bars.size(); i++) {
            Bar bar = bars.get(i);
            double top = TOP + ROW * i + 4;
            svg.text(Ink.TEXT, Anchor.END, left - 8, top + 11, bar.name);
            svg.rectangle(Ink.TRACK.fill(), left, top, right - left, ROW - 8);
            svg.rectangle(Ink.BLUE.fill(), left, top, (right - left) * bar.part(), ROW - 8);
            svg.text(Ink.LABEL, Anchor.START, right + 8, top + 11, bar.figures());
        }
        for (int percent = 0; percent <= 100; percent += 25) {
            double x = left + (right - left) * percent / 100;
            svg.line(Ink.GRID.stroke(), 1, x, TOP, x, bottom);
            svg.text(Ink.LABEL, Anchor.MIDDLE, x, bottom + 16, Integer.toString(percent));
        }
        svg.text(Ink.LABEL, Anchor.MIDDLE, (left + right) / 2, bottom + 36, "kept, % of the layer");
        return svg.finish();
    }

    private static double longest(List<String> words) {
        return words.stream().mapToDouble(Svg::width).max().orElse(0);
    }
}
