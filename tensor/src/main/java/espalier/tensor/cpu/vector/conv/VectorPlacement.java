package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.StridedCopy;
import java.util.List;

/**
 * Where the vectors lie on the grid of a {@link Correlation}: the answer to images whose rows are no multiple of the
 * vector's length.
 *
 * <ul>
 *   <li>{@link Kind#ROWS}: each row has its own vectors; the last one overlaps the one before so as to end with the
 *       row.
 *   <li>{@link Kind#FLAT}: the rows, with the padding between them, are one long row. The vectors run over it without
 *       regard to its ends, and what they compute for the padding is thrown away.
 * </ul>
 *
 * <p>{@link #choose} estimates the cycles of each and takes the cheapest.
 */
public final class VectorPlacement {
    /** The ways to place vectors. */
    enum Kind {
        ROWS,
        FLAT
    }

    /** Vectors over some grid rows, whose results are {@code gridPitch} apart. */
    public record Vectors(ConvTile tile, int gridRows, int gridPitch) {
        /** Distance between the results of two output channels. */
        public int rowStride() {
            return tile.rowStride();
        }
    }

    private static final int LANES = Lanes.COUNT;

    private final Correlation k;
    private final Kind kind;
    private final boolean readsSourceInPlace;
    private final boolean writesInPlace;

    private VectorPlacement(Correlation k, Kind kind, boolean readsSourceInPlace, boolean writesInPlace) {
        this.k = k;
        this.kind = kind;
        this.readsSourceInPlace = readsSourceInPlace;
        this.writesInPlace = writesInPlace;
    }

    /**
     * @param pitch elements from one row of the padded window to the next
     * @param sumsAreCut whether sums are computed in several blocks, so that no two vectors may overlap in memory
     */
    public static VectorPlacement choose(Correlation k, int pitch, boolean sumsAreCut) {
        double work = (double) k.packedLength() / k.groups() / 2; // cycles of a vector, two FMA units
        double outputs = (double) k.rows() * k.gridH() * k.gridW() * k.parts().size();
        double inputs = (double) k.channels() * k.srcH() * k.srcW();
        double rows = k.gridW() < LANES
                ? Double.MAX_VALUE
                : (double) k.gridH() * Math.ceilDiv(k.gridW(), LANES) * work + inputs * 0.3;
        int positions = (k.gridH() - 1) * pitch + k.gridW();
        double flat = Math.ceilDiv(positions, LANES) * work + inputs * 0.3 + outputs * 0.3;
        boolean unscattered = k.stepH() == 1 && k.stepW() == 1;
        boolean unpadded = k.strideH() == 1
                && k.strideW() == 1
                && k.top() == 0
                && k.left() == 0
                && k.parts().stream()
                        .allMatch(p -> fits(p.down(), k.gridH(), k.srcH()) && fits(p.across(), k.gridW(), k.srcW()));
        if (rows > flat) {
            return new VectorPlacement(k, Kind.FLAT, false, false);
        }
        boolean overlap = k.gridW() % LANES != 0;
        boolean writesInPlace = unscattered && !(overlap && sumsAreCut);
        // Without the copy, channels a power of two apart would share the same few cache sets. A single tap reads
        // every element once, so that there the copy costs little and brings the channels together.
        boolean apart = k.srcH() * k.srcW() % 256 != 0 && k.parts().getFirst().taps() > 1;
        return new VectorPlacement(k, Kind.ROWS, unpadded && writesInPlace && apart, writesInPlace);
    }

    private static boolean fits(List<Correlation.Tap> taps, int points, int size) {
        return taps.stream().allMatch(tap -> tap.at() + points <= size);
    }

    /** Whether tiles read the source where it lies. */
    public boolean readsSourceInPlace() {
        return readsSourceInPlace;
    }

    /** Whether tiles write to the destination, rather than to working memory that {@link #store} copies. */
    public boolean writesInPlace() {
        return writesInPlace;
    }

    /** The number of vectors for {@code gridRows} rows whose sources are {@code pitch} elements apart. */
    int count(int gridRows, int pitch) {
        return switch (kind) {
            case ROWS -> gridRows * Math.ceilDiv(k.gridW(), LANES);
            case FLAT -> Math.ceilDiv((gridRows - 1) * pitch + k.gridW(), LANES);
        };
    }

    /** The vectors for {@code gridRows} rows whose sources are {@code pitch} elements apart. */
    public Vectors vectors(int gridRows, int pitch, int chunkRows) {
        return switch (kind) {
            case ROWS -> rowVectors(gridRows, pitch, chunkRows);
            case FLAT -> flatVectors(gridRows, pitch, chunkRows);
        };
    }

    private Vectors rowVectors(int gridRows, int pitch, int chunkRows) {
        int perRow = Math.ceilDiv(k.gridW(), LANES);
        int gridPitch = writesInPlace ? k.dstW() : perRow * LANES;
        int[] xStarts = new int[gridRows * perRow];
        int[] cStarts = new int[gridRows * perRow];
        for (int i = 0; i < gridRows; i++) {
            for (int v = 0; v < perRow; v++) {
                // In working memory there is room after the row, and what the last vector puts there does not count.
                int column = writesInPlace ? Math.min(v * LANES, k.gridW() - LANES) : v * LANES;
                xStarts[i * perRow + v] = i * pitch + column;
                cStarts[i * perRow + v] = i * gridPitch + column;
            }
        }
        int rowStride = writesInPlace ? k.dstH() * k.dstW() : PaddedWindow.spread(chunkRows * gridPitch);
        return new Vectors(new ConvTile(xStarts, cStarts, rowStride), gridRows, gridPitch);
    }

    private Vectors flatVectors(int gridRows, int pitch, int chunkRows) {
        int count = Math.ceilDiv((gridRows - 1) * pitch + k.gridW(), LANES);
        int[] starts = new int[count];
        for (int v = 0; v < count; v++) {
            starts[v] = v * LANES;
        }
        int rowStride = PaddedWindow.spread(chunkRows * pitch + LANES);
        return new Vectors(new ConvTile(starts, starts, rowStride), gridRows, pitch);
    }

    /**
     * Copies results from working memory to where they belong.
     *
     * @param partStride distance between the results of two parts
     */
    public void store(
            float[] results,
            int partStride,
            Vectors vectors,
            int firstRow,
            int fromRow,
            int toRow,
            float[] dst,
            int dstAt) {
        for (int p = 0; p < k.parts().size(); p++) {
            Correlation.Part part = k.parts().get(p);
            boolean paired = k.stepW() == 2; // parts come in pairs that differ in their columns only
            for (int r = fromRow; r < toRow; r++) {
                for (int i = 0; i < vectors.gridRows(); i++) {
                    int y = (firstRow + i) * k.stepH() + part.dstY();
                    if (y >= 0 && y < k.dstH()) {
                        int from = p * partStride + r * vectors.rowStride() + i * vectors.gridPitch();
                        int to = dstAt + (r * k.dstH() + y) * k.dstW();
                        if (paired) {
                            storePair(results, from, from + partStride, part.dstX(), dst, to);
                        } else {
                            storeRow(results, from, part.dstX(), dst, to);
                        }
                    }
                }
            }
            p += paired ? 1 : 0;
        }
    }

    private void storeRow(float[] results, int from, int dstX, float[] dst, int to) {
        int first = Math.max(0, Math.ceilDiv(-dstX, k.stepW()));
        int end = Math.min(k.gridW(), Math.ceilDiv(k.dstW() - dstX, k.stepW()));
        StridedCopy.scatter(
                results, from + first, dst, to + first * k.stepW() + dstX, k.stepW(), Math.max(0, end - first));
    }

    /**
     * A row whose columns dstX, dstX + 2, .. come from one part and whose columns dstX + 1, dstX + 3, .. from the next.
     */
    private void storePair(float[] results, int from, int next, int dstX, float[] dst, int to) {
        int first = Math.max(0, Math.ceilDiv(-dstX, 2));
        int pairs = Math.max(0, Math.min(k.gridW() - first, (k.dstW() - dstX) / 2 - first));
        int column = first * 2 + dstX;
        if (column == 1) {
            dst[to] = results[next + first - 1];
        }
        StridedCopy.interleave(results, from + first, results, next + first, dst, to + column, pairs);
        column += 2 * pairs;
        if (column < k.dstW()) {
            dst[to + column] = results[from + first + pairs];
        }
    }
}
