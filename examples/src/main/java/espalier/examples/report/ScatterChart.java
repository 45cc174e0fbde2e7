package espalier.examples.report;

import espalier.examples.report.Svg.Anchor;
import espalier.examples.report.Svg.Ink;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Points with names, as an SVG picture: accuracy against bytes, a point a model. Each name stands beside its point
 * where it covers no other.
 *
 * <pre>{@code
 * String svg = ScatterChart.againstBytes("Accuracy against size", List.of(
 *         new ScatterChart.Point("dense", "", 1_724_960, 99.1),
 *         new ScatterChart.Point("ADMM 71x", "", 31_400, 99.0))).svg();
 * }</pre>
 *
 * @param title above the picture
 * @param xLabel below it
 * @param yLabel at its left
 * @param logarithmic whether x runs by factors
 * @param points what is drawn
 */
public record ScatterChart(String title, String xLabel, String yLabel, boolean logarithmic, List<Point> points) {
    /**
     * One model.
     *
     * @param name beside the point
     * @param family points of one family have one colour and are joined by a line; empty for a point by itself
     * @param x above 0 where the axis is logarithmic, or it is not drawn
     * @param y its value
     */
    public record Point(String name, String family, double x, double y) {}

    private record Box(double x, double y, double width, double height) {
        double overlap(Box other) {
            double w = Math.min(x + width, other.x + other.width) - Math.max(x, other.x);
            double h = Math.min(y + height, other.y + other.height) - Math.max(y, other.y);
            return w > 0 && h > 0 ? w * h : 0;
        }
    }

    /** Accuracy in per cent against bytes. */
    public static ScatterChart againstBytes(String title, List<Point> points) {
        return new ScatterChart(title, "bytes", "test accuracy, %", true, points);
    }

    /** The picture. */
    public String svg() {
        List<Point> shown = points.stream()
                .filter(p -> Double.isFinite(p.x) && Double.isFinite(p.y) && (!logarithmic || p.x > 0))
                .toList();
        var across = shown.stream().mapToDouble(Point::x);
        Plot plot = Plot.of(
                logarithmic ? Axis.logarithmic(across) : Axis.linear(across),
                Axis.linear(shown.stream().mapToDouble(Point::y)));
        List<String> families = shown.stream().map(Point::family).distinct().toList();
        Svg svg = plot.begin(title, xLabel, yLabel, families);
        for (int i = 0; i < families.size(); i++) {
            join(svg, plot, i, families, shown);
        }
        List<Box> taken = new ArrayList<>();
        for (Point p : shown) {
            taken.add(new Box(plot.across(p.x) - 5, plot.down(p.y) - 5, 10, 10));
            svg.dot(Svg.fill(families.indexOf(p.family), families.size()), 4.5, plot.across(p.x), plot.down(p.y));
        }
        shown.forEach(p -> name(svg, plot, p, taken));
        return svg.finish();
    }

    private static void join(Svg svg, Plot plot, int family, List<String> families, List<Point> shown) {
        if (families.get(family).isEmpty()) {
            return;
        }
        StringBuilder path = new StringBuilder();
        shown.stream()
                .filter(p -> p.family.equals(families.get(family)))
                .sorted(Comparator.comparingDouble(Point::x))
                .forEach(p -> path.append(
                        String.format(java.util.Locale.ROOT, "%.1f,%.1f ", plot.across(p.x), plot.down(p.y))));
        svg.polyline(Svg.stroke(family, families.size()), 1.2, path.toString().strip());
    }

    /** Tries places around the point, near ones first, and takes the one that covers least. */
    private static void name(Svg svg, Plot plot, Point p, List<Box> taken) {
        double x = plot.across(p.x);
        double y = plot.down(p.y);
        double width = Svg.width(p.name) + 2;
        Box best = new Box(0, 0, 0, 0);
        double least = Double.POSITIVE_INFINITY;
        for (double gap : new double[] {8, 22, 36, 52}) {
            for (Box place : around(x, y, gap, width)) {
                double covered = gap / 100 + outside(place, plot);
                for (Box other : taken) {
                    covered += place.overlap(other);
                }
                if (covered < least) {
                    least = covered;
                    best = place;
                }
            }
        }
        taken.add(best);
        double middle = best.x + best.width / 2;
        if (Math.hypot(Math.max(0, Math.abs(middle - x) - best.width / 2), best.y + 7 - y) > 16) {
            double end = Math.clamp(x, best.x, best.x + best.width);
            svg.line(Ink.LABEL.stroke(), 0.8, x, y, end, best.y > y ? best.y : best.y + best.height);
        }
        svg.text(Ink.TEXT, Anchor.MIDDLE, middle, best.y + 11, p.name);
    }

    private static List<Box> around(double x, double y, double gap, double width) {
        double height = Svg.LINE - 1;
        double side = Math.min(gap, 12);
        return List.of(
                new Box(x + gap, y - height / 2, width, height),
                new Box(x - gap - width, y - height / 2, width, height),
                new Box(x - width / 2, y - gap - height, width, height),
                new Box(x - width / 2, y + gap, width, height),
                new Box(x + side, y - gap - height, width, height),
                new Box(x + side, y + gap, width, height),
                new Box(x - side - width, y - gap - height, width, height),
                new Box(x - side - width, y + gap, width, height));
    }

    private static double outside(Box place, Plot plot) {
        double across = Math.max(0, place.x + place.width - plot.right())
                + Math.max(0, plot.across(plot.x().low()) - place.x);
        double down = Math.max(0, place.y + place.height - plot.bottom())
                + Math.max(0, plot.down(plot.y().high()) - place.y);
        return 1000 * (across + down);
    }
}
