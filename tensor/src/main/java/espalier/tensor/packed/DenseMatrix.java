package espalier.tensor.packed;

import java.util.Arrays;

/**
 * A matrix of floats with nothing left out: the form for layers that are not compressed.
 *
 * <p>It saves no memory. {@link PackedWeights} of it saves time: a product of dense tensors first copies the weights into
 * the order in which the kernel reads them, and for one image that copy can take as long as the product. Here it is
 * made once.
 */
public final class DenseMatrix implements PackedMatrix {
    private final int rows;
    private final int columns;
    private final float[] values;

    private DenseMatrix(int rows, int columns, float[] values) {
        this.rows = rows;
        this.columns = columns;
        this.values = values;
    }

    /**
     * A matrix from its elements, row by row; they are copied.
     *
     * @throws IllegalArgumentException if the array does not have {@code rows * columns} elements
     */
    public static DenseMatrix of(float[] dense, int rows, int columns) {
        DenseInput.check("DenseMatrix", dense, rows, columns);
        return new DenseMatrix(rows, columns, dense.clone());
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public int columns() {
        return columns;
    }

    /** The element at a row and column. */
    public float value(int row, int column) {
        return values[row * columns + column];
    }

    @Override
    public long nonZeros() {
        long count = 0;
        for (float value : values) {
            count += value != 0 ? 1 : 0;
        }
        return count;
    }

    @Override
    public long bytes() {
        return 4L * values.length;
    }

    @Override
    public float[] toDense() {
        return values.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof DenseMatrix that
                && rows == that.rows
                && columns == that.columns
                && Arrays.equals(values, that.values);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * rows + columns) + Arrays.hashCode(values);
    }

    @Override
    public String toString() {
        return "DenseMatrix[" + rows + " x " + columns + "]";
    }
}
