package espalier.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import espalier.gpu.opencl.CommandQueue;
import espalier.gpu.opencl.Discovery;
import espalier.tensor.Convolution;
import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Normalization;
import espalier.tensor.Pooling;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Softmax;
import espalier.tensor.Tensor;
import espalier.tensor.Update;
import espalier.tensor.packed.BinaryMatrix;
import espalier.tensor.packed.BlockMatrix;
import espalier.tensor.packed.CsrMatrix;
import espalier.tensor.packed.Int8Matrix;
import espalier.tensor.packed.PackedMatrix;
import espalier.tensor.packed.PackedWeights;
import espalier.tensor.spi.AdamSpec;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PoolSpec;
import espalier.tensor.spi.SgdSpec;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Every kernel once or twice, in both flavours, on shapes so small that an interpreter of kernels which checks each
 * access is fast enough: .ci/run runs this under Oclgrind too.
 */
class SmallShapesTest {
    private static final Shape IMAGES = Shape.of(2, 4, 6, 8);

    /** Two elements in three are zero. */
    private static final float[] WEIGHT = new float[7 * 20];

    static {
        float[] values =
                RandomSource.of(5).normal(Device.reference(), Shape.of(7, 20)).toFloats();
        for (int i = 0; i < values.length; i += 3) {
            WEIGHT[i] = values[i];
        }
    }

    @TestFactory
    Stream<DynamicTest> eachKernelAgreesWithThePlainBackEnd() {
        TestDevice.first();
        return Arrays.stream(Flavour.values()).flatMap(SmallShapesTest::tests);
    }

    private static Stream<DynamicTest> tests(Flavour flavour) {
        Device device = new Device(
                "opencl:" + flavour,
                new OpenClBackend(new CommandQueue(Discovery.now().devices().getFirst()), flavour));
        return operations().entrySet().stream()
                .map(row -> dynamicTest(row.getKey() + " for " + flavour, () -> check(row.getValue(), device)));
    }

    private static void check(Function<Device, Tensor> operation, Device device) {
        float[] expected = operation.apply(Device.reference()).toFloats();
        float[] actual = operation.apply(device).toFloats();
        assertEquals(expected.length, actual.length);
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], actual[i], 2e-5 * (1 + Math.abs(expected[i])), "element " + i);
        }
    }

    /** Normal numbers, the same on each device. */
    private static Tensor x(Device device, int... dims) {
        return RandomSource.of(dims.length).normal(device, Shape.of(dims));
    }

    private static Tensor images(Device device) {
        return RandomSource.of(9).normal(device, IMAGES);
    }

    private static Map<String, PackedMatrix> packed() {
        return Map.of(
                "sparse", CsrMatrix.of(WEIGHT, 7, 20),
                "block", BlockMatrix.of(WEIGHT, 7, 20),
                "byte", Int8Matrix.of(WEIGHT, 7, 20),
                "binary", BinaryMatrix.of(WEIGHT, 7, 20));
    }

    private static Map<String, Function<Device, Tensor>> operations() {
        Map<String, Function<Device, Tensor>> rows = new LinkedHashMap<>();
        rows.put("strided copy", d -> x(d, 5, 7).t().contiguous());
        rows.put("broadcast add", d -> x(d, 3, 4, 5).add(x(d, 4, 1)).relu());
        rows.put("number", d -> x(d, 13).mul(3).exp());
        rows.put("where", d -> x(d, 9).gt(0).where(x(d, 9), x(d, 9).neg()));
        rows.put("sum of all", d -> x(d, 5000).sum());
        rows.put("sum of rows", d -> x(d, 3, 300).sum(1));
        rows.put("largest of columns", d -> x(d, 30, 5).maxOver(false, 0));
        rows.put("cumsum", d -> x(d, 3, 17).cumsum(1));
        rows.put("argmax", d -> x(d, 3, 17).argmax(1));
        rows.put("sort", d -> x(d, 3, 21).sort(-1, true).values());
        rows.put("gather", d -> x(d, 4, 5).gather(1, Tensor.of(d, new int[] {4, 0, 1, 1, 2, 3, 0, 4}, Shape.of(4, 2))));
        rows.put(
                "scatter",
                d -> x(d, 4, 5).scatterAddInPlace(1, Tensor.of(d, new int[] {4, 0, 1, 1}, Shape.of(4, 1)), x(d, 4, 1)));
        rows.put("product", d -> x(d, 19, 33).matmul(x(d, 33, 21)));
        rows.put(
                "product with a transpose", d -> x(d, 7, 18).matmul(x(d, 40, 18).t()));
        rows.put("batch of products", d -> x(d, 3, 8, 17).matmul(x(d, 3, 17, 18)));
        for (int stride : new int[] {1, 2}) {
            ConvSpec spec = ConvSpec.of().withPadding(1).withStride(stride);
            rows.put(
                    "convolution, stride " + stride,
                    d -> Convolution.conv2d(spec, images(d), x(d, 5, 4, 3, 3), Optional.of(x(d, 5))));
            rows.put(
                    "gradient to input, stride " + stride,
                    d -> Convolution.inputGradient(spec, x(d, 2, 5, 6 / stride, 8 / stride), x(d, 5, 4, 3, 3), IMAGES));
            rows.put(
                    "gradient to weight, stride " + stride,
                    d -> Convolution.weightGradient(
                            spec, images(d), x(d, 2, 5, 6 / stride, 8 / stride), Shape.of(5, 4, 3, 3)));
        }
        rows.put(
                "depthwise convolution",
                d -> Convolution.conv2d(ConvSpec.of().withGroups(4), images(d), x(d, 4, 1, 3, 3)));
        rows.put("max pooling", d -> Pooling.max(PoolSpec.of(2, 2), images(d)).values());
        rows.put("gradient of max pooling", d -> {
            var pooled = Pooling.max(PoolSpec.of(3, 2).withPadding(1), images(d));
            return Pooling.maxGradient(PoolSpec.of(3, 2).withPadding(1), pooled.values(), pooled.indices(), IMAGES);
        });
        rows.put("average pooling", d -> Pooling.average(PoolSpec.of(2, 2), images(d)));
        rows.put(
                "gradient of average pooling",
                d -> Pooling.averageGradient(PoolSpec.of(2, 2), x(d, 2, 4, 3, 4), IMAGES));
        rows.put(
                "batch norm",
                d -> Normalization.batchNorm(images(d), x(d, 4), x(d, 4).neg(), 1e-5)
                        .output());
        rows.put("gradient of batch norm", d -> {
            var normal = Normalization.batchNorm(images(d), x(d, 4), x(d, 4), 1e-5);
            Tensor slopes = images(d).neg().addInPlace(images(d).square());
            return Normalization.batchNormGradient(images(d), slopes, x(d, 4), normal.mean(), normal.variance(), 1e-5)
                    .input();
        });
        rows.put("gradient of cross-entropy", d -> {
            Tensor labels = Tensor.of(d, new int[] {0, 6, 3}, Shape.of(3));
            return Softmax.crossEntropyGradient(Softmax.softmax(x(d, 3, 7)), labels, 0.1, x(d, 3));
        });
        rows.put("scale and shift", d -> Normalization.scaleShift(images(d), x(d, 4), x(d, 4).neg()));
        rows.put("softmax", d -> Softmax.softmax(x(d, 5, 11)));
        rows.put("log softmax", d -> Softmax.logSoftmax(x(d, 5, 11)));
        rows.put(
                "gradient of softmax",
                d -> Softmax.gradient(Softmax.softmax(x(d, 5, 11)), x(d, 5, 11).neg(), false));
        rows.put(
                "cross-entropy",
                d -> Softmax.crossEntropy(x(d, 3, 7), Tensor.of(d, new int[] {0, 6, 3}, Shape.of(3)), 0.1)
                        .losses());
        packed().forEach((name, matrix) -> {
            rows.put(name + " product", d -> PackedWeights.of(d, matrix).matmul(x(d, 20, 19)));
            rows.put(name + " layer", d -> PackedWeights.of(d, matrix).linear(x(d, 3, 20), Optional.of(x(d, 7))));
            rows.put(
                    name + " convolution",
                    d -> PackedWeights.of(d, matrix)
                            .conv2d(ConvSpec.of().withPadding(1), 2, 2, x(d, 2, 5, 4, 4), Optional.of(x(d, 7))));
        });
        // Blocks of four rows, of which groups of six have one and a half: then they are taken apart.
        for (int groups : new int[] {2, 3}) {
            float[] weight = Arrays.copyOf(WEIGHT, 12 * 8);
            for (PackedMatrix matrix : List.of(CsrMatrix.of(weight, 12, 8), BlockMatrix.of(weight, 12, 8))) {
                rows.put(
                        matrix.getClass().getSimpleName() + " convolution in groups, " + groups,
                        d -> PackedWeights.of(d, matrix)
                                .conv2d(
                                        ConvSpec.of().withPadding(1).withGroups(groups),
                                        2,
                                        2,
                                        x(d, 2, 2 * groups, 4, 4),
                                        Optional.of(x(d, 12))));
            }
        }
        rows.put("codes", d -> {
            byte[] codes = new byte[20 * 19];
            for (int i = 0; i < codes.length; i++) {
                codes[i] = (byte) (i * 77);
            }
            return PackedWeights.of(d, Int8Matrix.of(WEIGHT, 7, 20))
                    .matmulCodes(Tensor.of(d, DType.I8, codes, Shape.of(20, 19)));
        });
        rows.put(
                "signs",
                d -> PackedWeights.of(d, BinaryMatrix.of(WEIGHT, 7, 20)).matmulSigns(BinaryMatrix.of(WEIGHT, 7, 20)));
        rows.put("momentum", d -> {
            Tensor w = x(d, 67).copy();
            Update.sgd(new SgdSpec(0.1, 0.9, 0.01, true), w, x(d, 67).neg(), Optional.of(x(d, 67).copy()));
            return w;
        });
        rows.put("adam", d -> {
            Tensor w = x(d, 67).copy();
            Update.adam(new AdamSpec(0.1, 0.9, 0.99, 1e-3, 0.01, true, 3), w, x(d, 67), w.zerosLike(), w.zerosLike());
            return w;
        });
        return rows;
    }
}
