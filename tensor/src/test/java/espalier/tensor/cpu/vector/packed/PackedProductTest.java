package espalier.tensor.cpu.vector.packed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.packed.BinaryMatrix;
import espalier.tensor.packed.BlockMatrix;
import espalier.tensor.packed.CsrMatrix;
import espalier.tensor.packed.Int4Matrix;
import espalier.tensor.packed.Int8Matrix;
import espalier.tensor.packed.PackedMatrix;
import espalier.tensor.packed.TernaryMatrix;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PackedProductTest {
    private static final float[] NONE = new float[0];

    @Test
    void equalsTheDenseProduct() {
        var random = new Random(1);
        int[] widths = {1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 100};
        try (var parallel = new Parallel(1)) {
            for (int trial = 0; trial < 60; trial++) {
                int rows = 1 + random.nextInt(20);
                int columns = random.nextInt(90);
                int n = widths[random.nextInt(widths.length)];
                float[] dense = sparse(random, rows, columns, random.nextDouble());
                float[] bias = sparse(random, 1, rows, 0);
                for (PackedMatrix matrix : forms(dense, rows, columns)) {
                    assertCloseToDense(parallel, matrix, sparse(random, columns, n, 0), n, bias);
                    assertCloseToDense(parallel, matrix, sparse(random, columns, n, 0), n, NONE);
                }
            }
        }
    }

    /** Sizes that take several tasks, several tables of sums, and copies of columns a power of two apart. */
    @Test
    void largeProductsHaveTheSameBitsForAnyNumberOfThreads() {
        var random = new Random(2);
        int[][] sizes = {{70, 130, 256}, {33, 67, 300}, {300, 40, 72}, {261, 600, 8}};
        for (int[] size : sizes) {
            float[] dense = sparse(random, size[0], size[1], 0.6);
            float[] b = sparse(random, size[1], size[2], 0);
            for (PackedMatrix matrix : forms(dense, size[0], size[1])) {
                float[] alone;
                try (var parallel = new Parallel(1)) {
                    assertCloseToDense(parallel, matrix, b, size[2], NONE);
                    alone = product(parallel, matrix, b, size[2], NONE);
                }
                for (int threads : new int[] {2, 5}) {
                    try (var parallel = new Parallel(threads)) {
                        assertArrayEquals(alone, product(parallel, matrix, b, size[2], NONE));
                    }
                }
            }
        }
    }

    @Test
    void zeroRowsGiveTheBias() {
        float[] bias = {1, 2, 3, 4, 5};
        float[] b = new float[6 * 20];
        try (var parallel = new Parallel(1)) {
            for (PackedMatrix matrix : forms(new float[30], 5, 6)) {
                float[] c = product(parallel, matrix, b, 20, bias);
                for (int i = 0; i < c.length; i++) {
                    assertEquals(bias[i / 20], c[i], matrix.toString());
                }
            }
        }
    }

    /** What a sparse matrix leaves out is not multiplied, so an infinity there does no harm. */
    @Test
    void leftOutElementsAreNotMultiplied() {
        float[] b = {Float.POSITIVE_INFINITY, 2};
        try (var parallel = new Parallel(1)) {
            float[] dense = {0, 3};
            assertArrayEquals(new float[] {6}, product(parallel, CsrMatrix.of(dense, 1, 2), b, 1, NONE));
            assertArrayEquals(new float[] {6}, product(parallel, BlockMatrix.of(dense, 1, 2), b, 1, NONE));
        }
    }

    @Test
    void emptyProductsDoNothing() {
        try (var parallel = new Parallel(1)) {
            for (PackedMatrix matrix : forms(NONE, 0, 9)) {
                assertEquals(0, product(parallel, matrix, new float[90], 10, NONE).length);
            }
            for (PackedMatrix matrix : forms(new float[18], 2, 9)) {
                assertEquals(0, product(parallel, matrix, NONE, 0, NONE).length);
            }
        }
    }

    private static List<PackedMatrix> forms(float[] dense, int rows, int columns) {
        return List.of(
                CsrMatrix.of(dense, rows, columns),
                BlockMatrix.of(dense, rows, columns, 1),
                BlockMatrix.of(dense, rows, columns, 2),
                BlockMatrix.of(dense, rows, columns, 3),
                BlockMatrix.of(dense, rows, columns),
                BlockMatrix.of(dense, rows, columns, 7),
                BlockMatrix.of(dense, rows, columns, 16),
                Int8Matrix.of(dense, rows, columns),
                Int4Matrix.of(dense, rows, columns),
                TernaryMatrix.of(dense, rows, columns),
                BinaryMatrix.of(dense, rows, columns));
    }

    /** Against a sum in double precision, and against the plain loops. */
    private static void assertCloseToDense(Parallel parallel, PackedMatrix matrix, float[] b, int n, float[] bias) {
        float[] c = product(parallel, matrix, b, n, bias);
        float[] plain = matrix.times(b, n);
        float[] dense = matrix.toDense();
        int columns = matrix.columns();
        for (int i = 0; i < c.length; i++) {
            double start = bias.length > 0 ? bias[i / n] : 0;
            double sum = start;
            double magnitude = Math.abs(sum);
            for (int k = 0; k < columns; k++) {
                double term = (double) dense[i / n * columns + k] * b[k * n + i % n];
                sum += term;
                magnitude += Math.abs(term);
            }
            double tolerance = 1e-6 * magnitude + 1e-12;
            String where = matrix + ", n " + n + ", row " + i / n + ", column " + i % n;
            assertEquals(sum, c[i], tolerance, where);
            assertEquals(sum, start + plain[i], tolerance, where);
        }
    }

    /** The product, with operands that do not begin at the start of their arrays. */
    private static float[] product(Parallel parallel, PackedMatrix matrix, float[] b, int n, float[] bias) {
        float[] shiftedB = new float[b.length + 3];
        System.arraycopy(b, 0, shiftedB, 3, b.length);
        float[] shiftedBias = new float[bias.length == 0 ? 0 : bias.length + 1];
        System.arraycopy(bias, 0, shiftedBias, shiftedBias.length - bias.length, bias.length);
        float[] c = new float[matrix.rows() * n + 5];
        java.util.Arrays.fill(c, Float.NaN);
        var start = new Span(shiftedBias, shiftedBias.length - bias.length);
        PackedProduct.multiply(parallel, PackedRows.of(matrix), new Span(shiftedB, 3), n, new Span(c, 2), start);
        for (int i : new int[] {0, 1, c.length - 3, c.length - 2, c.length - 1}) {
            assertEquals(Float.NaN, c[i], "outside the result");
        }
        return java.util.Arrays.copyOfRange(c, 2, c.length - 3);
    }

    private static float[] sparse(Random random, int rows, int columns, double zeros) {
        float[] dense = new float[rows * columns];
        for (int i = 0; i < dense.length; i++) {
            dense[i] = random.nextDouble() < zeros ? 0 : (float) random.nextGaussian();
        }
        return dense;
    }
}
