package espalier.sparsity.quant;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.Variable;
import espalier.nn.Init;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.nn.layer.Linear;
import espalier.nn.optim.Sgd;
import espalier.sparsity.SmallTask;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Steps of activations: where they start, what gradient they get, and that learning them helps. */
class LearnedActivationsTest {
    private static ActivationRange seen(float... values) {
        ActivationRange range = new ActivationRange();
        range.add(Tensor.of(values, values.length));
        return range;
    }

    private static Parameter step(LearnedActivations learned) {
        return learned.steps().values().iterator().next();
    }

    @Test
    void stepsStartFromTheMeanMagnitude() {
        Linear layer = new Linear(Init.of(1), 2, 1);
        LearnedActivations positive = LearnedActivations.of(layer, Map.of("", seen(0, 0, 1, 3)), 2);
        assertEquals(2 / Math.sqrt(3), step(positive).raw().value().item(), 2e-3); // mean 1, codes 0 to 3
        assertEquals(Role.QUANTIZER, step(positive).role());
        UniformGrid grid = Objects.requireNonNull(positive.fixed().grids().get(""));
        assertEquals(0, grid.lowest());
        assertEquals(3, grid.highest());
        LearnedActivations both = LearnedActivations.of(layer, Map.of("", seen(-2, 0, 1, 1)), 3);
        assertEquals(2 / Math.sqrt(3), step(both).raw().value().item(), 2e-3); // codes −4 to 3
        assertEquals(-4, Objects.requireNonNull(both.fixed().grids().get("")).lowest());
        LearnedActivations silent = LearnedActivations.of(layer, Map.of("", seen(0, 0)), 4);
        assertEquals(1, step(silent).raw().value().item());
    }

    /** With weights 1 the output is the sum of the inputs: 0.4, 1.6 and 9 in steps of 1 are 0, 2 and 3. */
    @Test
    void theGradientOfAStepByHand() {
        Linear layer = new Linear(Init.of(1), 3, 1);
        layer.weight().set(Tensor.of(new float[] {1, 1, 1}, 1, 3));
        LearnedActivations learned = LearnedActivations.of(layer, Map.of("", seen(0, 1)), 2);
        step(learned).raw().value().fillInPlace(1);
        Variable x = Variable.parameter(Tensor.of(new float[] {0.4f, 1.6f, 9}, 1, 3));
        learned.during(() -> {
            Variable y = layer.apply(x);
            assertEquals(
                    5 + layer.bias().orElseThrow().raw().value().item(),
                    y.value().item(),
                    1e-6);
            y.sum().backward();
            return y;
        });
        double sum = -0.4 + 0.4 + 3; // round(x/s) − x/s inside, the highest code above
        assertEquals(
                sum / Math.sqrt(3 * 3),
                step(learned).raw().gradient().orElseThrow().item(),
                1e-6);
        assertArrayEquals(new float[] {1, 1, 0}, x.gradient().orElseThrow().toFloats());
    }

    @Test
    void whatIsFixedIsWhatWasLearned() {
        var model = SmallTask.network();
        Map<String, ActivationRange> ranges = Activations.observe(model, SmallTask.data());
        LearnedActivations learned = LearnedActivations.of(model, ranges, 3);
        learned.steps().values().forEach(step -> step.raw().value().mulInPlace(-1.3));
        SmallTask.data().forEach(0, 0, batch -> {
            Variable x = Variable.constant(batch.images());
            assertArrayEquals(
                    learned.during(() -> model.apply(x)).value().toFloats(),
                    learned.fixed().during(() -> model.apply(x)).value().toFloats(),
                    1e-5f);
        });
    }

    /** A step far too coarse becomes finer, and the output nearer to what it should be. */
    @Test
    void stepsAreLearned() {
        Linear layer = new Linear(Init.of(1), 16, 4);
        Variable x = Variable.constant(RandomSource.of(2).uniform(Device.cpu(), Shape.of(32, 16), 0, 1.5));
        Variable wanted = Variable.constant(layer.apply(x).value());
        LearnedActivations learned =
                LearnedActivations.of(layer, Map.of("", seen(x.value().toFloats())), 4);
        step(learned).raw().value().fillInPlace(0.6);
        Map<String, Parameter> steps = new LinkedHashMap<>(learned.steps());
        Sgd optimizer = new Sgd(steps, Sgd.Options.of(0.5));
        double first = 0;
        double last = 0;
        for (int i = 0; i < 100; i++) {
            optimizer.clearGradients();
            Variable loss =
                    learned.during(() -> layer.apply(x).sub(wanted).square().mean());
            loss.backward();
            optimizer.step();
            first = i == 0 ? loss.value().item() : first;
            last = loss.value().item();
        }
        assertTrue(last < 0.2 * first, first + " to " + last);
        assertTrue(step(learned).raw().value().item() < 0.3);
    }

    @Test
    void aLayerThatIsNotThere() {
        assertEquals(
                "activations: the model has no layer called fc",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> LearnedActivations.of(new Linear(Init.of(1), 2, 1), Map.of("fc", seen(1)), 4))
                        .getMessage());
    }
}
