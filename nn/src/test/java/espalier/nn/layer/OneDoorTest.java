package espalier.nn.layer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.Variable;
import espalier.nn.ForwardPass;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.ConvSpec;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * No layer reads the stored value of a parameter: everything goes through {@link Parameter#get}. Behind a
 * parametrization that hands out a copy, the stored value can be NaN and no output may change.
 */
class OneDoorTest {
    private record Example(Supplier<Module> layer, Tensor input) {}

    private static Tensor normal(int... dims) {
        return RandomSource.of(4).normal(Device.cpu(), Shape.of(dims));
    }

    /** Every class of the package that is a layer, with an input for it. */
    private static Map<Class<?>, Example> examples() {
        Init init = Init.of(3);
        Tensor images = normal(3, 4, 5, 5);
        Tensor rows = normal(3, 4);
        Tensor sequence = normal(2, 3, 4);
        ConvSpec spec = ConvSpec.of().withPadding(1);
        Map<Class<?>, Example> all = new LinkedHashMap<>();
        all.put(Activation.class, new Example(Activation::relu, rows));
        all.put(BatchNorm.class, new Example(() -> new BatchNorm(init, 4), images));
        all.put(Concat.class, new Example(() -> new Concat(linear(init), linear(init)), rows));
        all.put(Conv1d.class, new Example(() -> new Conv1d(init, 4, 2, 3, spec), normal(2, 4, 6)));
        all.put(Conv2d.class, new Example(() -> new Conv2d(init, 4, 2, 3, spec, true), images));
        all.put(ConvTranspose2d.class, new Example(() -> new ConvTranspose2d(init, 4, 2, 3, spec, 0), images));
        all.put(Dropout.class, new Example(() -> new Dropout(0.5), rows));
        all.put(Embedding.class, new Example(() -> new Embedding(init, 4, 3), Tensor.of(new int[] {1, 3, 0}, 3)));
        all.put(FastGrnn.class, new Example(() -> new FastGrnn(init, 4, 3), sequence));
        all.put(Flatten.class, new Example(Flatten::new, images));
        all.put(GlobalAveragePool.class, new Example(GlobalAveragePool::new, images));
        all.put(Gru.class, new Example(() -> new Gru(init, 4, 3), sequence));
        all.put(LayerNorm.class, new Example(() -> new LayerNorm(init, 4), rows));
        all.put(Linear.class, new Example(() -> linear(init), rows));
        all.put(LogMel.class, new Example(() -> new LogMel(Device.cpu(), 8000, 4, 2, 1), normal(2, 1, 8)));
        all.put(Lstm.class, new Example(() -> new Lstm(init, 4, 3), sequence));
        all.put(Pool2d.class, new Example(() -> Pool2d.max(2, 2), images));
        all.put(Recomputed.class, new Example(() -> new Recomputed(linear(init)), rows));
        all.put(Residual.class, new Example(() -> new Residual(linear(init), linear(init)), rows));
        all.put(Sequential.class, new Example(() -> new Sequential(linear(init), linear(init)), rows));
        all.put(ShortcutA.class, new Example(() -> new ShortcutA(6), images));
        return all;
    }

    private static Module linear(Init init) {
        return new Linear(init, 4, 4);
    }

    @Test
    void everyLayerIsInTheList() throws Exception {
        Set<String> found = new TreeSet<>();
        for (String name : classes(Linear.class)) {
            Class<?> type = Class.forName(name);
            if (Module.class.isAssignableFrom(type) && !Modifier.isAbstract(type.getModifiers())) {
                found.add(type.getSimpleName());
            }
        }
        Set<String> listed = new TreeSet<>();
        examples().keySet().forEach(type -> listed.add(type.getSimpleName()));
        assertTrue(found.size() >= 20, "found only " + found);
        assertEquals(found, listed);
    }

    /** The names of all classes beside one, wherever it was loaded from. */
    private static List<String> classes(Class<?> one) throws Exception {
        Path root =
                Path.of(one.getProtectionDomain().getCodeSource().getLocation().toURI());
        if (Files.isDirectory(root)) {
            return classes(root, one);
        }
        try (FileSystem jar = FileSystems.newFileSystem(root)) {
            return classes(jar.getPath("/"), one);
        }
    }

    private static List<String> classes(Path root, Class<?> one) throws IOException {
        try (Stream<Path> files = Files.list(root.resolve(one.getPackageName().replace('.', '/')))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".class") && !name.startsWith("package-info"))
                    .map(name -> one.getPackageName() + "." + name.substring(0, name.length() - 6))
                    .toList();
        }
    }

    @TestFactory
    Stream<DynamicTest> storedValuesAreNotRead() {
        return examples().entrySet().stream()
                .map(entry -> DynamicTest.dynamicTest(entry.getKey().getSimpleName(), () -> {
                    Example example = entry.getValue();
                    for (boolean training : new boolean[] {false, true}) {
                        Module hidden = example.layer.get();
                        float[] expected =
                                run(hidden, example.input, training).value().toFloats();
                        hidden.parameters().values().forEach(parameter -> {
                            Variable copy =
                                    Variable.constant(parameter.raw().value().copy());
                            parameter.parametrize(_ -> copy);
                            parameter.raw().value().fillInPlace(Double.NaN);
                        });
                        assertArrayEquals(
                                expected,
                                run(hidden, example.input, training).value().toFloats(),
                                "training " + training);
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> gradientsPassThroughEveryParametrization() {
        return examples().entrySet().stream()
                .map(entry -> DynamicTest.dynamicTest(entry.getKey().getSimpleName(), () -> {
                    Example example = entry.getValue();
                    Module layer = example.layer.get();
                    Map<String, Variable> factors = new LinkedHashMap<>();
                    layer.parameters().forEach((path, parameter) -> {
                        Variable factor = Variable.parameter(Tensor.full(1.25f, 1));
                        factors.put(path, factor);
                        parameter.parametrize(raw -> raw.mul(factor).add(factor));
                    });
                    Variable y = run(layer, example.input, true);
                    if (factors.isEmpty()) {
                        return;
                    }
                    y.mul(Variable.constant(RandomSource.of(9).normal(Device.cpu(), y.shape())))
                            .sum()
                            .backward();
                    factors.forEach((path, factor) -> assertTrue(
                            factor.gradient().orElseThrow().item() != 0, path + " does not use its parametrization"));
                }));
    }

    private static Variable run(Module layer, Tensor input, boolean training) {
        Variable x = Variable.constant(input);
        return training
                ? ForwardPass.training(RandomSource.of(2), () -> layer.apply(x))
                : ForwardPass.evaluation(() -> layer.apply(x));
    }
}
