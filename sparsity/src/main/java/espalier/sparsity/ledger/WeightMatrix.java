package espalier.sparsity.ledger;

import espalier.tensor.Shape;

/**
 * A layer's weights as a matrix: {@code [O, I, kH, kW]} is O rows of I·kH·kW columns.
 *
 * @param rows how many outputs
 * @param columns how many weights an output has
 * @param values row by row
 * @param nonZeros how many of them are not zero
 * @param codebook of the non-zeros
 * @param withZero of all of them, zero being one more value
 */
record WeightMatrix(int rows, int columns, float[] values, long nonZeros, Codebook codebook, Codebook withZero) {
    static WeightMatrix of(Shape shape, float[] values) {
        int rows = shape.rank() == 0 ? 1 : Math.max(1, shape.dim(0));
        long nonZeros = 0;
        for (float value : values) {
            nonZeros += value != 0 ? 1 : 0;
        }
        return new WeightMatrix(
                rows,
                values.length / rows,
                values,
                nonZeros,
                Codebook.of(values, rows, false),
                Codebook.of(values, rows, true));
    }

    /** The codebook for so many stored values: if they are more than the non-zeros, zero is among them. */
    Codebook codebookFor(long stored) {
        return stored > nonZeros ? withZero : codebook;
    }

    /** Rows in which something is left. */
    int keptRows() {
        int kept = 0;
        for (int row = 0; row < rows; row++) {
            kept += anyInRow(row) ? 1 : 0;
        }
        return kept;
    }

    /** Columns in which something is left. */
    int keptColumns() {
        int kept = 0;
        for (int column = 0; column < columns; column++) {
            kept += anyInColumn(column, 0, rows) ? 1 : 0;
        }
        return kept;
    }

    /** Groups of {@code height} neighbouring rows of a column in which something is left. */
    long keptBlocks(int height) {
        long kept = 0;
        for (int top = 0; top < rows; top += height) {
            for (int column = 0; column < columns; column++) {
                kept += anyInColumn(column, top, Math.min(rows, top + height)) ? 1 : 0;
            }
        }
        return kept;
    }

    private boolean anyInRow(int row) {
        for (int i = row * columns; i < (row + 1) * columns; i++) {
            if (values[i] != 0) {
                return true;
            }
        }
        return false;
    }

    private boolean anyInColumn(int column, int from, int to) {
        for (int row = from; row < to; row++) {
            if (values[row * columns + column] != 0) {
                return true;
            }
        }
        return false;
    }
}
