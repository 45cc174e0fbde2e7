package espalier.tensor.packed;

import java.util.Arrays;

/**
 * An immutable matrix, as a rule in a compressed form: the weights {@code [rows, columns]} of a pruned or quantized
 * layer.
 *
 * <p>Each form says which real matrix it stands for ({@link #toDense}) and how many bytes that takes ({@link #bytes}).
 * A product with it equals the product with {@link #toDense()} up to rounding.
 *
 * <table>
 * <caption>Forms, with bits per element of a large matrix; d is the fraction of elements that are not zero</caption>
 * <tr><th>form</th><th>holds</th><th>bits</th></tr>
 * <tr><td>{@link DenseMatrix}</td><td>any values, all of them</td><td>32</td></tr>
 * <tr><td>{@link CsrMatrix}</td><td>any values, zeros left out one by one</td><td>64 d</td></tr>
 * <tr><td>{@link BlockMatrix}</td><td>any values, zeros left out in groups of rows</td><td>32 d + 32 d / height</td></tr>
 * <tr><td>{@link Int8Matrix}</td><td>-127 to 127 times a scale</td><td>8</td></tr>
 * <tr><td>{@link Int4Matrix}</td><td>-7 to 7 times a scale</td><td>4</td></tr>
 * <tr><td>{@link TernaryMatrix}</td><td>-1, 0 or 1 times a scale</td><td>2</td></tr>
 * <tr><td>{@link BinaryMatrix}</td><td>-1 or 1 times a scale</td><td>1</td></tr>
 * </table>
 */
public abstract sealed class PackedMatrix permits DenseMatrix, CsrMatrix, BlockMatrix, QuantizedMatrix, BinaryMatrix {
    private final int rows;
    private final int columns;

    /** @throws IllegalArgumentException if a size is negative or their product more than an array can hold */
    PackedMatrix(int rows, int columns) {
        DenseInput.checkSize(getClass().getSimpleName(), rows, columns);
        this.rows = rows;
        this.columns = columns;
    }

    /** The number of rows, 0 or more. */
    public final int rows() {
        return rows;
    }

    /** The number of columns, 0 or more. */
    public final int columns() {
        return columns;
    }

    /** How many elements of {@link #toDense()} differ from zero. */
    public abstract long nonZeros();

    /** A new array {@code [rows, columns]}, row by row, of the matrix this stands for. */
    public final float[] toDense() {
        float[] dense = new float[rows * columns];
        unpack(dense);
        return dense;
    }

    /**
     * Writes the matrix this stands for to the first {@code rows * columns} elements of an array, row by row.
     *
     * @throws IndexOutOfBoundsException if the array is shorter
     */
    public abstract void unpack(float[] to);

    /** The arrays that hold this matrix, and what else tells it from others of its form and size. */
    abstract Object[] parts();

    /** The size of the arrays that hold this matrix, in bytes, without headers of objects. */
    public final long bytes() {
        long bytes = 0;
        for (Object part : parts()) {
            bytes += switch (part) {
                case byte[] array -> array.length;
                case int[] array -> 4L * array.length;
                case float[] array -> 4L * array.length;
                case long[] array -> 8L * array.length;
                default -> 0;
            };
        }
        return bytes;
    }

    /**
     * The product with {@code b [columns, n]}, row by row: a new array {@code [rows, n]}. Plain loops, for arrays;
     * layers use the kernels of a back end.
     *
     * @throws IllegalArgumentException if the array does not have {@code columns * n} elements
     */
    public final float[] times(float[] b, int n) {
        return PlainProduct.multiply(this, b, n);
    }

    /** How many values are not zero. */
    static long count(float[] values) {
        long count = 0;
        for (float value : values) {
            count += value != 0 ? 1 : 0;
        }
        return count;
    }

    /** Whether the other has the same form, size and content. */
    @Override
    public final boolean equals(Object other) {
        return other instanceof PackedMatrix that
                && getClass() == that.getClass()
                && rows == that.rows
                && columns == that.columns
                && Arrays.deepEquals(parts(), that.parts());
    }

    @Override
    public final int hashCode() {
        return 31 * (31 * rows + columns) + Arrays.deepHashCode(parts());
    }

    @Override
    public String toString() {
        return getClass().getSimpleName() + "[" + rows + " x " + columns + "]";
    }
}
