package espalier.tensor.packed;

import java.util.Arrays;

/**
 * Compressed sparse rows: for each row, the columns whose value is not zero, ascending, and those values.
 *
 * <pre>
 *   [ 0 5 0 ]      row pointers  0 1 1 3      row i owns entries [pointer(i), pointer(i + 1))
 *   [ 0 0 0 ]      columns       1 0 2
 *   [ 7 0 9 ]      values        5 7 9
 * </pre>
 *
 * <p>An entry costs 8 bytes, so this saves memory when more than half of the elements are zero, and time when more than
 * about two thirds are. If zeros may be placed freely, {@link BlockMatrix} is much faster for the same number of them.
 */
public final class CsrMatrix extends PackedMatrix {
    private final int[] rowPointers;
    private final int[] columnIndices;
    private final float[] values;

    /**
     * A matrix from its three arrays, which are copied.
     *
     * @param rowPointers {@code rows + 1} numbers from 0 to the number of entries, never falling
     * @param columnIndices the column of each entry, ascending within a row
     * @param values the value of each entry; zeros are kept
     * @throws IllegalArgumentException if the arrays do not fit together, saying where
     */
    public CsrMatrix(int rows, int columns, int[] rowPointers, int[] columnIndices, float[] values) {
        super(rows, columns);
        this.rowPointers = rowPointers.clone();
        this.columnIndices = columnIndices.clone();
        this.values = values.clone();
        if (this.columnIndices.length != this.values.length) {
            throw new IllegalArgumentException("CsrMatrix: " + this.columnIndices.length + " column indices, but "
                    + this.values.length + " values");
        }
        SparseIndex.check("CsrMatrix", rows, columns, this.rowPointers, this.columnIndices);
    }

    private CsrMatrix(int rows, int columns, int[] rowPointers, int entries) {
        super(rows, columns);
        this.rowPointers = rowPointers;
        this.columnIndices = new int[entries];
        this.values = new float[entries];
    }

    /**
     * The elements of {@code dense [rows, columns]} that are not zero; {@code -0.0} is zero.
     *
     * @throws IllegalArgumentException if the array does not have {@code rows * columns} elements
     */
    public static CsrMatrix of(float[] dense, int rows, int columns) {
        DenseInput.check("CsrMatrix", dense, rows, columns);
        int[] pointers = new int[rows + 1];
        for (int row = 0; row < rows; row++) {
            int count = 0;
            for (int column = 0; column < columns; column++) {
                count += dense[row * columns + column] != 0 ? 1 : 0;
            }
            pointers[row + 1] = pointers[row] + count;
        }
        var matrix = new CsrMatrix(rows, columns, pointers, pointers[rows]);
        int entry = 0;
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                float value = dense[row * columns + column];
                if (value != 0) {
                    matrix.columnIndices[entry] = column;
                    matrix.values[entry++] = value;
                }
            }
        }
        return matrix;
    }

    /** The number of stored entries, explicit zeros included. */
    public int entries() {
        return values.length;
    }

    /** The first entry of a row; {@code rowPointer(rows())} is the number of entries. */
    public int rowPointer(int row) {
        return rowPointers[row];
    }

    /** The column of an entry. */
    public int column(int entry) {
        return columnIndices[entry];
    }

    /** The value of an entry. */
    public float value(int entry) {
        return values[entry];
    }

    @Override
    public long nonZeros() {
        return count(values);
    }

    @Override
    public void unpack(float[] to) {
        Arrays.fill(to, 0, rows() * columns(), 0f);
        for (int row = 0; row < rows(); row++) {
            for (int entry = rowPointers[row]; entry < rowPointers[row + 1]; entry++) {
                to[row * columns() + columnIndices[entry]] = values[entry];
            }
        }
    }

    @Override
    Object[] parts() {
        return new Object[] {rowPointers, columnIndices, values};
    }

    @Override
    public String toString() {
        return "CsrMatrix[" + rows() + " x " + columns() + ", " + values.length + " entries]";
    }
}
