package espalier.sparsity;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.Variable;
import espalier.nn.ForwardPass;
import espalier.nn.Init;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.nn.layer.BatchNorm;
import espalier.nn.model.LeNet;
import espalier.sparsity.parametrize.SoftThreshold;
import espalier.sparsity.parametrize.ThresholdMap;
import espalier.sparsity.prune.Allocation;
import espalier.sparsity.prune.MagnitudePruning;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The vectors of a network, and that a method sees nothing but them. */
class PrunableTest {
    private static List<Integer> units(List<Prunable> layers) {
        return layers.stream().map(Prunable::units).toList();
    }

    @Test
    void theVectorsOfLeNet5() {
        var model = LeNet.lenet5WithBatchNorm(Init.of(1));
        assertEquals(List.of(500, 25_000, 400_000, 5000), units(Prunable.weights(model, Granularity.ELEMENT)));
        assertEquals(List.of(20, 50, 500), units(Prunable.weights(model, Granularity.FILTER)));
        assertEquals(List.of(20, 800, 500), units(Prunable.weights(model, Granularity.CHANNEL)));
        assertEquals(List.of(25, 500, 800, 500), units(Prunable.weights(model, Granularity.COLUMN)));
        assertEquals(List.of(125, 6500, 100_000, 1500), units(Prunable.weights(model, new Block(4, 1))));
        List<Prunable> scales = Prunable.scales(model);
        assertEquals(List.of(20, 50), units(scales));
        assertEquals(Shape.of(50, 20, 5, 5), scales.get(1).connections());
        assertTrue(scales.get(1).unitsAreChannels());
    }

    @Test
    void layersAreChosenByPlaceOrPath() {
        List<Prunable> all = Prunable.weights(LeNet.lenet300(Init.of(1)), Granularity.ELEMENT);
        assertEquals(List.of(30_000, 1000), units(Prunable.withoutFirst(all)));
        assertEquals(List.of(235_200, 30_000), units(Prunable.withoutLast(all)));
        String second = all.get(1).path();
        assertEquals(List.of(30_000), units(Prunable.at(all, Set.of(second))));
        Exception refused = assertThrows(IllegalArgumentException.class, () -> Prunable.at(all, Set.of("fc9.weight")));
        assertTrue(refused.getMessage().startsWith("prune: there is no fc9.weight; there are "));
    }

    @Test
    void aNetworkWithoutBatchNormHasNoScales() {
        Exception refused =
                assertThrows(IllegalArgumentException.class, () -> Prunable.scales(LeNet.lenet5(Init.of(1))));
        assertEquals(
                "prune: the model has no batch norm, so there are no scales to prune; prune its filters by "
                        + "Prunable.weights(model, Granularity.FILTER)",
                refused.getMessage());
    }

    /** Putting the shift into its factored form changes nothing; a dead channel is then 0 for every input. */
    @Test
    void aDeadChannelPutsOutZero() {
        BatchNorm norm = new BatchNorm(Init.of(1), 4);
        norm.scale().set(Tensor.of(new float[] {1, 0.3f, -0.6f, 0.2f}));
        norm.shift().set(Tensor.of(new float[] {0.5f, 0.12f, 0.12f, 0.06f}));
        Variable x = Variable.constant(RandomSource.of(1).normal(Device.cpu(), Shape.of(5, 4, 3, 3)));
        float[] before = norm.apply(x).value().toFloats();
        List<Prunable> scales = Prunable.scales(norm);
        assertArrayEquals(before, norm.apply(x).value().toFloats(), 1e-6f);
        MagnitudePruning.prune(scales, Allocation.GLOBAL, 0.25);
        Tensor inEvaluation = norm.apply(x).value();
        assertEquals(0, inEvaluation.select(1, 3).countNonZero().item());
        assertEquals(45, inEvaluation.select(1, 2).countNonZero().item());
        Tensor inTraining =
                ForwardPass.training(RandomSource.of(1), () -> norm.apply(x).value());
        assertEquals(0, inTraining.select(1, 3).countNonZero().item());
        float[] masked = norm.apply(x).value().toFloats();
        scales.getFirst().bake();
        assertTrue(norm.shift().parametrization().isEmpty());
        assertArrayEquals(masked, norm.apply(x).value().toFloats());
        assertEquals(0, norm.shift().raw().value().get(3));
    }

    @Test
    void measuredImportancesAreRankedAndNotThresholded() {
        Parameter weight = new Parameter("weight", Role.WEIGHT, Tensor.ones(3, 2));
        Measured activity =
                new Measured("mean activation", Granularity.FILTER, () -> Tensor.of(new float[] {0.2f, 0.9f, 0.1f}));
        List<Prunable> layers = List.of(new Prunable("fc.weight", weight, activity));
        MagnitudePruning.prune(layers, Allocation.UNIFORM, 0.34);
        assertArrayEquals(new float[] {1, 1, 1, 1, 0, 0}, weight.get().value().toFloats());
        assertEquals(2, layers.getFirst().liveUnits());
        Parameter s = new Parameter("threshold", Role.THRESHOLD, Tensor.scalar(0));
        weight.parametrize(new SoftThreshold(s, ThresholdMap.SIGMOID, activity));
        Exception refused = assertThrows(IllegalArgumentException.class, weight::get);
        assertEquals(
                "str: no gradient leads from mean activation to the weights, so no threshold on it can be learned; "
                        + "use magnitude pruning, or a norm such as FILTER",
                refused.getMessage());
    }

    /** A filter that is zero stays so, however active the data say its channel is. */
    @Test
    void whatIsGoneDoesNotComeBack() {
        Parameter weight = new Parameter("weight", Role.WEIGHT, Tensor.of(new float[] {0, 1, 2, 3}, 4, 1));
        Measured activity = new Measured("activity", Granularity.FILTER, () -> Tensor.of(new float[] {9, 3, 2, 1}));
        MagnitudePruning.prune(List.of(new Prunable("w", weight, activity)), Allocation.UNIFORM, 0.5);
        assertArrayEquals(new float[] {0, 1, 2, 0}, weight.get().value().toFloats());
    }
}
