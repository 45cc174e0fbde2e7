package espalier.nn.layer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.Autograd;
import espalier.autograd.Variable;
import espalier.nn.Close;
import espalier.nn.ForwardPass;
import espalier.nn.Init;
import espalier.nn.Initializer;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.ShapeException;
import espalier.tensor.Tensor;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PoolSpec;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Every layer without recurrence, on numbers small enough to work out by hand. */
class LayersTest {
    private static final Init INIT = Init.of(7);

    private static Variable of(Tensor tensor) {
        return Variable.constant(tensor);
    }

    private static void set(Module layer, String name, float... values) {
        Parameter parameter = layer.ownParameters().get(name);
        parameter.set(Tensor.of(values).reshape(parameter.shape()));
    }

    @Test
    void linear() {
        Linear layer = new Linear(INIT, 2, 3);
        set(layer, "weight", 1, 2, 3, 4, 5, 6);
        set(layer, "bias", 0.1f, 0.2f, 0.3f);
        Tensor y = layer.apply(of(Tensor.of(new float[] {1, -1, 2, 0}, 2, 2))).value();
        Close.near(1e-6, y, -0.9, -0.8, -0.7, 2.1, 6.2, 10.3);
        assertEquals(Shape.of(2, 3), y.shape());
        assertEquals(12, layer.macs(Shape.of(2, 2), y.shape()));
        Tensor sequence = Tensor.of(new float[] {1, -1, 2, 0}, 1, 2, 2);
        Tensor each = layer.apply(of(sequence)).value();
        assertEquals(Shape.of(1, 2, 3), each.shape());
        assertArrayEquals(y.toFloats(), each.toFloats(), 1e-6f);
    }

    @Test
    void linearWithoutBias() {
        Linear layer = new Linear(INIT, 2, 1, Initializer.constant(3), false);
        Close.near(0, layer.apply(of(Tensor.of(new float[] {1, 2}, 1, 2))).value(), 9);
        assertTrue(layer.bias().isEmpty());
        assertEquals(Map.of("weight", layer.weight()), layer.parameters());
    }

    @Test
    void theLayerThatAnInputDoesNotFitIsNamed() {
        Sequential head = new Sequential(new Linear(INIT, 4, 3), new Linear(INIT, 4, 2));
        SequencedMap<String, Module> layers = new LinkedHashMap<>();
        layers.put("flatten", new Flatten());
        layers.put("head", new Residual(head));
        Sequential model = new Sequential(layers);
        String words = "matmul: inner sizes differ: lhs [5, 3], rhs [4, 2] (3 ≠ 4)";
        refused(words + " in head.body.1", () -> model.apply(of(Tensor.ones(5, 2, 2))));
        refused(words, () -> new Linear(INIT, 4, 2).apply(of(Tensor.ones(5, 3)))); // outside of any model
        refused(
                words + " in head.body.1",
                () -> ForwardPass.training(
                        RandomSource.of(1), () -> Autograd.withoutGrad(() -> model.apply(of(Tensor.ones(5, 4))))));
    }

    private static void refused(String sentence, Executable call) {
        assertEquals(sentence, assertThrows(ShapeException.class, call).getMessage());
    }

    @Test
    void conv2d() {
        Conv2d layer = new Conv2d(INIT, 1, 1, 2, ConvSpec.of(), true);
        set(layer, "weight", 1, 0, 0, -1);
        set(layer, "bias", 0.5f);
        Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9}, 1, 1, 3, 3);
        Close.near(1e-6, layer.apply(of(x)).value(), -3.5, -3.5, -3.5, -3.5);
        assertEquals(16, layer.macs(x.shape(), Shape.of(1, 1, 2, 2)));
    }

    @Test
    void conv2dInGroupsCountsItsOwn() {
        Conv2d layer = new Conv2d(INIT, 4, 6, 3, ConvSpec.of().withGroups(2).withPadding(1), false);
        assertEquals(Shape.of(6, 2, 3, 3), layer.weight().shape());
        assertEquals(6 * 2 * 9 * 25, layer.macs(Shape.of(1, 4, 5, 5), Shape.of(1, 6, 5, 5)));
    }

    @Test
    void channelsThatDoNotDivideIntoTheGroupsAreRefusedAtOnce() {
        ConvSpec two = ConvSpec.of().withGroups(2);
        String words = "convolution: 3 and 4 channels are no multiples of groups 2";
        refused(words, () -> new Conv2d(INIT, 3, 4, 3, two, true));
        refused(words, () -> new Conv1d(INIT, 3, 4, 3, two));
        refused(words, () -> new ConvTranspose2d(INIT, 4, 3, 3, two, 0));
        refused(
                "convolution: a kernel must have a size of at least 1: [0, 0]",
                () -> new Conv2d(INIT, 2, 4, 0, two, true));
        assertEquals(
                Shape.of(4, 3, 5, 5),
                new ConvTranspose2d(INIT, 4, 6, 5, two, 0).weight().shape());
    }

    @Test
    void conv1d() {
        Conv1d layer = new Conv1d(INIT, 1, 1, 3, ConvSpec.of());
        set(layer, "weight", 1, -1, 2);
        set(layer, "bias", 10);
        Tensor y = layer.apply(of(Tensor.of(new float[] {1, 2, 3, 4}, 1, 1, 4))).value();
        Close.near(1e-6, y, 15, 17);
        assertEquals(6, layer.macs(Shape.of(1, 1, 4), y.shape()));
    }

    @Test
    void convTranspose2d() {
        ConvTranspose2d layer = new ConvTranspose2d(INIT, 1, 1, 2, ConvSpec.of(), 0);
        set(layer, "weight", 1, 1, 1, 1);
        set(layer, "bias", 1);
        Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 1, 1, 2, 2);
        Close.near(1e-6, layer.apply(of(x)).value(), 2, 4, 3, 5, 11, 7, 4, 8, 5);
        assertEquals(16, layer.macs(x.shape(), Shape.of(1, 1, 3, 3)));
        ConvTranspose2d doubling =
                new ConvTranspose2d(INIT, 1, 1, 2, ConvSpec.of().withStride(2), 1);
        set(doubling, "weight", 1, 2, 3, 4);
        Tensor y = doubling.apply(of(x)).value();
        assertEquals(Shape.of(1, 1, 5, 5), y.shape());
        Close.near(1e-6, y, 1, 2, 2, 4, 0, 3, 4, 6, 8, 0, 3, 6, 4, 8, 0, 9, 12, 12, 16, 0, 0, 0, 0, 0, 0);
    }

    @Test
    void batchNormTrainsOnTheBatchAndKeepsUnbiasedVariance() {
        BatchNorm layer = new BatchNorm(INIT, 1);
        Tensor x = Tensor.of(new float[] {1, 3, 5, 7}, 2, 1, 1, 2);
        double root = Math.sqrt(5 + 1e-5);
        Tensor y = ForwardPass.training(
                RandomSource.of(1), () -> layer.apply(of(x)).value());
        Close.near(1e-6, y, -3 / root, -1 / root, 1 / root, 3 / root);
        Close.near(1e-6, layer.mean(), 0.1 * 4);
        Close.near(1e-6, layer.variance(), 0.9 + 0.1 * 20 / 3);
        set(layer, "scale", 2);
        set(layer, "shift", -1);
        Tensor evaluated =
                layer.apply(of(Tensor.of(new float[] {0.4f, 1.4f}, 2, 1))).value();
        Close.near(1e-6, evaluated, -1, -1 + 2 / Math.sqrt(0.9 + 2 / 3.0 + 1e-5));
        Close.near(1e-6, layer.mean(), 0.4);
    }

    @Test
    void batchNormOfOneNumberAChannel() {
        BatchNorm layer = new BatchNorm(INIT, 2);
        Tensor y = ForwardPass.training(
                RandomSource.of(1),
                () -> layer.apply(of(Tensor.of(new float[] {3, 5}, 1, 2))).value());
        Close.near(1e-6, y, 0, 0);
        Close.near(1e-6, layer.mean(), 0.3, 0.5);
        Close.near(1e-6, layer.variance(), 0.9, 0.9);
    }

    @Test
    void layerNorm() {
        LayerNorm layer = new LayerNorm(INIT, 4);
        set(layer, "scale", 1, 1, 2, 2);
        set(layer, "shift", 0, 1, 0, 1);
        double root = Math.sqrt(1.25 + 1e-5);
        Tensor y = layer.apply(of(Tensor.of(new float[] {1, 2, 3, 4}, 1, 4))).value();
        Close.near(1e-6, y, -1.5 / root, 1 - 0.5 / root, 1 / root, 1 + 3 / root);
    }

    @Test
    void dropoutKeepsTheMeanAndIsOffInEvaluation() {
        Dropout layer = new Dropout(0.25);
        Variable x = Variable.parameter(Tensor.ones(100, 100));
        assertSame(x, layer.apply(x));
        assertSame(x, ForwardPass.training(RandomSource.of(1), () -> new Dropout(0).apply(x)));
        Variable y = ForwardPass.training(RandomSource.of(1), () -> layer.apply(x));
        double sum = 0;
        for (float value : y.value().toFloats()) {
            assertTrue(value == 0 || value == 4 / 3f, "value " + value);
            sum += value;
        }
        // Standard deviation of the mean: √(p/(1−p))/100 = 0.0058.
        assertEquals(1, sum / 10_000, 4 * 0.0058);
        y.sum().backward();
        assertArrayEquals(
                y.value().toFloats(), x.gradient().orElseThrow().toFloats(), "the gradient goes where the value went");
        Variable again = ForwardPass.training(RandomSource.of(1), () -> layer.apply(x));
        assertArrayEquals(y.value().toFloats(), again.value().toFloats());
        var thrown = assertThrows(IllegalArgumentException.class, () -> new Dropout(1));
        assertEquals("dropout: rate 1.0 must be from 0 to below 1", thrown.getMessage());
        assertThrows(IllegalArgumentException.class, () -> new Dropout(Double.NaN));
    }

    @Test
    void embedding() {
        Embedding layer = new Embedding(INIT, 3, 2);
        set(layer, "weight", 1, 2, 3, 4, 5, 6);
        Variable y = layer.apply(of(Tensor.of(new int[] {2, 0, 2, 1}, 2, 2)));
        assertEquals(Shape.of(2, 2, 2), y.shape());
        Close.near(0, y.value(), 5, 6, 1, 2, 5, 6, 3, 4);
        y.sum().backward();
        Close.near(0, layer.weight().raw().gradient().orElseThrow(), 1, 1, 1, 1, 2, 2);
    }

    @Test
    void pools() {
        Tensor x = Tensor.of(new float[] {1, 2, 5, 6, 3, 4, 7, 8, -1, -2, 0, 0, -3, -4, 0, 1}, 1, 1, 4, 4);
        Close.near(0, Pool2d.max(2, 2).apply(of(x)).value(), 4, 8, -1, 1);
        Close.near(1e-6, Pool2d.average(2, 2).apply(of(x)).value(), 2.5, 6.5, -2.5, 0.25);
        Pool2d padded = new Pool2d(Pool2d.Kind.MAX, PoolSpec.of(3, 2).withPadding(1));
        Close.near(0, padded.apply(of(x.mul(-1))).value(), -1, -2, 4, 4);
        Close.near(1e-6, new GlobalAveragePool().apply(of(x)).value(), 27 / 16.0);
        assertEquals(
                Shape.of(2, 3),
                new GlobalAveragePool().apply(of(Tensor.ones(2, 3, 4, 5))).shape());
    }

    @Test
    void theMeanOfPlanesIsOneOfImages() {
        refused(
                "globalAverage: input must be [N, C, H, W], not [2, 4]",
                () -> new GlobalAveragePool().apply(of(Tensor.ones(2, 4))));
    }

    @Test
    void shapes() {
        assertEquals(
                Shape.of(2, 60),
                new Flatten().apply(of(Tensor.ones(2, 3, 4, 5))).shape());
        Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9}, 1, 1, 3, 3);
        Tensor y = new ShortcutA(4).apply(of(x)).value();
        assertEquals(Shape.of(1, 4, 2, 2), y.shape());
        // Three channels are added: one before, two after.
        Close.near(0, y, 0, 0, 0, 0, 1, 3, 7, 9, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    @Test
    void blocks() {
        Variable x = of(Tensor.of(new float[] {1, -2}, 1, 2));
        Close.near(0, new Residual(Activation.relu()).apply(x).value(), 2, -2);
        Close.near(
                0, new Residual(Activation.relu(), Activation.relu()).apply(x).value(), 2, 0);
        Close.near(0, new Concat(new Flatten(), Activation.relu()).apply(x).value(), 1, -2, 1, 0);
        assertSame(x, new Sequential().apply(x));
        assertEquals(
                java.util.List.of("body", "shortcut"),
                java.util.List.copyOf(
                        new Residual(new Flatten(), new Flatten()).children().keySet()));
    }

    @Test
    void activations() {
        double[] x = {-2, -0.5, 0, 0.5, 2};
        for (Activation.Kind kind : Activation.Kind.values()) {
            double[] expected = new double[x.length];
            for (int i = 0; i < x.length; i++) {
                double sigmoid = 1 / (1 + Math.exp(-x[i]));
                expected[i] = switch (kind) {
                    case RELU -> Math.max(x[i], 0);
                    case LEAKY_RELU -> x[i] > 0 ? x[i] : 0.01 * x[i];
                    case SIGMOID -> sigmoid;
                    case TANH -> Math.tanh(x[i]);
                    case GELU -> gelu(i);
                    case SILU -> x[i] * sigmoid;
                    case SOFTPLUS -> Math.log1p(Math.exp(x[i]));
                };
            }
            Activation layer = new Activation(kind);
            assertEquals(kind, layer.kind());
            Close.near(
                    1e-6,
                    layer.apply(of(Tensor.of(new float[] {-2, -0.5f, 0, 0.5f, 2})))
                            .value(),
                    expected);
        }
    }

    /** x·Φ(x) from a table of the normal distribution: Φ(0.5) = 0.69146246, Φ(2) = 0.97724987. */
    private static double gelu(int i) {
        return new double[] {-2 * (1 - 0.97724987), -0.5 * (1 - 0.69146246), 0, 0.5 * 0.69146246, 2 * 0.97724987}[i];
    }
}
