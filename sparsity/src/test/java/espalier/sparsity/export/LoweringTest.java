package espalier.sparsity.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.Reshaping;
import espalier.autograd.Variable;
import espalier.autograd.op.Convolutions;
import espalier.autograd.op.Losses;
import espalier.autograd.op.Poolings;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.layer.Activation;
import espalier.nn.layer.BatchNorm;
import espalier.nn.layer.Conv2d;
import espalier.nn.layer.Linear;
import espalier.nn.layer.Sequential;
import espalier.nn.train.Evaluation;
import espalier.sparsity.parametrize.Masked;
import espalier.sparsity.runtime.InferenceModel;
import espalier.tensor.Device;
import espalier.tensor.PadMode;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PoolSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Which operations become which steps, what is joined and what is not, and what is refused. */
class LoweringTest {
    private static final Init INIT = Init.of(1);
    private static final Shape IMAGE = Shape.of(3, 5, 6);

    private record Case(String name, Module model, Shape image) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Module layer(UnaryOperator<Variable> operation) {
        return new Module() {
            @Override
            protected Variable forward(Variable x) {
                return operation.apply(x);
            }
        };
    }

    private static Case of(String name, UnaryOperator<Variable> operation) {
        return new Case(name, layer(operation), IMAGE);
    }

    /** A convolution, then an operation on its result. */
    private static Case behind(String name, UnaryOperator<Variable> operation) {
        return new Case(name, new Sequential(conv(), layer(operation)), IMAGE);
    }

    private static Conv2d conv() {
        Conv2d conv = new Conv2d(INIT, 3, 4, 2, ConvSpec.of(), true);
        conv.bias().orElseThrow().set(Tensor.of(new float[] {0.5f, -1, 2, 0.25f}));
        return conv;
    }

    private static BatchNorm norm(int seed, int channels) {
        BatchNorm norm = new BatchNorm(INIT, channels);
        RandomSource random = RandomSource.of(seed);
        Shape shape = Shape.of(channels);
        norm.scale().set(random.uniform(Device.cpu(), shape, -1.5, 1.5));
        norm.shift().set(random.uniform(Device.cpu(), shape, -1, 1));
        norm.mean().copyInPlace(random.uniform(Device.cpu(), shape, -1, 1));
        norm.variance().copyInPlace(Tensor.of(new float[] {1e-3f, 1, 2, 0.5f}).narrow(0, 0, channels));
        return norm;
    }

    private static PackedModel packed(Module model, Shape image) {
        return Exporter.of(model, image).with(Packer.dense()).export();
    }

    private static List<String> steps(Case c) {
        return packed(c.model, c.image).program().steps().stream()
                .map(step -> step.operation().name()
                        + (step.activation() == Nonlinearity.NONE ? "" : " " + step.activation()))
                .toList();
    }

    private static void assertSame(Module model, Shape image, PackedModel packed) {
        Tensor images = RandomSource.of(4).uniform(Device.cpu(), image.inserting(0, 3), -2, 2);
        float[] expected = Evaluation.outputs(model, images).toFloats();
        float[] found = InferenceModel.of(packed).run(images.toFloats());
        assertEquals(expected.length, found.length);
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], found[i], 1e-4 * (1 + Math.abs(expected[i])), "element " + i);
        }
    }

    // ---- the same numbers, by the steps that the name says

    static Stream<Case> lowered() {
        PoolSpec two = PoolSpec.of(2, 1);
        return Stream.of(
                behind("convolution RELU", Variable::relu),
                behind("convolution LEAKY_RELU", x -> x.leakyRelu(0.01)),
                behind("convolution, identity RELU, add", x -> x.add(x.relu())),
                behind("convolution TANH, identity SIGMOID", x -> x.tanh().sigmoid()),
                behind("convolution, maxPool RELU", x -> Poolings.max(two, x.relu())),
                behind(
                        "convolution RELU, maxPool TANH",
                        x -> Poolings.max(two, x.relu()).tanh()),
                behind("convolution SIGMOID, maxPool", x -> Poolings.max(two, x.sigmoid())),
                behind("convolution RELU, averagePool", x -> Poolings.average(two, x.relu())),
                behind("convolution RELU, maxPool, globalAverage, globalAverage, add", x -> {
                    Variable positive = x.relu();
                    return Poolings.globalAverage(Poolings.max(two, positive)).add(positive.mean(2, 3));
                }),
                of("maxPool, averagePool", x -> Poolings.average(two, Poolings.max(two, x))),
                of("subsample", x -> x.slice(2, 0, 5, 2).slice(3, 0, 6, 3)),
                of("subsample", x -> x.slice(2, 0, 5, 2).slice(2, 0, 3, 2)),
                of("subsample RELU", x -> x.slice(3, 0, 6, 2).relu().slice(3, 0, 3, 2)),
                of("subsample, subsample, subsample, concat", x -> {
                    Variable half = x.slice(2, 0, 5, 2);
                    return Reshaping.concat(1, List.of(half.slice(3, 0, 6, 2), half.slice(3, 0, 6, 2)));
                }),
                of("globalAverage, softmax", x -> Losses.softmax(x.mean(2, 3))),
                of("globalAverage, softmax", x -> Losses.logSoftmax(Poolings.globalAverage(x))),
                of(
                        "globalAverage RELU",
                        x -> x.mean(2, 3).reshape(x.shape().dim(0), 3).relu()),
                of("padChannels SILU", x -> x.pad(PadMode.ZERO, 1, 2, 1).silu()),
                new Case("convolution", new Sequential(conv(), norm(1, 4), norm(2, 4)), IMAGE),
                new Case("convolution RELU, scaleShift", new Sequential(conv(), Activation.relu(), norm(1, 4)), IMAGE),
                new Case(
                        "scaleShift, scaleShift TANH",
                        new Sequential(norm(1, 3), norm(2, 3), layer(Variable::tanh)),
                        IMAGE),
                new Case(
                        "convolution, scaleShift, add",
                        new Sequential(conv(), new Module() {
                            private final BatchNorm norm = child("norm", norm(1, 4));

                            @Override
                            protected Variable forward(Variable x) {
                                return x.add(norm.apply(x));
                            }
                        }),
                        IMAGE));
    }

    @ParameterizedTest
    @MethodSource("lowered")
    void theStepsComputeWhatTheModelDoes(Case c) {
        assertEquals(c.name, String.join(", ", steps(c)));
        assertSame(c.model, c.image, packed(c.model, c.image));
    }

    // ---- refusals

    static Stream<Case> refused() {
        String none = ", for which packed models have no step";
        return Stream.of(
                of("leakyRelu has a slope other than 0.01" + none, x -> x.leakyRelu(0.02)),
                of("mean is not over rows and columns" + none, x -> x.mean(1, 2)),
                of("mean is not over rows and columns" + none, x -> x.mean(true, 2, 3)),
                of("add adds a number" + none, x -> x.add(1)),
                of("add broadcasts" + none, x -> x.add(Poolings.max(new PoolSpec(5, 6, 1, 1, 0, 0, false, true), x))),
                of("concat does not join channels" + none, x -> Reshaping.concat(2, List.of(x, x))),
                of("pad does not add channels of zeros" + none, x -> x.pad(PadMode.ZERO, 2, 1, 1)),
                of("pad does not add channels of zeros" + none, x -> x.pad(PadMode.REFLECT, 1, 1, 1)),
                of(
                        "pad does not add channels of zeros" + none,
                        x -> x.mean(2, 3).pad(PadMode.ZERO, 1, 1, 1)),
                of("softmax is not over classes" + none, Losses::softmax),
                of("logSoftmax is not over classes" + none, Losses::logSoftmax),
                new Case("linear has an input of 4 axes" + none, new Linear(INIT, 6, 2), IMAGE),
                of("reshape makes [1, 3, 30] of [1, 3, 5, 6]" + none, x -> x.reshape(1, 3, 30)),
                of("reshape makes [3, 30] of [1, 3, 5, 6]" + none, x -> x.reshape(3, 30)),
                new Case("squeeze makes [3] of [1, 3]" + none, layer(x -> x.squeeze(0)), Shape.of(3)),
                of("slice takes a part" + none, x -> x.slice(2, 1, 5, 2)),
                of("slice takes a part" + none, x -> x.slice(2, 0, 4, 2)),
                of("slice takes a part" + none, x -> x.slice(1, 0, 3, 2)),
                new Case("slice takes a part" + none, layer(x -> x.slice(2, 0, 6, 2)), Shape.of(5, 6)),
                of("square has no step in packed models", Variable::square),
                of(
                        "add reads a constant [1, 3, 5, 6], which packed models have not",
                        x -> x.add(Variable.constant(Tensor.ones(1, 3, 5, 6)))),
                of("conv2d computes its own weights", x -> Convolutions.conv2d(ConvSpec.of(), x, x)),
                of("the model returns its input", x -> x));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void whatPackedModelsCannotSayIsRefused(Case c) {
        Exporter exporter = Exporter.of(c.model, c.image);
        assertEquals(
                "export: " + c.name,
                assertThrows(IllegalArgumentException.class, exporter::export).getMessage());
    }

    // ---- weights

    private static Operation.Convolution convolution(PackedModel model) {
        return (Operation.Convolution) model.program().steps().getFirst().operation();
    }

    /** Floats take the batch norm's factor in; levels, and what somebody chose a form for, leave it beside them. */
    @Test
    void theFactorOfABatchNormGoesWhereItCostsNothing() {
        Conv2d conv = conv();
        Module model = new Sequential(conv, norm(1, 4));
        PackedModel floats = Exporter.of(model, IMAGE).export();
        assertTrue(convolution(floats).scale().isEmpty());
        assertSame(model, IMAGE, floats);
        PackedModel chosen = Exporter.of(model, IMAGE)
                .with("0.weight", Form.parse("mask+f32"))
                .export();
        assertTrue(convolution(chosen).scale().isPresent());
        assertArrayEquals(
                conv.weight().get().value().toFloats(),
                convolution(chosen).weight().unpack());
        assertSame(model, IMAGE, chosen);
        Tensor signs = conv.weight().get().value().sign();
        conv.weight().set(signs);
        PackedModel levels = Exporter.of(model, IMAGE).export();
        assertTrue(convolution(levels).scale().isPresent());
        assertArrayEquals(signs.toFloats(), convolution(levels).weight().unpack());
        assertSame(model, IMAGE, levels);
    }

    @Test
    void aWeightIsPackedAsLayersSeeIt() {
        Conv2d conv = conv();
        conv.weight().parametrize(new Masked(Tensor.of(new float[] {1, 0, 2, 0}, 4, 1, 1, 1)));
        Module model = new Sequential(conv);
        PackedModel packed = packed(model, IMAGE);
        assertArrayEquals(
                conv.weight().get().value().toFloats(),
                convolution(packed).weight().unpack());
        assertSame(model, IMAGE, packed);
    }

    // ---- what an exporter was told

    @Test
    void formsAndTextsAreKeptWhateverComesAfter() {
        Module model = new Sequential(conv(), new Conv2d(INIT, 4, 2, 1, ConvSpec.of(), false));
        Form first = Form.parse("rows+f32");
        Form second = Form.parse(" Mask + F32 ");
        assertEquals(new Form(Index.MASK, Coding.F32), second);
        PackedModel packed = Exporter.of(model, IMAGE)
                .with("author", "nobody")
                .labels(List.of("a cat", "a dog"))
                .with(Packer.dense())
                .with("0.weight", first)
                .with("1.weight", second)
                .with("note", "last")
                .export();
        assertEquals(Map.of("author", "nobody", "note", "last", PackedModel.LABELS, "a cat\na dog"), packed.metadata());
        assertEquals(List.of("a cat", "a dog"), packed.labels());
        assertEquals(first, convolution(packed).weight().form());
        assertEquals(Optional.of(Form.DENSE), convolution(packed).bias().map(PackedTensor::form));
        assertEquals(
                second,
                packed.program()
                        .steps()
                        .getLast()
                        .operation()
                        .tensors()
                        .getFirst()
                        .form());
        assertEquals(List.of(), new PackedModel(packed.program(), Map.of()).labels());
    }
}
