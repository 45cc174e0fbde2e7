package espalier.sparsity.parametrize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.Variable;
import espalier.nn.Init;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.nn.model.LeNet;
import espalier.nn.optim.Sgd;
import espalier.sparsity.Granularity;
import espalier.sparsity.Sparsity;
import espalier.sparsity.prune.Allocation;
import espalier.sparsity.prune.MagnitudePruning;
import espalier.tensor.Tensor;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** STR on the worked vector (Kusupati et al. 2020), and what masks and thresholds promise. */
class SoftThresholdTest {
    private static final float[] W = {0.5f, -0.3f, 0.05f, -0.8f};

    private static void check(ThresholdMap map, float start, float[] value, double slope) {
        Parameter s = new Parameter("threshold", Role.THRESHOLD, Tensor.scalar(start));
        Parameter w = new Parameter("weight", Role.WEIGHT, Tensor.of(W));
        w.parametrize(new SoftThreshold(s, map, Granularity.ELEMENT));
        Variable out = w.get();
        assertArrayEquals(value, out.value().toFloats(), 1e-6f);
        out.backward(Tensor.of(new float[] {1, 2, 3, -4}));
        assertArrayEquals(
                new float[] {1, 2, 0, -4}, w.raw().gradient().orElseThrow().toFloats());
        assertEquals(slope, s.raw().gradient().orElseThrow().item(), 1e-6);
    }

    @Test
    void workedNumbers() {
        check(ThresholdMap.SIGMOID, -1, new float[] {0.2310586f, -0.0310586f, 0, -0.5310586f}, -0.5898358);
        check(ThresholdMap.SIGMOID, -2, new float[] {0.3807971f, -0.1807971f, 0, -0.6807971f}, -0.3149808);
        check(ThresholdMap.EXP, -2, new float[] {0.3646647f, -0.1646647f, 0, -0.6646647f}, -0.4060058);
    }

    @Test
    void aVeryNegativeStartChangesNothing() {
        Parameter s = new Parameter("threshold", Role.THRESHOLD, Tensor.scalar(-3200));
        Parameter w = new Parameter("weight", Role.WEIGHT, Tensor.of(W));
        w.parametrize(new SoftThreshold(s, ThresholdMap.SIGMOID, Granularity.ELEMENT));
        Variable out = w.get();
        assertArrayEquals(W, out.value().toFloats());
        out.sum().backward();
        assertEquals(0, s.raw().gradient().orElseThrow().item());
    }

    @Test
    void groupsShrinkByTheirNorm() {
        Parameter s = new Parameter("threshold", Role.THRESHOLD, Tensor.scalar(0));
        Parameter w = new Parameter("weight", Role.WEIGHT, Tensor.of(new float[] {3, 4, 0.3f, 0.4f}, 2, 2));
        w.parametrize(new SoftThreshold(s, ThresholdMap.EXP, Granularity.FILTER));
        assertArrayEquals(new float[] {2.4f, 3.2f, 0, 0}, w.get().value().toFloats(), 1e-6f);
    }

    @Test
    void everyWeightOfAModelGetsAThresholdThatIsSavedWithIt() {
        var model = LeNet.lenet300(Init.of(1));
        SoftThreshold.onWeights(model, Granularity.ELEMENT, ThresholdMap.SIGMOID, -10);
        assertTrue(model.state().containsKey("fc1.weight.threshold"));
        assertEquals(
                3,
                model.parameters().values().stream()
                        .filter(p -> p.role() == Role.THRESHOLD)
                        .count());
    }

    @Test
    void masksHoldUnderMomentumAndDecay() {
        var model = LeNet.lenet300(Init.of(1));
        MagnitudePruning.prune(model, Granularity.ELEMENT, Allocation.UNIFORM, 0.9);
        Sparsity before = Sparsity.of(model);
        assertEquals(0.9, before.sparsity(), 1e-4);
        Map<String, Parameter> parameters = model.parameters();
        Sgd optimizer = new Sgd(parameters, Sgd.Options.of(0.1).withDecay(0.01));
        Variable x = Variable.constant(Tensor.ones(4, 1, 28, 28));
        for (int step = 0; step < 5; step++) {
            optimizer.clearGradients();
            model.apply(x).square().mean().backward();
            optimizer.step();
        }
        assertTrue(Sparsity.of(model).nonZeros() <= before.nonZeros());
        Sparsity.weights(model).values().forEach(Parameter::materialize);
        assertTrue(Sparsity.of(model).nonZeros() <= before.nonZeros());
    }
}
