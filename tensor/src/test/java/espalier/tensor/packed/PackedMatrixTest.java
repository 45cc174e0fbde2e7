package espalier.tensor.packed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class PackedMatrixTest {
    private static final float[] SMALL = {0, 5, 0, 0, 0, 0, 7, 0, 9};

    @Test
    void denseByHand() {
        float[] values = {1, 0, -2, 3, 4, 0};
        DenseMatrix matrix = DenseMatrix.of(values, 2, 3);
        values[0] = 9;
        assertEquals(4, matrix.nonZeros());
        assertEquals(24, matrix.bytes());
        assertEquals(-2, matrix.value(0, 2));
        assertArrayEquals(new float[] {-5, 11}, matrix.times(new float[] {1, 2, 3}, 1));
        assertEquals(DenseMatrix.of(matrix.toDense(), 2, 3), matrix);
        assertNotEquals(DenseMatrix.of(matrix.toDense(), 3, 2), matrix);
        refused(
                "DenseMatrix: a matrix of 2 x 2 has 4 elements, but the array has 6",
                () -> DenseMatrix.of(values, 2, 2));
    }

    @Test
    void csrHoldsWhatIsNotZero() {
        CsrMatrix matrix = CsrMatrix.of(SMALL, 3, 3);
        assertEquals(new CsrMatrix(3, 3, new int[] {0, 1, 1, 3}, new int[] {1, 0, 2}, new float[] {5, 7, 9}), matrix);
        assertEquals(3, matrix.nonZeros());
        assertEquals(4 * 4 + 3 * 8, matrix.bytes());
        assertArrayEquals(SMALL, matrix.toDense());
    }

    @Test
    void blocksHoldColumnsInWhichSomeRowIsNotZero() {
        float[] dense = {0, 5, 0, 0, 6, 8, 7, 0, 0};
        BlockMatrix matrix = BlockMatrix.of(dense, 3, 3, 2);
        assertEquals(
                new BlockMatrix(3, 3, 2, new int[] {0, 2, 3}, new int[] {1, 2, 0}, new float[] {5, 6, 0, 8, 7, 0}),
                matrix);
        assertEquals(4, matrix.nonZeros());
        assertEquals(4 * 3 + 4 * 3 + 4 * 6, matrix.bytes());
        assertArrayEquals(dense, matrix.toDense());
    }

    @Test
    void sparseFormsGiveBackEveryMatrix() {
        var random = new Random(1);
        for (int trial = 0; trial < 300; trial++) {
            int rows = random.nextInt(12);
            int columns = random.nextInt(70);
            float[] dense = sparse(random, rows, columns, random.nextDouble());
            int nonZeros = count(dense);
            CsrMatrix csr = CsrMatrix.of(dense, rows, columns);
            assertArrayEquals(dense, csr.toDense());
            assertEquals(nonZeros, csr.nonZeros());
            BlockMatrix blocks = BlockMatrix.of(dense, rows, columns, 1 + random.nextInt(16));
            assertArrayEquals(dense, blocks.toDense());
            assertEquals(nonZeros, blocks.nonZeros());
        }
    }

    @Test
    void minusZeroIsZero() {
        float[] dense = {-0f, 2f, -0f, -0f};
        assertEquals(1, CsrMatrix.of(dense, 2, 2).entries());
        BlockMatrix blocks = BlockMatrix.of(dense, 2, 2, 2);
        assertEquals(1, blocks.blocks());
        assertEquals(Float.floatToRawIntBits(0f), Float.floatToRawIntBits(blocks.toDense()[3]));
        assertEquals(0, TernaryMatrix.of(dense, 2, 2).code(0, 0));
        assertEquals(0, Int8Matrix.of(dense, 2, 2).code(0, 0));
        assertTrue(!BinaryMatrix.of(dense, 2, 2).isNegative(0, 0));
    }

    @Test
    void sparseFormsKeepNanAndInfinity() {
        float[] dense = {Float.NaN, 0, Float.NEGATIVE_INFINITY, 0};
        assertArrayEquals(dense, CsrMatrix.of(dense, 2, 2).toDense());
        assertArrayEquals(dense, BlockMatrix.of(dense, 2, 2).toDense());
    }

    @Test
    void integersGiveBackTheirOwnMatrices() {
        var random = new Random(2);
        for (int trial = 0; trial < 100; trial++) {
            int rows = 1 + random.nextInt(9);
            int columns = 1 + random.nextInt(70);
            for (int max : new int[] {127, 7, 1}) {
                byte[] codes = codes(random, rows, columns, max);
                float[] scales = new float[rows];
                for (int row = 0; row < rows; row++) {
                    scales[row] = 0.01f + random.nextFloat();
                }
                QuantizedMatrix matrix = matrix(rows, columns, codes, scales, max);
                byte[] row = new byte[columns];
                float[] dense = new float[rows * columns];
                for (int i = 0; i < codes.length; i++) {
                    assertEquals(codes[i], matrix.code(i / columns, i % columns));
                    matrix.copyCodes(i / columns, row, 0);
                    assertEquals(codes[i], row[i % columns]);
                    dense[i] = scales[i / columns] * codes[i];
                }
                assertArrayEquals(dense, matrix.toDense());
                assertEquals(count(dense), matrix.nonZeros());
            }
        }
    }

    /** A code of the largest magnitude fixes the scale, and so every code. */
    @Test
    void quantizingTwiceChangesNothing() {
        var random = new Random(3);
        for (int trial = 0; trial < 100; trial++) {
            int rows = 1 + random.nextInt(5);
            int columns = 1 + random.nextInt(70);
            float[] dense = sparse(random, rows, columns, 0.5);
            for (Scaling scaling : Scaling.values()) {
                Int8Matrix int8 = Int8Matrix.of(dense, rows, columns, scaling);
                assertEquals(int8, Int8Matrix.of(int8.toDense(), rows, columns, scaling));
                Int4Matrix int4 = Int4Matrix.of(dense, rows, columns, scaling);
                assertEquals(int4, Int4Matrix.of(int4.toDense(), rows, columns, scaling));
            }
        }
    }

    /** The worked numbers of a symmetric quantizer: max 0.635 gives scale 0.005 and -0.2 gives code -40. */
    @Test
    void int8RoundsToTheNearestCode() {
        Int8Matrix matrix = Int8Matrix.of(new float[] {0.635f, -0.2f, 0.0024f, -0.0076f}, 1, 4);
        assertEquals(0.005f, matrix.scale(0), 1e-9f);
        assertEquals(127, matrix.code(0, 0));
        assertEquals(-40, matrix.code(0, 1));
        assertEquals(0, matrix.code(0, 2));
        assertEquals(-2, matrix.code(0, 3));
        assertEquals(4 + 4, matrix.bytes());
    }

    @Test
    void halvesRoundAwayFromZero() {
        Int4Matrix matrix = Int4Matrix.of(new float[] {7, 2.5f, -2.5f, 0.5f, -0.5f}, 1, 5);
        byte[] codes = new byte[5];
        matrix.copyCodes(0, codes, 0);
        assertArrayEquals(new byte[] {7, 3, -3, 1, -1}, codes);
        assertEquals(3 + 4, matrix.bytes());
    }

    @Test
    void oneScaleForAllRows() {
        float[] dense = {127, 0, 1.4f, -12.7f};
        assertEquals(0.1f, Int8Matrix.of(dense, 2, 2, Scaling.PER_ROW).scale(1), 1e-8f);
        Int8Matrix whole = Int8Matrix.of(dense, 2, 2, Scaling.PER_MATRIX);
        assertArrayEquals(new float[] {127, 0, 1, -13}, whole.toDense());
    }

    @Test
    void extremeMagnitudesAreQuantized() {
        float[] dense = {Float.MIN_VALUE, 0, -Float.MAX_VALUE, 1};
        Int8Matrix matrix = Int8Matrix.of(dense, 2, 2);
        assertEquals(1, matrix.code(0, 0));
        assertEquals(Float.MIN_VALUE, matrix.toDense()[0]);
        assertEquals(-127, matrix.code(1, 0));
        assertEquals(0, Int8Matrix.of(new float[3], 1, 3).nonZeros());
    }

    /** Li and Liu: threshold 0.7 * 0.5416667, the mean of what is above it 0.75. */
    @Test
    void ternaryWeightsOfLiAndLiu() {
        TernaryMatrix matrix = TernaryMatrix.of(new float[] {0.9f, -0.4f, 0.2f, -1.1f, 0.05f, 0.6f}, 1, 6);
        byte[] codes = new byte[6];
        matrix.copyCodes(0, codes, 0);
        assertArrayEquals(new byte[] {1, -1, 0, -1, 0, 1}, codes);
        assertEquals(0.75f, matrix.scale(0), 1e-7f);
        assertEquals(16 + 4, matrix.bytes());
    }

    /** Rastegari et al.: the scale is the mean magnitude. */
    @Test
    void binaryWeightsOfRastegari() {
        BinaryMatrix matrix = BinaryMatrix.of(new float[] {0.9f, -0.4f, 0.2f, -1.1f, 0.05f, 0.6f}, 1, 6);
        assertEquals(0.5416667f, matrix.scale(0), 1e-7f);
        assertEquals(0b001010, matrix.word(0, 0));
        assertEquals(6, matrix.nonZeros());
        assertEquals(8 + 4, matrix.bytes());
    }

    @Test
    void zeroTakesTheSignItIsTold() {
        float[] dense = {0f, -0f, 1f, -1f};
        var positive = BinaryMatrix.of(dense, 1, 4, Scaling.PER_ROW, BinaryMatrix.SignOfZero.POSITIVE);
        var negative = BinaryMatrix.of(dense, 1, 4, Scaling.PER_ROW, BinaryMatrix.SignOfZero.NEGATIVE);
        assertArrayEquals(new float[] {0.5f, 0.5f, 0.5f, -0.5f}, positive.toDense());
        assertArrayEquals(new float[] {-0.5f, -0.5f, 0.5f, -0.5f}, negative.toDense());
    }

    @Test
    void binaryGivesBackItsOwnMatrices() {
        var random = new Random(4);
        for (int columns : new int[] {1, 3, 63, 64, 65, 127, 128, 130}) {
            float[] dense = new float[3 * columns];
            for (int i = 0; i < dense.length; i++) {
                dense[i] = (i / columns + 0.25f) * (random.nextBoolean() ? 1 : -1);
            }
            assertArrayEquals(dense, BinaryMatrix.of(dense, 3, columns).toDense());
        }
    }

    @Test
    void binaryDotCountsAgreements() {
        var random = new Random(5);
        for (int columns : new int[] {0, 1, 63, 64, 65, 200}) {
            float[] dense = sparse(random, 2, columns, 0);
            BinaryMatrix matrix = BinaryMatrix.of(dense, 2, columns);
            int expected = 0;
            for (int k = 0; k < columns; k++) {
                expected += (int) (Math.signum(dense[k]) * Math.signum(dense[columns + k]));
            }
            assertEquals(expected, matrix.dot(0, matrix, 1));
        }
    }

    @Test
    void emptyMatricesHaveNothing() {
        for (int[] size : new int[][] {{0, 0}, {0, 5}, {5, 0}}) {
            float[] none = new float[0];
            PackedMatrix[] matrices = {
                DenseMatrix.of(none, size[0], size[1]),
                CsrMatrix.of(none, size[0], size[1]),
                BlockMatrix.of(none, size[0], size[1]),
                Int8Matrix.of(none, size[0], size[1], Scaling.PER_MATRIX),
                Int4Matrix.of(none, size[0], size[1]),
                TernaryMatrix.of(none, size[0], size[1]),
                BinaryMatrix.of(none, size[0], size[1], Scaling.PER_MATRIX, BinaryMatrix.SignOfZero.NEGATIVE),
            };
            for (PackedMatrix matrix : matrices) {
                assertEquals(0, matrix.nonZeros());
                assertEquals(0, matrix.toDense().length);
                assertArrayEquals(new float[size[0] * 2], matrix.times(new float[size[1] * 2], 2));
            }
        }
    }

    @Test
    void argumentsAreCopied() {
        int[] pointers = {0, 1};
        int[] columns = {0};
        float[] values = {3};
        var matrix = new CsrMatrix(1, 1, pointers, columns, values);
        values[0] = 4;
        columns[0] = 9;
        pointers[1] = 9;
        assertArrayEquals(new float[] {3}, matrix.toDense());
        matrix.toDense()[0] = 5;
        assertArrayEquals(new float[] {3}, matrix.toDense());
    }

    @Test
    void equalMatricesAreEqual() {
        assertEquals(
                CsrMatrix.of(SMALL, 3, 3).hashCode(), CsrMatrix.of(SMALL, 3, 3).hashCode());
        assertNotEquals(CsrMatrix.of(SMALL, 3, 3), CsrMatrix.of(SMALL, 1, 9));
        assertEquals(TernaryMatrix.of(SMALL, 3, 3), TernaryMatrix.of(SMALL, 3, 3));
        assertNotEquals(
                BinaryMatrix.of(SMALL, 3, 3),
                BinaryMatrix.of(SMALL, 3, 3, Scaling.PER_MATRIX, BinaryMatrix.SignOfZero.POSITIVE));
    }

    @Test
    void hostileArgumentsAreRefusedInSentences() {
        float[] one = {1};
        int[] zero = {0};
        refused("BlockMatrix: rows and columns must not be negative", () -> BlockMatrix.of(one, -1, 1));
        refused("CsrMatrix: 65536 x 65536 elements are more", () -> CsrMatrix.of(one, 1 << 16, 1 << 16));
        refused("CsrMatrix: a matrix of 2 x 2 has 4 elements, but the array has 1", () -> CsrMatrix.of(one, 2, 2));
        refused("1 rows need 2 row pointers, but there are 1", () -> new CsrMatrix(1, 1, zero, zero, one));
        refused("run from 0 to 2", () -> new CsrMatrix(1, 1, new int[] {0, 2}, zero, one));
        refused("run from 1 to 1", () -> new CsrMatrix(1, 1, new int[] {1, 1}, zero, one));
        refused("after row 1 they go from 5 to 1", () -> new CsrMatrix(2, 1, new int[] {0, 5, 1}, zero, one));
        refused(
                "column 1 in row 0 is outside the 1 columns",
                () -> new CsrMatrix(1, 1, new int[] {0, 1}, new int[] {1}, one));
        refused("column -1 in row 0", () -> new CsrMatrix(1, 1, new int[] {0, 1}, new int[] {-1}, one));
        refused(
                "in row 0 column 1 follows 1",
                () -> new CsrMatrix(1, 2, new int[] {0, 2}, new int[] {1, 1}, new float[2]));
        refused("2 column indices, but 1 values", () -> new CsrMatrix(1, 2, new int[] {0, 2}, new int[] {0, 1}, one));
        refused("height must be 1 to 16, got 0", () -> BlockMatrix.of(one, 1, 1, 0));
        refused("height must be 1 to 16, got 17", () -> BlockMatrix.of(one, 1, 1, 17));
        refused(
                "1 blocks of height 2 need 2 values, but there are 1",
                () -> new BlockMatrix(1, 1, 2, new int[] {0, 1}, zero, one));
        refused(
                "values below the last row must be zero, but block 0 holds 3.0",
                () -> new BlockMatrix(1, 1, 2, new int[] {0, 1}, zero, new float[] {1, 3}));
        refused("row 0, column 1 is NaN", () -> Int8Matrix.of(new float[] {1, Float.NaN}, 1, 2));
        refused("row 1, column 0 is -Infinity", () -> BinaryMatrix.of(new float[] {1, Float.NEGATIVE_INFINITY}, 2, 1));
        refused("is -128, outside -127 to 127", () -> new Int8Matrix(1, 1, new byte[] {-128}, one));
        refused("is 8, outside -7 to 7", () -> new Int4Matrix(1, 1, new byte[] {8}, one));
        refused("is 2, outside -1 to 1", () -> new TernaryMatrix(1, 1, new byte[] {2}, one));
        refused("has 1 codes, but the array has 2", () -> new Int8Matrix(1, 1, new byte[2], one));
        refused("scale of row 0 is -1.0", () -> new Int8Matrix(1, 1, new byte[1], new float[] {-1}));
        refused("scale of row 0 is NaN", () -> new Int4Matrix(1, 1, new byte[1], new float[] {Float.NaN}));
        refused(
                "1 rows need as many scales, but there are 2",
                () -> new TernaryMatrix(1, 1, new byte[1], new float[2]));
        refused("need 2 words, but there are 1", () -> new BinaryMatrix(1, 65, new long[1], one));
        refused("row 0 has bits set after its last column 1", () -> new BinaryMatrix(1, 2, new long[] {4}, one));
        refused("columns differ: 1 and 2", () -> {
            BinaryMatrix.of(one, 1, 1).dot(0, BinaryMatrix.of(new float[2], 1, 2), 0);
        });
        refused(
                "times: the right matrix must be 3 x 2, which is 6 elements, but the array has 5",
                () -> CsrMatrix.of(SMALL, 3, 3).times(new float[5], 2));
    }

    private static void refused(String part, Runnable call) {
        String message = assertThrows(IllegalArgumentException.class, call::run).getMessage();
        assertTrue(message.contains(part), message);
    }

    private static int count(float[] dense) {
        int count = 0;
        for (float value : dense) {
            count += value != 0 ? 1 : 0;
        }
        return count;
    }

    private static byte[] codes(Random random, int rows, int columns, int max) {
        byte[] codes = new byte[rows * columns];
        for (int i = 0; i < codes.length; i++) {
            codes[i] = (byte) (random.nextInt(2 * max + 1) - max);
        }
        return codes;
    }

    private static QuantizedMatrix matrix(int rows, int columns, byte[] codes, float[] scales, int max) {
        return switch (max) {
            case 127 -> new Int8Matrix(rows, columns, codes, scales);
            case 7 -> new Int4Matrix(rows, columns, codes, scales);
            default -> new TernaryMatrix(rows, columns, codes, scales);
        };
    }

    private static float[] sparse(Random random, int rows, int columns, double zeros) {
        float[] dense = new float[rows * columns];
        for (int i = 0; i < dense.length; i++) {
            dense[i] = random.nextDouble() < zeros ? 0 : (float) random.nextGaussian();
        }
        return dense;
    }
}
