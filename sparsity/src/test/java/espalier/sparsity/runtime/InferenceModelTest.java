package espalier.sparsity.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.Variable;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.Role;
import espalier.nn.layer.Activation;
import espalier.nn.layer.BatchNorm;
import espalier.nn.layer.Concat;
import espalier.nn.layer.Conv2d;
import espalier.nn.layer.Dropout;
import espalier.nn.layer.Flatten;
import espalier.nn.layer.GlobalAveragePool;
import espalier.nn.layer.Gru;
import espalier.nn.layer.Linear;
import espalier.nn.layer.Pool2d;
import espalier.nn.layer.Residual;
import espalier.nn.layer.Sequential;
import espalier.nn.model.AlexNet;
import espalier.nn.model.LeNet;
import espalier.nn.model.MobileNet;
import espalier.nn.model.ResNet;
import espalier.nn.model.Vgg;
import espalier.nn.train.Evaluation;
import espalier.sparsity.export.Exporter;
import espalier.sparsity.export.Form;
import espalier.sparsity.export.PackedModel;
import espalier.sparsity.export.Packer;
import espalier.sparsity.export.SmallPrograms;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.ShapeException;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import espalier.tensor.spi.ConvSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The law of packed models: they say what the model says in evaluation, whatever their forms and kernels. */
class InferenceModelTest {
    private static final double TOLERANCE = 1e-4;

    @TempDir
    private Path folder;

    // ---- models with weights and statistics like trained ones

    /** Batch norms have seen data, biases are not zero: otherwise folding would have nothing to do. */
    private static <M extends Module> M lived(M model) {
        RandomSource random = RandomSource.of(5);
        model.parameters().values().forEach(parameter -> {
            if (parameter.role() == Role.NORM_SCALE) {
                parameter.set(random.uniform(Device.cpu(), parameter.shape(), -1.2f, 1.5f));
            } else if (parameter.role() != Role.WEIGHT) {
                parameter.set(random.uniform(Device.cpu(), parameter.shape(), -0.3f, 0.3f));
            }
        });
        model.modules().values().forEach(module -> {
            if (module instanceof BatchNorm norm) {
                Shape shape = norm.mean().shape();
                norm.mean().copyInPlace(random.uniform(Device.cpu(), shape, -0.2f, 0.2f));
                norm.variance().copyInPlace(random.uniform(Device.cpu(), shape, 0.5f, 1.5f));
            }
        });
        return model;
    }

    /** Keeps one weight in {@code every} and rounds it to a few levels of one scale. */
    private static <M extends Module> M compressed(M model, int every, int levels) {
        model.parameters().values().stream()
                .filter(p -> p.role() == Role.WEIGHT)
                .forEach(parameter -> {
                    float[] values = parameter.raw().value().toFloats();
                    float most = 0;
                    for (float value : values) {
                        most = Math.max(most, Math.abs(value));
                    }
                    float scale = most / levels;
                    for (int i = 0; i < values.length; i++) {
                        int level = (int) Math.max(1, Math.rint(Math.abs(values[i]) / scale));
                        values[i] = (i * 7919L) % every == 0 ? Math.copySign(scale * level, values[i]) : 0;
                    }
                    parameter.set(Tensor.of(values, parameter.shape().toArray()));
                });
        return model;
    }

    private static Tensor images(Shape image, int batch) {
        return RandomSource.of(batch).uniform(Device.cpu(), image.inserting(0, batch), -1, 1);
    }

    private static void assertSame(Module model, Shape image, int batch, InferenceModel run) {
        Tensor images = images(image, batch);
        float[] expected = Evaluation.outputs(model, images).toFloats();
        float[] found = run.run(images.toFloats());
        assertEquals(expected.length, found.length);
        for (int i = 0; i < expected.length; i++) {
            double allowed = TOLERANCE * (1 + Math.abs(expected[i]));
            assertEquals(expected[i], found[i], allowed, "output " + i + " of a batch of " + batch);
        }
        assertArrayEquals(found, run.run(images).toFloats(), "from a tensor");
    }

    private record Case(String name, Module model, Shape image) {}

    private static Stream<Case> smallModels() {
        Shape digits = Shape.of(1, 28, 28);
        Shape small = Shape.of(3, 16, 16);
        Init init = Init.of(1);
        return Stream.of(
                new Case("lenet300", LeNet.lenet300(init), digits),
                new Case("lenet5", LeNet.lenet5(init), digits),
                new Case("lenet5-bn", LeNet.lenet5WithBatchNorm(init), digits),
                new Case("resnet20 A", ResNet.cifar(init, 20, ResNet.Shortcut.PADDED), small),
                new Case("resnet8 B", ResNet.cifar(init, 8, ResNet.Shortcut.PROJECTED), small),
                new Case("vgg-small", Vgg.small(init, 1), Shape.of(1, 16, 16)),
                new Case("every layer", everyLayer(init), Shape.of(3, 9, 9)));
    }

    private static Module everyLayer(Init init) {
        Module left = new Sequential(
                new Conv2d(init.in("l"), 6, 4, 3, ConvSpec.of().withPadding(1).withGroups(2), true),
                new Activation(Activation.Kind.GELU));
        Module right = new Sequential(
                Pool2d.average(3, 1),
                new Conv2d(init.in("r"), 6, 5, 1, ConvSpec.of().withPadding(1), false));
        return new Sequential(
                new BatchNorm(init, 3),
                new Conv2d(init.in("stem"), 3, 6, 3, ConvSpec.of().withPadding(1), false),
                new BatchNorm(init, 6),
                new Activation(Activation.Kind.LEAKY_RELU),
                new Dropout(0.5),
                new Residual(new Sequential(new Activation(Activation.Kind.SILU), new BatchNorm(init, 6))),
                new Concat(left, right),
                new Activation(Activation.Kind.SOFTPLUS),
                Pool2d.max(3, 2),
                new Flatten(),
                new Linear(init.in("a"), 9 * 16, 30),
                new Activation(Activation.Kind.TANH),
                new Linear(init.in("b"), 30, 7),
                new Activation(Activation.Kind.SIGMOID));
    }

    @TestFactory
    Stream<DynamicTest> everyModelSaysTheSameWhenPacked() {
        return smallModels()
                .map(c -> DynamicTest.dynamicTest(c.name, () -> {
                    Module model = lived(c.model);
                    InferenceModel dense = InferenceModel.of(
                            Exporter.of(model, c.image).with(Packer.dense()).export());
                    assertSame(model, c.image, 1, dense);
                    assertSame(model, c.image, 3, dense);
                    compressed(model, 11, 3);
                    Path file = folder.resolve("model");
                    PackedModel packed = Exporter.of(model, c.image).export();
                    packed.write(file);
                    InferenceModel loaded = InferenceModel.load(file);
                    assertEquals(packed, loaded.packed());
                    assertSame(model, c.image, 1, loaded);
                    assertSame(model, c.image, 9, loaded);
                    Tensor images = images(c.image, 2);
                    assertArrayEquals(
                            InferenceModel.of(packed).run(images).toFloats(),
                            loaded.run(images).toFloats(),
                            "the same bits from the file");
                }));
    }

    /** The large ones, on images as small as they take. */
    @TestFactory
    Stream<DynamicTest> largeModelsToo() {
        return Stream.of("mobilenet", "resnet18", "resnet50", "vgg16", "alexnet")
                .map(name -> DynamicTest.dynamicTest(name, () -> {
                    Init init = Init.of(2);
                    Case c = switch (name) {
                        case "mobilenet" -> new Case(name, MobileNet.v1(init), Shape.of(3, 32, 32));
                        case "resnet18" -> new Case(name, ResNet.resnet18(init), Shape.of(3, 32, 32));
                        case "resnet50" -> new Case(name, ResNet.resnet50(init), Shape.of(3, 32, 32));
                        case "vgg16" -> new Case(name, Vgg.vgg16(init), Shape.of(3, 32, 32));
                        default -> new Case(name, AlexNet.caffe(init), Shape.of(3, 227, 227));
                    };
                    lived(c.model);
                    InferenceModel run = InferenceModel.of(
                            Exporter.of(c.model, c.image).with(Packer.dense()).export());
                    assertSame(c.model, c.image, 1, run);
                }));
    }

    @TestFactory
    Stream<DynamicTest> everyKernelSaysTheSame() {
        return Stream.of(Kernel.values())
                .map(kernel -> DynamicTest.dynamicTest(kernel.toString(), () -> {
                    int levels = switch (kernel) {
                        case INT8 -> 100;
                        case INT4 -> 7;
                        case TERNARY, BINARY -> 1;
                        case DENSE, CSR, BLOCKS -> 5;
                    };
                    int every = kernel == Kernel.BINARY ? 1 : 3;
                    Module model = compressed(lived(LeNet.lenet5WithBatchNorm(Init.of(1))), every, levels);
                    Exporter exporter = Exporter.of(model, Shape.of(1, 28, 28));
                    Map<String, Kernel> kernels = new java.util.HashMap<>();
                    for (String layer : List.of("conv1", "conv2", "fc1", "fc2")) {
                        kernels.put(layer, kernel);
                        boolean scaled = kernel.ordinal() >= Kernel.INT8.ordinal();
                        if (scaled) {
                            exporter = exporter.with(layer + ".weight", Form.parse(kernel.toString()));
                        }
                    }
                    InferenceModel run = InferenceModel.of(exporter.export(), Device.cpu(), kernels);
                    assertTrue(run.kernels().stream().allMatch(k -> k.isEmpty() || k.get() == kernel));
                    assertSame(model, Shape.of(1, 28, 28), 1, run);
                    assertSame(model, Shape.of(1, 28, 28), 5, run);
                }));
    }

    @Test
    void quantizedWeightsBeforeBatchNormStayQuantized() {
        Module model = compressed(lived(LeNet.lenet5WithBatchNorm(Init.of(1))), 8, 4);
        PackedModel packed = Exporter.of(model, Shape.of(1, 28, 28)).export();
        var conv = (espalier.sparsity.export.Operation.Convolution)
                packed.program().steps().get(2).operation();
        assertTrue(conv.scale().isPresent(), packed.program()::toString);
        assertTrue(conv.weight().bytes() < 25_000 / 8 * 0.4 + 25_000 / 8, conv.weight()::toString);
    }

    @Test
    void eightThreadsGetTheSameBits() throws Exception {
        Module model = lived(LeNet.lenet5(Init.of(1)));
        InferenceModel run =
                InferenceModel.of(Exporter.of(model, Shape.of(1, 28, 28)).export());
        float[] one = images(Shape.of(1, 28, 28), 1).toFloats();
        float[] four = images(Shape.of(1, 28, 28), 4).toFloats();
        float[] answerOne = run.run(one);
        float[] answerFour = run.run(four);
        try (var threads = Executors.newFixedThreadPool(8)) {
            List<Future<?>> calls = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                boolean many = i % 2 == 1;
                calls.add(threads.submit(() -> {
                    for (int n = 0; n < 50; n++) {
                        assertArrayEquals(many ? answerFour : answerOne, run.run(many ? four : one));
                    }
                }));
            }
            for (Future<?> call : calls) {
                call.get();
            }
        }
    }

    /** The memory of a call outlives the scope it was first made in. */
    @Test
    void scopesOfTheCallerDoNotTakeTheMemory() {
        PackedModel packed = SmallPrograms.everything();
        float[] images = images(packed.program().input(), 3).toFloats();
        InferenceModel run;
        float[] first;
        try (TensorScope _ = TensorScope.open()) {
            run = InferenceModel.of(packed);
            first = run.run(images);
        }
        try (TensorScope _ = TensorScope.open()) {
            Tensor.full(7, 10_000);
            assertArrayEquals(first, run.run(images));
        }
        assertArrayEquals(first, run.run(images));
        assertEquals(3 * 5, first.length);
    }

    @Test
    void theReferenceDeviceAgrees() {
        PackedModel packed = SmallPrograms.everything();
        float[] images = images(packed.program().input(), 2).toFloats();
        float[] fast = InferenceModel.of(packed).run(images);
        float[] plain = InferenceModel.of(packed, Device.reference()).run(images);
        assertArrayEquals(plain, fast, 1e-5f);
    }

    @Test
    void wrongInputIsRefusedInWords() {
        InferenceModel run = InferenceModel.of(SmallPrograms.everything());
        assertEquals(
                "inference: images [2, 6, 6] have 72 elements each, but 71 were given",
                assertThrows(ShapeException.class, () -> run.run(new float[71])).getMessage());
        assertThrows(ShapeException.class, () -> run.run(new float[0]));
        assertThrows(ShapeException.class, () -> run.run(new float[72], new float[4]));
        assertThrows(ShapeException.class, () -> run.run(Tensor.zeros(1, 2, 6, 7)));
        assertThrows(ShapeException.class, () -> run.run(Tensor.zeros(0, 2, 6, 6)));
        assertThrows(ShapeException.class, () -> run.run(Tensor.of(new int[72], 1, 2, 6, 6)));
        String unknown = assertThrows(
                        IllegalArgumentException.class,
                        () -> InferenceModel.of(run.packed(), Device.cpu(), Map.of("fc9", Kernel.CSR)))
                .getMessage();
        assertTrue(unknown.startsWith("inference: there is no step fc9"), unknown);
    }

    @Test
    void whatHasNoStepIsRefusedByNameAndPlace() {
        Module recurrent = new Sequential(new Gru(Init.of(1), 4, 8));
        String reason = assertThrows(
                        IllegalArgumentException.class,
                        () -> Exporter.of(recurrent, Shape.of(5, 4)).export())
                .getMessage();
        assertTrue(reason.startsWith("export: ") && reason.contains(" in 0 "), reason);
        Module squaring = new Module() {
            @Override
            protected Variable forward(Variable x) {
                return x.square();
            }
        };
        assertEquals(
                "export: square has no step in packed models",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> Exporter.of(squaring, Shape.of(5)).export())
                        .getMessage());
        Module model = LeNet.lenet300(Init.of(1));
        Exporter wrong = Exporter.of(model, Shape.of(1, 28, 28)).with("fc7.weight", Form.DENSE);
        String missing =
                assertThrows(IllegalArgumentException.class, wrong::export).getMessage();
        assertTrue(missing.startsWith("export: there is no parameter fc7.weight to be packed"), missing);
        Exporter binary = Exporter.of(model, Shape.of(1, 28, 28)).with("fc1.weight", Form.parse("binary"));
        String values =
                assertThrows(IllegalArgumentException.class, binary::export).getMessage();
        assertTrue(values.startsWith("binary: fc1.weight has "), values);
    }

    @Test
    void aModelThatPoolsAtTheEndNeedsNoStepMore() {
        Module model = lived(new Sequential(
                new Conv2d(Init.of(1), 2, 3, 3, ConvSpec.of(), true), Activation.relu(), new GlobalAveragePool()));
        PackedModel packed = Exporter.of(model, Shape.of(2, 5, 5)).export();
        assertEquals(2, packed.program().steps().size());
        assertSame(model, Shape.of(2, 5, 5), 2, InferenceModel.of(packed));
    }
}
