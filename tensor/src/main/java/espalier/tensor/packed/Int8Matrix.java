package espalier.tensor.packed;

/**
 * A matrix of 8-bit integers, -127 to 127, with a scale for each row: a quarter of the memory of floats.
 *
 * <p>The product runs at the speed of floats: the codes are widened on the way to the multipliers. Jacob et al. 2018,
 * "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", with zero point 0.
 */
public final class Int8Matrix extends QuantizedMatrix {
    /** The largest code. -128 is not used, so that the codes are symmetric. */
    public static final int MAX_CODE = 127;

    private final byte[] codes;

    /**
     * A matrix from its codes, row by row, and one scale for each row; both are copied.
     *
     * @throws IllegalArgumentException if a length does not fit, a code is -128, or a scale is negative or not finite
     */
    public Int8Matrix(int rows, int columns, byte[] codes, float[] scales) {
        this(rows, columns, scales, codes.clone());
        DenseInput.checkCodes("Int8Matrix", this.codes, rows, columns, MAX_CODE);
    }

    private Int8Matrix(int rows, int columns, float[] scales, byte[] ownCodes) {
        super(rows, columns, scales);
        codes = ownCodes;
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
        float[] scales = scaling.scales(rows, columns, (from, to) -> Quantizer.maxScale(dense, from, to, MAX_CODE));
        return new Int8Matrix(rows, columns, scales, Quantizer.codes(dense, rows, columns, scales, MAX_CODE));
    }

    @Override
    public int maxCode() {
        return MAX_CODE;
    }

    @Override
    public int code(int row, int column) {
        return codes[row * columns() + column];
    }

    @Override
    public void copyCodes(int row, byte[] to, int at) {
        System.arraycopy(codes, row * columns(), to, at, columns());
    }

    @Override
    Object[] parts() {
        return new Object[] {codes, scales};
    }
}
