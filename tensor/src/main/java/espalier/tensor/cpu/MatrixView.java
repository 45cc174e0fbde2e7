package espalier.tensor.cpu;

/**
 * A matrix inside an array: element {@code (i, j)} is {@code values[offset + i * rowStride + j * columnStride]}.
 *
 * <p>Row-major matrices have column stride 1, their transposes row stride 1. Strides may be 0 (one row or column read
 * many times) or negative.
 */
public record MatrixView(float[] values, int offset, int rows, int columns, int rowStride, int columnStride) {
    /** A row-major matrix without gaps that fills an array from its start. */
    public static MatrixView of(float[] values, int rows, int columns) {
        return new MatrixView(values, 0, rows, columns, columns, 1);
    }

    /** The same elements with rows and columns exchanged; nothing is copied. */
    public MatrixView transposed() {
        return new MatrixView(values, offset, columns, rows, columnStride, rowStride);
    }

    /** The columns from {@code column} on; nothing is copied. */
    public MatrixView fromColumn(int column) {
        return new MatrixView(values, offset + column * columnStride, rows, columns - column, rowStride, columnStride);
    }

    /** Where element {@code (row, column)} lies in {@link #values}. */
    public int at(int row, int column) {
        return offset + row * rowStride + column * columnStride;
    }

    /**
     * Requires {@code a [M, K]}, {@code b [K, N]} and {@code c [M, N]}.
     *
     * @throws IllegalArgumentException naming all three shapes
     */
    public static void requireProduct(MatrixView a, MatrixView b, MatrixView c) {
        if (a.columns != b.rows || c.rows != a.rows || c.columns != b.columns) {
            throw new IllegalArgumentException(
                    "matmul: sizes do not fit: lhs " + a.shape() + ", rhs " + b.shape() + ", result " + c.shape());
        }
    }

    private String shape() {
        return "[" + rows + ", " + columns + "]";
    }
}
