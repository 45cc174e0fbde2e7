package espalier.examples.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Charts drawn from plain numbers: shapes stand where the numbers say, and no text covers another or leaves the paper.
 */
class ChartsTest {
    private static final Pattern TEXT = Pattern.compile(
            "<text x=\"([-\\d.]+)\" y=\"([-\\d.]+)\"(?: font-weight=\"600\" font-size=\"(14)\")?(?: text-anchor=\"(\\w+)\")? [^>]*>([^<]*)<");

    private record Words(double left, double right, double base, String text) {
        boolean covers(Words other) {
            return left < other.right && other.left < right && Math.abs(base - other.base) < 11;
        }
    }

    private static List<Words> words(String svg) {
        List<Words> found = new ArrayList<>();
        Matcher matcher = TEXT.matcher(svg);
        while (matcher.find()) {
            double width = 6.2 * matcher.group(5).length() * (matcher.group(3) == null ? 1 : 1.2);
            double x = Double.parseDouble(matcher.group(1));
            String anchor = matcher.group(4) == null ? "start" : matcher.group(4);
            double left = anchor.equals("start") ? x : anchor.equals("end") ? x - width : x - width / 2;
            found.add(new Words(left, left + width, Double.parseDouble(matcher.group(2)), matcher.group(5)));
        }
        return found;
    }

    private static double[] attributes(String svg, String element, String... names) {
        Matcher matcher = Pattern.compile("<" + element + " [^>]*>").matcher(svg);
        List<Double> found = new ArrayList<>();
        while (matcher.find()) {
            for (String name : names) {
                Matcher value = Pattern.compile(" " + name + "=\"([-\\d.]+)\"").matcher(matcher.group());
                if (value.find()) {
                    found.add(Double.parseDouble(value.group(1)));
                }
            }
        }
        return found.stream().mapToDouble(Double::doubleValue).toArray();
    }

    static Stream<String> charts() {
        Map<String, double[]> layers = IntStream.range(0, 20)
                .boxed()
                .collect(Collectors.toMap(
                        i -> "stage" + i + ".block1.conv2.weight",
                        i -> new double[] {0, i, 2 * i},
                        (a, _) -> a,
                        LinkedHashMap::new));
        List<ScatterChart.Point> crowd = IntStream.range(0, 9)
                .mapToObj(i -> new ScatterChart.Point("method number " + i, "", 40_000 + 900 * i, 99 + 0.01 * (i % 3)))
                .toList();
        return Stream.of(
                LineChart.overEpochs("Threshold of each layer", "threshold", layers)
                        .svg(),
                LineChart.overEpochs("Sparsity", "zeros, %", Map.of("conv1", new double[] {1, 2}))
                        .svg(),
                new LineChart("T", "x", "y", List.of()).svg(),
                new BarChart(
                                "Kept channels",
                                List.of(
                                        new BarChart.Bar("features.12.pointwise.weight", 1_024, 1_024),
                                        new BarChart.Bar("fc", 0, 0)))
                        .svg(),
                new BarChart("Nothing", List.of()).svg(),
                ScatterChart.againstBytes("Accuracy against size", crowd).svg(),
                ScatterChart.againstBytes("Nothing", List.of()).svg());
    }

    @ParameterizedTest
    @MethodSource("charts")
    void noTextCoversAnotherOrLeavesThePaper(String svg) throws Exception {
        DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
        assertFalse(svg.contains("NaN") || svg.contains("Infinity"), svg);
        double width = attributes(svg, "svg", "width")[0];
        double height = attributes(svg, "svg", "height")[0];
        List<Words> words = words(svg);
        assertTrue(words.size() > 3, "the texts are found");
        for (int i = 0; i < words.size(); i++) {
            Words one = words.get(i);
            assertTrue(one.left >= 0 && one.right <= width && one.base <= height, one + " on " + width);
            for (Words other : words.subList(i + 1, words.size())) {
                assertFalse(one.covers(other), one + " covers " + other);
            }
        }
    }

    @Test
    void aBarIsAsLongAsThePartThatWasKept() {
        String svg = new BarChart("Kept", List.of(new BarChart.Bar("a", 5, 20), new BarChart.Bar("b", 20, 20))).svg();
        double[] widths = attributes(svg, "rect", "width"); // paper, then track and bar of each
        assertEquals(0.25, widths[2] / widths[1], 1e-3);
        assertEquals(1, widths[4] / widths[3], 1e-3);
        assertTrue(svg.contains(">5 of 20 (25 %)<"), svg);
    }

    @Test
    void equalFactorsAreEqualDistancesOnALogarithmicAxis() {
        String svg = ScatterChart.againstBytes(
                        "t",
                        List.of(
                                new ScatterChart.Point("a", "", 1_000, 90),
                                new ScatterChart.Point("b", "", 10_000, 92),
                                new ScatterChart.Point("c", "", 100_000, 94),
                                new ScatterChart.Point("not drawn", "", 0, 94)))
                .svg();
        double[] x = attributes(svg, "circle", "cx");
        assertEquals(3, x.length);
        assertEquals(x[1] - x[0], x[2] - x[1], 0.11);
        double[] y = attributes(svg, "circle", "cy");
        assertEquals(y[0] - y[1], y[1] - y[2], 0.11);
        assertTrue(y[2] < y[0], "a higher accuracy stands higher");
        assertTrue(svg.contains(">1,000<") && svg.contains(">100,000<"), svg);
    }

    @Test
    void epochsAreWholeNumbersOnTheAxis() {
        String svg = LineChart.overEpochs("t", "y", Map.of("a", new double[] {1, 2, 3}))
                .svg();
        List<String> below = words(svg).stream()
                .filter(word -> word.base == 288)
                .map(Words::text)
                .toList();
        assertEquals(List.of("1", "2", "3"), below);
    }

    @Test
    void aValueThatIsNoNumberLeavesAGap() {
        String svg = LineChart.overEpochs("t", "y", Map.of("a", new double[] {1, 2, Double.NaN, 3, 4}))
                .svg();
        assertEquals(2, Pattern.compile("<polyline").matcher(svg).results().count());
    }

    @Test
    void everyColourHasACounterpartInTheDark() {
        String svg = new BarChart("t", List.of(new BarChart.Bar("a", 1, 2))).svg();
        Matcher used = Pattern.compile("class=\"([fs]-\\w+)\"").matcher(svg);
        while (used.find()) {
            assertTrue(svg.contains("." + used.group(1) + " {"), used.group(1));
        }
        assertTrue(svg.contains("@media (prefers-color-scheme: dark)"), svg);
    }

    @Test
    void aPageHoldsItsTablesAndPicturesAndEscapesWords() {
        String html = new HtmlPage("a < b")
                .heading("h & h")
                .table(List.of("layer", "kept"), List.of(List.of("conv1", "12"), List.of("fc<1>", "1,000")))
                .picture("<svg/>")
                .html();
        assertTrue(html.contains("<h1>a &lt; b</h1>") && html.contains("<h2>h &amp; h</h2>"), html);
        assertTrue(html.contains("<td>fc&lt;1&gt;</td><td class=\"number\">1,000</td>"), html);
        assertTrue(html.contains("<th class=\"number\">kept</th>"), html);
        assertTrue(html.contains("<figure>\n<svg/></figure>"), html);
    }
}
