package espalier.tensor.packed;

import java.util.Arrays;

/**
 * A matrix of signs with a scale for each row, {@code element = -scale(row)} or {@code +scale(row)}: one bit to an
 * element.
 *
 * <p>A bit is set where the element is negative, as in the sign of a float. Each row begins with a word of its own; the
 * bits after its last column are clear. The dot product of the signs of two rows of n columns is then {@code n - 2 *
 * bitCount(a xor b)} (Rastegari et al. 2016, "XNOR-Net", section 3.2).
 */
public final class BinaryMatrix extends PackedMatrix {
    /** What becomes of an element that is zero. */
    public enum SignOfZero {
        /** Zero counts as positive, as in XNOR-Net. */
        POSITIVE,
        /** Zero counts as negative, as in projections that ask whether {@code x > 0}. */
        NEGATIVE
    }

    private final int rowWords;
    private final long[] words;
    private final float[] scales;

    /**
     * A matrix from its bits, {@code ceil(columns / 64)} words for each row, and one scale for each row; both are
     * copied.
     *
     * @throws IllegalArgumentException if a length does not fit, a bit after the last column is set, or a scale is
     *     negative or not finite
     */
    public BinaryMatrix(int rows, int columns, long[] words, float[] scales) {
        this(rows, columns, scales.clone(), words.clone());
        DenseInput.checkScales("BinaryMatrix", this.scales, rows);
        if (this.words.length != (long) rows * rowWords) {
            throw new IllegalArgumentException("BinaryMatrix: " + rows + " rows of " + columns + " bits need "
                    + (long) rows * rowWords + " words, but there are " + this.words.length);
        }
        for (int row = 0; row < rows && columns % 64 != 0; row++) {
            if (this.words[(row + 1) * rowWords - 1] >>> columns != 0) {
                throw new IllegalArgumentException(
                        "BinaryMatrix: row " + row + " has bits set after its last column " + (columns - 1));
            }
        }
    }

    private BinaryMatrix(int rows, int columns, float[] ownScales, long[] ownWords) {
        super(rows, columns);
        this.rowWords = Math.ceilDiv(columns, 64);
        this.words = ownWords;
        this.scales = ownScales;
    }

    /** As {@link #of(float[], int, int, Scaling, SignOfZero)}, a scale for each row, zero counting as positive. */
    public static BinaryMatrix of(float[] dense, int rows, int columns) {
        return of(dense, rows, columns, Scaling.PER_ROW, SignOfZero.POSITIVE);
    }

    /**
     * The signs, with scale {@code mean|x|}, which is nearest to the matrix in the least squares sense.
     *
     * @throws IllegalArgumentException if the array does not have {@code rows * columns} elements or one is not finite
     */
    public static BinaryMatrix of(float[] dense, int rows, int columns, Scaling scaling, SignOfZero signOfZero) {
        DenseInput.check("BinaryMatrix", dense, rows, columns);
        DenseInput.checkFinite("BinaryMatrix", dense, columns);
        float[] scales = scaling.scales(rows, columns, (from, to) -> meanMagnitude(dense, from, to));
        return new BinaryMatrix(rows, columns, scales, signs(dense, rows, columns, signOfZero));
    }

    /** The signs alone, all scales 1: {@code -1} or {@code 1} for each element. NaN counts as positive. */
    public static BinaryMatrix ofSigns(float[] dense, int rows, int columns, SignOfZero signOfZero) {
        DenseInput.check("BinaryMatrix", dense, rows, columns);
        float[] scales = new float[rows];
        Arrays.fill(scales, 1f);
        return new BinaryMatrix(rows, columns, scales, signs(dense, rows, columns, signOfZero));
    }

    private static float meanMagnitude(float[] x, int from, int to) {
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += Math.abs(x[i]);
        }
        return to > from ? (float) (sum / (to - from)) : 0;
    }

    private static long[] signs(float[] dense, int rows, int columns, SignOfZero signOfZero) {
        int rowWords = Math.ceilDiv(columns, 64);
        long[] words = new long[rows * rowWords];
        boolean zeroIsNegative = signOfZero == SignOfZero.NEGATIVE;
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                float x = dense[row * columns + column];
                boolean negative = x < 0 || x == 0 && zeroIsNegative;
                words[row * rowWords + column / 64] |= (negative ? 1L : 0L) << column;
            }
        }
        return words;
    }

    /** The number of words to a row, {@code columns / 64} rounded up. */
    public int rowWords() {
        return rowWords;
    }

    /** The signs of columns {@code 64 i} to {@code 64 i + 63} of a row, the first in the lowest bit. */
    public long word(int row, int i) {
        return words[row * rowWords + i];
    }

    /** Whether an element is negative. */
    public boolean isNegative(int row, int column) {
        return (words[row * rowWords + column / 64] >>> column & 1) != 0;
    }

    /** The magnitude of the elements of a row, finite and not negative. */
    public float scale(int row) {
        return scales[row];
    }

    /**
     * The dot product of the signs of a row with the signs of a row of another matrix: a whole number from
     * {@code -columns} to {@code columns}.
     *
     * @throws IllegalArgumentException if the matrices differ in their number of columns
     */
    public int dot(int row, BinaryMatrix other, int otherRow) {
        if (other.columns() != columns()) {
            throw new IllegalArgumentException(
                    "BinaryMatrix.dot: columns differ: " + columns() + " and " + other.columns());
        }
        int different = 0;
        for (int i = 0; i < rowWords; i++) {
            different += Long.bitCount(word(row, i) ^ other.word(otherRow, i));
        }
        return columns() - 2 * different;
    }

    @Override
    public long nonZeros() {
        long count = 0;
        for (float scale : scales) {
            count += scale != 0 ? columns() : 0;
        }
        return count;
    }

    @Override
    public void unpack(float[] to) {
        for (int row = 0; row < rows(); row++) {
            for (int column = 0; column < columns(); column++) {
                to[row * columns() + column] = isNegative(row, column) ? -scales[row] : scales[row];
            }
        }
    }

    @Override
    Object[] parts() {
        return new Object[] {words, scales};
    }
}
