package espalier.tensor.packed;

import java.util.Arrays;

/**
 * A matrix of 4-bit integers, -7 to 7, with a scale for each row: an eighth of the memory of floats.
 *
 * <p>Two codes share a byte, the even column in the low half. Each row begins with a byte of its own.
 */
public final class Int4Matrix implements QuantizedMatrix {
    /** The largest code. -8 is not used, so that the codes are symmetric. */
    public static final int MAX_CODE = 7;

    private final int rows;
    private final int columns;
    private final byte[] pairs;
    private final float[] scales;

    /**
     * A matrix from its codes, row by row and one to a byte, and one scale for each row; both are copied.
     *
     * @throws IllegalArgumentException if a length does not fit, a code is outside -7 to 7, or a scale is negative or
     *     not finite
     */
    public Int4Matrix(int rows, int columns, byte[] codes, float[] scales) {
        byte[] own = codes.clone();
        DenseInput.checkCodes("Int4Matrix", own, rows, columns, MAX_CODE);
        this.rows = rows;
        this.columns = columns;
        this.scales = scales.clone();
        DenseInput.checkScales("Int4Matrix", this.scales, rows);
        int rowBytes = rowBytes(columns);
        this.pairs = new byte[rows * rowBytes];
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                int half = (own[row * columns + column] & 15) << (column % 2 * 4);
                pairs[row * rowBytes + column / 2] |= (byte) half;
            }
        }
    }

    /** As {@link #of(float[], int, int, Scaling)}, a scale for each row. */
    public static Int4Matrix of(float[] dense, int rows, int columns) {
        return of(dense, rows, columns, Scaling.PER_ROW);
    }

    /**
     * The nearest codes with scale {@code max|x| / 7}.
     *
     * @throws IllegalArgumentException if the array does not have {@code rows * columns} elements or one is not finite
     */
    public static Int4Matrix of(float[] dense, int rows, int columns, Scaling scaling) {
        DenseInput.check("Int4Matrix", dense, rows, columns);
        DenseInput.checkFinite("Int4Matrix", dense, columns);
        float[] scales = Quantizer.maxScales(dense, rows, columns, scaling, MAX_CODE);
        return new Int4Matrix(rows, columns, Quantizer.codes(dense, rows, columns, scales, MAX_CODE), scales);
    }

    private static int rowBytes(int columns) {
        return (columns + 1) / 2;
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
        return MAX_CODE;
    }

    @Override
    public int code(int row, int column) {
        int pair = pairs[row * rowBytes(columns) + column / 2];
        return pair << (28 - column % 2 * 4) >> 28; // moves the sign of the half to the sign of the int and back
    }

    @Override
    public void copyCodes(int row, byte[] to, int at) {
        int from = row * rowBytes(columns);
        for (int column = 0; column < columns; column++) {
            to[at + column] = (byte) (pairs[from + column / 2] << (28 - column % 2 * 4) >> 28);
        }
    }

    @Override
    public float scale(int row) {
        return scales[row];
    }

    @Override
    public long bytes() {
        return pairs.length + 4L * scales.length;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Int4Matrix that
                && rows == that.rows
                && columns == that.columns
                && Arrays.equals(pairs, that.pairs)
                && Arrays.equals(scales, that.scales);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * rows + columns) + Arrays.hashCode(pairs);
    }

    @Override
    public String toString() {
        return "Int4Matrix[" + rows + " x " + columns + "]";
    }
}
