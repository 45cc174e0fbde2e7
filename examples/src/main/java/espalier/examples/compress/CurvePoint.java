package espalier.examples.compress;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * Networks that differ by their seed alone, as one point of a curve.
 *
 * @param name how the point is called
 * @param family what made them, such as a recipe; points of one family lie on one curve
 * @param channels filters and neurons that are left, the mean
 * @param costs one for each seed, at least one
 */
record CurvePoint(String name, String family, double channels, List<Appraisal> costs) {
    CurvePoint {
        costs = List.copyOf(costs);
    }

    private double mean(ToDoubleFunction<Appraisal> figure) {
        return costs.stream().mapToDouble(figure).average().orElseThrow();
    }

    /** Part of the test images that is right, in per cent. */
    double accuracy() {
        return 100 * mean(Appraisal::accuracy);
    }

    /** The smallest and the largest of them. */
    String spread() {
        double low = costs.stream().mapToDouble(Appraisal::accuracy).min().orElseThrow();
        double high = costs.stream().mapToDouble(Appraisal::accuracy).max().orElseThrow();
        return costs.size() == 1 ? "one seed" : text("%.2f-%.2f", 100 * low, 100 * high);
    }

    double macs() {
        return mean(Appraisal::macs);
    }

    double bytes() {
        return mean(Appraisal::bytes);
    }

    /** Milliseconds for one image. */
    double one() {
        return mean(Appraisal::one);
    }

    /** Milliseconds for {@value Appraisal#MANY} images. */
    double many() {
        return mean(Appraisal::many);
    }

    /** A line of a table, measured by the dense network. */
    List<String> row(CurvePoint dense) {
        double fewer = dense.macs() / macs();
        double faster = dense.many() / many();
        return List.of(
                name,
                text("%.2f %%", accuracy()),
                spread(),
                text("%,.0f", channels),
                text("%,.0f", macs()),
                text("%.2fx", fewer),
                text("%,.0f", bytes()),
                text("%.3f ms", one()),
                text("%.2f ms", many()),
                text("%.2fx", faster),
                text("%.2f", faster / fewer));
    }

    /** A line of a file with commas. */
    String csv(CurvePoint dense) {
        return text(
                "%s,%s,%d,%.4f,%.1f,%.1f,%.1f,%.5f,%.5f,%.4f%n",
                name.replace(',', ' '),
                family.replace(',', ' '),
                costs.size(),
                accuracy(),
                channels,
                macs(),
                bytes(),
                one(),
                many(),
                dense.many() / many());
    }

    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
