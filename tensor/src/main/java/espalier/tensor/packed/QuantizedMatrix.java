package espalier.tensor.packed;

/**
 * A matrix of small integers, its codes, with a scale for each row: {@code element = scale(row) * code(row, column)}.
 *
 * <p>The quantizers are symmetric: the codes run from {@code -maxCode()} to {@code maxCode()} and code 0 is 0, so what
 * was pruned stays exactly zero. Rounding is to the nearest code, halves away from zero.
 */
public abstract sealed class QuantizedMatrix extends PackedMatrix permits Int8Matrix, Int4Matrix, TernaryMatrix {
    final float[] scales;

    /**
     * @param scales copied
     * @throws IllegalArgumentException if there is not one for each row, or one is negative or not finite
     */
    QuantizedMatrix(int rows, int columns, float[] scales) {
        super(rows, columns);
        this.scales = scales.clone();
        DenseInput.checkScales(getClass().getSimpleName(), this.scales, rows);
    }

    /** The largest code: 127, 7 or 1. */
    public abstract int maxCode();

    /** A code, {@code -maxCode()} to {@code maxCode()}. */
    public abstract int code(int row, int column);

    /** Writes the {@link #columns()} codes of a row to {@code to}, from index {@code at}. */
    public void copyCodes(int row, byte[] to, int at) {
        for (int column = 0; column < columns(); column++) {
            to[at + column] = (byte) code(row, column);
        }
    }

    /** The scale of a row, finite and not negative. */
    public final float scale(int row) {
        return scales[row];
    }

    @Override
    public final long nonZeros() {
        byte[] codes = new byte[columns()];
        long count = 0;
        for (int row = 0; row < rows(); row++) {
            copyCodes(row, codes, 0);
            for (byte code : codes) {
                count += scales[row] * code != 0 ? 1 : 0;
            }
        }
        return count;
    }

    @Override
    public final void unpack(float[] to) {
        int columns = columns();
        for (int row = 0; row < rows(); row++) {
            for (int column = 0; column < columns; column++) {
                to[row * columns + column] = scales[row] * code(row, column);
            }
        }
    }
}
