package espalier.tensor.cpu.vector.packed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.Tensor;
import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.CpuBackends;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.conv.ConvolutionKernel;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.packed.BinaryMatrix;
import espalier.tensor.packed.BlockMatrix;
import espalier.tensor.packed.CsrMatrix;
import espalier.tensor.packed.Int8Matrix;
import espalier.tensor.packed.PackedMatrix;
import espalier.tensor.spi.ConvSpec;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PackedConvolutionTest {
    @Test
    void equalsTheConvolutionOfTheDenseWeights() {
        var random = new Random(1);
        try (var parallel = new Parallel(2)) {
            for (int trial = 0; trial < 80; trial++) {
                ConvSpec spec = new ConvSpec(
                        1 + random.nextInt(3),
                        1 + random.nextInt(3),
                        random.nextInt(3),
                        random.nextInt(3),
                        1 + random.nextInt(2),
                        1 + random.nextInt(2),
                        1);
                int kh = 1 + random.nextInt(3);
                int kw = 1 + random.nextInt(5);
                int h = (kh - 1) * spec.dilationH() + 1 + random.nextInt(14);
                int w = (kw - 1) * spec.dilationW() + 1 + random.nextInt(30);
                var geometry = new ConvGeometry(
                        images(random), 1 + random.nextInt(4), h, w, 1 + random.nextInt(11), kh, kw, spec);
                assertCloseToDense(parallel, random, geometry, random.nextDouble());
            }
        }
    }

    /** Weights that are packed to take less memory are not unpacked beside, until a convolution has groups. */
    @Test
    void nothingIsUnpackedInAdvance() {
        AtomicInteger unpacked = new AtomicInteger();
        try (var parallel = new Parallel(1)) {
            for (PackedMatrix matrix : forms(sparse(new Random(3), 4 * 18, 0.5), 4, 18)) {
                var kernel = new VectorPackedKernel(parallel, new ConvolutionKernel(parallel), matrix, () -> {
                    unpacked.incrementAndGet();
                    return CpuBackends.reference().prepare(matrix);
                });
                Tensor images = Tensor.ones(1, 2, 4, 4);
                Tensor maps = Tensor.zeros(1, 4, 2, 2);
                kernel.linear(Tensor.ones(2, 18), Optional.empty(), Tensor.zeros(2, 4));
                kernel.conv2d(ConvSpec.of(), 3, 3, images, Optional.empty(), maps);
                assertEquals(0, unpacked.get(), matrix::toString);
                ConvSpec twoGroups = ConvSpec.of().withGroups(2);
                kernel.conv2d(twoGroups, 3, 3, Tensor.ones(1, 4, 4, 4), Optional.empty(), maps);
                kernel.conv2d(twoGroups, 3, 3, Tensor.ones(1, 4, 4, 4), Optional.empty(), maps);
                assertEquals(1, unpacked.getAndSet(0), matrix::toString);
            }
        }
    }

    /** Many images and half of the weights: they are unpacked for the call, to where others' weights have been. */
    @Test
    void unpackedWeightsAreWholeAndTheirOwn() {
        var random = new Random(4);
        var geometry = new ConvGeometry(32, 16, 9, 9, 16, 3, 3, ConvSpec.of().withPadding(1));
        float[] x = sparse(random, geometry.inputLength(), 0);
        Tensor images = Tensor.of(x, 32, 16, 9, 9);
        Tensor maps = Tensor.zeros(32, 16, 9, 9);
        try (var parallel = new Parallel(1)) {
            for (PackedMatrix matrix : forms(sparse(random, 16 * 144, 0.5), 16, 144)) {
                float[] before = Scratch.floats(Scratch.UNPACKED, 16 * 144);
                Arrays.fill(before, Float.NaN);
                var kernel = new VectorPackedKernel(
                        parallel,
                        new ConvolutionKernel(parallel),
                        matrix,
                        () -> CpuBackends.reference().prepare(matrix));
                kernel.conv2d(geometry.spec(), 3, 3, images, Optional.empty(), maps);
                assertTrue(Float.isFinite(before[16 * 144 - 1]), () -> matrix + " was not unpacked");
                assertClose(geometry, matrix.toDense(), x, new float[0], maps.toFloats(), matrix, 4e-6);
            }
        }
    }

    /** Images that need several windows, and weights that are divided among tasks. */
    @Test
    void largeConvolutionsHaveTheSameBitsForAnyNumberOfThreads() {
        var random = new Random(2);
        ConvSpec spec = ConvSpec.of().withPadding(1);
        var wide = new ConvGeometry(2, 30, 50, 67, 40, 3, 3, spec);
        var high = new ConvGeometry(17, 16, 61, 30, 16, 3, 3, spec); // whose last window has fewer rows than the others
        try (var alone = new Parallel(1);
                var several = new Parallel(4)) {
            for (ConvGeometry geometry : List.of(wide, high)) {
                int columns = 9 * geometry.c();
                float[] dense = sparse(random, geometry.o() * columns, 0.9);
                float[] x = sparse(random, geometry.inputLength(), 0);
                for (PackedMatrix matrix : forms(dense, geometry.o(), columns)) {
                    float[] expected = run(alone, geometry, matrix, x, new float[0]);
                    assertArrayEquals(expected, run(several, geometry, matrix, x, new float[0]));
                    assertClose(geometry, matrix.toDense(), x, new float[0], expected, matrix);
                }
            }
        }
    }

    /** What is prepared for one geometry is not used for the next. */
    @Test
    void oneKernelTakesBatchesOfAnySizeInTurn() {
        var random = new Random(5);
        PackedMatrix matrix = CsrMatrix.of(sparse(random, 16 * 144, 0.97), 16, 144);
        try (var parallel = new Parallel(1)) {
            var kernel = new VectorPackedKernel(
                    parallel,
                    new ConvolutionKernel(parallel),
                    matrix,
                    () -> CpuBackends.reference().prepare(matrix));
            for (int n : new int[] {1, 3, 3, 2, 40, 1}) {
                var geometry = new ConvGeometry(n, 16, 6 + n, 8, 16, 3, 3, ConvSpec.of());
                float[] x = sparse(random, geometry.inputLength(), 0);
                Tensor maps = Tensor.zeros(n, 16, 4 + n, 6);
                kernel.conv2d(geometry.spec(), 3, 3, Tensor.of(x, n, 16, 6 + n, 8), Optional.empty(), maps);
                // Squares round by the size of all pixels, however few of them have a weight.
                assertClose(geometry, matrix.toDense(), x, new float[0], maps.toFloats(), matrix, 2e-5);
            }
        }
    }

    @Test
    void weightsOfAnotherSizeAreRefused() {
        var geometry = new ConvGeometry(1, 2, 5, 5, 3, 3, 3, ConvSpec.of());
        PackedRows weights = PackedRows.of(CsrMatrix.of(new float[51], 3, 17));
        String message = assertThrows(IllegalArgumentException.class, () -> PackedConvolution.of(geometry, weights))
                .getMessage();
        assertTrue(message.contains("weights 3 x 17 do not fit one group of 3 x 18"), message);
    }

    private static void assertCloseToDense(Parallel parallel, Random random, ConvGeometry g, double zeros) {
        int columns = g.c() * g.kh() * g.kw();
        float[] dense = sparse(random, g.o() * columns, zeros);
        float[] x = sparse(random, g.inputLength(), 0);
        float[] bias = random.nextBoolean() ? sparse(random, g.o(), 0) : new float[0];
        for (PackedMatrix matrix : forms(dense, g.o(), columns)) {
            assertClose(g, matrix.toDense(), x, bias, run(parallel, g, matrix, x, bias), matrix);
        }
    }

    private static List<PackedMatrix> forms(float[] dense, int rows, int columns) {
        return List.of(
                CsrMatrix.of(dense, rows, columns),
                BlockMatrix.of(dense, rows, columns),
                BlockMatrix.of(dense, rows, columns, 6),
                Int8Matrix.of(dense, rows, columns),
                BinaryMatrix.of(dense, rows, columns));
    }

    /** None, few, and one more or less than a few vectors have lanes. */
    private static int images(Random random) {
        return random.nextBoolean() ? random.nextInt(3) : Lanes.COUNT * random.nextInt(3) + random.nextInt(3);
    }

    /** Image by image and, with the same bits, images side by side. */
    private static float[] run(Parallel parallel, ConvGeometry g, PackedMatrix matrix, float[] x, float[] bias) {
        PackedRows rows = PackedRows.of(matrix);
        float[] y = run(parallel, g, new PackedWindows(g, rows), x, bias);
        assertArrayEquals(y, run(parallel, g, new PackedLanes(g, rows), x, bias), () -> matrix + " in " + g);
        return y;
    }

    private static float[] run(
            Parallel parallel, ConvGeometry g, PackedConvolution convolution, float[] x, float[] bias) {
        float[] shifted = new float[x.length + 2];
        System.arraycopy(x, 0, shifted, 2, x.length);
        float[] y = new float[g.outputLength() + 2];
        Arrays.fill(y, Float.NaN);
        convolution.run(parallel, new Span(shifted, 2), new Span(bias, 0), new Span(y, 1));
        assertEquals(Float.NaN, y[0]);
        assertEquals(Float.NaN, y[y.length - 1]);
        return Arrays.copyOfRange(y, 1, y.length - 1);
    }

    /** The definition, in double precision. */
    private static void assertClose(
            ConvGeometry g, float[] weight, float[] x, float[] bias, float[] y, PackedMatrix matrix) {
        assertClose(g, weight, x, bias, y, matrix, 1e-6);
    }

    /** @param tolerance in times of the sum of all magnitudes */
    private static void assertClose(
            ConvGeometry g, float[] weight, float[] x, float[] bias, float[] y, PackedMatrix matrix, double tolerance) {
        ConvSpec s = g.spec();
        int at = 0;
        for (int n = 0; n < g.n(); n++) {
            for (int o = 0; o < g.o(); o++) {
                for (int i = 0; i < g.outH(); i++) {
                    for (int j = 0; j < g.outW(); j++, at++) {
                        double sum = bias.length > 0 ? bias[o] : 0;
                        double magnitude = Math.abs(sum);
                        for (int c = 0; c < g.c(); c++) {
                            for (int p = 0; p < g.kh(); p++) {
                                for (int q = 0; q < g.kw(); q++) {
                                    int row = i * s.strideH() + p * s.dilationH() - s.padH();
                                    int column = j * s.strideW() + q * s.dilationW() - s.padW();
                                    if (row >= 0 && row < g.h() && column >= 0 && column < g.w()) {
                                        double w = weight[((o * g.c() + c) * g.kh() + p) * g.kw() + q];
                                        double term = w * x[((n * g.c() + c) * g.h() + row) * g.w() + column];
                                        sum += term;
                                        magnitude += Math.abs(term);
                                    }
                                }
                            }
                        }
                        assertEquals(sum, y[at], tolerance * magnitude + 1e-9, () -> matrix + " in " + g);
                    }
                }
            }
        }
    }

    private static float[] sparse(Random random, int count, double zeros) {
        float[] dense = new float[count];
        for (int i = 0; i < dense.length; i++) {
            dense[i] = random.nextDouble() < zeros ? 0 : (float) random.nextGaussian();
        }
        return dense;
    }
}
