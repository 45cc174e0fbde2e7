package espalier.sparsity.ledger;

import espalier.sparsity.storage.StorageBits;
import java.util.Arrays;

/**
 * How a layer's values are told apart: the bits that name one, and the table that says what the names mean.
 *
 * <p>What a method did is read off the weights: a layer whose weights are few different numbers is quantized, however
 * that came about. Of the forms below, the one with the fewest bits is taken, so a layer of floats stays one of floats.
 *
 * @param form how values are named
 * @param bits of a name
 * @param tableBits of the table, all of it
 */
public record Codebook(Form form, int bits, long tableBits) {
    /** What a name is. */
    public enum Form {
        /** The float itself; no table. */
        FLOAT,
        /** The number of an entry in a table of floats, one for the layer (Han et al. 2016, section 3). */
        SHARED,
        /** The same with a table for each row. */
        SHARED_BY_ROW,
        /** A small whole number, to be multiplied by the layer's scale. */
        SCALED,
        /** The same with a scale for each row. */
        SCALED_BY_ROW
    }

    private static final int LARGEST_TABLE = 256; // more different values are no quantization, only many zeros
    private static final int LARGEST_CODE = 127;
    private static final double ROUNDING = 4e-7; // relative, a few units in a float's last place

    /** Bits that {@code count} values and the table take. */
    public long bits(long count) {
        return Math.addExact(StorageBits.values(count, bits), tableBits);
    }

    /**
     * The codebook of least cost for what is stored of a matrix {@code [rows, columns]}.
     *
     * @param weights row by row
     * @param withZeros whether zeros are stored too, as one more value, or left out by an index
     * @throws IllegalArgumentException if the array does not divide into rows
     */
    public static Codebook of(float[] weights, int rows, boolean withZeros) {
        if (rows < 1 || weights.length % rows != 0) {
            throw new IllegalArgumentException(
                    "codebook: " + weights.length + " weights do not divide into " + rows + " rows");
        }
        float[][] whole = {distinct(weights, withZeros)};
        float[][] byRow = new float[rows][];
        int columns = weights.length / rows;
        for (int row = 0; row < rows; row++) {
            byRow[row] = distinct(Arrays.copyOfRange(weights, row * columns, (row + 1) * columns), withZeros);
        }
        long stored = 0;
        for (float w : weights) {
            stored += withZeros || w != 0 ? 1 : 0;
        }
        Codebook best = new Codebook(Form.FLOAT, StorageBits.FLOAT, 0);
        best = cheaper(best, shared(Form.SHARED, whole), stored);
        best = cheaper(best, shared(Form.SHARED_BY_ROW, byRow), stored);
        best = cheaper(best, scaled(Form.SCALED, whole), stored);
        return cheaper(best, scaled(Form.SCALED_BY_ROW, byRow), stored);
    }

    private static Codebook cheaper(Codebook one, Codebook other, long count) {
        return other.bits(count) < one.bits(count) ? other : one;
    }

    /** The different values, ascending; −0.0 is 0. */
    private static float[] distinct(float[] values, boolean withZeros) {
        float[] sorted = new float[values.length];
        int count = 0;
        for (float value : values) {
            if (withZeros || value != 0) {
                sorted[count++] = value + 0f;
            }
        }
        Arrays.sort(sorted, 0, count);
        int different = 0;
        for (int i = 0; i < count; i++) {
            if (i == 0 || sorted[i] != sorted[i - 1]) {
                sorted[different++] = sorted[i];
            }
        }
        return Arrays.copyOf(sorted, different);
    }

    private static Codebook shared(Form form, float[][] tables) {
        int most = 0;
        long entries = 0;
        for (float[] table : tables) {
            most = Math.max(most, table.length);
            entries += table.length;
        }
        return most > LARGEST_TABLE
                ? new Codebook(Form.FLOAT, StorageBits.FLOAT, 0)
                : new Codebook(form, Math.max(1, StorageBits.widthFor(most)), StorageBits.codebook(entries));
    }

    /**
     * Names −m to m, without 0 where no value is, all of them, so that no table is needed beside the scales; floats if
     * some row has no such scale.
     */
    private static Codebook scaled(Form form, float[][] tables) {
        int most = 1;
        int zero = 0;
        for (float[] table : tables) {
            int largest = largestCode(table);
            if (largest > LARGEST_CODE) {
                return new Codebook(Form.FLOAT, StorageBits.FLOAT, 0);
            }
            most = Math.max(most, largest);
            zero = Arrays.binarySearch(table, 0) >= 0 ? 1 : zero;
        }
        return new Codebook(form, StorageBits.widthFor(2L * most + zero), StorageBits.codebook(tables.length));
    }

    /** The smallest m for which all values are whole multiples of max/m; more than allowed if there is none. */
    private static int largestCode(float[] values) {
        double max = 0;
        for (float value : values) {
            max = Math.max(max, Math.abs(value));
        }
        if (max == 0) {
            return 0;
        }
        for (int m = 1; m <= LARGEST_CODE; m++) {
            double scale = max / m;
            boolean fits = true;
            for (int i = 0; i < values.length && fits; i++) {
                double nearest = Math.rint(values[i] / scale) * scale;
                fits = Math.abs(values[i] - nearest) <= ROUNDING * Math.abs(values[i]);
            }
            if (fits) {
                return m;
            }
        }
        return LARGEST_CODE + 1;
    }
}
