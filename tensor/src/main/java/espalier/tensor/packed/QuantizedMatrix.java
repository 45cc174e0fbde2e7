package espalier.tensor.packed;

/**
 * A matrix of small integers, its codes, with a scale for each row: {@code element = scale(row) * code(row, column)}.
 *
 * <p>The quantizers are symmetric: the codes run from {@code -maxCode()} to {@code maxCode()} and code 0 is 0, so what
 * was pruned stays exactly zero. Rounding is to the nearest code, halves away from zero.
 */
public sealed interface QuantizedMatrix extends PackedMatrix permits Int8Matrix, Int4Matrix, TernaryMatrix {
    /** The largest code: 127, 7 or 1. */
    int maxCode();

    /** A code, {@code -maxCode()} to {@code maxCode()}. */
    int code(int row, int column);

    /** Writes the {@link #columns()} codes of a row to {@code to}, from index {@code at}. */
    void copyCodes(int row, byte[] to, int at);

    /** The scale of a row, finite and not negative. */
    float scale(int row);

    @Override
    default long nonZeros() {
        byte[] codes = new byte[columns()];
        long count = 0;
        for (int row = 0; row < rows(); row++) {
            copyCodes(row, codes, 0);
            for (byte code : codes) {
                count += scale(row) * code != 0 ? 1 : 0;
            }
        }
        return count;
    }

    @Override
    default float[] toDense() {
        int columns = columns();
        byte[] codes = new byte[columns];
        float[] dense = new float[rows() * columns];
        for (int row = 0; row < rows(); row++) {
            copyCodes(row, codes, 0);
            for (int column = 0; column < columns; column++) {
                dense[row * columns + column] = scale(row) * codes[column];
            }
        }
        return dense;
    }
}
