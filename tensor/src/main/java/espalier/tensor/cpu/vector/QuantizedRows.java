package espalier.tensor.cpu.vector;

import espalier.tensor.cpu.Scratch;
import espalier.tensor.packed.QuantizedMatrix;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Rows of integer codes for {@link ConvTile}: one byte to an element in memory, widened to floats a strip at a time on
 * the way to the multipliers.
 *
 * <p>The codes of 4 rows lie together for each column, as the tile reads them, so widening is a conversion and a
 * multiplication by the rows' scales, vector by vector. A strip of floats is used for many columns before it is
 * overwritten, and so costs little.
 */
final class QuantizedRows extends PackedRows {
    private static final int STRIP = ConvTile.ROWS;
    private static final VectorSpecies<Float> FLOATS = ConvTile.SPECIES;
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
    long work() {
        return (long) rows * columns;
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
        boolean biased = bias.length > 0;
        float[] strip = Scratch.floats(Scratch.GEMM_A, STRIP * columns + LANES);
        for (int row = fromRow; row < toRow; row += STRIP) {
            int height = Math.min(STRIP, toRow - row);
            widen(row, height, strip);
            tile.run(
                    height,
                    columns,
                    strip,
                    0,
                    table,
                    0,
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

    /** Writes {@code scale * code} of {@code height} rows to {@code to [columns][height]}. */
    private void widen(int row, int height, float[] to) {
        int count = height * columns;
        int at = row * columns;
        if (height != STRIP || LANES < 8) {
            for (int i = 0; i < count; i++) {
                to[i] = scales[row + i % height] * codes[at + i];
            }
            return;
        }
        FloatVector scale = FloatVector.zero(FLOATS);
        for (int lane = 0; lane < LANES; lane++) {
            scale = scale.withLane(lane, scales[row + lane % STRIP]);
        }
        for (int i = 0; i < count; i += LANES) { // may write past the strip; there is room
            ByteVector code = ByteVector.fromArray(BYTES, codes, at + i);
            FloatVector value = (FloatVector) code.convertShape(VectorOperators.B2F, FLOATS, 0);
            value.mul(scale).intoArray(to, i);
        }
    }
}
