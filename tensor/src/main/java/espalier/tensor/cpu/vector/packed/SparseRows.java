package espalier.tensor.cpu.vector.packed;

import espalier.tensor.cpu.vector.conv.ConvTile;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.Span;
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

    private SparseRows(PackedMatrix matrix, int height, int[] pointers, int[] columnIndices, float[] values) {
        super(matrix);
        this.height = height;
        this.pointers = pointers;
        this.columnIndices = columnIndices;
        this.values = values;
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
                for (int top = 0; top < present; top += STRIP) {
                    int strip = Math.min(STRIP, present - top);
                    int at = pointers[blockRow] * height + top * count + inRow * strip;
                    for (int i = 0; i < strip; i++) {
                        values[at + i] = matrix.value(block, top + i);
                    }
                }
            }
        }
        return new SparseRows(matrix, height, pointers, columns, values);
    }

    /** Neighbouring pixels are read from wherever they begin; images lie on cache lines. */
    @Override
    double cycles(Lane lane) {
        double perValue = height == 1 ? 1.6 : 0.9;
        return switch (lane) {
            case PIXEL -> 1.6 * perValue * values.length + 12.0 * rows;
            case IMAGE -> perValue * values.length + 8.0 * rows;
        };
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
    void multiply(RightLayout right, float[] x, int xBase, float[] c, int cBase, int fromRow, int toRow, Span bias) {
        int vectors = right.tile().vectors();
        for (int v = 0, width; v < vectors; v += width) { // the vectors' part of x stays in the cache for all rows
            width = width(right.tile(), v);
            if (width == 8) {
                multiplyEight(right, x, xBase, c, cBase, v, fromRow, toRow, bias);
            } else if (height == 1) {
                multiplySingles(right, x, xBase, c, cBase, v, fromRow, toRow, bias);
            } else if (width == 2) {
                int whole = toRow / STRIP * STRIP;
                multiplyFours(right, x, xBase, c, cBase, v, fromRow, whole, bias);
                multiplyStrips(right, x, xBase, c, cBase, v, Math.max(fromRow, whole), toRow, bias);
            } else {
                multiplyStrips(right, x, xBase, c, cBase, v, fromRow, toRow, bias);
            }
        }
    }

    /** How many vectors to take at once, from vector {@code v}. */
    private int width(ConvTile tile, int v) {
        return switch (height) {
            case 1 -> v + 8 <= tile.vectors() && tile.areNeighbours(v, v + 8) ? 8 : 4;
            case 3 -> 3;
            case 4 -> Lanes.COUNT == 8 ? 2 : 4;
            default -> 4;
        };
    }

    /** Rows of their own times eight vectors that are neighbours. */
    private void multiplyEight(
            RightLayout right, float[] x, int xBase, float[] c, int cBase, int v, int fromRow, int toRow, Span bias) {
        int[] table = right.table();
        int stride = right.tile().rowStride();
        int x0 = xBase + right.tile().xStart(v);
        int c0 = cBase + right.tile().cStart(v);
        for (int row = fromRow; row < toRow; row++) {
            int first = pointers[row];
            int count = pointers[row + 1] - first;
            SparseTile.oneRow(first, count, values, table, x, x0, c, c0 + row * stride, bias.orZero(row));
        }
    }

    /** Rows of their own times four vectors, which need not be neighbours; the last may be taken several times. */
    private void multiplySingles(
            RightLayout right, float[] x, int xBase, float[] c, int cBase, int v, int fromRow, int toRow, Span bias) {
        ConvTile tile = right.tile();
        int last = tile.vectors() - 1;
        int v1 = Math.min(v + 1, last);
        int v2 = Math.min(v + 2, last);
        int v3 = Math.min(v + 3, last);
        int x0 = xBase + tile.xStart(v);
        int x1 = xBase + tile.xStart(v1);
        int x2 = xBase + tile.xStart(v2);
        int x3 = xBase + tile.xStart(v3);
        for (int row = fromRow; row < toRow; row++) {
            int first = pointers[row];
            int count = pointers[row + 1] - first;
            int to = cBase + row * tile.rowStride();
            int c0 = to + tile.cStart(v);
            int c1 = to + tile.cStart(v1);
            int c2 = to + tile.cStart(v2);
            int c3 = to + tile.cStart(v3);
            float start = bias.orZero(row);
            SparseTile.oneRow(first, count, values, right.table(), x, x0, x1, x2, x3, c, c0, c1, c2, c3, start);
        }
    }

    /** Whole strips of four rows times two vectors. */
    private void multiplyFours(
            RightLayout right, float[] x, int xBase, float[] c, int cBase, int v, int fromRow, int toRow, Span bias) {
        ConvTile tile = right.tile();
        int last = Math.min(v + 1, tile.vectors() - 1);
        int[] table = right.table();
        int stride = tile.rowStride();
        int x0 = xBase + tile.xStart(v);
        int x1 = xBase + tile.xStart(last);
        int c0 = cBase + tile.cStart(v) + fromRow * stride;
        int c1 = cBase + tile.cStart(last) + fromRow * stride;
        float[] b = start(bias).array();
        int bAt = start(bias).at();
        for (int row = fromRow; row < toRow; row += STRIP, c0 += STRIP * stride, c1 += STRIP * stride) {
            int first = pointers[row / STRIP];
            int count = pointers[row / STRIP + 1] - first;
            SparseTile.fourRows(first, count, values, table, x, x0, x1, c, c0, c1, stride, b, bAt + row);
        }
    }

    /** Strips of up to four rows times as many vectors as {@link #width} says. */
    private void multiplyStrips(
            RightLayout right, float[] x, int xBase, float[] c, int cBase, int v, int fromRow, int toRow, Span bias) {
        ConvTile tile = right.tile();
        int[] table = right.table();
        int end = Math.min(tile.vectors(), v + width(tile, v));
        float[] b = start(bias).array();
        int bAt = start(bias).at();
        for (int top = fromRow; top < toRow; top += height) {
            int first = pointers[top / height];
            int count = pointers[top / height + 1] - first;
            int bottom = Math.min(toRow, top + height);
            for (int row = top; row < bottom; row += STRIP) {
                int strip = Math.min(STRIP, bottom - row);
                int at = first * height + (row - top) * count;
                int cAt = cBase + row * tile.rowStride();
                tile.run(strip, count, values, at, table, first, x, xBase, c, cAt, v, end, false, b, bAt + row);
            }
        }
    }

    @Override
    void multiplyVector(Span x, Span y, int fromRow, int toRow, Span bias) {
        float[] xs = x.array();
        int xAt = x.at();
        float[] ys = y.array();
        int yAt = y.at();
        float[] b = start(bias).array();
        int bAt = start(bias).at();
        for (int top = fromRow; top < toRow; top += height) {
            int first = pointers[top / height];
            int count = pointers[top / height + 1] - first;
            int bottom = Math.min(toRow, top + height);
            int to = yAt + top;
            if (height == 1) {
                float sum = SparseTile.oneRowTimesVector(first, count, values, columnIndices, xs, xAt);
                ys[to] = bias.isEmpty() ? sum : b[bAt + top] + sum;
            } else if (height == STRIP && bottom - top == height) {
                SparseTile.fourRowsTimesVector(first, count, values, columnIndices, xs, xAt, ys, to, b, bAt + top);
            } else {
                for (int i = 0; i < bottom - top; i++) {
                    ys[to + i] = b[bAt + top + i] + inBlockTimesVector(first, count, i, bottom - top, x);
                }
            }
        }
    }

    /** Row {@code i} of a block row that has {@code present} rows, times one column. */
    private float inBlockTimesVector(int first, int count, int i, int present, Span x) {
        int top = i / STRIP * STRIP;
        int strip = Math.min(STRIP, present - top);
        int at = first * height + top * count + i - top;
        float sum = 0f;
        for (int t = 0; t < count; t++) {
            sum = Math.fma(values[at + t * strip], x.array()[x.at() + columnIndices[first + t]], sum);
        }
        return sum;
    }
}
