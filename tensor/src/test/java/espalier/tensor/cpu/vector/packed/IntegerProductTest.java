package espalier.tensor.cpu.vector.packed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import espalier.tensor.cpu.Parallel;
import espalier.tensor.packed.BinaryMatrix;
import espalier.tensor.packed.Int4Matrix;
import espalier.tensor.packed.Int8Matrix;
import espalier.tensor.packed.QuantizedMatrix;
import espalier.tensor.packed.TernaryMatrix;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class IntegerProductTest {
    @Test
    void integersAreExact() {
        var random = new Random(1);
        try (var parallel = new Parallel(2)) {
            for (int trial = 0; trial < 120; trial++) {
                int rows = random.nextInt(10);
                int columns = random.nextInt(300);
                int n = random.nextInt(80);
                int max = new int[] {127, 7, 1}[trial % 3];
                byte[] b = codes(random, columns * n, trial % 2 == 0 ? 128 : 7);
                assertExact(parallel, matrix(codes(random, rows * columns, max), rows, columns, max), b, n);
            }
        }
    }

    /** The largest sums there are: every product has the same sign and the greatest magnitude. */
    @Test
    void extremeSumsAreExact() {
        try (var parallel = new Parallel(1)) {
            for (int columns : new int[] {255, 256, 257, 258, 259, 1023, 1024, 1025, 2049, 5000}) {
                for (int max : new int[] {127, 7, 1}) {
                    for (int sign : new int[] {1, -1}) {
                        byte[] codes = new byte[5 * columns];
                        Arrays.fill(codes, (byte) (sign * max));
                        for (int largest : new int[] {-128, 127, 7, 1}) {
                            byte[] b = new byte[columns * 3];
                            Arrays.fill(b, (byte) largest);
                            assertExact(parallel, matrix(codes, 5, columns, max), b, 3);
                        }
                    }
                }
            }
        }
    }

    @Test
    void signsAreCounted() {
        var random = new Random(2);
        try (var parallel = new Parallel(2)) {
            for (int columns : new int[] {0, 1, 63, 64, 65, 127, 128, 200, 1000}) {
                for (int[] size : new int[][] {{1, 1}, {2, 8}, {3, 7}, {4, 9}, {5, 33}, {0, 3}, {3, 0}}) {
                    BinaryMatrix a = signs(random, size[0], columns);
                    BinaryMatrix b = signs(random, size[1], columns);
                    int[] c = new int[size[0] * size[1] + 2];
                    new SignProduct(a).multiply(parallel, b, c, 1);
                    float[] denseA = a.toDense();
                    float[] denseB = b.toDense();
                    for (int i = 0; i < size[0] * size[1]; i++) {
                        int row = i / size[1];
                        int column = i % size[1];
                        int expected = 0;
                        for (int k = 0; k < columns; k++) {
                            expected += (int) (denseA[row * columns + k] * denseB[column * columns + k]);
                        }
                        assertEquals(expected, c[1 + i]);
                        assertEquals(a.dot(row, b, column), c[1 + i]);
                    }
                    assertEquals(0, c[0]);
                    assertEquals(0, c[c.length - 1]);
                }
            }
        }
    }

    @Test
    void signsOfDifferentLengthsAreRefused() {
        var random = new Random(3);
        try (var parallel = new Parallel(1)) {
            BinaryMatrix a = signs(random, 1, 3);
            BinaryMatrix b = signs(random, 1, 4);
            var thrown = assertThrows(
                    IllegalArgumentException.class, () -> new SignProduct(a).multiply(parallel, b, new int[1], 0));
            assertEquals("sign product: columns differ: 3 and 4", thrown.getMessage());
        }
    }

    private static void assertExact(Parallel parallel, QuantizedMatrix a, byte[] b, int n) {
        byte[] shifted = new byte[b.length + 1];
        System.arraycopy(b, 0, shifted, 1, b.length);
        int[] c = new int[a.rows() * n + 2];
        Arrays.fill(c, 7);
        new IntegerProduct(a).multiply(parallel, shifted, 1, n, c, 1);
        int[] expected = new int[c.length];
        expected[0] = 7;
        expected[c.length - 1] = 7;
        for (int i = 0; i < a.rows() * n; i++) {
            for (int k = 0; k < a.columns(); k++) {
                expected[1 + i] += a.code(i / n, k) * b[k * n + i % n];
            }
        }
        assertArrayEquals(expected, c, a + " times n " + n);
    }

    private static byte[] codes(Random random, int count, int max) {
        byte[] codes = new byte[count];
        for (int i = 0; i < count; i++) {
            codes[i] = (byte) (random.nextInt(2 * max) - max + (max < 128 ? random.nextInt(2) : 0));
        }
        return codes;
    }

    private static QuantizedMatrix matrix(byte[] codes, int rows, int columns, int max) {
        float[] scales = new float[rows];
        Arrays.fill(scales, 0.5f);
        return switch (max) {
            case 127 -> new Int8Matrix(rows, columns, codes, scales);
            case 7 -> new Int4Matrix(rows, columns, codes, scales);
            default -> new TernaryMatrix(rows, columns, codes, scales);
        };
    }

    private static BinaryMatrix signs(Random random, int rows, int columns) {
        float[] dense = new float[rows * columns];
        for (int i = 0; i < dense.length; i++) {
            dense[i] = random.nextBoolean() ? 1 : -1;
        }
        return BinaryMatrix.ofSigns(dense, rows, columns, BinaryMatrix.SignOfZero.POSITIVE);
    }
}
