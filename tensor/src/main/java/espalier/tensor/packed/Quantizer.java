package espalier.tensor.packed;

import java.util.Arrays;

/** The symmetric quantizers: scales from the values, and codes from values and scales. */
final class Quantizer {
    private Quantizer() {}

    /** {@code max|x| / maxCode} over each row, or over all of them; 0 where all is zero. */
    static float[] maxScales(float[] dense, int rows, int columns, Scaling scaling, int maxCode) {
        float[] scales = new float[rows];
        for (int row = 0; row < rows; row++) {
            float max = 0;
            for (int i = row * columns; i < (row + 1) * columns; i++) {
                max = Math.max(max, Math.abs(dense[i]));
            }
            scales[row] = max;
        }
        if (scaling == Scaling.PER_MATRIX) {
            float max = 0;
            for (float s : scales) {
                max = Math.max(max, s);
            }
            Arrays.fill(scales, max);
        }
        for (int row = 0; row < rows; row++) {
            float scale = (float) ((double) scales[row] / maxCode);
            // A scale that would vanish in the division is the least float there is: the codes are small then.
            scales[row] = scale == 0 && scales[row] > 0 ? Float.MIN_VALUE : scale;
        }
        return scales;
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
