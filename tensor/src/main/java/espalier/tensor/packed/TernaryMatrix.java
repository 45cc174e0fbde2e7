package espalier.tensor.packed;

import java.util.Arrays;

/**
 * A matrix of -1, 0 and 1 with a scale for each row: two bits to an element.
 *
 * <p>Li and Liu 2016, "Ternary Weight Networks": what is smaller than {@code 0.7 mean|x|} becomes 0, the rest its sign
 * times the mean magnitude of the rest.
 *
 * <p>Each row has two runs of 64-bit words: which elements are not zero, and which of them are negative.
 */
public final class TernaryMatrix implements QuantizedMatrix {
    private static final double THRESHOLD = 0.7;

    private final int rows;
    private final int columns;
    private final int rowWords;
    private final long[] present;
    private final long[] negative;
    private final float[] scales;

    /**
     * A matrix from its codes, row by row and one to a byte, and one scale for each row; both are copied.
     *
     * @throws IllegalArgumentException if a length does not fit, a code is not -1, 0 or 1, or a scale is negative or not
     *     finite
     */
    public TernaryMatrix(int rows, int columns, byte[] codes, float[] scales) {
        byte[] own = codes.clone();
        DenseInput.checkCodes("TernaryMatrix", own, rows, columns, 1);
        this.rows = rows;
        this.columns = columns;
        this.rowWords = Math.ceilDiv(columns, 64);
        this.scales = scales.clone();
        DenseInput.checkScales("TernaryMatrix", this.scales, rows);
        this.present = new long[rows * rowWords];
        this.negative = new long[rows * rowWords];
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                int code = own[row * columns + column];
                int word = row * rowWords + column / 64;
                present[word] |= (code == 0 ? 0L : 1L) << column;
                negative[word] |= (code < 0 ? 1L : 0L) << column;
            }
        }
    }

    /** As {@link #of(float[], int, int, Scaling)}, a scale for each row. */
    public static TernaryMatrix of(float[] dense, int rows, int columns) {
        return of(dense, rows, columns, Scaling.PER_ROW);
    }

    /**
     * The ternary weights of Li and Liu, over each row or over the whole matrix.
     *
     * @throws IllegalArgumentException if the array does not have {@code rows * columns} elements or one is not finite
     */
    public static TernaryMatrix of(float[] dense, int rows, int columns, Scaling scaling) {
        DenseInput.check("TernaryMatrix", dense, rows, columns);
        DenseInput.checkFinite("TernaryMatrix", dense, columns);
        byte[] codes = new byte[rows * columns];
        float[] scales = new float[rows];
        if (scaling == Scaling.PER_MATRIX) {
            Arrays.fill(scales, ternarize(dense, 0, dense.length, codes));
        } else {
            for (int row = 0; row < rows; row++) {
                scales[row] = ternarize(dense, row * columns, (row + 1) * columns, codes);
            }
        }
        return new TernaryMatrix(rows, columns, codes, scales);
    }

    /** Writes the codes of elements {@code from} to {@code to - 1}; the result is their scale. */
    private static float ternarize(float[] x, int from, int to, byte[] codes) {
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += Math.abs(x[i]);
        }
        double threshold = to > from ? THRESHOLD * sum / (to - from) : 0;
        double kept = 0;
        int count = 0;
        for (int i = from; i < to; i++) {
            if (Math.abs(x[i]) > threshold) {
                codes[i] = (byte) (x[i] < 0 ? -1 : 1);
                kept += Math.abs(x[i]);
                count++;
            }
        }
        return count == 0 ? 0 : (float) (kept / count);
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public int columns() {
        return columns;
    }

    @Override
    public int maxCode() {
        return 1;
    }

    @Override
    public int code(int row, int column) {
        int word = row * rowWords + column / 64;
        return (int) ((present[word] >>> column & 1) - 2 * (negative[word] >>> column & 1));
    }

    @Override
    public void copyCodes(int row, byte[] to, int at) {
        for (int column = 0; column < columns; column++) {
            to[at + column] = (byte) code(row, column);
        }
    }

    @Override
    public float scale(int row) {
        return scales[row];
    }

    @Override
    public long bytes() {
        return 8L * present.length + 8L * negative.length + 4L * scales.length;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TernaryMatrix that
                && rows == that.rows
                && columns == that.columns
                && Arrays.equals(present, that.present)
                && Arrays.equals(negative, that.negative)
                && Arrays.equals(scales, that.scales);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * rows + columns) + Arrays.hashCode(negative);
    }

    @Override
    public String toString() {
        return "TernaryMatrix[" + rows + " x " + columns + "]";
    }
}
