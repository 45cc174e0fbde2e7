package espalier.tensor.packed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.Convolution;
import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.ShapeException;
import espalier.tensor.Tensor;
import espalier.tensor.spi.ConvSpec;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class PackedWeightsTest {
    private static final Device CPU = Device.cpu();

    @Test
    void productsByHand() {
        PackedWeights weights = PackedWeights.of(CPU, CsrMatrix.of(new float[] {0, 2, 0, 3, 0, -1}, 2, 3));
        Tensor bias = Tensor.of(new float[] {10, 20}, 2);
        Tensor columns = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 3, 2);
        assertArrayEquals(new float[] {6, 8, -2, 0}, weights.matmul(columns).toFloats());
        Tensor rows = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
        assertArrayEquals(
                new float[] {14, 20, 20, 26},
                weights.linear(rows, Optional.of(bias)).toFloats());
        assertArrayEquals(
                new float[] {4, 0, 10, 6},
                weights.linear(rows, Optional.empty()).toFloats());
    }

    @Test
    void layersEqualThoseOfDenseWeights() {
        var random = new Random(1);
        for (int batch : new int[] {0, 1, 2, 7, 8, 19, 64}) {
            float[] dense = values(random, 13 * 21, 0.7);
            Tensor bias = Tensor.of(values(random, 13, 0), 13);
            Tensor x = Tensor.of(CPU, values(random, batch * 21, 0), Shape.of(batch, 21));
            for (PackedMatrix matrix : forms(dense, 13, 21)) {
                PackedWeights weights = PackedWeights.of(CPU, matrix);
                assertSame(matrix, weights.matrix());
                Tensor w = Tensor.of(matrix.toDense(), 13, 21);
                assertClose(x.matmul(w.t()).add(bias), weights.linear(x, Optional.of(bias)), matrix);
                assertClose(w.matmul(x.t()), weights.matmul(x.t()), matrix);
            }
        }
    }

    @Test
    void convolutionsEqualThoseOfDenseWeights() {
        var random = new Random(2);
        ConvSpec same = ConvSpec.of().withPadding(1);
        for (ConvSpec spec : List.of(ConvSpec.of(), same, same.withStride(2), same.withGroups(2))) {
            int columns = 4 / spec.groups() * 9;
            float[] dense = values(random, 6 * columns, 0.6);
            Tensor bias = Tensor.of(values(random, 6, 0), 6);
            for (PackedMatrix matrix : forms(dense, 6, columns)) {
                PackedWeights weights = PackedWeights.of(CPU, matrix);
                Tensor w = Tensor.of(matrix.toDense(), 6, 4 / spec.groups(), 3, 3);
                for (int batch : new int[] {2, 0, 1, 2}) {
                    Tensor x = Tensor.of(CPU, values(random, batch * 4 * 70, 0), Shape.of(batch, 4, 7, 10));
                    assertClose(
                            Convolution.conv2d(spec, x, w, Optional.of(bias)),
                            weights.conv2d(spec, 3, 3, x, Optional.of(bias)),
                            matrix);
                }
            }
        }
    }

    /** The same bits as the dense operations: only the copying is gone. */
    @Test
    void denseWeightsGiveTheBitsOfDenseTensors() {
        var random = new Random(3);
        for (int channels : new int[] {1, 3, 16}) {
            float[] dense = values(random, 20 * channels * 9, 0);
            PackedWeights weights = PackedWeights.of(CPU, DenseMatrix.of(dense, 20, channels * 9));
            Tensor w = Tensor.of(dense, 20, channels, 3, 3);
            for (int size : new int[] {4, 11, 32}) {
                for (int batch : new int[] {1, 2, 9}) {
                    for (int stride : new int[] {1, 2}) {
                        ConvSpec spec = ConvSpec.of().withPadding(1).withStride(stride);
                        Tensor x = Tensor.of(
                                CPU,
                                values(random, batch * channels * size * size, 0),
                                Shape.of(batch, channels, size, size));
                        assertArrayEquals(
                                Convolution.conv2d(spec, x, w, Optional.empty()).toFloats(),
                                weights.conv2d(spec, 3, 3, x, Optional.empty()).toFloats());
                    }
                }
            }
        }
        float[] depthwise = values(random, 6 * 9, 0);
        Tensor x = Tensor.of(CPU, values(random, 2 * 6 * 40, 0), Shape.of(2, 6, 5, 8));
        ConvSpec spec = ConvSpec.of().withPadding(1).withGroups(6);
        assertArrayEquals(
                Convolution.conv2d(spec, x, Tensor.of(depthwise, 6, 1, 3, 3), Optional.empty())
                        .toFloats(),
                PackedWeights.of(CPU, DenseMatrix.of(depthwise, 6, 9))
                        .conv2d(spec, 3, 3, x, Optional.empty())
                        .toFloats());
    }

    @Test
    void integersByHand() {
        var codes = new Int8Matrix(2, 2, new byte[] {127, -127, 2, 3}, new float[] {0.5f, 2});
        Tensor b = Tensor.of(CPU, DType.I8, new byte[] {-128, 1, 127, 0}, Shape.of(2, 2));
        Tensor product = PackedWeights.of(CPU, codes).matmulCodes(b);
        assertEquals(DType.I32, product.dtype());
        assertArrayEquals(new int[] {-32385, 127, 125, 2}, product.toInts());
        BinaryMatrix w = BinaryMatrix.of(new float[] {1, -2, 3, -4, 5, 6}, 2, 3);
        BinaryMatrix v = BinaryMatrix.of(new float[] {1, 1, 1}, 1, 3);
        assertArrayEquals(
                new int[] {1, 1}, PackedWeights.of(CPU, w).matmulSigns(v).toInts());
    }

    @Test
    void integerProductsOfOtherFormsAreRefused() {
        PackedWeights dense = PackedWeights.of(CPU, DenseMatrix.of(new float[6], 2, 3));
        Tensor codes = Tensor.of(CPU, DType.I8, new byte[6], Shape.of(3, 2));
        refused(IllegalArgumentException.class, "needs a quantized matrix", () -> dense.matmulCodes(codes));
        BinaryMatrix signs = BinaryMatrix.of(new float[6], 2, 3);
        refused(IllegalArgumentException.class, "needs a binary matrix", () -> dense.matmulSigns(signs));
        PackedWeights binary = PackedWeights.of(CPU, signs);
        refused(ShapeException.class, "(3 ≠ 2)", () -> binary.matmulSigns(BinaryMatrix.of(new float[4], 2, 2)));
        PackedWeights quantized = PackedWeights.of(CPU, Int8Matrix.of(new float[6], 2, 3));
        refused(ShapeException.class, "must be [3, N] of I8", () -> quantized.matmulCodes(codes.t()));
        refused(ShapeException.class, "must be [3, N] of I8", () -> quantized.matmulCodes(codes.to(DType.F32)));
    }

    private static void refused(Class<? extends Exception> type, String part, Executable call) {
        String message = assertThrows(type, call).getMessage();
        assertTrue(message.contains(part), message);
    }

    @Test
    void wrongShapesAreRefusedInSentences() {
        PackedWeights weights = PackedWeights.of(CPU, CsrMatrix.of(new float[12], 2, 6));
        Tensor square = Tensor.of(new float[4], 2, 2);
        refused("packed matmul: the right matrix must be [6, N]", () -> weights.matmul(square));
        refused("packed linear: the input must be [N, 6]", () -> weights.linear(square, Optional.empty()));
        Tensor input = Tensor.of(new float[6], 1, 6);
        refused("the bias must be [2]", () -> weights.linear(input, Optional.of(Tensor.of(new float[3], 3))));
        refused("needs F32", () -> weights.matmul(Tensor.of(new int[6], 6, 1)));
        Tensor image = Tensor.of(new float[25], 1, 1, 5, 5);
        refused("a kernel of 2x2 does not divide", () -> {
            weights.conv2d(ConvSpec.of(), 2, 2, image, Optional.empty());
        });
        refused("conv2d: input channels per group differ", () -> {
            weights.conv2d(ConvSpec.of(), 3, 1, image, Optional.empty());
        });
    }

    private static void refused(String part, Runnable call) {
        String message = assertThrows(ShapeException.class, call::run).getMessage();
        assertTrue(message.contains(part), message);
    }

    private static void assertClose(Tensor expected, Tensor actual, PackedMatrix matrix) {
        assertEquals(expected.shape(), actual.shape());
        assertArrayEquals(expected.toFloats(), actual.toFloats(), 2e-5f, matrix.toString());
    }

    private static List<PackedMatrix> forms(float[] dense, int rows, int columns) {
        return List.of(
                DenseMatrix.of(dense, rows, columns),
                CsrMatrix.of(dense, rows, columns),
                BlockMatrix.of(dense, rows, columns),
                Int8Matrix.of(dense, rows, columns),
                TernaryMatrix.of(dense, rows, columns),
                BinaryMatrix.of(dense, rows, columns));
    }

    private static float[] values(Random random, int count, double zeros) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextDouble() < zeros ? 0 : (float) random.nextGaussian();
        }
        return values;
    }
}
