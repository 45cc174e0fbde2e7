package espalier.tensor.packed;

/**
 * A matrix of floats with nothing left out: the form for layers that are not compressed.
 *
 * <p>It saves no memory. {@link PackedWeights} of it saves time: a product of dense tensors first copies the weights
 * into the order in which the kernel reads them, and for one image that copy can take as long as the product. Here it
 * is made once.
 */
public final class DenseMatrix extends PackedMatrix {
    private final float[] values;

    private DenseMatrix(int rows, int columns, float[] values) {
        super(rows, columns);
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

    /** The element at a row and column. */
    public float value(int row, int column) {
        return values[row * columns() + column];
    }

    @Override
    public long nonZeros() {
        return count(values);
    }

    @Override
    public void unpack(float[] to) {
        System.arraycopy(values, 0, to, 0, values.length);
    }

    @Override
    Object[] parts() {
        return new Object[] {values};
    }
}
