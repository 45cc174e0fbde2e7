package espalier.tensor.cpu.vector;

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
                for (int top = 0; top < present; top += ConvTile.ROWS) {
                    int strip = Math.min(ConvTile.ROWS, present - top);
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
                SparseTile.oneRow(
                        fromRow,
                        toRow,
                        pointers,
                        values,
                        table,
                        x,
                        xBase + tile.xStart(v),
                        c,
                        cBase + tile.cStart(v),
                        tile.rowStride(),
                        bias,
                        biasAt);
            } else if (height == 1) {
                int v1 = Math.min(v + 1, end - 1);
                int v2 = Math.min(v + 2, end - 1);
                int v3 = Math.min(v + 3, end - 1);
                SparseTile.oneRow(
                        fromRow,
                        toRow,
                        pointers,
                        values,
                        table,
                        x,
                        xBase + tile.xStart(v),
                        xBase + tile.xStart(v1),
                        xBase + tile.xStart(v2),
                        xBase + tile.xStart(v3),
                        c,
                        cBase + tile.cStart(v),
                        cBase + tile.cStart(v1),
                        cBase + tile.cStart(v2),
                        cBase + tile.cStart(v3),
                        tile.rowStride(),
                        bias,
                        biasAt);
            } else if (width == 2) {
                int wholeStrips = toRow / ConvTile.ROWS;
                SparseTile.fourRows(
                        fromRow / ConvTile.ROWS,
                        wholeStrips,
                        pointers,
                        values,
                        table,
                        x,
                        xBase + tile.xStart(v),
                        xBase + tile.xStart(end - 1),
                        c,
                        cBase + tile.cStart(v),
                        cBase + tile.cStart(end - 1),
                        tile.rowStride(),
                        bias,
                        biasAt);
                multiplyStrips(
                        table,
                        x,
                        xBase,
                        tile,
                        c,
                        cBase,
                        v,
                        end,
                        Math.max(fromRow, wholeStrips * ConvTile.ROWS),
                        toRow,
                        bias,
                        biasAt);
            } else {
                multiplyStrips(table, x, xBase, tile, c, cBase, v, end, fromRow, toRow, bias, biasAt);
            }
            v = end;
        }
    }

    /** How many vectors to take at once, from vector {@code v}. */
    private int width(ConvTile tile, int v, int to) {
        return switch (height) {
            case 1 -> v + 8 <= to && tile.areNeighbours(v, v + 8) ? 8 : 4;
            case 3 -> 3;
            case 4 -> ConvTile.LANES == 8 ? 2 : 4;
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
            for (int row = top; row < bottom; row += ConvTile.ROWS) {
                int strip = Math.min(ConvTile.ROWS, bottom - row);
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
        if (height == ConvTile.ROWS) {
            SparseTile.blocksTimesVector(
                    fromRow / height, toRow / height, pointers, values, columnIndices, x, xAt, y, yAt, bias, biasAt);
            fromRow = Math.max(fromRow, toRow / height * height);
        }
        for (int top = fromRow; top < toRow; top += height) {
            int first = pointers[top / height];
            int count = pointers[top / height + 1] - first;
            int bottom = Math.min(toRow, top + height);
            for (int row = top; row < bottom; row++) {
                int inBlock = (row - top) / ConvTile.ROWS * ConvTile.ROWS;
                int strip = Math.min(ConvTile.ROWS, bottom - top - inBlock);
                int at = first * height + inBlock * count + (row - top - inBlock);
                float start = bias.length > 0 ? bias[biasAt + row] : 0f;
                y[yAt + row] = start + rowTimesVector(first, count, at, strip, x, xAt);
            }
        }
    }

    /** Four sums take turns, so that an addition need not wait for the one before. */
    private float rowTimesVector(int first, int count, int at, int strip, float[] x, int xAt) {
        float s0 = 0f;
        float s1 = 0f;
        float s2 = 0f;
        float s3 = 0f;
        int whole = count / 4;
        for (int i = 0; i < whole; i++) {
            int t = 4 * i;
            s0 += values[at + t * strip] * x[xAt + columnIndices[first + t]];
            s1 += values[at + (t + 1) * strip] * x[xAt + columnIndices[first + t + 1]];
            s2 += values[at + (t + 2) * strip] * x[xAt + columnIndices[first + t + 2]];
            s3 += values[at + (t + 3) * strip] * x[xAt + columnIndices[first + t + 3]];
        }
        for (int t = 4 * whole; t < count; t++) {
            s0 += values[at + t * strip] * x[xAt + columnIndices[first + t]];
        }
        return (s0 + s1) + (s2 + s3);
    }
}
