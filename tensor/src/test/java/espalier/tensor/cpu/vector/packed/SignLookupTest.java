package espalier.tensor.cpu.vector.packed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import espalier.tensor.packed.BinaryMatrix;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sums with signs against plain loops, for sizes beside those of vectors, groups and words. */
class SignLookupTest {
    @ParameterizedTest
    @CsvSource({
        "1, 1",
        "7, 3",
        "8, 4",
        "16, 31",
        "17, 32",
        "33, 33",
        "31, 63",
        "64, 64",
        "5, 65",
        "100, 127",
        "256, 800"
    })
    void sumsWithSigns(int rows, int columns) {
        Random random = new Random(rows * 1000L + columns);
        float[] w = new float[rows * columns];
        float[] x = new float[columns + 3];
        for (int i = 0; i < w.length; i++) {
            w[i] = random.nextFloat() - 0.5f;
        }
        for (int i = 0; i < x.length; i++) {
            x[i] = random.nextFloat() - 0.5f;
        }
        SignLookup lookup = new SignLookup(BinaryMatrix.of(w, rows, columns));
        int at = 5;
        float[] memory = new float[at + lookup.memory(rows)];
        Arrays.fill(memory, Float.NaN);
        int sums = lookup.multiply(x, 3, memory, at, 0, rows);
        for (int row = 0; row < rows; row++) {
            double expected = 0;
            for (int k = 0; k < columns; k++) {
                expected += w[row * columns + k] < 0 ? -x[3 + k] : x[3 + k];
            }
            assertEquals(expected, memory[sums + row], 1e-5 * (1 + columns), "row " + row);
        }
        if (rows > 64) {
            float[] part = new float[lookup.memory(rows - 64)];
            int from = lookup.multiply(x, 3, part, 0, 64, rows);
            assertArrayEquals(
                    Arrays.copyOfRange(memory, sums + 64, sums + rows),
                    Arrays.copyOfRange(part, from, from + rows - 64),
                    "a part of the rows, the same bits");
        }
    }

    /** Bits of every value, read from either half of a number, in vectors and a row at a time. */
    @ParameterizedTest
    @CsvSource({"0", "16"})
    void aRowAtATimeIsTheSame(int shift) {
        assumeTrue(SignLookup.FITS);
        int rows = 32;
        int sums = 4 * SignLookup.TABLE;
        float[] plain = new float[sums + rows];
        Random random = new Random(shift);
        for (int i = 0; i < plain.length; i++) {
            plain[i] = i % SignLookup.TABLE < 8 ? random.nextFloat() : plain[i - 8]; // tables hold their sums twice
        }
        int[] signs = random.ints(rows).toArray();
        float[] fast = plain.clone();
        SignLookup.addSums(fast, 0, signs, 0, shift, rows, sums);
        SignLookup.addSumsPlainly(plain, 0, signs, 0, shift, rows, sums);
        assertArrayEquals(plain, fast);
    }
}
