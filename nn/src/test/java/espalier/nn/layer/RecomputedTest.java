package espalier.nn.layer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import espalier.autograd.Variable;
import espalier.nn.ForwardPass;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** A part that is computed twice gives what it gives when computed once: values, gradients, statistics, randomness. */
class RecomputedTest {
    private static Module block(int seed) {
        Init init = Init.of(seed);
        return new Sequential(
                new Linear(init.in("a"), 6, 6),
                new BatchNorm(init, 6),
                Activation.relu(),
                new Dropout(0.4),
                new Linear(init.in("b"), 6, 6));
    }

    /** Output, all gradients, running statistics and the next random number of a training pass. */
    private static List<float[]> trained(UnaryOperator<Module> wrap) {
        List<float[]> results = new ArrayList<>();
        List<Module> parts = List.of(block(1), block(2), block(3));
        Module model =
                new Sequential(wrap.apply(parts.get(0)), new Dropout(0.3), wrap.apply(parts.get(1)), parts.get(2));
        Variable x = Variable.parameter(RandomSource.of(8).normal(Device.cpu(), Shape.of(7, 6)));
        try (TensorScope _ = TensorScope.open()) {
            RandomSource random = RandomSource.of(5);
            Variable y = ForwardPass.training(random, () -> model.apply(x));
            y.square().sum().backward();
            results.add(y.value().toFloats());
            results.add(x.gradient().orElseThrow().toFloats());
            results.add(new float[] {random.state().drawn()});
            for (Module part : parts) {
                part.parameters().values().forEach(p -> {
                    results.add(p.raw().gradient().orElseThrow().toFloats());
                });
                part.state().values().forEach(value -> results.add(value.toFloats()));
            }
        }
        return results;
    }

    private static void assertSame(List<float[]> expected, List<float[]> actual) {
        assertEquals(expected.size(), actual.size());
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i), actual.get(i), "result " + i);
        }
    }

    @Test
    void sameBitsAsWrittenOut() {
        assertSame(trained(part -> part), trained(Recomputed::new));
    }

    @Test
    void sameBitsWhenNested() {
        assertSame(trained(part -> part), trained(part -> new Recomputed(new Sequential(new Recomputed(part)))));
    }

    @Test
    void aSampledParametrizationIsTheSameBothTimes() {
        Module[] layers = {new Linear(Init.of(1), 3, 3), new Linear(Init.of(1), 3, 3)};
        List<float[]> gradients = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Module layer = layers[i];
            layer.parameters().get("weight").parametrize(raw -> {
                RandomSource random = ForwardPass.current().orElseThrow().random();
                return raw.mul(Variable.constant(random.bernoulli(Device.cpu(), raw.shape(), 0.5)));
            });
            Module model = i == 0 ? layer : new Recomputed(layer);
            Variable x = Variable.constant(Tensor.ones(1, 3));
            Variable y = ForwardPass.training(RandomSource.of(6), () -> model.apply(x));
            y.sum().backward();
            gradients.add(layer.parameters()
                    .get("weight")
                    .raw()
                    .gradient()
                    .orElseThrow()
                    .toFloats());
        }
        assertArrayEquals(gradients.get(0), gradients.get(1));
    }

    @Test
    void theBlockRunsTwiceInTrainingAndOnceInEvaluation() {
        AtomicInteger runs = new AtomicInteger();
        Module counting = new Module() {
            @Override
            protected Variable forward(Variable x) {
                runs.incrementAndGet();
                return x.mul(2);
            }
        };
        Module model = new Recomputed(counting);
        Variable x = Variable.parameter(Tensor.ones(2));
        ForwardPass.training(RandomSource.of(1), () -> model.apply(x)).sum().backward();
        assertEquals(2, runs.get());
        assertArrayEquals(new float[] {2, 2}, x.gradient().orElseThrow().toFloats());
        model.apply(Variable.constant(Tensor.ones(2)));
        assertEquals(3, runs.get());
    }
}
