package espalier.tensor.packed;

/**
 * A matrix of -1, 0 and 1 with a scale for each row: two bits to an element.
 *
 * <p>Li and Liu 2016, "Ternary Weight Networks": what is smaller than {@code 0.7 mean|x|} becomes 0, the rest its sign
 * times the mean magnitude of the rest.
 *
 * <p>Each row has two runs of 64-bit words: which elements are not zero, and which of them are negative.
 */
public final class TernaryMatrix extends QuantizedMatrix {
    private static final double THRESHOLD = 0.7;

    private final int rowWords;
    private final long[] present;
    private final long[] negative;

    /**
     * A matrix from its codes, row by row and one to a byte, and one scale for each row; both are copied.
     *
     * @throws IllegalArgumentException if a length does not fit, a code is not -1, 0 or 1, or a scale is negative or
     *     not finite
     */
    public TernaryMatrix(int rows, int columns, byte[] codes, float[] scales) {
        super(rows, columns, scales);
        byte[] own = codes.clone();
        DenseInput.checkCodes("TernaryMatrix", own, rows, columns, 1);
        rowWords = Math.ceilDiv(columns, 64);
        present = new long[rows * rowWords];
        negative = new long[rows * rowWords];
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
        float[] scales = scaling.scales(rows, columns, (from, to) -> ternarize(dense, from, to, codes));
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
    public int maxCode() {
        return 1;
    }

    @Override
    public int code(int row, int column) {
        int word = row * rowWords + column / 64;
        return (int) ((present[word] >>> column & 1) - 2 * (negative[word] >>> column & 1));
    }

    @Override
    Object[] parts() {
        return new Object[] {present, negative, scales};
    }
}
