package espalier.sparsity.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.Shape;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Packing and unpacking gives the floats back, and takes the bytes that arithmetic by hand says. */
class PackedTensorTest {
    private static PackedTensor pack(float[] values, Shape shape, String form) {
        return PackedTensor.of("fc1.weight", values, shape, Form.parse(form));
    }

    /** Whole numbers up to {@code largest} times 0.25, so many of them zero. */
    static float[] levels(Random random, int size, double density, int largest) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            int level = 1 + random.nextInt(largest);
            values[i] = random.nextDouble() < density ? 0.25f * (random.nextBoolean() ? level : -level) : 0;
        }
        return values;
    }

    @ParameterizedTest
    @EnumSource
    void everyIndexWithEveryCodingGivesBackWhatWentIn(Index index) {
        Random random = new Random(index.ordinal());
        for (int[] dims : new int[][] {{1}, {7}, {1, 1}, {4, 9}, {5, 3}, {13, 17}, {8, 2, 3, 3}}) {
            for (double density : new double[] {0, 0.01, 0.3, 1}) {
                for (Coding coding : Coding.values()) {
                    boolean zeros = density < 1 || index == Index.BLOCKS || index == Index.GRID;
                    boolean signs = coding == Coding.BINARY;
                    if (signs && zeros && (index == Index.EVERY || index == Index.BLOCKS || index == Index.GRID)) {
                        continue; // a binary form that holds zeros
                    }
                    Shape shape = Shape.of(dims);
                    int largest = Math.max(1, Math.min(7, coding.largest() == 0 ? 7 : coding.largest()));
                    float[] values = levels(random, shape.size(), density, largest);
                    PackedTensor packed = PackedTensor.of("w", values, shape, new Form(index, coding));
                    assertArrayEquals(values, packed.unpack(), () -> packed + " of " + Arrays.toString(values));
                    assertEquals(packed.payload().length, packed.bytes());
                }
            }
        }
    }

    @Test
    void bytesAreThoseOfArithmeticByHand() {
        float[] pruned = new float[64];
        pruned[5] = 0.5f;
        pruned[40] = -0.5f;
        pruned[41] = 0.5f;
        Shape shape = Shape.of(4, 16);
        assertEquals(256, pack(pruned, shape, "every+f32").bytes(), "64 floats");
        assertEquals(8 + 12, pack(pruned, shape, "mask+f32").bytes(), "64 bits, 3 floats");
        assertEquals(8 + 6, pack(pruned, shape, "mask+f16").bytes(), "64 bits, 3 halves");
        // a byte for the width 2 of counts up to 2; 4 counts of 2 bits and 3 columns of 4 bits are 20 bits
        assertEquals(1 + 3 + 12, pack(pruned, shape, "rows+f32").bytes());
        // rows 0 and 2, columns 5, 8 and 9 are kept: 4 + 16 bits, then 2 x 3 floats
        assertEquals(3 + 24, pack(pruned, shape, "grid+f32").bytes());
        // one block row: the width 2 of a count of 3, the count, 3 columns of 4 bits, 12 floats
        assertEquals(1 + 2 + 48, pack(pruned, shape, "blocks+f32").bytes());
        // runs 5, 34, 0. With 3 bits: 1 + 5 + 1 codes are 21 bits; with 4 bits 1 + 3 + 1 are 20; with 6 bits 18
        assertEquals(2 + 3 + 12, pack(pruned, shape, "runs+f32").bytes());
        // Rice with k = 3: 1 + 3, 5 + 3, 1 + 3 bits
        assertEquals(2 + 2 + 12, pack(pruned, shape, "gaps+f32").bytes());
        // a flag, a scale, 3 bits
        assertEquals(8 + 1 + 4 + 1, pack(pruned, shape, "mask+binary").bytes());
        // a flag, a scale, 64 values by fives
        assertEquals(1 + 4 + 13, pack(pruned, shape, "every+ternary").bytes());
        // the size of the table, 2 floats, 3 bits
        assertEquals(8 + 1 + 8 + 1, pack(pruned, shape, "mask+codebook").bytes());
        // 3 floats in the table, 64 numbers of 2 bits; Huffman: 3 lengths of 5 bits, 61 words of 1 bit and 3 of 2
        assertEquals(1 + 12 + 16, pack(pruned, shape, "every+codebook").bytes());
        assertEquals(1 + 12 + 11, pack(pruned, shape, "every+huffman").bytes(), "15 + 61 + 4 + 2 = 82 bits");
    }

    @Test
    void theSmallestFormIsTaken() {
        float[] pruned = levels(new Random(3), 10_000, 0.05, 4);
        Shape shape = Shape.of(100, 100);
        PackedTensor smallest = Packer.smallest().pack("w", pruned, shape);
        for (Index index : Index.values()) {
            for (Coding coding : new Coding[] {Coding.F32, Coding.F16, Coding.CODEBOOK, Coding.HUFFMAN, Coding.INT8}) {
                PackedTensor other = PackedTensor.of("w", pruned, shape, new Form(index, coding));
                assertTrue(smallest.bytes() <= other.bytes(), smallest + " and " + other);
            }
        }
        assertEquals(Index.GAPS, smallest.form().index());
        float[] noise = new float[100];
        Random random = new Random(4);
        for (int i = 0; i < noise.length; i++) {
            noise[i] = (float) random.nextGaussian();
        }
        assertEquals(
                Form.DENSE, Packer.smallest().pack("w", noise, Shape.of(100)).form());
        Form fixed = Form.parse("mask+codebook");
        assertEquals(
                fixed,
                Packer.smallest().with("w", fixed).pack("w", pruned, shape).form());
        assertEquals(Form.DENSE, Packer.dense().pack("w", pruned, shape).form());
    }

    @Test
    void scalesOfRowsAreFoundToTheLastBit() {
        Random random = new Random(5);
        int columns = 50;
        float[] values = new float[20 * columns];
        for (int row = 0; row < 20; row++) {
            float scale = (float) Math.exp(random.nextGaussian());
            for (int i = 0; i < columns; i++) {
                values[row * columns + i] = scale * (random.nextInt(255) - 127);
            }
        }
        PackedTensor packed = pack(values, Shape.of(20, columns), "int8");
        assertArrayEquals(values, packed.unpack());
        assertEquals(1 + 4 * 20 + values.length, packed.bytes(), "a flag, a float a row, a byte an element");
        double scale = 0.1; // no float
        float[] wide = new float[255];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = (float) (scale * (i - 127));
        }
        assertArrayEquals(wide, pack(wide, Shape.of(15, 17), "int8").unpack());
    }

    @Test
    void whatAFormCannotHoldIsRefusedInWords() {
        float[] values = {1, 2, 3, 4, 5, 7};
        Shape shape = Shape.of(2, 3);
        assertEquals(
                "binary: fc1.weight has 3 different magnitudes in row 0; there must be one",
                assertThrows(IllegalArgumentException.class, () -> pack(values, shape, "binary"))
                        .getMessage());
        assertEquals(
                "ternary: fc1.weight has 3 different magnitudes in row 0; they must be 0 to 1 times one scale",
                assertThrows(IllegalArgumentException.class, () -> pack(values, shape, "ternary"))
                        .getMessage());
        float[] fine = {1, 1.0001f};
        assertEquals(
                "f16: fc1.weight holds 1.0001, which 16 bits cannot hold",
                assertThrows(IllegalArgumentException.class, () -> pack(fine, Shape.of(2), "f16"))
                        .getMessage());
        assertThrows(IllegalArgumentException.class, () -> pack(new float[] {0.5f, 0}, Shape.of(1, 2), "binary"));
        assertThrows(IllegalArgumentException.class, () -> pack(new float[] {Float.NaN, 0}, Shape.of(2), "int8"));
        String unknown = assertThrows(IllegalArgumentException.class, () -> Form.parse("zip+f32"))
                .getMessage();
        assertTrue(unknown.startsWith("form: there is no 'zip+f32'"), unknown);
    }

    @Test
    void infinitiesNaNAndTheSignOfZero() {
        float[] odd = {Float.NaN, Float.POSITIVE_INFINITY, -0.0f, Float.MIN_VALUE};
        for (Index index : Index.values()) {
            for (Coding coding : new Coding[] {Coding.F32, Coding.CODEBOOK, Coding.HUFFMAN}) {
                float[] back = PackedTensor.of("w", odd, Shape.of(2, 2), new Form(index, coding))
                        .unpack();
                assertTrue(Float.isNaN(back[0]) && back[1] == odd[1] && back[2] == 0 && back[3] == odd[3]);
            }
        }
    }

    @Test
    void filesHoldTheseNumbers() {
        assertEquals("[EVERY, MASK, GRID, ROWS, BLOCKS, RUNS, GAPS]", Arrays.toString(Index.values()));
        assertEquals("[F32, F16, CODEBOOK, HUFFMAN, INT8, INT4, TERNARY, BINARY]", Arrays.toString(Coding.values()));
        assertEquals(
                "[NONE, RELU, LEAKY_RELU, SIGMOID, TANH, GELU, SILU, SOFTPLUS]",
                Arrays.toString(Nonlinearity.values()));
    }
}
