package espalier.tensor.packed;

import java.util.Arrays;

/**
 * Sparse column blocks: {@code height} neighbouring rows share the columns they keep, so that one load of an input
 * serves {@code height} outputs.
 *
 * <pre>
 *   height 2:  [ 0 5 0 ]      block row 0 keeps columns 1 and 2: values 5 6, 0 8
 *              [ 0 6 8 ]
 *              [ 7 0 0 ]      block row 1 keeps column 0: values 7 and a zero for the row that is not there
 * </pre>
 *
 * <p>With 4 rows to a block the product runs near the speed of a dense one on the values that are left, at any
 * sparsity; single zeros ({@link CsrMatrix}) pay only when they are many. Prune in groups of 4 output channels to use
 * this.
 */
public final class BlockMatrix extends PackedMatrix {
    /** The height that suits the product's kernels. */
    public static final int DEFAULT_HEIGHT = 4;

    /** The greatest height. */
    public static final int MAX_HEIGHT = 16;

    private final int height;
    private final int[] blockPointers;
    private final int[] columnIndices;
    private final float[] values;

    /**
     * A matrix from its arrays, which are copied.
     *
     * @param height rows in a block, 1 to {@link #MAX_HEIGHT}
     * @param blockPointers for {@code ceil(rows / height)} block rows, as in {@link CsrMatrix}
     * @param columnIndices the column of each block, ascending within a block row
     * @param values {@code height} values for each block, top to bottom; zeros below the last row
     * @throws IllegalArgumentException if the arrays do not fit together, saying where
     */
    public BlockMatrix(int rows, int columns, int height, int[] blockPointers, int[] columnIndices, float[] values) {
        super(rows, columns);
        checkHeight(height);
        this.height = height;
        this.blockPointers = blockPointers.clone();
        this.columnIndices = columnIndices.clone();
        this.values = values.clone();
        int blockRows = Math.ceilDiv(rows, height);
        SparseIndex.check("BlockMatrix", blockRows, columns, this.blockPointers, this.columnIndices);
        if (this.values.length != (long) height * this.columnIndices.length) {
            throw new IllegalArgumentException(
                    "BlockMatrix: " + this.columnIndices.length + " blocks of height " + height
                            + " need " + (long) height * this.columnIndices.length + " values, but there are "
                            + this.values.length);
        }
        checkPadding(blockRows);
    }

    private BlockMatrix(int rows, int columns, int height, int[] blockPointers, int blocks) {
        super(rows, columns);
        this.height = height;
        this.blockPointers = blockPointers;
        this.columnIndices = new int[blocks];
        this.values = new float[Math.multiplyExact(blocks, height)];
    }

    /** As {@link #of(float[], int, int, int)} with {@link #DEFAULT_HEIGHT}. */
    public static BlockMatrix of(float[] dense, int rows, int columns) {
        return of(dense, rows, columns, DEFAULT_HEIGHT);
    }

    /**
     * The blocks of {@code dense [rows, columns]} in which some value is not zero.
     *
     * @throws IllegalArgumentException if the array does not have {@code rows * columns} elements or the height is not
     *     1 to {@link #MAX_HEIGHT}
     */
    public static BlockMatrix of(float[] dense, int rows, int columns, int height) {
        DenseInput.check("BlockMatrix", dense, rows, columns);
        checkHeight(height);
        int blockRows = Math.ceilDiv(rows, height);
        int[] pointers = new int[blockRows + 1];
        for (int blockRow = 0; blockRow < blockRows; blockRow++) {
            int count = 0;
            for (int column = 0; column < columns; column++) {
                count += isKept(dense, rows, columns, height, blockRow, column) ? 1 : 0;
            }
            pointers[blockRow + 1] = pointers[blockRow] + count;
        }
        var matrix = new BlockMatrix(rows, columns, height, pointers, pointers[blockRows]);
        int block = 0;
        for (int blockRow = 0; blockRow < blockRows; blockRow++) {
            for (int column = 0; column < columns; column++) {
                if (isKept(dense, rows, columns, height, blockRow, column)) {
                    matrix.columnIndices[block] = column;
                    int last = Math.min(height, rows - blockRow * height);
                    for (int i = 0; i < last; i++) {
                        // adding +0.0 turns -0.0 into +0.0
                        matrix.values[block * height + i] = dense[(blockRow * height + i) * columns + column] + 0f;
                    }
                    block++;
                }
            }
        }
        return matrix;
    }

    private static boolean isKept(float[] dense, int rows, int columns, int height, int blockRow, int column) {
        int end = Math.min(rows, (blockRow + 1) * height);
        for (int row = blockRow * height; row < end; row++) {
            if (dense[row * columns + column] != 0) {
                return true;
            }
        }
        return false;
    }

    private static void checkHeight(int height) {
        if (height < 1 || height > MAX_HEIGHT) {
            throw new IllegalArgumentException("BlockMatrix: height must be 1 to " + MAX_HEIGHT + ", got " + height);
        }
    }

    private void checkPadding(int blockRows) {
        int present = rows() - (blockRows - 1) * height; // rows of the last block row that are there
        if (blockRows == 0 || present == height) {
            return;
        }
        for (int block = blockPointers[blockRows - 1]; block < blockPointers[blockRows]; block++) {
            for (int i = present; i < height; i++) {
                if (values[block * height + i] != 0) {
                    throw new IllegalArgumentException("BlockMatrix: values below the last row must be zero, but block "
                            + block + " holds " + values[block * height + i]);
                }
            }
        }
    }

    /** The rows in a block. */
    public int height() {
        return height;
    }

    /** The number of block rows, {@code rows / height} rounded up. */
    public int blockRows() {
        return blockPointers.length - 1;
    }

    /** The number of stored blocks. */
    public int blocks() {
        return columnIndices.length;
    }

    /** The first block of a block row; {@code blockPointer(blockRows())} is the number of blocks. */
    public int blockPointer(int blockRow) {
        return blockPointers[blockRow];
    }

    /** The column of a block. */
    public int column(int block) {
        return columnIndices[block];
    }

    /** The value of a block in its row {@code i}, counted from the top of the block. */
    public float value(int block, int i) {
        return values[block * height + i];
    }

    @Override
    public long nonZeros() {
        return count(values);
    }

    @Override
    public void unpack(float[] to) {
        Arrays.fill(to, 0, rows() * columns(), 0f);
        for (int blockRow = 0; blockRow < blockRows(); blockRow++) {
            int present = Math.min(height, rows() - blockRow * height);
            for (int block = blockPointers[blockRow]; block < blockPointers[blockRow + 1]; block++) {
                for (int i = 0; i < present; i++) {
                    to[(blockRow * height + i) * columns() + columnIndices[block]] = values[block * height + i];
                }
            }
        }
    }

    @Override
    Object[] parts() {
        return new Object[] {height, blockPointers, columnIndices, values};
    }

    @Override
    public String toString() {
        return "BlockMatrix[" + rows() + " x " + columns() + ", " + blocks() + " blocks of " + height + " x 1]";
    }
}
