package espalier.tensor.packed;

/**
 * An immutable matrix, as a rule in a compressed form: the weights {@code [rows, columns]} of a pruned or quantized layer.
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
public sealed interface PackedMatrix permits DenseMatrix, CsrMatrix, BlockMatrix, QuantizedMatrix, BinaryMatrix {
    /** The number of rows, 0 or more. */
    int rows();

    /** The number of columns, 0 or more. */
    int columns();

    /** How many elements of {@link #toDense()} differ from zero. */
    long nonZeros();

    /** The size of the arrays that hold this matrix, in bytes, without headers of objects. */
    long bytes();

    /** A new array {@code [rows, columns]}, row by row, of the matrix this stands for. */
    float[] toDense();

    /**
     * The product with {@code b [columns, n]}, row by row: a new array {@code [rows, n]}. Plain loops, for arrays; layers
     * use the kernels of a back end.
     *
     * @throws IllegalArgumentException if the array does not have {@code columns * n} elements
     */
    default float[] times(float[] b, int n) {
        return PlainProduct.multiply(this, b, n);
    }
}
