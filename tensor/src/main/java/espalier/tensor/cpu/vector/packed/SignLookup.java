package espalier.tensor.cpu.vector.packed;

import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.packed.BinaryMatrix;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * A matrix of signs times one column. Four elements of the column can be added up with signs in 16 ways, of which 8 are the
 * negatives of the others, and those 8 fit one vector. So a vector of rows, each with its own four signs, gets its sums by
 * one permutation of that vector and one change of signs, where a float product needs four multiply-adds and reads 32 times
 * as much memory.
 *
 * <p>A row's sum is one of groups of four in ascending order, whatever the vector width and the number of threads.
 */
final class SignLookup {
    private static final VectorSpecies<Float> FLOATS = Lanes.FLOATS;
    private static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
    private static final int LANES = FLOATS.length();

    /** Elements of the column that are added up together. */
    private static final int GROUP = 4;

    /** Sums of a group with its last element positive. */
    private static final int SUMS = 1 << (GROUP - 1);

    /** Whether a vector holds the sums of a group. */
    static final boolean FITS = LANES >= SUMS;

    /** Floats to a group's sums: a vector, which holds them twice if it has 16 lanes. */
    static final int TABLE = Math.max(SUMS, LANES);

    /** Groups whose signs are in one number. */
    private static final int GROUPS = Integer.SIZE / GROUP;

    /** Groups that rows go through at a time: their sums fit the registers. */
    private static final int HALF = GROUPS / 2;

    private final int columns;
    private final int words;
    private final int paddedRows;

    /** [words][rows]: eight groups, of four signs each; where the last is negative the others are turned. */
    private final int[] signs;

    SignLookup(BinaryMatrix matrix) {
        columns = matrix.columns();
        words = Math.ceilDiv(columns, Integer.SIZE);
        paddedRows = Math.ceilDiv(matrix.rows(), LANES) * LANES;
        signs = new int[words * paddedRows];
        for (int row = 0; row < matrix.rows(); row++) {
            for (int word = 0; word < words; word++) {
                int bits = (int) (matrix.word(row, word / 2) >>> (word % 2 * Integer.SIZE));
                int last = bits & 0x88888888;
                signs[word * paddedRows + row] = bits ^ (last >>> 1 | last >>> 2 | last >>> 3);
            }
        }
    }

    /** Floats of memory that {@link #multiply} needs for so many rows. */
    int memory(int rows) {
        return words * GROUPS * TABLE + rows + LANES;
    }

    /**
     * Sums of {@code x} with the signs of rows {@code [fromRow, toRow)}.
     *
     * @param memory where tables and sums go, from {@code at} on
     * @param fromRow a multiple of the vector width
     * @return where in {@code memory} the sum of the first row is
     */
    int multiply(float[] x, int xAt, float[] memory, int at, int fromRow, int toRow) {
        fillTables(x, xAt, memory, at);
        int sumsAt = at + words * GROUPS * TABLE;
        int rows = Math.ceilDiv(toRow - fromRow, LANES) * LANES;
        Arrays.fill(memory, sumsAt, sumsAt + rows, 0f);
        for (int half = 0; half < 2 * words; half++) {
            int tables = at + half * HALF * TABLE;
            int from = half / 2 * paddedRows + fromRow;
            int shift = half % 2 * HALF * GROUP;
            if (FITS) {
                addSums(memory, tables, signs, from, shift, rows, sumsAt);
            } else {
                addSumsPlainly(memory, tables, signs, from, shift, rows, sumsAt);
            }
        }
        return sumsAt;
    }

    /** For each group the sums, the last element positive; bit i of a sum's number is set where element i is negative. */
    private void fillTables(float[] x, int xAt, float[] tables, int at) {
        for (int group = 0; group < words * GROUPS; group++) {
            int k = group * GROUP;
            float x0 = k < columns ? x[xAt + k] : 0f;
            float x1 = k + 1 < columns ? x[xAt + k + 1] : 0f;
            float x2 = k + 2 < columns ? x[xAt + k + 2] : 0f;
            float x3 = k + 3 < columns ? x[xAt + k + 3] : 0f;
            float same = x0 + x1;
            float other = x1 - x0;
            float high = x3 + x2;
            float low = x3 - x2;
            for (int to = at + group * TABLE; to < at + (group + 1) * TABLE; to += SUMS) {
                tables[to] = high + same;
                tables[to + 1] = high + other;
                tables[to + 2] = high - other;
                tables[to + 3] = high - same;
                tables[to + 4] = low + same;
                tables[to + 5] = low + other;
                tables[to + 6] = low - other;
                tables[to + 7] = low - same;
            }
        }
    }

    /** Adds the sums of four groups to those of all rows. The signs begin at bit {@code shift} of a number. */
    static void addSums(float[] memory, int tables, int[] signs, int from, int shift, int rows, int sumsAt) {
        IntVector t0 = table(memory, tables);
        IntVector t1 = table(memory, tables + TABLE);
        IntVector t2 = table(memory, tables + 2 * TABLE);
        IntVector t3 = table(memory, tables + 3 * TABLE);
        for (int row = 0; row < rows; row += LANES) {
            IntVector bits = IntVector.fromArray(INTS, signs, from + row).lanewise(VectorOperators.LSHR, shift);
            FloatVector.fromArray(FLOATS, memory, sumsAt + row)
                    .add(picked(t0, bits, 0))
                    .add(picked(t1, bits, 4))
                    .add(picked(t2, bits, 8))
                    .add(picked(t3, bits, 12))
                    .intoArray(memory, sumsAt + row);
        }
    }

    private static IntVector table(float[] memory, int at) {
        return FloatVector.fromArray(FLOATS, memory, at).reinterpretAsInts();
    }

    /** The sums that three bits of each lane name, negative where the bit above them is set. */
    private static FloatVector picked(IntVector table, IntVector bits, int first) {
        IntVector sign = bits.lanewise(VectorOperators.LSHL, Integer.SIZE - GROUP - first)
                .and(Integer.MIN_VALUE);
        IntVector number = bits.lanewise(VectorOperators.LSHR, first);
        return (LANES > SUMS ? number.and(SUMS - 1) : number) // as many lanes as sums: higher bits do not count
                .selectFrom(table)
                .lanewise(VectorOperators.XOR, sign)
                .reinterpretAsFloats();
    }

    /** The same, a row at a time. */
    static void addSumsPlainly(float[] memory, int tables, int[] signs, int from, int shift, int rows, int sumsAt) {
        for (int row = 0; row < rows; row++) {
            for (int group = 0; group < HALF; group++) {
                int number = signs[from + row] >>> (shift + group * GROUP);
                float sum = memory[tables + group * TABLE + (number & (SUMS - 1))];
                memory[sumsAt + row] += (number & SUMS) == 0 ? sum : -sum;
            }
        }
    }
}
