package espalier.tensor.packed;

/** Checks of the arguments that all forms share; the messages name the form that was asked for. */
final class DenseInput {
    private DenseInput() {}

    static void checkSize(String form, int rows, int columns) {
        if (rows < 0 || columns < 0) {
            throw new IllegalArgumentException(
                    form + ": rows and columns must not be negative, got " + rows + " x " + columns);
        }
        if ((long) rows * columns > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    form + ": " + rows + " x " + columns + " elements are more than an array can hold");
        }
    }

    static void check(String form, float[] dense, int rows, int columns) {
        checkSize(form, rows, columns);
        if (dense.length != rows * columns) {
            throw new IllegalArgumentException(form + ": a matrix of " + rows + " x " + columns + " has "
                    + rows * columns + " elements, but the array has " + dense.length);
        }
    }

    /** Quantized forms have no code for NaN or infinity. */
    static void checkFinite(String form, float[] dense, int columns) {
        for (int i = 0; i < dense.length; i++) {
            if (!Float.isFinite(dense[i])) {
                throw new IllegalArgumentException(form + ": the element at row " + i / columns + ", column "
                        + i % columns + " is " + dense[i] + "; only finite values can be quantized");
            }
        }
    }

    static void checkScales(String form, float[] scales, int rows) {
        if (scales.length != rows) {
            throw new IllegalArgumentException(
                    form + ": " + rows + " rows need as many scales, but there are " + scales.length);
        }
        for (int row = 0; row < rows; row++) {
            if (!Float.isFinite(scales[row]) || scales[row] < 0) {
                throw new IllegalArgumentException(form + ": the scale of row " + row + " is " + scales[row]
                        + "; scales must be finite and not negative");
            }
        }
    }

    static void checkCodes(String form, byte[] codes, int rows, int columns, int most) {
        checkSize(form, rows, columns);
        if (codes.length != rows * columns) {
            throw new IllegalArgumentException(form + ": a matrix of " + rows + " x " + columns + " has "
                    + rows * columns + " codes, but the array has " + codes.length);
        }
        for (int i = 0; i < codes.length; i++) {
            if (codes[i] < -most || codes[i] > most) {
                throw new IllegalArgumentException(form + ": the code at row " + i / columns + ", column " + i % columns
                        + " is " + codes[i] + ", outside -" + most + " to " + most);
            }
        }
    }
}
