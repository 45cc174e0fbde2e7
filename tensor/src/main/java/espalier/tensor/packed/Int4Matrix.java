package espalier.tensor.packed;

/**
 * A matrix of 4-bit integers, -7 to 7, with a scale for each row: an eighth of the memory of floats.
 *
 * <p>Two codes share a byte, the even column in the low half. Each row begins with a byte of its own.
 */
public final class Int4Matrix extends QuantizedMatrix {
    /** The largest code. -8 is not used, so that the codes are symmetric. */
    public static final int MAX_CODE = 7;

    private final byte[] pairs;

    /**
     * A matrix from its codes, row by row and one to a byte, and one scale for each row; both are copied.
     *
     * @throws IllegalArgumentException if a length does not fit, a code is outside -7 to 7, or a scale is negative or
     *     not finite
     */
    public Int4Matrix(int rows, int columns, byte[] codes, float[] scales) {
        super(rows, columns, scales);
        byte[] own = codes.clone();
        DenseInput.checkCodes("Int4Matrix", own, rows, columns, MAX_CODE);
        int rowBytes = rowBytes();
        pairs = new byte[rows * rowBytes];
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
        float[] scales = scaling.scales(rows, columns, (from, to) -> Quantizer.maxScale(dense, from, to, MAX_CODE));
        return new Int4Matrix(rows, columns, Quantizer.codes(dense, rows, columns, scales, MAX_CODE), scales);
    }

    private int rowBytes() {
        return (columns() + 1) / 2;
    }

    @Override
    public int maxCode() {
        return MAX_CODE;
    }

    @Override
    public int code(int row, int column) {
        int pair = pairs[row * rowBytes() + column / 2];
        return pair << (28 - column % 2 * 4) >> 28; // moves the sign of the half to the sign of the int and back
    }

    @Override
    Object[] parts() {
        return new Object[] {pairs, scales};
    }
}
