package espalier.tensor.packed;

/** The index that rows of elements and rows of blocks share: pointers into ascending columns. */
final class SparseIndex {
    private SparseIndex() {}

    /**
     * Checks that {@code pointers} cut {@code columnIndices} into {@code rows} ascending runs of columns.
     *
     * @throws IllegalArgumentException saying what is wrong and in which row
     */
    static void check(String form, int rows, int columns, int[] pointers, int[] columnIndices) {
        if (pointers.length != rows + 1) {
            throw new IllegalArgumentException(form + ": " + rows + " rows need " + (rows + 1)
                    + " row pointers, but there are " + pointers.length);
        }
        if (pointers[0] != 0 || pointers[rows] != columnIndices.length) {
            throw new IllegalArgumentException(form + ": row pointers must run from 0 to the number of entries "
                    + columnIndices.length + ", but run from " + pointers[0] + " to " + pointers[rows]);
        }
        for (int row = 0; row < rows; row++) {
            if (pointers[row] > pointers[row + 1]) {
                throw new IllegalArgumentException(form + ": row pointers must not fall, but after row " + row
                        + " they go from " + pointers[row] + " to " + pointers[row + 1]);
            }
        }
        for (int row = 0; row < rows; row++) {
            int previous = -1;
            for (int entry = pointers[row]; entry < pointers[row + 1]; entry++) {
                int column = columnIndices[entry];
                if (column < 0 || column >= columns) {
                    throw new IllegalArgumentException(
                            form + ": column " + column + " in row " + row + " is outside the " + columns + " columns");
                }
                if (column <= previous) {
                    throw new IllegalArgumentException(form + ": columns of a row must ascend, but in row " + row
                            + " column " + column + " follows " + previous);
                }
                previous = column;
            }
        }
    }
}
