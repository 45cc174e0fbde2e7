package espalier.sparsity.parametrize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.Variable;
import espalier.autograd.check.GradCheck;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.nn.train.Evaluation;
import espalier.sparsity.Block;
import espalier.sparsity.Granularity;
import espalier.sparsity.Grouping;
import espalier.sparsity.Measured;
import espalier.sparsity.Prunable;
import espalier.sparsity.SmallTask;
import espalier.sparsity.parametrize.SoftThreshold.Options;
import espalier.sparsity.parametrize.SoftThreshold.Sharing;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** STR in a network: what its thresholds share, where they stop, and what it is at zero. */
class StrTest {
    private static Prunable layer(Grouping units, float[] values, int... shape) {
        return new Prunable("w", new Parameter("weight", Role.WEIGHT, Tensor.of(values, shape)), units);
    }

    private static SoftThreshold of(Prunable layer) {
        return (SoftThreshold) layer.parameter().parametrization().orElseThrow();
    }

    /**
     * At a threshold of exactly 0 the same bits come out of convolutions, depthwise ones and linear layers, training
     * too.
     */
    @Test
    void atZeroItIsTheDenseNetwork() {
        Module dense = SmallTask.network();
        SmallTask.train(dense, 3, 0);
        Module thresholded = SmallTask.network();
        SoftThreshold.on(Prunable.weights(thresholded, Granularity.ELEMENT), Options.of(-3200));
        SmallTask.train(thresholded, 3, 0);
        dense.parameters()
                .forEach((path, parameter) -> assertArrayEquals(
                        parameter.raw().value().toFloats(),
                        thresholded.parameters().get(path).raw().value().toFloats(),
                        path));
    }

    /** Baked in, the network computes the same bits, and its size is that of the dense one. */
    @Test
    void bakingChangesNothing() {
        Module model = SmallTask.network();
        int dense = model.state().size();
        List<Prunable> layers = Prunable.weights(model, Granularity.FILTER);
        SoftThreshold.on(layers, Options.of(-1));
        assertEquals(dense + layers.size(), model.state().size());
        Tensor x = RandomSource.of(4).normal(Device.cpu(), Shape.of(5, 1, 8, 8));
        float[] before = Evaluation.outputs(model, x).toFloats();
        layers.forEach(Prunable::bake);
        assertArrayEquals(before, Evaluation.outputs(model, x).toFloats());
        assertEquals(dense, model.state().size());
    }

    /** dL/ds of two layers adds up where they share s; each of the layers is W of the worked numbers. */
    @Test
    void oneThresholdForTheNetwork() {
        float[] w = {0.5f, -0.3f, 0.05f, -0.8f};
        List<Prunable> layers = List.of(layer(Granularity.ELEMENT, w, 4), layer(Granularity.ELEMENT, w, 2, 2));
        SoftThreshold.on(layers, Options.of(-1).with(Sharing.NETWORK));
        for (Prunable layer : layers) {
            Tensor upstream = Tensor.of(new float[] {1, 2, 3, -4})
                    .reshape(layer.parameter().shape());
            layer.parameter().get().backward(upstream);
        }
        Parameter s = of(layers.get(0)).s();
        assertEquals(s, of(layers.get(1)).s());
        assertEquals(2 * -0.5898358, s.raw().gradient().orElseThrow().item(), 1e-6);
    }

    /** The rows of W as two filters: dL/dt is −(1·1 − 1·2) = 1 for the first and −(0 + 4) = −4 for the second. */
    @Test
    void oneThresholdAFilter() {
        Prunable layer = layer(Granularity.ELEMENT, new float[] {0.5f, -0.3f, 0.05f, -0.8f}, 2, 2);
        SoftThreshold.on(List.of(layer), Options.of(-1).with(Sharing.FILTER));
        layer.parameter().get().backward(Tensor.of(new float[] {1, 2, 3, -4}, 2, 2));
        Tensor slope = of(layer).s().raw().gradient().orElseThrow();
        assertEquals(Shape.of(2, 1), slope.shape());
        assertArrayEquals(new float[] {0.1966119f, -4 * 0.1966119f}, slope.toFloats(), 1e-6f);
    }

    /**
     * However high the threshold, the largest of W keeps half its size: 0.8 becomes 0.4, and with a floor of two 0.5
     * too.
     */
    @Test
    void theFloorStaysAlive() {
        float[] w = {0.5f, -0.3f, 0.05f, -0.8f};
        Prunable one = layer(Granularity.ELEMENT, w, 4);
        SoftThreshold.on(List.of(one), Options.of(9));
        assertArrayEquals(new float[] {0, 0, 0, -0.4f}, one.value().toFloats(), 1e-6f);
        Prunable two = layer(Granularity.ELEMENT, w, 4);
        SoftThreshold.on(List.of(two), Options.of(9).withFloor(2));
        assertArrayEquals(new float[] {0.25f, 0, 0, -0.4f}, two.value().toFloats(), 1e-6f);
        Prunable none = layer(Granularity.ELEMENT, w, 4);
        SoftThreshold.on(List.of(none), Options.of(9).withFloor(0));
        assertEquals(0, none.liveUnits());
    }

    @ParameterizedTest
    @EnumSource(ThresholdMap.class)
    void gradientsOfEveryMapAndGrouping(ThresholdMap map) {
        for (Grouping units : List.of(Granularity.ELEMENT, Granularity.FILTER, Granularity.KERNEL, new Block(4, 1))) {
            GradCheck.of(map + " " + units, in -> units.shrink(in.get(0), map.apply(in.get(1))))
                    .input(5, 2, 3, 1)
                    .distinct()
                    .input()
                    .between(-2.02, -2)
                    .verify();
        }
    }

    @Test
    void gradientsOfThresholdsAFilter() {
        GradCheck.of(
                        "filters",
                        in -> Granularity.FILTER.shrink(in.get(0), in.get(1).sigmoid()))
                .input(3, 2, 2, 1)
                .distinct()
                .input(3, 1, 1, 1)
                .between(-2.02, -2)
                .verify();
    }

    @Test
    void whatCannotBeLearnedIsRefusedBeforeAnythingChanges() {
        Prunable fine = layer(Granularity.ELEMENT, new float[4], 4);
        Measured activity = new Measured("APoZ", Granularity.FILTER, () -> Tensor.ones(2));
        Prunable measured =
                new Prunable("fc.weight", new Parameter("weight", Role.WEIGHT, Tensor.ones(2, 2)), activity);
        Exception refused = assertThrows(
                IllegalArgumentException.class, () -> SoftThreshold.on(List.of(fine, measured), Options.of(-1)));
        assertTrue(refused.getMessage().startsWith("str: no gradient leads from APoZ to the weights"));
        assertTrue(fine.parameter().parametrization().isEmpty());
        Prunable columns = layer(Granularity.COLUMN, new float[4], 2, 2);
        Exception across = assertThrows(
                IllegalArgumentException.class,
                () -> SoftThreshold.on(List.of(columns), Options.of(-1).with(Sharing.FILTER)));
        assertEquals(
                "str: w cannot have a threshold a filter, for COLUMN takes in more than one filter; have one a layer",
                across.getMessage());
    }

    @Test
    void everyLayerHasAThresholdOfItsOwn() {
        List<Prunable> layers = Prunable.weights(SmallTask.network(), Granularity.ELEMENT);
        SoftThreshold.on(Prunable.withoutLast(Prunable.withoutFirst(layers)), Options.of(-2));
        assertEquals(
                List.of(false, true, true, false),
                layers.stream()
                        .map(l -> l.parameter().parametrization().isPresent())
                        .toList());
        assertEquals(0.1192029, of(layers.get(1)).threshold(), 1e-6);
        Variable same = layers.get(1).parameter().get();
        assertEquals(Shape.of(8, 1, 3, 3), same.shape());
    }
}
