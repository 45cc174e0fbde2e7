package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.vector.lanes.RowGroups;

/**
 * Packed weights times a window, as {@link ConvTile} sweeps over it. Positions are the outer loop and panels of output
 * channels the inner one, so that the part of the window under a tile is read from the nearest cache for every panel.
 * Long sums are cut for the same reason.
 *
 * @param tile where the vectors lie
 * @param offsets where in the window each term of a sum is found
 * @param step terms that are added up at once
 * @param rows output channels of a group
 * @param packedAt where in the packed weights those of the first group begin
 * @param biased whether sums start from the bias
 */
record WindowProduct(ConvTile tile, int[] offsets, int step, int rows, int packedAt, boolean biased) {
    /** Longest sum before it is cut, in multiply-adds. */
    private static final int DEPTH = 576;

    /** Vectors that one pass over the panels covers. */
    private static final int BLOCK = 8;

    /** Into how many channels a sum of so many terms for each channel is cut, at most {@link #DEPTH} terms. */
    static int channelsAtOnce(int channels, int terms) {
        int blocks = Math.clamp(Math.ceilDiv(channels * terms, DEPTH), 1, Math.max(1, channels));
        return Math.ceilDiv(channels, blocks);
    }

    /**
     * Computes output channels {@code firstRow} to {@code endRow - 1} of a group.
     *
     * @param x where the window begins, at {@code xAt}
     * @param c where the sums go, those of the group's first output channel from {@code cAt} on
     */
    void run(Operands o, int group, int firstRow, int endRow, float[] x, int xAt, float[] c, int cAt) {
        int depth = offsets.length;
        int groupAt = o.packed().at() + packedAt + group * rows * depth;
        if (rows == 1 && depth == NineTaps.COUNT) { // so few weights stay in registers
            float start = biased ? o.bias().orZero(group) : 0f;
            tile.runNine(o.packed().array(), groupAt, offsets, x, xAt, c, cAt, start);
            return;
        }
        float[] a = o.packed().array();
        boolean hasBias = biased && !o.bias().isEmpty();
        float[] bias = hasBias ? o.bias().array() : ConvTile.NO_BIAS;
        int groupBias = o.bias().at() + group * rows;
        int count = tile.vectors();
        for (int start = 0; start == 0 || start < depth; start += step) {
            int n = Math.min(step, depth - start);
            boolean add = start > 0;
            for (int v = 0; v < count; v += BLOCK) {
                int end = Math.min(count, v + BLOCK);
                for (int r = firstRow, height; r < endRow; r += height) {
                    height = RowGroups.height(rows, r);
                    int aAt = groupAt + r * depth + start * height;
                    int to = cAt + r * tile.rowStride();
                    int biasAt = hasBias ? groupBias + r : 0;
                    tile.run(height, n, a, aAt, offsets, start, x, xAt, c, to, v, end, add, bias, biasAt);
                }
            }
        }
    }
}
