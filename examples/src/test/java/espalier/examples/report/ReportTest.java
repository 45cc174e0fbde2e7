package espalier.examples.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Charts, tables and JSON, against what they should say. */
class ReportTest {
    static Stream<Arguments> ticks() {
        return Stream.of(
                Arguments.of(new double[] {0, 10}, "0 2 4 6 8 10"),
                Arguments.of(new double[] {69.5, 97.6}, "65 70 75 80 85 90 95 100"),
                Arguments.of(new double[] {0.084, 0.863}, "0.0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9"),
                Arguments.of(new double[] {-1, 1}, "-1.0 -0.5 0.0 0.5 1.0"),
                Arguments.of(new double[] {3, 3}, "3.0 3.5 4.0 4.5 5.0 5.5 6.0"));
    }

    @ParameterizedTest
    @MethodSource("ticks")
    void axesHaveRoundNumbers(double[] values, String expected) {
        double[] x = new double[values.length];
        String svg = new LineChart("t", "x", List.of(new LineChart.Series("a", x, values))).svg();
        Matcher found = Pattern.compile("text-anchor=\"end\"[^>]*>([^<]*)<").matcher(svg);
        String ticks = found.results()
                .map(each -> each.group(1))
                .reduce((a, b) -> a + " " + b)
                .orElse("");
        assertEquals(expected, ticks);
    }

    @Test
    void aChartWithoutPointsOrWithNumbersThatAreNoneIsStillAChart() {
        assertTrue(new LineChart("t", "x", List.of()).svg().endsWith("</svg>\n"));
        double[] odd = {Double.NaN, Double.POSITIVE_INFINITY, 1};
        String svg = new LineChart("t", "x", List.of(new LineChart.Series("a", new double[] {1, 2, 3}, odd))).svg();
        assertTrue(!svg.contains("NaN") && !svg.contains("Infinity"), svg);
    }

    @Test
    void namesAreMadeSafe() {
        String svg = new LineChart("a<b & \"c\"", "x", List.of()).svg();
        assertTrue(svg.contains("a&lt;b &amp; &quot;c&quot;"), svg);
    }

    @Test
    void jsonIsWrittenByTheRules() {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("text", "a \"b\" \\ c\n\u0001");
        values.put("none", Double.NaN);
        values.put("list", List.of(1, 2.5, true));
        values.put("empty", List.of());
        values.put("inner", Map.of("k", "v"));
        assertEquals("""
                {
                  "text": "a \\"b\\" \\\\ c\\n\\u0001",
                  "none": null,
                  "list": [1, 2.5, true],
                  "empty": [],
                  "inner": {
                    "k": "v"
                  }
                }
                """, Json.write(values));
        assertEquals("{}\n", Json.write(Map.of()));
    }

    @Test
    void aTableStandsBetweenRules() {
        StringWriter text = new StringWriter();
        new FigureTable().row("a", "%,d", 12345).row("longer", "%s", "x").print(new PrintWriter(text, true));
        assertEquals("""
                ---------------
                a        12,345
                longer   x
                ---------------
                """, text.toString());
    }
}
