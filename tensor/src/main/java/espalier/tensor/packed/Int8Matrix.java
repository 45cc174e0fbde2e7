package espalier.tensor.packed;

import java.util.Arrays;

/**
 * A matrix of 8-bit integers, -127 to 127, with a scale for each row: a quarter of the memory of floats.
 *
 * <p>The product runs at the speed of floats: the codes are widened on the way to the multipliers. Jacob et al. 2018,
 * "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", with zero point 0.
 */
public final class Int8Matrix implements QuantizedMatrix {
    /** The largest code. -128 is not used, so that the codes are symmetric. */
    public static final int MAX_CODE = 127;

    private final int rows;
    private final int columns;
    private final byte[] codes;
    private final float[] scales;

    /**
     * A matrix from its codes, row by row, and one scale for each row; both are copied.
     *
     * @throws IllegalArgumentException if a length does not fit, a code is -128, or a scale is negative or not finite
     */
    public Int8Matrix(int rows, int columns, byte[] codes, float[] scales) {
        this(rows, columns, scales.clone(), codes.clone());
        DenseInput.checkCodes("Int8Matrix", this.codes, rows, columns, MAX_CODE);
        DenseInput.checkScales("Int8Matrix", this.scales, rows);
    }

    private Int8Matrix(int rows, int columns, float[] ownScales, byte[] ownCodes) {
        this.rows = rows;
        this.columns = columns;
        this.codes = ownCodes;
        this.scales = ownScales;
    }

    /** As {@link #of(float[], int, int, Scaling)}, a scale for each row. */
    public static Int8Matrix of(float[] dense, int rows, int columns) {
        return of(dense, rows, columns, Scaling.PER_ROW);
    }

    /**
     * The nearest codes with scale {@code max|x| / 127}.
     *
     * @throws IllegalArgumentException if the array does not have {@code rows * columns} elements or one is not finite
     */
    public static Int8Matrix of(float[] dense, int rows, int columns, Scaling scaling) {
        DenseInput.check("Int8Matrix", dense, rows, columns);
        DenseInput.checkFinite("Int8Matrix", dense, columns);
        float[] scales = Quantizer.maxScales(dense, rows, columns, scaling, MAX_CODE);
        return new Int8Matrix(rows, columns, scales, Quantizer.codes(dense, rows, columns, scales, MAX_CODE));
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
        return codes[row * columns + column];
    }

    @Override
    public void copyCodes(int row, byte[] to, int at) {
        System.arraycopy(codes, row * columns, to, at, columns);
    }

    @Override
    public float scale(int row) {
        return scales[row];
    }

    @Override
    public long bytes() {
        return codes.length + 4L * scales.length;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Int8Matrix that
                && rows == that.rows
                && columns == that.columns
                && Arrays.equals(codes, that.codes)
                && Arrays.equals(scales, that.scales);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * rows + columns) + Arrays.hashCode(codes);
    }

    @Override
    public String toString() {
        return "Int8Matrix[" + rows + " x " + columns + "]";
    }
}
