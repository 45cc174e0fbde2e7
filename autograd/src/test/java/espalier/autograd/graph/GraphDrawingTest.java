package espalier.autograd.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.Autograd;
import espalier.autograd.Variable;
import espalier.tensor.Tensor;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Drawings as text: what is in them, and that large graphs can be drawn. */
class GraphDrawingTest {
    private final Variable x = Variable.parameter(Tensor.of(new float[] {3, -1}));
    private final Variable w = Variable.constant(Tensor.of(new float[] {2}));

    @Test
    void listingFollowsOneLineOfOperations() {
        Variable y = Autograd.in("layer.0", () -> x.mul(w).relu());
        assertEquals("""
                relu [2] in layer.0
                mul [2] in layer.0  ← x [2], constant [1]
                """, GraphDrawing.of(y).named(x, "x").text());
    }

    @Test
    void listingBranchesAndNamesWhatIsShared() {
        Variable shared = x.exp();
        Variable y = shared.mul(w).add(shared.neg().sigmoid());
        assertEquals("""
                add [2]
                ├─ mul [2]  ← w [1]
                │  #1 exp [2]  ← parameter [2]
                └─ sigmoid [2]
                   neg [2]
                   → #1
                """, GraphDrawing.of(y).named(w, "w").text());
    }

    @Test
    void sharedLeavesAreNumbered() {
        assertEquals("""
                add [2]  ← #1 parameter [2]
                exp [2]  ← #1
                """, GraphDrawing.of(x.exp().add(x)).text());
    }

    @Test
    void numbersOfSmallVariables() {
        Variable loss = x.square().keepGradient().sum();
        loss.backward();
        assertEquals(
                """
                loss = sum [] (value 10)
                square [2] (value 9, 1; grad  1, 1)  ← x [2] (value 3, -1; grad  6, -2)
                """,
                GraphDrawing.of(loss)
                        .named(loss, "loss")
                        .named(x, "x")
                        .withNumbers(2)
                        .text());
        assertTrue(GraphDrawing.of(loss).withNumbers(1).text().contains("square [2]  ←"));
    }

    @Test
    void numbersAreShort() {
        assertEquals("0.3333", Picture.number(1 / 3.0));
        assertEquals("10", Picture.number(10));
        assertEquals("-2.5", Picture.number(-2.5));
        assertEquals("1.235e+07", Picture.number(12345678));
        assertEquals("NaN", Picture.number(Double.NaN));
        assertEquals("0", Picture.number(0));
    }

    @Test
    void aLeafAlone() {
        assertEquals("x [2]\n", GraphDrawing.of(x).named(x, "x").text());
        assertTrue(GraphDrawing.of(x).svg().contains(">parameter<"));
    }

    @Test
    void dotHasABoxForEachVariableAndAnArrowForEachUse() {
        String dot = GraphDrawing.of(x.mul(x).add(w)).named(x, "say \"x\"").dot();
        assertTrue(dot.startsWith("digraph {") && dot.endsWith("}\n"), dot);
        assertTrue(dot.contains("label=\"say \\\"x\\\"\\n[2]\""), dot);
        assertEquals(4, count(dot, "label="));
        assertEquals(3, count(dot, " -> ")); // mul reads x twice: one arrow
    }

    @Test
    void svgHasABoxForEachVariableAndEscapesNames() {
        Variable y = Autograd.in("a<b", () -> x.mul(w).add(x));
        String svg = GraphDrawing.of(y).named(x, "w & b").svg();
        assertTrue(svg.startsWith("<svg ") && svg.endsWith("</svg>\n"), svg);
        assertTrue(svg.contains(">w &amp; b<") && svg.contains(">a&lt;b<"), svg);
        assertEquals(4, count(svg, "class=\"title\""));
        assertEquals(4, count(svg, "class=\"arrow\""));
        for (String tag : List.of("svg", "style", "defs", "marker")) {
            assertEquals(count(svg, "<" + tag), count(svg, "</" + tag + ">"), tag);
        }
    }

    @Test
    void deepGraphs() {
        Variable y = x;
        for (int i = 0; i < 20_000; i++) {
            y = y.add(w);
        }
        assertEquals(20_000, GraphDrawing.of(y).text().lines().count());
        assertEquals(20_002, count(GraphDrawing.of(y).dot(), "label="));
    }

    private static int count(String text, String part) {
        return (int)
                Pattern.compile(Pattern.quote(part)).matcher(text).results().count();
    }
}
