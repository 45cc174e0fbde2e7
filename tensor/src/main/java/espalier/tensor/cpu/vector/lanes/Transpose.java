package espalier.tensor.cpu.vector.lanes;

import static jdk.incubator.vector.FloatVector.fromArray;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Transposes rows of floats: {@code to[toAt + j*toStride + i] = from[fromAt + i*fromStride + j]}.
 *
 * <p>Eight rows by eight columns are turned in registers. In three steps, blocks of 4×4, then 2×2, then single elements
 * change places across the diagonal: each step is one permutation and one blend a row. What is left over at an edge is
 * done by a block that overlaps the one before; fewer than eight rows or columns are done one at a time. The shapes
 * that convolutions ask for most are done by {@link WideTranspose}, if vectors have 16 lanes.
 */
public final class Transpose {
    private static final VectorSpecies<Float> EIGHT = FloatVector.SPECIES_256;
    private static final boolean IN_REGISTERS = Lanes.COUNT >= 8;

    private static final VectorShuffle<Float> SWAP_4 = VectorShuffle.fromValues(EIGHT, 4, 5, 6, 7, 0, 1, 2, 3);
    private static final VectorShuffle<Float> SWAP_2 = VectorShuffle.fromValues(EIGHT, 2, 3, 0, 1, 6, 7, 4, 5);
    private static final VectorShuffle<Float> SWAP_1 = VectorShuffle.fromValues(EIGHT, 1, 0, 3, 2, 5, 4, 7, 6);
    private static final VectorMask<Float> UPPER_4 = VectorMask.fromLong(EIGHT, 0b11110000);
    private static final VectorMask<Float> UPPER_2 = VectorMask.fromLong(EIGHT, 0b11001100);
    private static final VectorMask<Float> UPPER_1 = VectorMask.fromLong(EIGHT, 0b10101010);
    private static final VectorShuffle<Float> TWICE_LOW = VectorShuffle.fromValues(EIGHT, 0, 0, 1, 1, 2, 2, 3, 3);
    private static final VectorShuffle<Float> TWICE_HIGH = VectorShuffle.fromValues(EIGHT, 4, 4, 5, 5, 6, 6, 7, 7);

    private Transpose() {}

    /** Turns {@code rows} rows of {@code columns} elements. */
    public static void run(
            float[] from, int fromAt, int fromStride, int rows, int columns, float[] to, int toAt, int toStride) {
        if (rows == 1 && toStride == 1) {
            StridedCopy.copy(from, fromAt, to, toAt, columns);
        } else if (Lanes.COUNT == 16 && columns >= 16 && rows >= 16) {
            for (int i = 0; i < rows; i += 16) {
                int row = Math.min(i, rows - 16);
                for (int j = 0; j < columns; j += 16) {
                    int column = Math.min(j, columns - 16);
                    int read = fromAt + row * fromStride + column;
                    WideTranspose.sixteen(from, read, fromStride, to, toAt + column * toStride + row, toStride);
                }
            }
        } else if (Lanes.COUNT == 16 && columns >= 16 && rows == 8 && toStride == 8) {
            for (int j = 0; j < columns; j += 16) {
                int column = Math.min(j, columns - 16);
                WideTranspose.eight(from, fromAt + column, fromStride, to, toAt + column * 8);
            }
        } else if (IN_REGISTERS && columns >= 8 && rows >= 8) {
            for (int i = 0; i < rows; i += 8) {
                int row = Math.min(i, rows - 8);
                for (int j = 0; j < columns; j += 8) {
                    int column = Math.min(j, columns - 8);
                    int read = fromAt + row * fromStride + column;
                    eight(from, read, fromStride, 7, to, toAt + column * toStride + row, toStride);
                }
            }
        } else if (IN_REGISTERS && columns > 8 && rows >= 5 && toStride == rows) {
            // What the last lanes of a column write lies in the next column, which is written after it.
            int whole = (columns - 1) / 8 * 8;
            for (int j = 0; j < whole; j += 8) {
                eight(from, fromAt + j, fromStride, rows - 1, to, toAt + j * toStride, toStride);
            }
            oneByOne(from, fromAt + whole, fromStride, rows, columns - whole, to, toAt + whole * toStride, toStride);
        } else if (IN_REGISTERS && columns >= 8 && rows == 4 && toStride == 4) {
            for (int j = 0; j < columns; j += 8) {
                int column = Math.min(j, columns - 8);
                four(from, fromAt + column, fromStride, to, toAt + column * 4);
            }
        } else {
            oneByOne(from, fromAt, fromStride, rows, columns, to, toAt, toStride);
        }
    }

    private static void oneByOne(
            float[] from, int fromAt, int fromStride, int rows, int columns, float[] to, int toAt, int toStride) {
        for (int i = 0; i < rows; i++) {
            int read = fromAt + i * fromStride;
            int write = toAt + i;
            for (int j = 0; j < columns; j++, write += toStride) {
                to[write] = from[read + j];
            }
        }
    }

    /**
     * Eight rows of eight; of five to seven, the last, which is row {@code last}, counts for those that are missing.
     */
    private static void eight(float[] from, int at, int stride, int last, float[] to, int toAt, int toStride) {
        FloatVector r0 = fromArray(EIGHT, from, at);
        FloatVector r1 = fromArray(EIGHT, from, at + stride);
        FloatVector r2 = fromArray(EIGHT, from, at + 2 * stride);
        FloatVector r3 = fromArray(EIGHT, from, at + 3 * stride);
        FloatVector r4 = fromArray(EIGHT, from, at + 4 * stride);
        FloatVector r5 = fromArray(EIGHT, from, at + Math.min(5, last) * stride);
        FloatVector r6 = fromArray(EIGHT, from, at + Math.min(6, last) * stride);
        FloatVector r7 = fromArray(EIGHT, from, at + last * stride);
        FloatVector s0 = r0.blend(r4.rearrange(SWAP_4), UPPER_4);
        FloatVector s4 = r0.rearrange(SWAP_4).blend(r4, UPPER_4);
        FloatVector s1 = r1.blend(r5.rearrange(SWAP_4), UPPER_4);
        FloatVector s5 = r1.rearrange(SWAP_4).blend(r5, UPPER_4);
        FloatVector s2 = r2.blend(r6.rearrange(SWAP_4), UPPER_4);
        FloatVector s6 = r2.rearrange(SWAP_4).blend(r6, UPPER_4);
        FloatVector s3 = r3.blend(r7.rearrange(SWAP_4), UPPER_4);
        FloatVector s7 = r3.rearrange(SWAP_4).blend(r7, UPPER_4);
        r0 = s0.blend(s2.rearrange(SWAP_2), UPPER_2);
        r2 = s0.rearrange(SWAP_2).blend(s2, UPPER_2);
        r1 = s1.blend(s3.rearrange(SWAP_2), UPPER_2);
        r3 = s1.rearrange(SWAP_2).blend(s3, UPPER_2);
        r4 = s4.blend(s6.rearrange(SWAP_2), UPPER_2);
        r6 = s4.rearrange(SWAP_2).blend(s6, UPPER_2);
        r5 = s5.blend(s7.rearrange(SWAP_2), UPPER_2);
        r7 = s5.rearrange(SWAP_2).blend(s7, UPPER_2);
        r0.blend(r1.rearrange(SWAP_1), UPPER_1).intoArray(to, toAt);
        r0.rearrange(SWAP_1).blend(r1, UPPER_1).intoArray(to, toAt + toStride);
        r2.blend(r3.rearrange(SWAP_1), UPPER_1).intoArray(to, toAt + 2 * toStride);
        r2.rearrange(SWAP_1).blend(r3, UPPER_1).intoArray(to, toAt + 3 * toStride);
        r4.blend(r5.rearrange(SWAP_1), UPPER_1).intoArray(to, toAt + 4 * toStride);
        r4.rearrange(SWAP_1).blend(r5, UPPER_1).intoArray(to, toAt + 5 * toStride);
        r6.blend(r7.rearrange(SWAP_1), UPPER_1).intoArray(to, toAt + 6 * toStride);
        r6.rearrange(SWAP_1).blend(r7, UPPER_1).intoArray(to, toAt + 7 * toStride);
    }

    /**
     * Four rows of eight, to eight rows of four without gaps: two steps, each of which lays two vectors into one
     * another.
     */
    private static void four(float[] from, int at, int stride, float[] to, int toAt) {
        FloatVector r0 = fromArray(EIGHT, from, at);
        FloatVector r1 = fromArray(EIGHT, from, at + stride);
        FloatVector r2 = fromArray(EIGHT, from, at + 2 * stride);
        FloatVector r3 = fromArray(EIGHT, from, at + 3 * stride);
        FloatVector evenLow = r0.rearrange(TWICE_LOW).blend(r2.rearrange(TWICE_LOW), UPPER_1);
        FloatVector evenHigh = r0.rearrange(TWICE_HIGH).blend(r2.rearrange(TWICE_HIGH), UPPER_1);
        FloatVector oddLow = r1.rearrange(TWICE_LOW).blend(r3.rearrange(TWICE_LOW), UPPER_1);
        FloatVector oddHigh = r1.rearrange(TWICE_HIGH).blend(r3.rearrange(TWICE_HIGH), UPPER_1);
        evenLow.rearrange(TWICE_LOW).blend(oddLow.rearrange(TWICE_LOW), UPPER_1).intoArray(to, toAt);
        evenLow.rearrange(TWICE_HIGH)
                .blend(oddLow.rearrange(TWICE_HIGH), UPPER_1)
                .intoArray(to, toAt + 8);
        evenHigh.rearrange(TWICE_LOW)
                .blend(oddHigh.rearrange(TWICE_LOW), UPPER_1)
                .intoArray(to, toAt + 16);
        evenHigh.rearrange(TWICE_HIGH)
                .blend(oddHigh.rearrange(TWICE_HIGH), UPPER_1)
                .intoArray(to, toAt + 24);
    }
}
