package espalier.tensor.cpu.vector.packed;

import espalier.tensor.cpu.vector.conv.ConvTile;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.packed.BlockMatrix;
import espalier.tensor.packed.CsrMatrix;
import espalier.tensor.packed.PackedMatrix;

/**
 * Sparse rows for {@link ConvTile}: strips of 1 to 4 rows that keep the same columns. The tile runs over the columns a
 * strip has kept, and their values lie together for each column.
 *
 * <p>A strip of one row loads a vector of the right operand for every multiply-add, a strip of four rows for every
 * fourth. That is why blocks are faster than single elements.
 */
final class SparseRows extends PackedRows {
    private final int height;
    private final int[] pointers;
    private final int[] columnIndices;
    private final float[] values;
    private final long work;

    private SparseRows(PackedMatrix matrix, int height, int[] pointers, int[] columnIndices, float[] values) {
        super(matrix);
        this.height = height;
        this.pointers = pointers;
        this.columnIndices = columnIndices;
        this.values = values;
        this.work = (long) values.length + rows;
    }

    static SparseRows of(CsrMatrix matrix) {
        int[] pointers = new int[matrix.rows() + 1];
        for (int row = 0; row <= matrix.rows(); row++) {
            pointers[row] = matrix.rowPointer(row);
        }
        int[] columns = new int[matrix.entries()];
        float[] values = new float[columns.length];
        for (int entry = 0; entry < columns.length; entry++) {
            columns[entry] = matrix.column(entry);
            values[entry] = matrix.value(entry);
        }
        return new SparseRows(matrix, 1, pointers, columns, values);
    }

    static SparseRows of(BlockMatrix matrix) {
        int height = matrix.height();
        int[] pointers = new int[matrix.blockRows() + 1];
        for (int blockRow = 0; blockRow <= matrix.blockRows(); blockRow++) {
            pointers[blockRow] = matrix.blockPointer(blockRow);
        }
        int[] columns = new int[matrix.blocks()];
        float[] values = new float[columns.length * height];
        for (int blockRow = 0; blockRow < matrix.blockRows(); blockRow++) {
            int present = Math.min(height, matrix.rows() - blockRow * height);
            int count = pointers[blockRow + 1] - pointers[blockRow];
            for (int block = pointers[blockRow]; block < pointers[blockRow + 1]; block++) {
                columns[block] = matrix.column(block);
                int inRow = block - pointers[blockRow];
                for (int top = 0; top < present; top += PackedRows.STRIP) {
                    int strip = Math.min(PackedRows.STRIP, present - top);
                    int at = pointers[blockRow] * height + top * count + inRow * strip;
                    for (int i = 0; i < strip; i++) {
                        values[at + i] = matrix.value(block, top + i);
                    }
                }
            }
        }
        return new SparseRows(matrix, height, pointers, columns, values);
    }

    @Override
    long work() {
        return work;
    }

    @Override
    int rowStep() {
        return height;
    }

    @Override
    int[] table(int[] columnOffsets) {
        int[] table = new int[columnIndices.length];
        for (int i = 0; i < table.length; i++) {
            table[i] = columnOffsets[columnIndices[i]];
        }
        return table;
    }

    @Override
    void multiply(
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
            int biasAt) {
        for (int v = from; v < to; ) { // the vectors' part of x stays in the cache for all rows
            int width = width(tile, v, to);
            int end = Math.min(to, v + width);
            if (width == 8) {
                for (int row = fromRow; row < toRow; row++) {
                    int first = pointers[row];
                    SparseTile.oneRow(
                            first,
                            pointers[row + 1] - first,
                            values,
                            table,
                            x,
                            xBase + tile.xStart(v),
                            c,
                            cBase + tile.cStart(v) + row * tile.rowStride(),
                            bias.length > 0 ? bias[biasAt + row] : 0f);
                }
            } else if (height == 1) {
                multiplySingles(table, x, xBase, tile, c, cBase, v, end - 1, fromRow, toRow, bias, biasAt);
            } else if (width == 2) {
                int whole = toRow / PackedRows.STRIP * PackedRows.STRIP;
                multiplyFours(table, x, xBase, tile, c, cBase, v, end - 1, fromRow, whole, bias, biasAt);
                multiplyStrips(table, x, xBase, tile, c, cBase, v, end, Math.max(fromRow, whole), toRow, bias, biasAt);
            } else {
                multiplyStrips(table, x, xBase, tile, c, cBase, v, end, fromRow, toRow, bias, biasAt);
            }
            v = end;
        }
    }

    /** Whole strips of four rows times two vectors. */
    private void multiplyFours(
            int[] table,
            float[] x,
            int xBase,
            ConvTile tile,
            float[] c,
            int cBase,
            int v,
            int last,
            int fromRow,
            int toRow,
            float[] bias,
            int biasAt) {
        boolean biased = bias.length > 0;
        int x0 = xBase + tile.xStart(v);
        int x1 = xBase + tile.xStart(last);
        int c0 = cBase + tile.cStart(v);
        int c1 = cBase + tile.cStart(last);
        int rowStride = tile.rowStride();
        for (int row = fromRow; row < toRow; row += PackedRows.STRIP) {
            int first = pointers[row / PackedRows.STRIP];
            int count = pointers[row / PackedRows.STRIP + 1] - first;
            SparseTile.fourRows(
                    first,
                    count,
                    values,
                    table,
                    x,
                    x0,
                    x1,
                    c,
                    c0 + row * rowStride,
                    c1 + row * rowStride,
                    rowStride,
                    biased ? bias : ConvTile.NO_BIAS,
                    biased ? biasAt + row : 0);
        }
    }

    /** Rows of their own times four vectors, which need not be neighbours; the last may be taken several times. */
    private void multiplySingles(
            int[] table,
            float[] x,
            int xBase,
            ConvTile tile,
            float[] c,
            int cBase,
            int v,
            int last,
            int fromRow,
            int toRow,
            float[] bias,
            int biasAt) {
        int v1 = Math.min(v + 1, last);
        int v2 = Math.min(v + 2, last);
        int v3 = Math.min(v + 3, last);
        int x0 = xBase + tile.xStart(v);
        int x1 = xBase + tile.xStart(v1);
        int x2 = xBase + tile.xStart(v2);
        int x3 = xBase + tile.xStart(v3);
        for (int row = fromRow; row < toRow; row++) {
            int first = pointers[row];
            int to = cBase + row * tile.rowStride();
            SparseTile.oneRow(
                    first,
                    pointers[row + 1] - first,
                    values,
                    table,
                    x,
                    x0,
                    x1,
                    x2,
                    x3,
                    c,
                    to + tile.cStart(v),
                    to + tile.cStart(v1),
                    to + tile.cStart(v2),
                    to + tile.cStart(v3),
                    bias.length > 0 ? bias[biasAt + row] : 0f);
        }
    }

    /** How many vectors to take at once, from vector {@code v}. */
    private int width(ConvTile tile, int v, int to) {
        return switch (height) {
            case 1 -> v + 8 <= to && tile.areNeighbours(v, v + 8) ? 8 : 4;
            case 3 -> 3;
            case 4 -> Lanes.COUNT == 8 ? 2 : 4;
            default -> 4;
        };
    }

    private void multiplyStrips(
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
            int biasAt) {
        boolean biased = bias.length > 0;
        for (int top = fromRow; top < toRow; top += height) {
            int first = pointers[top / height];
            int count = pointers[top / height + 1] - first;
            int bottom = Math.min(toRow, top + height);
            for (int row = top; row < bottom; row += PackedRows.STRIP) {
                int strip = Math.min(PackedRows.STRIP, bottom - row);
                int at = first * height + (row - top) * count;
                tile.run(
                        strip,
                        count,
                        values,
                        at,
                        table,
                        first,
                        x,
                        xBase,
                        c,
                        cBase + row * tile.rowStride(),
                        from,
                        to,
                        false,
                        biased ? bias : ConvTile.NO_BIAS,
                        biased ? biasAt + row : 0);
            }
        }
    }

    @Override
    void multiplyVector(float[] x, int xAt, float[] y, int yAt, int fromRow, int toRow, float[] bias, int biasAt) {
        boolean biased = bias.length > 0;
        for (int top = fromRow; top < toRow; top += height) {
            int first = pointers[top / height];
            int count = pointers[top / height + 1] - first;
            int bottom = Math.min(toRow, top + height);
            if (height == 1) {
                float sum = SparseTile.oneRowTimesVector(first, count, values, columnIndices, x, xAt);
                y[yAt + top] = biased ? bias[biasAt + top] + sum : sum;
            } else if (height == PackedRows.STRIP && bottom - top == height) {
                SparseTile.fourRowsTimesVector(
                        first,
                        count,
                        values,
                        columnIndices,
                        x,
                        xAt,
                        y,
                        yAt + top,
                        biased ? bias : ConvTile.NO_BIAS,
                        biased ? biasAt + top : 0);
            } else {
                for (int row = top; row < bottom; row++) {
                    float start = biased ? bias[biasAt + row] : 0f;
                    y[yAt + row] = start + inBlockTimesVector(first, count, row - top, bottom - top, x, xAt);
                }
            }
        }
    }

    /** Row {@code i} of a block row that has {@code present} rows, times one column. */
    private float inBlockTimesVector(int first, int count, int i, int present, float[] x, int xAt) {
        int top = i / PackedRows.STRIP * PackedRows.STRIP;
        int strip = Math.min(PackedRows.STRIP, present - top);
        int at = first * height + top * count + i - top;
        float sum = 0f;
        for (int t = 0; t < count; t++) {
            sum = Math.fma(values[at + t * strip], x[xAt + columnIndices[first + t]], sum);
        }
        return sum;
    }
}
