package espalier.tensor.packed;

import java.util.Arrays;

/** Which elements of a quantized matrix share a scale. */
public enum Scaling {
    /** One scale for each row: an output channel. More exact, and no slower. */
    PER_ROW,
    /** The same scale in all rows. */
    PER_MATRIX;

    /** The scale that suits the elements from {@code from} (included) to {@code to} (not). */
    interface Fit {
        float scale(int from, int to);
    }

    /** A scale for each row of a matrix. */
    float[] scales(int rows, int columns, Fit fit) {
        float[] scales = new float[rows];
        switch (this) {
            case PER_MATRIX -> Arrays.fill(scales, fit.scale(0, rows * columns));
            case PER_ROW -> {
                for (int row = 0; row < rows; row++) {
                    scales[row] = fit.scale(row * columns, (row + 1) * columns);
                }
            }
        }
        return scales;
    }
}
