package espalier.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.Variable;
import espalier.nn.layer.Activation;
import espalier.nn.layer.BatchNorm;
import espalier.nn.layer.Linear;
import espalier.nn.layer.Residual;
import espalier.nn.layer.Sequential;
import espalier.tensor.Device;
import espalier.tensor.ShapeException;
import espalier.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Paths, registration, and every way in which loading a state can go wrong. */
class ModuleTest {
    private static Sequential model(int seed) {
        Init init = Init.of(seed);
        return new Sequential(
                new Linear(init.in("a"), 2, 3),
                new BatchNorm(init, 3),
                new Residual(new Sequential(new Linear(init.in("b"), 3, 3), Activation.relu())));
    }

    @Test
    void pathsOfEverything() {
        Sequential model = model(1);
        assertEquals(
                List.of("", "0", "1", "2", "2.body", "2.body.0", "2.body.1"),
                List.copyOf(model.modules().keySet()));
        assertEquals(
                List.of("0.weight", "0.bias", "1.scale", "1.shift", "2.body.0.weight", "2.body.0.bias"),
                List.copyOf(model.parameters().keySet()));
        assertEquals(
                List.of(
                        "0.weight",
                        "0.bias",
                        "1.scale",
                        "1.shift",
                        "2.body.0.weight",
                        "2.body.0.bias",
                        "1.mean",
                        "1.variance"),
                List.copyOf(model.state().keySet()));
        assertSame(
                model.parameters().get("0.weight").raw().value(), model.state().get("0.weight"));
    }

    @Test
    void parametersOfParametrizationsHavePathsToo() {
        Sequential model = model(1);
        Parameter threshold = new Parameter("threshold", Role.THRESHOLD, Tensor.full(-1, 1));
        model.parameters().get("0.weight").parametrize(new Parametrization() {
            @Override
            public Variable apply(Variable raw) {
                return raw;
            }

            @Override
            public List<Parameter> parameters() {
                return List.of(threshold);
            }
        });
        assertSame(threshold, model.parameters().get("0.weight.threshold"));
        assertTrue(model.state().containsKey("0.weight.threshold"));
    }

    @Test
    void aPathIsQuotedByShapeErrors() {
        Sequential model = new Sequential(new Sequential(new Linear(Init.of(1), 2, 3), new Linear(Init.of(1), 4, 1)));
        Variable guarded = Variable.parameter(Tensor.ones(1, 2));
        Variable y = model.layers().getFirst().children().get("0").apply(guarded);
        assertEquals("0", y.node().orElseThrow().place());
    }

    private static Map<String, Tensor> saved(Module model) {
        Map<String, Tensor> saved = new LinkedHashMap<>();
        model.state().forEach((path, value) -> saved.put(path, value.copy()));
        return saved;
    }

    @Test
    void loadCopies() {
        Sequential from = model(1);
        Sequential to = model(2);
        Map<String, Tensor> saved = saved(from);
        to.load(saved);
        assertEquals(hashes(from), hashes(to));
        saved.get("0.weight").fillInPlace(9);
        assertEquals(hashes(from), hashes(to));
    }

    private static Map<String, List<Float>> hashes(Module model) {
        Map<String, List<Float>> values = new LinkedHashMap<>();
        model.state().forEach((path, value) -> {
            List<Float> numbers = new java.util.ArrayList<>();
            for (float x : value.toFloats()) {
                numbers.add(x);
            }
            values.put(path, numbers);
        });
        return values;
    }

    private static void refuses(String sentence, Map<String, Tensor> saved) {
        Sequential model = model(2);
        Map<String, List<Float>> before = hashes(model);
        ShapeException thrown = assertThrows(ShapeException.class, () -> model.load(saved));
        assertEquals(sentence, thrown.getMessage());
        assertEquals(before, hashes(model), "nothing may change");
    }

    @Test
    void aMissingTensor() {
        Map<String, Tensor> saved = saved(model(1));
        saved.remove("1.variance");
        refuses("load: the file has no 1.variance [3]", saved);
    }

    @Test
    void anUnknownTensor() {
        Map<String, Tensor> saved = saved(model(1));
        saved.put("3.weight", Tensor.ones(1));
        refuses("load: the model has no 3.weight", saved);
    }

    @Test
    void anotherShape() {
        Map<String, Tensor> saved = saved(model(1));
        saved.put("0.weight", Tensor.ones(3, 4));
        refuses("load: 0.weight is [3, 2] in the model, [3, 4] in the file", saved);
        saved.put("0.weight", Tensor.ones(6));
        refuses("load: 0.weight is [3, 2] in the model, [6] in the file", saved);
    }

    @Test
    void partsHaveOneNameAndOnePlace() {
        Linear layer = new Linear(Init.of(1), 1, 1);
        Sequential first = new Sequential(layer);
        assertEquals(1, first.children().size());
        var thrown = assertThrows(IllegalArgumentException.class, () -> new Residual(layer));
        assertEquals("module: body is already part of a model, as 0", thrown.getMessage());
        class Odd extends Module {
            Odd(String one, String two) {
                child(one, Activation.relu());
                parameter(two, Role.BIAS, Tensor.ones(1));
            }

            @Override
            protected Variable forward(Variable x) {
                return x;
            }
        }
        thrown = assertThrows(IllegalArgumentException.class, () -> new Odd("a.b", "c"));
        assertEquals("module: a part cannot be called 'a.b'", thrown.getMessage());
        thrown = assertThrows(IllegalArgumentException.class, () -> new Odd("", "c"));
        assertEquals("module: a part cannot be called ''", thrown.getMessage());
        thrown = assertThrows(IllegalArgumentException.class, () -> new Odd("c", "c"));
        assertEquals("module: there are two parts called c", thrown.getMessage());
        thrown = assertThrows(IllegalArgumentException.class, () -> new Odd("c", "d").buffer("e"));
        assertEquals("buffer: Odd has none called e", thrown.getMessage());
    }

    @Test
    void toAnotherDevice() {
        Sequential model = model(1);
        Variable x = Variable.constant(Tensor.of(new float[] {1, 2, 3, 4}, 2, 2));
        float[] here = model.apply(x).value().toFloats();
        model.to(Device.reference());
        model.state().values().forEach(value -> assertSame(Device.reference(), value.device()));
        Variable moved = Variable.constant(x.value().to(Device.reference()));
        assertArrayEquals(here, model.apply(moved).value().toFloats(), 1e-6f);
    }
}
