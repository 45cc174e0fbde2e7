package espalier.tensor.cpu.vector.packed;

import espalier.tensor.cpu.vector.conv.ConvTile;
import espalier.tensor.packed.BinaryMatrix;
import espalier.tensor.packed.BlockMatrix;
import espalier.tensor.packed.CsrMatrix;
import espalier.tensor.packed.DenseMatrix;
import espalier.tensor.packed.PackedMatrix;
import espalier.tensor.packed.QuantizedMatrix;

/**
 * The rows of a {@link PackedMatrix} in the order in which a kernel reads them, made once and used for many products.
 *
 * <p>The kernels know nothing of the shape of the right operand. They read it as {@link ConvTile} does: row k of it
 * begins at {@code offsets[k]}, and vector v of that row at {@code xStarts[v]} from there. With {@code offsets[k] = k *
 * n} this is a matrix; with the offsets of a padded image it is a convolution.
 */
abstract sealed class PackedRows permits SparseRows, QuantizedRows, BinaryRows {
    /** Rows that are taken at once, their values side by side. */
    static final int STRIP = 4;

    /** The number of rows, the outputs. */
    final int rows;

    /** The number of columns, the inputs. */
    final int columns;

    PackedRows(PackedMatrix matrix) {
        rows = matrix.rows();
        columns = matrix.columns();
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

    /** How long one vector of results takes, in multiply-adds of a vector. */
    abstract long work();

    /** Rows may be shared out among tasks at multiples of this. */
    abstract int rowStep();

    /** What {@link #multiply} wants as its offsets, from the offset of each column. */
    abstract int[] table(int[] columnOffsets);

    /**
     * Computes rows {@code [fromRow, toRow)} of vectors {@code [from, to)} of the product.
     *
     * <pre>
     *   c[cBase + r * tile.rowStride + cStarts[v] + j] = bias[r] + sum over k of
     *           matrix[r][k] * x[xBase + offsets[k] + xStarts[v] + j]
     * </pre>
     *
     * @param table from {@link #table}
     * @param tile where the vectors lie
     * @param bias a value for each row, or empty
     * @param fromRow a multiple of {@link #rowStep}
     * @param toRow such a multiple, or the number of rows
     */
    abstract void multiply(
            int[] table,
            float[] x,
            int xBase,
            ConvTile tile,
            float[] c,
            int cBase,
            int from,
            int to,
            int fromRow,
            int toRow,
            float[] bias,
            int biasAt);

    /**
     * Computes elements {@code [fromRow, toRow)} of the product with one column: {@code y[r] = bias[r] + sum over k of
     * matrix[r][k] * x[k]}. Here vectors run along the rows or the columns of the matrix, so the order of the sum is
     * another one than in {@link #multiply}.
     */
    abstract void multiplyVector(
            float[] x, int xAt, float[] y, int yAt, int fromRow, int toRow, float[] bias, int biasAt);
}
