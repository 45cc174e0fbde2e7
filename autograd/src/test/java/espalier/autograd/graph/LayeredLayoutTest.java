package espalier.autograd.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.graph.LayeredLayout.Arrow;
import espalier.autograd.graph.LayeredLayout.Vertex;
import espalier.tensor.RandomSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What must hold of any layout, and how simple graphs look. */
class LayeredLayoutTest {
    private static final double GAP = 10;

    private static LayeredLayout layout(List<List<Integer>> inputs) {
        double[] widths = new double[inputs.size()];
        Arrays.fill(widths, 50);
        return new LayeredLayout(inputs, widths, GAP);
    }

    @Test
    void boxesDoNotOverlapAndArrowsPointDown() {
        for (int seed = 1; seed <= 20; seed++) {
            List<List<Integer>> inputs = randomGraph(RandomSource.of(seed), 60);
            LayeredLayout layout = layout(inputs);
            for (List<Vertex> layer : layout.layers) {
                for (int i = 1; i < layer.size(); i++) {
                    Vertex left = layer.get(i - 1);
                    Vertex right = layer.get(i);
                    double room = right.x - right.width / 2 - left.x - left.width / 2;
                    assertTrue(room > GAP / 2 - 1e-6, "room " + room + " seed " + seed);
                }
            }
            for (Arrow arrow : layout.arrows) {
                for (int i = 1; i < arrow.way().size(); i++) {
                    assertEquals(arrow.way().get(i - 1).layer - 1, arrow.way().get(i).layer);
                }
            }
            assertEquals(inputs.stream().mapToInt(List::size).sum(), layout.arrows.size());
        }
    }

    @Test
    void aChainIsStraight() {
        List<List<Integer>> inputs = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            inputs.add(i < 49 ? List.of(i + 1) : List.of());
        }
        LayeredLayout layout = layout(inputs);
        assertEquals(50, layout.layers.size());
        layout.layers.forEach(layer -> assertEquals(25, layer.getFirst().x, 1e-6));
    }

    /** 0 reads 1 and 4, 1 reads 2, 2 reads 3, 3 reads 4: the arrow past the chain is one straight line. */
    @Test
    void aSkipConnectionRunsStraightPastTheChain() {
        LayeredLayout layout =
                layout(List.of(List.of(1, 4), List.of(2), List.of(3), List.of(4), List.of(5), List.of()));
        Arrow skip = layout.arrows.stream()
                .filter(arrow -> arrow.way().size() > 2)
                .findFirst()
                .orElseThrow();
        List<Vertex> points = skip.way().subList(1, skip.way().size() - 1);
        assertEquals(3, points.size());
        for (Vertex point : points) {
            assertEquals(points.getFirst().x, point.x, 1e-6);
            Vertex beside = layout.layers.get(point.layer).stream()
                    .filter(vertex -> !vertex.isPoint())
                    .findFirst()
                    .orElseThrow();
            assertTrue(Math.abs(beside.x - point.x) >= 25 + GAP / 2);
        }
    }

    @Test
    void crossingsThatCanBeAvoidedAre() {
        // 0 reads 1 and 2; 1 reads 4, 2 reads 3: as they were found, the arrows would cross.
        LayeredLayout layout = layout(List.of(List.of(1, 2), List.of(4), List.of(3), List.of(), List.of()));
        List<Vertex> middle = layout.layers.get(1);
        List<Vertex> top = layout.layers.get(2);
        assertEquals(middle.getFirst().box == 1 ? 4 : 3, top.getFirst().box);
    }

    /** Box i is read by some box before it. */
    private static List<List<Integer>> randomGraph(RandomSource random, int boxes) {
        List<TreeSet<Integer>> inputs = new ArrayList<>();
        for (int i = 0; i < boxes; i++) {
            inputs.add(new TreeSet<>());
            if (i > 0) {
                inputs.get(random.nextInt(i)).add(i);
                inputs.get(random.nextInt(i)).add(i);
            }
        }
        List<List<Integer>> lists = new ArrayList<>();
        inputs.forEach(set -> lists.add(List.copyOf(set)));
        return lists;
    }
}
