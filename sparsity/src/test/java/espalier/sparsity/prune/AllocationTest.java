package espalier.sparsity.prune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.sparsity.Granularity;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AllocationTest {
    private static Map<String, Shape> lenet5() {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        shapes.put("conv1", Shape.of(20, 1, 5, 5));
        shapes.put("conv2", Shape.of(50, 20, 5, 5));
        shapes.put("fc1", Shape.of(500, 800));
        shapes.put("fc2", Shape.of(10, 500));
        return shapes;
    }

    /** Densities of the reference algorithm (Evci et al. 2020) for LeNet-5. */
    @Test
    void erkOfLeNet5() {
        check(0.90, 1, 0.087072, 0.088433, 1);
        check(0.95, 0.726116, 0.037477, 0.038063, 1);
        check(0.98, 0.277887, 0.014343, 0.014567, 0.457168);
    }

    private static void check(double sparsity, double... expected) {
        Map<String, Double> found = Allocation.erkDensities(lenet5(), sparsity);
        int i = 0;
        for (double density : found.values()) {
            assertEquals(expected[i++], density, 1e-6);
        }
    }

    @Test
    void erkOfLeNet300() {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        shapes.put("fc1", Shape.of(300, 784));
        shapes.put("fc2", Shape.of(100, 300));
        shapes.put("fc3", Shape.of(10, 100));
        Map<String, Double> found = Allocation.erkDensities(shapes, 0.98);
        assertEquals("{fc1=0.015394, fc2=0.044534, fc3=0.367403}", rounded(found));
    }

    private static String rounded(Map<String, Double> densities) {
        Map<String, Double> rounded = new LinkedHashMap<>();
        densities.forEach((path, d) -> rounded.put(path, Math.round(d * 1e6) / 1e6));
        return rounded.toString();
    }

    @Test
    void globalTakesTheLargestWhereverTheyAre() {
        Map<String, Tensor> weights = new LinkedHashMap<>();
        weights.put("a", Tensor.of(new float[] {5, 4, 3, 0.1f}, 2, 2));
        weights.put("b", Tensor.of(new float[] {1, 0.2f, 0.3f, 0.4f}, 2, 2));
        assertEquals(Map.of("a", 3, "b", 1), Allocation.GLOBAL.keeps(weights, Granularity.ELEMENT, 0.5));
        assertEquals(Map.of("a", 2, "b", 2), Allocation.UNIFORM.keeps(weights, Granularity.ELEMENT, 0.5));
        assertEquals(Map.of("a", 1, "b", 1), Allocation.GLOBAL.keeps(weights, Granularity.FILTER, 0.25));
    }

    /** Zhu and Gupta's ramp from step 1000 over 10,000 steps to 90 %. */
    @Test
    void cubicRamp() {
        CubicRamp ramp = new CubicRamp(0, 0.9, 1000, 11_000, 100);
        assertEquals(0, ramp.at(1000));
        assertEquals(0.2439, ramp.at(2000), 1e-9);
        assertEquals(0.5913, ramp.at(4000), 1e-9);
        assertEquals(0.7875, ramp.at(6000), 1e-9);
        assertEquals(0.8928, ramp.at(9000), 1e-9);
        assertEquals(0.9, ramp.at(20_000), 1e-12);
        assertTrue(ramp.isDue(1100));
        assertThrows(IllegalArgumentException.class, () -> new CubicRamp(0, 1, 0, 1, 1));
    }
}
