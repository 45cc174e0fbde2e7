package espalier.tensor.cpu.vector;

import java.util.List;

/**
 * Where the vectors lie on the grid of a {@link Correlation}: the answer to images whose rows are no multiple of the
 * vector's length.
 *
 * <ul>
 *   <li>{@link Kind#ROWS}: each row has its own vectors; the last one overlaps the one before so as to end with the row.
 *   <li>{@link Kind#FLAT}: the rows, with the padding between them, are one long row. The vectors run over it without
 *       regard to its ends, and what they compute for the padding is thrown away.
 * </ul>
 *
 * <p>{@link #choose} estimates the cycles of each and takes the cheapest.
 */
final class VectorPlacement {
    /** The ways to place vectors. */
    enum Kind {
        ROWS,
        FLAT
    }

    /** Vectors over some grid rows, and the distance between the results of two output channels. */
    record Vectors(ConvTile tile, int rowStride, int gridRows, int gridPitch) {}

    private static final int LANES = ConvTile.LANES;

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
    static VectorPlacement choose(Correlation k, int pitch, boolean sumsAreCut) {
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
        if (rows <= flat) {
            boolean overlap = k.gridW() % LANES != 0;
            return new VectorPlacement(k, Kind.ROWS, unpadded, unscattered && !(overlap && sumsAreCut));
        }
        return new VectorPlacement(k, Kind.FLAT, false, false);
    }

    private static boolean fits(List<Correlation.Tap> taps, int points, int size) {
        return taps.stream().allMatch(tap -> tap.at() + points <= size);
    }

    /** Whether tiles read the source where it lies. */
    boolean readsSourceInPlace() {
        return readsSourceInPlace;
    }

    /** Whether tiles write to the destination, rather than to working memory that {@link #store} copies. */
    boolean writesInPlace() {
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
    Vectors vectors(int gridRows, int pitch, int chunkRows) {
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
                int column = Math.min(v * LANES, k.gridW() - LANES);
                xStarts[i * perRow + v] = i * pitch + column;
                // In working memory the last vector keeps its own place, and only its tail counts.
                cStarts[i * perRow + v] = i * gridPitch + (writesInPlace ? column : v * LANES);
            }
        }
        int rowStride = writesInPlace ? k.dstH() * k.dstW() : PaddedWindow.spread(chunkRows * gridPitch);
        return new Vectors(new ConvTile(xStarts, cStarts, rowStride), rowStride, gridRows, gridPitch);
    }

    private Vectors flatVectors(int gridRows, int pitch, int chunkRows) {
        int count = Math.ceilDiv((gridRows - 1) * pitch + k.gridW(), LANES);
        int[] starts = new int[count];
        for (int v = 0; v < count; v++) {
            starts[v] = v * LANES;
        }
        int rowStride = PaddedWindow.spread(chunkRows * pitch + LANES);
        return new Vectors(new ConvTile(starts, starts, rowStride), rowStride, gridRows, pitch);
    }

    /** Copies one image's results from working memory to where they belong. */
    void store(
            float[] results,
            Vectors vectors,
            Correlation.Part part,
            int firstRow,
            int fromRow,
            int toRow,
            float[] dst,
            int dstAt) {
        int tail = kind == Kind.ROWS && k.gridW() % LANES != 0 ? k.gridW() / LANES * LANES : k.gridW();
        int shift = LANES - k.gridW() % LANES;
        int firstColumn = part.dstX() < 0 ? Math.ceilDiv(-part.dstX(), k.stepW()) : 0;
        int endColumn = Math.min(k.gridW(), Math.ceilDiv(k.dstW() - part.dstX(), k.stepW()));
        for (int r = fromRow; r < toRow; r++) {
            for (int i = 0; i < vectors.gridRows(); i++) {
                int y = (firstRow + i) * k.stepH() + part.dstY();
                if (y < 0 || y >= k.dstH()) {
                    continue;
                }
                int from = r * vectors.rowStride() + i * vectors.gridPitch();
                int to = dstAt + (r * k.dstH() + y) * k.dstW() + part.dstX();
                int middle = Math.clamp(tail, firstColumn, Math.max(firstColumn, endColumn));
                for (int j = firstColumn; j < middle; j++) {
                    dst[to + j * k.stepW()] = results[from + j];
                }
                for (int j = middle; j < endColumn; j++) {
                    dst[to + j * k.stepW()] = results[from + j + shift];
                }
            }
        }
    }
}
