package espalier.examples.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Curves as an SVG picture: axes with round numbers, a line and a name a series.
 *
 * <pre>{@code
 * String svg = LineChart.overEpochs("Sparsity", "zeros, %", Map.of("conv1", new double[] {0, 31, 54})).svg();
 * }</pre>
 *
 * @param title above the picture
 * @param xLabel below it
 * @param yLabel at its left, or empty
 * @param series what is drawn
 */
public record LineChart(String title, String xLabel, String yLabel, List<Series> series) {
    /**
     * One curve.
     *
     * @param name in the legend
     * @param x positions
     * @param y values, as many; those that are not finite leave a gap
     */
    public record Series(String name, double[] x, double[] y) {}

    /** A chart whose title says what its values are. */
    public LineChart(String title, String xLabel, List<Series> series) {
        this(title, xLabel, "", series);
    }

    /** A value an epoch, from epoch 1, for each of several names such as layers, in the map's order. */
    public static LineChart overEpochs(String title, String yLabel, Map<String, double[]> values) {
        List<Series> series = new ArrayList<>();
        values.forEach((name, y) -> {
            double[] x = new double[y.length];
            Arrays.setAll(x, i -> i + 1);
            series.add(new Series(name, x, y));
        });
        return new LineChart(title, "epoch", yLabel, List.copyOf(series));
    }

    /** The picture. */
    public String svg() {
        double[] x = series.stream().flatMapToDouble(s -> Arrays.stream(s.x)).toArray();
        boolean whole = Arrays.stream(x).allMatch(value -> value == Math.rint(value));
        Plot plot = Plot.of(
                whole ? Axis.counting(Arrays.stream(x)) : Axis.linear(Arrays.stream(x)),
                Axis.linear(series.stream().flatMapToDouble(s -> Arrays.stream(s.y))));
        Svg svg = plot.begin(
                title, xLabel, yLabel, series.stream().map(Series::name).toList());
        for (int i = 0; i < series.size(); i++) {
            curve(svg, plot, series.get(i), i);
        }
        return svg.finish();
    }

    private void curve(Svg svg, Plot plot, Series s, int index) {
        StringBuilder run = new StringBuilder();
        for (int i = 0; i <= s.x.length; i++) {
            if (i < s.x.length && Double.isFinite(s.y[i])) {
                run.append(String.format(Locale.ROOT, "%.1f,%.1f ", plot.across(s.x[i]), plot.down(s.y[i])));
                if (s.x.length <= 40) {
                    svg.dot(Svg.fill(index, series.size()), 2.5, plot.across(s.x[i]), plot.down(s.y[i]));
                }
            } else if (!run.isEmpty()) {
                svg.polyline(Svg.stroke(index, series.size()), 2, run.toString().strip());
                run.setLength(0);
            }
        }
    }
}
