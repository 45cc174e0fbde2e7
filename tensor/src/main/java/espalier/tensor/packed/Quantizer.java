package espalier.tensor.packed;

/** The symmetric quantizers: scales from the values, and codes from values and scales. */
final class Quantizer {
    private Quantizer() {}

    /** {@code max|x| / maxCode} over elements {@code from} to {@code to - 1}; 0 where all is zero. */
    static float maxScale(float[] dense, int from, int to, int maxCode) {
        float max = 0;
        for (int i = from; i < to; i++) {
            max = Math.max(max, Math.abs(dense[i]));
        }
        float scale = (float) ((double) max / maxCode);
        // A scale that would vanish in the division is the least float there is: the codes are small then.
        return scale == 0 && max > 0 ? Float.MIN_VALUE : scale;
    }

    /** The code nearest to {@code x / scale}, halves away from zero; 0 if the scale is 0. */
    static byte code(float x, float scale, int maxCode) {
        if (scale == 0) {
            return 0;
        }
        double q = Math.floor(Math.abs((double) x) / scale + 0.5);
        return (byte) (Math.min(q, maxCode) * Math.signum(x));
    }

    /** Codes of a whole matrix, row by row. */
    static byte[] codes(float[] dense, int rows, int columns, float[] scales, int maxCode) {
        byte[] codes = new byte[rows * columns];
        for (int row = 0; row < rows; row++) {
            for (int i = row * columns; i < (row + 1) * columns; i++) {
                codes[i] = code(dense[i], scales[row], maxCode);
            }
        }
        return codes;
    }
}
