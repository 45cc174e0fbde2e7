package espalier.sparsity.prune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.nn.Init;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.nn.model.LeNet;
import espalier.sparsity.Granularity;
import espalier.sparsity.Importance;
import espalier.sparsity.Prunable;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class AllocationTest {
    private static final List<Shape> LENET5 =
            List.of(Shape.of(20, 1, 5, 5), Shape.of(50, 20, 5, 5), Shape.of(500, 800), Shape.of(10, 500));

    /** Densities of the reference algorithm (Evci et al. 2020) for LeNet-5. */
    @Test
    void erkOfLeNet5() {
        check(ErdosRenyi.densities(LENET5, 0.90), 1, 0.087072, 0.088433, 1);
        check(ErdosRenyi.densities(LENET5, 0.95), 0.726116, 0.037477, 0.038063, 1);
        check(ErdosRenyi.densities(LENET5, 0.98), 0.277887, 0.014343, 0.014567, 0.457168);
    }

    @Test
    void erkOfLeNet300() {
        List<Shape> shapes = List.of(Shape.of(300, 784), Shape.of(100, 300), Shape.of(10, 100));
        check(ErdosRenyi.densities(shapes, 0.90), 0.079568, 0.230189, 1);
        check(ErdosRenyi.densities(shapes, 0.98), 0.015394, 0.044534, 0.367403);
    }

    private static void check(List<Double> found, double... expected) {
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], found.get(i), 1e-6);
        }
        assertEquals(expected.length, found.size());
    }

    /** 0.087072·25,000 = 2176.8 and 0.088433·400,000 = 35,373.1; of filters, √0.087072·50 = 14.75. */
    @Test
    void erkKeepsItsShareOfTheUnits() {
        var model = LeNet.lenet5(Init.of(1));
        assertArrayEquals(
                new int[] {500, 2177, 35_373, 5000},
                Allocation.ERK.keeps(Prunable.weights(model, Granularity.ELEMENT), 0.1, 1));
        List<Prunable> withClasses = List.of(
                layer("conv1", Granularity.FILTER, new float[500], 20, 1, 5, 5),
                layer("conv2", Granularity.FILTER, new float[25_000], 50, 20, 5, 5),
                layer("fc1", Granularity.FILTER, new float[400_000], 500, 800),
                layer("fc2", Granularity.FILTER, new float[5000], 10, 500));
        assertArrayEquals(new int[] {20, 15, 149, 10}, Allocation.ERK.keeps(withClasses, 0.1, 1));
    }

    @Test
    void erkWithNothingToRemoveIsDense() {
        check(ErdosRenyi.densities(LENET5, 0), 1, 1, 1, 1);
    }

    private static Prunable layer(String path, Importance importance, float[] values, int... shape) {
        return new Prunable(path, new Parameter("weight", Role.WEIGHT, Tensor.of(values, shape)), importance);
    }

    private static List<Prunable> two(Importance importance) {
        return List.of(
                layer("a", importance, new float[] {5, 4, 3, 0.1f}, 2, 2),
                layer("b", importance, new float[] {1, 0.2f, 0.3f, 0.4f}, 2, 2));
    }

    @Test
    void globalTakesTheLargestWhereverTheyAre() {
        assertArrayEquals(new int[] {3, 1}, Allocation.GLOBAL.keeps(two(Granularity.ELEMENT), 0.5, 1));
        assertArrayEquals(new int[] {2, 2}, Allocation.UNIFORM.keeps(two(Granularity.ELEMENT), 0.5, 1));
        assertArrayEquals(new int[] {2, 0}, Allocation.GLOBAL.keeps(two(Granularity.FILTER), 0.5, 0));
    }

    /** The floor is part of the budget: four of eight are kept, not five. */
    @Test
    void noLayerFallsBelowTheFloor() {
        assertArrayEquals(new int[] {2, 2}, Allocation.GLOBAL.keeps(two(Granularity.ELEMENT), 0.5, 2));
        assertArrayEquals(new int[] {1, 1}, Allocation.GLOBAL.keeps(two(Granularity.ELEMENT), 0.01, 1));
        assertArrayEquals(new int[] {4, 4}, Allocation.GLOBAL.keeps(two(Granularity.ELEMENT), 0.01, 9));
        assertArrayEquals(new int[] {3, 3}, Allocation.UNIFORM.keeps(two(Granularity.ELEMENT), 0.25, 3));
    }

    /** Two filters of 1 and 100 elements, all 0.5: per element they matter the same, by norm the larger one. */
    @Test
    void largeGroupsDoNotWinByTheirSize() {
        float[] many = new float[100];
        Arrays.fill(many, 0.4f);
        List<Prunable> layers = List.of(
                layer("small", Granularity.FILTER, new float[] {0.5f}, 1, 1),
                layer("large", Granularity.FILTER, many, 1, 100));
        assertArrayEquals(new int[] {1, 0}, Allocation.GLOBAL.keeps(layers, 0.5, 0));
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
