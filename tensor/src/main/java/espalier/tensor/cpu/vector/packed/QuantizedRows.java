package espalier.tensor.cpu.vector.packed;

import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.conv.ConvTile;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.packed.QuantizedMatrix;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Rows of integer codes for {@link ConvTile}: one byte to an element in memory, widened to floats a few rows at a time
 * on the way to the multipliers.
 *
 * <p>The codes of 4 rows lie together for each column, as the tile reads them, so widening is a conversion and a
 * multiplication by the rows' scales, vector by vector. The floats are used for many columns before they are
 * overwritten, and so cost little.
 */
final class QuantizedRows extends PackedRows {

    /** Rows that are widened at once: their floats fit the second-level cache. */
    private static final int BLOCK = 8 * STRIP;

    private static final VectorSpecies<Float> FLOATS = Lanes.FLOATS;
    private static final int LANES = FLOATS.length();

    /** As many bytes as a vector has floats, or the 8 bytes that are the least a vector holds. */
    private static final VectorSpecies<Byte> BYTES =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, LANES * 8)));

    private final byte[] codes;
    private final float[] scales;

    QuantizedRows(QuantizedMatrix matrix) {
        super(matrix);
        int strips = Math.ceilDiv(rows, STRIP);
        codes = new byte[strips * STRIP * columns + BYTES.length()];
        scales = new float[strips * STRIP];
        byte[] row = new byte[columns];
        for (int r = 0; r < rows; r++) {
            scales[r] = matrix.scale(r);
            matrix.copyCodes(r, row, 0);
            int top = r / STRIP * STRIP;
            int strip = Math.min(STRIP, rows - top);
            for (int k = 0; k < columns; k++) {
                codes[top * columns + k * strip + r - top] = row[k];
            }
        }
    }

    @Override
    double cycles(Lane lane) {
        return 0.85 * rows * columns;
    }

    @Override
    int rowStep() {
        return STRIP;
    }

    @Override
    int[] table(int[] columnOffsets) {
        return columnOffsets;
    }

    @Override
    void multiply(RightLayout right, float[] x, int xBase, float[] c, int cBase, int fromRow, int toRow, Span bias) {
        ConvTile tile = right.tile();
        int[] table = right.table();
        int vectors = tile.vectors();
        float[] b = start(bias).array();
        int bAt = start(bias).at();
        float[] widened = Scratch.floats(Scratch.GEMM_A, BLOCK * columns + LANES);
        int width = LANES == 8 ? 2 : 4;
        for (int top = fromRow; top < toRow; top += BLOCK) {
            int bottom = Math.min(toRow, top + BLOCK);
            for (int row = top; row < bottom; row += STRIP) {
                widen(row, Math.min(STRIP, bottom - row), widened, (row - top) * columns);
            }
            for (int v = 0; v < vectors; v += width) { // the vectors' part of x stays in the cache for all strips
                int end = Math.min(vectors, v + width);
                for (int row = top; row < bottom; row += STRIP) {
                    int height = Math.min(STRIP, bottom - row);
                    int at = (row - top) * columns;
                    int to = cBase + row * tile.rowStride();
                    tile.run(height, columns, widened, at, table, 0, x, xBase, c, to, v, end, false, b, bAt + row);
                }
            }
        }
    }

    /** Writes {@code scale * code} of {@code height} rows to {@code to [columns][height]}. */
    private void widen(int row, int height, float[] to, int toAt) {
        int count = height * columns;
        int at = row * columns;
        if (height != STRIP || LANES < 8) {
            for (int i = 0; i < count; i++) {
                to[toAt + i] = scales[row + i % height] * codes[at + i];
            }
            return;
        }
        FloatVector scale = FloatVector.zero(FLOATS);
        for (int lane = 0; lane < LANES; lane++) {
            scale = scale.withLane(lane, scales[row + lane % STRIP]);
        }
        for (int i = 0; i < count; i += LANES) { // may write past the strip; there is room
            FloatVector values = (FloatVector)
                    ByteVector.fromArray(BYTES, codes, at + i).convertShape(VectorOperators.B2F, FLOATS, 0);
            values.mul(scale).intoArray(to, toAt + i);
        }
    }

    /**
     * Codes of 4 rows lie together for each column, so each value of {@code x} is repeated 4 times first; then codes
     * and values are multiplied vector by vector, and lane i belongs to row {@code i mod 4}.
     */
    @Override
    void multiplyVector(Span x, Span y, int fromRow, int toRow, Span bias) {
        float[] repeated = Scratch.zeros(Scratch.GEMM_B, STRIP * columns + LANES);
        for (int k = 0; k < columns; k++) {
            for (int i = 0; i < STRIP; i++) {
                repeated[STRIP * k + i] = x.array()[x.at() + k];
            }
        }
        float[] lanes = Scratch.floats(Scratch.LANES, LANES);
        for (int row = fromRow; row < toRow; row += STRIP) {
            int height = Math.min(STRIP, toRow - row);
            if (height == STRIP && LANES >= 8) {
                stripTimesVector(row * columns, repeated, lanes);
            }
            for (int i = 0; i < height; i++) {
                float sum = 0f;
                if (height == STRIP && LANES >= 8) {
                    for (int lane = i; lane < LANES; lane += STRIP) {
                        sum += lanes[lane];
                    }
                } else {
                    for (int k = 0; k < columns; k++) {
                        sum += codes[row * columns + k * height + i] * x.array()[x.at() + k];
                    }
                }
                y.array()[y.at() + row + i] = Math.fma(scales[row + i], sum, bias.orZero(row + i));
            }
        }
    }

    /**
     * Four sums take turns, and their total goes to {@code lanes}. What lies behind the strip is multiplied by the
     * zeros behind {@code repeated}.
     */
    private void stripTimesVector(int at, float[] repeated, float[] lanes) {
        FloatVector s0 = FloatVector.zero(FLOATS);
        FloatVector s1 = FloatVector.zero(FLOATS);
        FloatVector s2 = FloatVector.zero(FLOATS);
        FloatVector s3 = FloatVector.zero(FLOATS);
        int count = STRIP * columns;
        int rounds = count / (4 * LANES);
        for (int i = 0; i < rounds; i++) {
            int j = i * 4 * LANES;
            FloatVector c0 = (FloatVector)
                    ByteVector.fromArray(BYTES, codes, at + j).convertShape(VectorOperators.B2F, FLOATS, 0);
            s0 = c0.fma(FloatVector.fromArray(FLOATS, repeated, j), s0);
            FloatVector c1 = (FloatVector)
                    ByteVector.fromArray(BYTES, codes, at + j + LANES).convertShape(VectorOperators.B2F, FLOATS, 0);
            s1 = c1.fma(FloatVector.fromArray(FLOATS, repeated, j + LANES), s1);
            FloatVector c2 = (FloatVector)
                    ByteVector.fromArray(BYTES, codes, at + j + 2 * LANES).convertShape(VectorOperators.B2F, FLOATS, 0);
            s2 = c2.fma(FloatVector.fromArray(FLOATS, repeated, j + 2 * LANES), s2);
            FloatVector c3 = (FloatVector)
                    ByteVector.fromArray(BYTES, codes, at + j + 3 * LANES).convertShape(VectorOperators.B2F, FLOATS, 0);
            s3 = c3.fma(FloatVector.fromArray(FLOATS, repeated, j + 3 * LANES), s3);
        }
        for (int j = rounds * 4 * LANES; j < count; j += LANES) {
            FloatVector c0 = (FloatVector)
                    ByteVector.fromArray(BYTES, codes, at + j).convertShape(VectorOperators.B2F, FLOATS, 0);
            s0 = c0.fma(FloatVector.fromArray(FLOATS, repeated, j), s0);
        }
        s0.add(s1).add(s2.add(s3)).intoArray(lanes, 0);
    }
}
