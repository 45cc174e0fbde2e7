package espalier.tensor.cpu.vector.packed;

import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;

import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.packed.BinaryMatrix;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * A matrix of signs times one column. Four elements of the column can be added up with signs in 16 ways, of which 8 are
 * the negatives of the others, and those 8 fit one vector. So a vector of rows, each with its own four signs, gets its
 * sums by one permutation of that vector and one change of signs, where a float product needs four multiply-adds and
 * reads 32 times as much memory.
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

    /**
     * For each group the sums, the last element positive; bit i of a sum's number is set where element i is negative.
     */
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
        IntVector t0 = FloatVector.fromArray(FLOATS, memory, tables).reinterpretAsInts();
        IntVector t1 = FloatVector.fromArray(FLOATS, memory, tables + TABLE).reinterpretAsInts();
        IntVector t2 = FloatVector.fromArray(FLOATS, memory, tables + 2 * TABLE).reinterpretAsInts();
        IntVector t3 = FloatVector.fromArray(FLOATS, memory, tables + 3 * TABLE).reinterpretAsInts();
        // Three bits of each lane name a sum, which is negative where the bit above them is set. Where there are as
        // many
        // lanes as sums, higher bits do not count anyway.
        boolean more = LANES > SUMS;
        for (int row = 0; row < rows; row += LANES) {
            IntVector n0 = IntVector.fromArray(INTS, signs, from + row).lanewise(VectorOperators.LSHR, shift);
            IntVector n1 = n0.lanewise(VectorOperators.LSHR, GROUP);
            IntVector n2 = n0.lanewise(VectorOperators.LSHR, 2 * GROUP);
            IntVector n3 = n0.lanewise(VectorOperators.LSHR, 3 * GROUP);
            IntVector s0 =
                    n0.lanewise(VectorOperators.LSHL, Integer.SIZE - GROUP).and(Integer.MIN_VALUE);
            IntVector s1 =
                    n1.lanewise(VectorOperators.LSHL, Integer.SIZE - GROUP).and(Integer.MIN_VALUE);
            IntVector s2 =
                    n2.lanewise(VectorOperators.LSHL, Integer.SIZE - GROUP).and(Integer.MIN_VALUE);
            IntVector s3 =
                    n3.lanewise(VectorOperators.LSHL, Integer.SIZE - GROUP).and(Integer.MIN_VALUE);
            VECTOR.cast(FloatVector.fromArray(FLOATS, memory, sumsAt + row))
                    .add((more ? n0.and(SUMS - 1) : n0)
                            .selectFrom(t0)
                            .lanewise(VectorOperators.XOR, s0)
                            .reinterpretAsFloats())
                    .add((more ? n1.and(SUMS - 1) : n1)
                            .selectFrom(t1)
                            .lanewise(VectorOperators.XOR, s1)
                            .reinterpretAsFloats())
                    .add((more ? n2.and(SUMS - 1) : n2)
                            .selectFrom(t2)
                            .lanewise(VectorOperators.XOR, s2)
                            .reinterpretAsFloats())
                    .add((more ? n3.and(SUMS - 1) : n3)
                            .selectFrom(t3)
                            .lanewise(VectorOperators.XOR, s3)
                            .reinterpretAsFloats())
                    .intoArray(memory, sumsAt + row);
        }
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
