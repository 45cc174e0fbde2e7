package espalier.tensor.cpu.vector.packed;

import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.packed.BinaryMatrix;
import espalier.tensor.packed.BlockMatrix;
import espalier.tensor.packed.CsrMatrix;
import espalier.tensor.packed.DenseMatrix;
import espalier.tensor.packed.PackedMatrix;
import espalier.tensor.packed.QuantizedMatrix;

/**
 * The rows of a {@link PackedMatrix} in the order in which a kernel reads them, made once and used for many products.
 *
 * <p>The kernels know nothing of the shape of the right operand but its {@link RightLayout}.
 */
abstract sealed class PackedRows permits SparseRows, QuantizedRows, BinaryRows {
    /** Rows that are taken at once, their values side by side. */
    static final int STRIP = 4;

    /** Cycles of a task: about 100 microseconds. */
    static final long TASK_CYCLES = 400_000;

    /** The number of rows, the outputs. */
    final int rows;

    /** The number of columns, the inputs. */
    final int columns;

    private final Span zeros;

    PackedRows(PackedMatrix matrix) {
        rows = matrix.rows();
        columns = matrix.columns();
        zeros = new Span(new float[rows], 0);
    }

    static PackedRows of(PackedMatrix matrix) {
        return switch (matrix) {
            case DenseMatrix _ -> throw new IllegalArgumentException("dense rows belong to DenseKernel");
            case CsrMatrix csr -> SparseRows.of(csr);
            case BlockMatrix blocks -> SparseRows.of(blocks);
            case QuantizedMatrix quantized -> new QuantizedRows(quantized);
            case BinaryMatrix binary -> new BinaryRows(binary);
        };
    }

    /** About how many cycles one vector of results takes, of all rows; measured with 16 lanes. */
    abstract double cycles(Lane lane);

    /** Rows may be shared out among tasks at multiples of this. */
    abstract int rowStep();

    /** Into how many parts the rows can be cut, at least 1. */
    final int mostSplits() {
        return Math.max(1, Math.ceilDiv(rows, rowStep()));
    }

    /** Where a part of the rows begins, if there are so many. */
    final int firstRow(int split, int splits) {
        long steps = Math.ceilDiv(rows, rowStep());
        return Math.min(rows, (int) (steps * split / splits) * rowStep());
    }

    /** What the sums start from. */
    final Span start(Span bias) {
        return bias.isEmpty() ? zeros : bias;
    }

    /** The table of a {@link RightLayout}, from the offset of each column. */
    abstract int[] table(int[] columnOffsets);

    /**
     * Computes rows {@code [fromRow, toRow)} of the product.
     *
     * <pre>
     *   c[cBase + r * tile.rowStride + cStarts[v] + j] = bias[r] + sum over k of
     *           matrix[r][k] * x[xBase + offsets[k] + xStarts[v] + j]
     * </pre>
     *
     * @param right how {@code x} is read
     * @param fromRow a multiple of {@link #rowStep}
     * @param toRow such a multiple, or the number of rows
     * @param bias a value for each row, or none
     */
    abstract void multiply(
            RightLayout right, float[] x, int xBase, float[] c, int cBase, int fromRow, int toRow, Span bias);

    /**
     * Computes elements {@code [fromRow, toRow)} of the product with one column: {@code y[r] = bias[r] + sum over k of
     * matrix[r][k] * x[k]}. Here vectors run along the rows or the columns of the matrix, so the order of the sum is
     * another one than in {@link #multiply}.
     */
    abstract void multiplyVector(Span x, Span y, int fromRow, int toRow, Span bias);
}
