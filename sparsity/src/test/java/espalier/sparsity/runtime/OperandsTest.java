package espalier.sparsity.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import espalier.sparsity.export.Form;
import espalier.sparsity.export.Nonlinearity;
import espalier.sparsity.export.Operation;
import espalier.sparsity.export.PackedModel;
import espalier.sparsity.export.PackedTensor;
import espalier.sparsity.export.Program;
import espalier.sparsity.export.Step;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PoolSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Each step against loops over doubles, with two values at least for all that it is told. Rows and columns never agree;
 * every program goes through the bytes of a file first, and both back ends run two images.
 */
class OperandsTest {
    private static final Nonlinearity[] ACTIVATIONS = Nonlinearity.values();

    // ---- the comparison

    private static Step step(Operation operation, Nonlinearity activation, Integer... inputs) {
        return new Step("here", operation, List.of(inputs), activation);
    }

    private static void check(Shape input, List<Step> steps, UnaryOperator<double[]> plain) throws Exception {
        check(input, steps, Map.of(), plain);
    }

    /** @param plain what becomes of one image */
    private static void check(Shape input, List<Step> steps, Map<String, Kernel> kernels, UnaryOperator<double[]> plain)
            throws Exception {
        PackedModel written = new PackedModel(new Program(input, steps), Map.of());
        PackedModel model = PackedModel.of("bytes", written.toBytes());
        Random random = new Random(3);
        float[] images = new float[2 * input.size()];
        for (int i = 0; i < images.length; i++) {
            images[i] = random.nextFloat() * 4 - 2;
        }
        double[] expected = Arrays.stream(new int[] {0, 1})
                .mapToObj(n -> plain.apply(image(images, n, input.size())))
                .flatMapToDouble(Arrays::stream)
                .toArray();
        for (Device device : List.of(Device.cpu(), Device.reference())) {
            float[] found = InferenceModel.of(model, device, kernels).run(images);
            assertEquals(expected.length, found.length);
            for (int i = 0; i < found.length; i++) {
                int at = i;
                assertEquals(
                        expected[i],
                        found[i],
                        2e-5 * (1 + Math.abs(expected[i])),
                        () -> steps + " " + kernels + ", element " + at + " on " + device);
            }
        }
    }

    private static double[] image(float[] images, int number, int size) {
        double[] image = new double[size];
        Arrays.setAll(image, i -> images[number * size + i]);
        return image;
    }

    private static double activated(Nonlinearity activation, double x) {
        return switch (activation) {
            case NONE -> x;
            case RELU -> Math.max(x, 0);
            case LEAKY_RELU -> x < 0 ? x / 100 : x;
            case SIGMOID -> 1 / (1 + Math.exp(-x));
            case TANH -> (Math.exp(2 * x) - 1) / (Math.exp(2 * x) + 1);
            case GELU -> x * bell(x);
            case SILU -> x / (1 + Math.exp(-x));
            case SOFTPLUS -> x > 30 ? x : Math.log(1 + Math.exp(x));
        };
    }

    /** Φ: the normal density from −∞ to x, by Simpson's rule from 0. */
    private static double bell(double x) {
        int parts = 2000;
        double sum = 0;
        for (int i = 0; i <= parts; i++) {
            double at = x * i / parts;
            sum += (i == 0 || i == parts ? 1 : i % 2 == 1 ? 4 : 2) * Math.exp(-at * at / 2);
        }
        return 0.5 + sum * x / parts / 3 / Math.sqrt(2 * Math.PI);
    }

    private static double[] activated(Nonlinearity activation, double[] values) {
        return Arrays.stream(values).map(x -> activated(activation, x)).toArray();
    }

    // ---- operands

    private static PackedTensor packed(String form, Shape shape, float... values) {
        return PackedTensor.of("w", values, shape, Form.parse(form));
    }

    /** Whole numbers from −most to most times a scale, of which a part is zero if {@code zeros}. */
    private static float[] levels(int seed, int size, int most, boolean zeros) {
        Random random = new Random(seed);
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            int level = 1 + random.nextInt(most);
            values[i] = zeros && random.nextInt(3) == 0 ? 0 : 0.25f * (random.nextBoolean() ? level : -level);
        }
        return values;
    }

    private static Optional<PackedTensor> vector(boolean there, float... values) {
        return there ? Optional.of(packed("f32", Shape.of(values.length), values)) : Optional.empty();
    }

    private static double of(Optional<PackedTensor> vector, int index, double otherwise) {
        return vector.map(v -> (double) v.unpack()[index]).orElse(otherwise);
    }

    // ---- convolution

    /** [4, 6, 7] by 8 filters of 2x3 places. */
    private static double[] convolved(Operation.Convolution c, double[] x) {
        ConvSpec s = c.spec();
        float[] w = c.weight().unpack();
        int rows = (6 + 2 * s.padH() - s.dilationH() - 1) / s.strideH() + 1;
        int columns = (7 + 2 * s.padW() - 2 * s.dilationW() - 1) / s.strideW() + 1;
        int each = 4 / s.groups();
        double[] y = new double[8 * rows * columns];
        for (int o = 0; o < 8; o++) {
            for (int i = 0; i < rows; i++) {
                for (int j = 0; j < columns; j++) {
                    double sum = 0;
                    for (int part = 0; part < each; part++) {
                        int channel = o / (8 / s.groups()) * each + part;
                        for (int p = 0; p < 2; p++) {
                            for (int q = 0; q < 3; q++) {
                                int row = i * s.strideH() + p * s.dilationH() - s.padH();
                                int column = j * s.strideW() + q * s.dilationW() - s.padW();
                                if (row >= 0 && row < 6 && column >= 0 && column < 7) {
                                    sum += w[((o * each + part) * 2 + p) * 3 + q] * x[(channel * 6 + row) * 7 + column];
                                }
                            }
                        }
                    }
                    y[(o * rows + i) * columns + j] = of(c.scale(), o, 1) * sum + of(c.bias(), o, 0);
                }
            }
        }
        return y;
    }

    /**
     * All 256 choices of two strides, paddings and dilations, a bias or none, a scale or none; groups and activations
     * in turn.
     */
    @Test
    void convolutions() throws Exception {
        Kernel[] kernels = {Kernel.DENSE, Kernel.CSR, Kernel.BLOCKS};
        for (int choice = 0; choice < 256; choice++) {
            int groups = new int[] {1, 2, 4}[choice % 3];
            ConvSpec spec = new ConvSpec(
                    (choice & 1) == 0 ? 1 : 2,
                    (choice & 2) == 0 ? 1 : 3,
                    (choice & 4) == 0 ? 0 : 1,
                    (choice & 8) == 0 ? 0 : 2,
                    (choice & 16) == 0 ? 1 : 3,
                    (choice & 32) == 0 ? 1 : 2,
                    groups);
            Shape shape = Shape.of(8, 4 / groups, 2, 3);
            Operation.Convolution convolution = new Operation.Convolution(
                    spec,
                    packed("runs+codebook", shape, levels(choice, shape.size(), 7, true)),
                    vector((choice & 64) != 0, 1, -2, 0.5f, 3, -1, 2, 0.25f, -0.5f),
                    vector((choice & 128) != 0, 1, 2, 3, -4, 5, -6, 7, 0.5f));
            Nonlinearity activation = ACTIVATIONS[choice / 3 % ACTIVATIONS.length];
            Kernel kernel = groups == 1 ? kernels[choice / 3 % 3] : Kernel.DENSE;
            check(
                    Shape.of(4, 6, 7),
                    List.of(step(convolution, activation, 0)),
                    Map.of("here", kernel),
                    x -> activated(activation, convolved(convolution, x)));
        }
    }

    // ---- linear

    @ParameterizedTest
    @EnumSource
    void linearLayers(Kernel kernel) throws Exception {
        int most = switch (kernel) {
            case INT8 -> 127;
            case DENSE, CSR, BLOCKS, INT4 -> 7;
            case TERNARY, BINARY -> 1;
        };
        String form = kernel.ordinal() < Kernel.INT8.ordinal() ? "gaps+f32" : kernel.toString();
        PackedTensor weight = packed(form, Shape.of(5, 70), levels(1, 350, most, kernel != Kernel.BINARY));
        float[] w = weight.unpack();
        for (int choice = 0; choice < 4 * ACTIVATIONS.length; choice++) {
            Operation.Linear linear = new Operation.Linear(
                    weight,
                    vector((choice & 1) != 0, 1, -0.5f, 0.25f, 0.1f, -0.2f),
                    vector((choice & 2) != 0, 1, 2, 3, -4, 5));
            Nonlinearity activation = ACTIVATIONS[choice / 4];
            check(Shape.of(70), List.of(step(linear, activation, 0)), Map.of("here", kernel), x -> {
                double[] y = new double[5];
                for (int o = 0; o < 5; o++) {
                    double sum = 0;
                    for (int i = 0; i < 70; i++) {
                        sum += w[o * 70 + i] * x[i];
                    }
                    y[o] = activated(activation, of(linear.scale(), o, 1) * sum + of(linear.bias(), o, 0));
                }
                return y;
            });
        }
    }

    // ---- pools

    /** [2, 5, 6]. */
    private static double[] pooled(PoolSpec s, boolean largest, double[] x) {
        Shape y = s.outputShape(Shape.of(1, 2, 5, 6));
        double[] result = new double[y.size()];
        int at = 0;
        for (int c = 0; c < 2; c++) {
            for (int i = 0; i < y.dim(2); i++) {
                for (int j = 0; j < y.dim(3); j++) {
                    double most = Double.NEGATIVE_INFINITY;
                    double sum = 0;
                    int inside = 0;
                    int counted = 0;
                    for (int row = i * s.strideH() - s.padH(); row < i * s.strideH() - s.padH() + s.kernelH(); row++) {
                        int left = j * s.strideW() - s.padW();
                        for (int column = left; column < left + s.kernelW(); column++) {
                            if (row >= 0 && row < 5 && column >= 0 && column < 6) {
                                most = Math.max(most, x[(c * 5 + row) * 6 + column]);
                                sum += x[(c * 5 + row) * 6 + column];
                                inside++;
                            }
                            counted += row < 5 + s.padH() && column < 6 + s.padW() ? 1 : 0;
                        }
                    }
                    result[at++] = largest ? most : sum / (s.countPadding() ? counted : inside);
                }
            }
        }
        return result;
    }

    /**
     * Sizes worked out by hand, since the loops above take them from the spec: of 5 rows and 6 columns, 3x2 windows.
     */
    @Test
    void roundedUpThereIsAWindowMore() {
        PoolSpec down = new PoolSpec(3, 2, 2, 3, 0, 0, false, true);
        assertEquals(Shape.of(1, 2, 2, 2), down.outputShape(Shape.of(1, 2, 5, 6)));
        PoolSpec up = new PoolSpec(2, 2, 2, 3, 0, 0, true, true);
        assertEquals(Shape.of(1, 2, 3, 3), up.outputShape(Shape.of(1, 2, 5, 7)));
    }

    @Test
    void pools() throws Exception {
        for (int choice = 0; choice < 256; choice++) {
            PoolSpec spec = new PoolSpec(
                    (choice & 1) == 0 ? 2 : 3,
                    (choice & 2) == 0 ? 3 : 2,
                    (choice & 4) == 0 ? 1 : 2,
                    (choice & 8) == 0 ? 3 : 1,
                    (choice & 16) == 0 ? 0 : 1,
                    (choice & 32) == 0 ? 0 : 1,
                    (choice & 64) != 0,
                    (choice & 128) != 0);
            Nonlinearity activation = ACTIVATIONS[choice % 7 + 1];
            for (boolean largest : new boolean[] {true, false}) {
                Operation pool = largest ? new Operation.MaxPool(spec) : new Operation.AveragePool(spec);
                check(
                        Shape.of(2, 5, 6),
                        List.of(step(pool, activation, 0)),
                        x -> activated(activation, pooled(spec, largest, x)));
            }
        }
    }

    // ---- what has few operands, under every activation

    @ParameterizedTest
    @EnumSource
    void stepsWithoutWeights(Nonlinearity activation) throws Exception {
        Shape image = Shape.of(3, 2, 5);
        check(image, List.of(step(new Operation.GlobalAverage(), activation, 0)), x -> {
            double[] y = new double[3];
            Arrays.setAll(
                    y,
                    c -> activated(
                            activation, Arrays.stream(x, 10 * c, 10 * c + 10).sum() / 10));
            return y;
        });
        check(image, List.of(step(new Operation.Identity(), activation, 0)), x -> activated(activation, x));
        check(image, List.of(step(new Operation.Flatten(), activation, 0)), x -> activated(activation, x));
        Step relu = step(new Operation.Identity(), Nonlinearity.RELU, 0);
        for (Integer[] both : new Integer[][] {{0, 1}, {1, 0}, {1, 1}}) {
            check(
                    image,
                    List.of(relu, step(new Operation.Add(), activation, both)),
                    x -> Arrays.stream(x)
                            .map(v -> (both[0] == 0 ? v : Math.max(v, 0)) + (both[1] == 0 ? v : Math.max(v, 0)))
                            .map(v -> activated(activation, v))
                            .toArray());
        }
        for (boolean log : new boolean[] {false, true}) {
            check(Shape.of(7), List.of(step(new Operation.Softmax(log), activation, 0)), x -> {
                double sum = Arrays.stream(x).map(Math::exp).sum();
                return Arrays.stream(x)
                        .map(v -> log ? v - Math.log(sum) : Math.exp(v) / sum)
                        .map(v -> activated(activation, v))
                        .toArray();
            });
        }
    }

    @ParameterizedTest
    @EnumSource
    void scaleAndShift(Nonlinearity activation) throws Exception {
        float[] scale = {2, -1, 0.5f};
        float[] shift = {1, 0.25f, -3};
        Operation operation =
                new Operation.ScaleShift(packed("f32", Shape.of(3), scale), packed("f16", Shape.of(3), shift));
        for (Shape image : List.of(Shape.of(3, 2, 5), Shape.of(3))) {
            int plane = image.size() / 3;
            check(image, List.of(step(operation, activation, 0)), x -> {
                double[] y = new double[x.length];
                Arrays.setAll(y, i -> activated(activation, scale[i / plane] * x[i] + shift[i / plane]));
                return y;
            });
        }
    }

    @ParameterizedTest
    @EnumSource
    void rowsAndColumnsAndChannelsOfZeros(Nonlinearity activation) throws Exception {
        Shape image = Shape.of(2, 5, 7);
        for (int stepH : new int[] {1, 2, 3}) {
            for (int stepW : new int[] {1, 2, 4}) {
                check(image, List.of(step(new Operation.Subsample(stepH, stepW), activation, 0)), x -> {
                    List<Double> y = new ArrayList<>();
                    for (int row = 0; row < 10; row++) {
                        for (int column = 0; column < 7; column += stepW) {
                            if (row % 5 % stepH == 0) {
                                y.add(activated(activation, x[row * 7 + column]));
                            }
                        }
                    }
                    return y.stream().mapToDouble(v -> v).toArray();
                });
            }
        }
        for (int before : new int[] {0, 1, 3}) {
            for (int after : new int[] {0, 2}) {
                check(
                        image,
                        List.of(step(new Operation.PadChannels(before, after), activation, 0)),
                        x -> activated(activation, around(x, 35 * before, 35 * after)));
            }
        }
    }

    private static double[] around(double[] x, int before, int after) {
        double[] y = new double[before + x.length + after];
        System.arraycopy(x, 0, y, before, x.length);
        return y;
    }

    /** Values of 2, 3 and 2 channels, one alone, one twice, and in another order. */
    @ParameterizedTest
    @EnumSource
    void joinedChannels(Nonlinearity activation) throws Exception {
        Step wider = step(new Operation.PadChannels(0, 1), Nonlinearity.NONE, 0);
        Step softer = step(new Operation.Identity(), Nonlinearity.TANH, 0);
        for (Integer[] inputs : new Integer[][] {{1}, {0, 1}, {1, 0}, {0, 0}, {2, 1, 0}, {1, 2, 1, 2}}) {
            check(
                    Shape.of(2, 1, 3),
                    List.of(wider, softer, step(new Operation.Concat(), activation, inputs)),
                    x -> activated(
                            activation,
                            Arrays.stream(inputs)
                                    .flatMapToDouble(input -> switch (input) {
                                        case 0 -> Arrays.stream(x);
                                        case 1 -> Arrays.stream(around(x, 0, 3));
                                        default -> Arrays.stream(activated(Nonlinearity.TANH, x));
                                    })
                                    .toArray()));
        }
    }
}
