package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.vector.lanes.Lanes;
import java.util.List;

/**
 * What {@link WinogradRows} multiplies: for each channel four planes, one for each term, in which a row stands for two
 * rows of results. Rows lie end to end with the zeros beside the image between them, as in {@link PaddedWindow}.
 *
 * <pre>
 *   at(t, x) + i*pitch + j  in channel c holds  term t of rows 2*i to 2*i + 3 of the padded image, column j + x
 * </pre>
 *
 * <p>A window serves the same rows of one or more images. Which vectors of the source meet, and where their
 * combinations go, is looked up in tables that are made once.
 */
final class WinogradWindow {
    /**
     * The tables of one block: vectors whose four rows lie on the image, and the others, with a place and a mask for
     * each row.
     */
    private record Vectors(int[] from, int[] to, int[] edgeFrom, int[] edgeMask, int[] edgeTo) {}

    private final Correlation k;
    private final int images;
    private final int pairs;
    private final int pitch;
    private final int plane;
    private final int termStep;
    private final int first;
    private final int last;
    private final boolean narrow;
    private final Vectors[] blocks;

    /**
     * @param firstTap the uppermost row that a kernel reads, of the padded image
     * @param images images of a block
     * @param pairs pairs of grid rows of a block in each image
     */
    WinogradWindow(Correlation k, int firstTap, int images, int pairs) {
        this.k = k;
        this.images = images;
        this.pairs = pairs;
        int reach = reach(k);
        pitch = pitch(k);
        first = Math.clamp(k.left(), 0, pitch);
        last = Math.clamp(k.left() + k.srcW(), first, pitch);
        termStep = images * pairs * pitch;
        plane = PaddedWindow.spread(WinogradRows.TERMS * termStep + Math.max(0, reach - pitch));
        narrow = last - first < Lanes.COUNT;
        int count = Math.ceilDiv(k.gridH(), 2);
        blocks = new Vectors[Math.ceilDiv(count, pairs)];
        for (int b = 0; b < blocks.length; b++) {
            blocks[b] = vectors(b * pairs, Math.min(pairs, count - b * pairs), firstTap);
        }
    }

    private static int reach(Correlation k) {
        List<Correlation.Tap> across = k.parts().getFirst().across();
        return k.gridW() + across.stream().mapToInt(Correlation.Tap::at).max().orElse(0);
    }

    /** Distance between the rows of a term. */
    static int pitch(Correlation k) {
        int reach = reach(k);
        int zeros = Math.max(k.left(), 0);
        return Math.max(1, Math.max(Math.min(k.left() + k.srcW(), reach), reach - zeros));
    }

    private Vectors vectors(int firstPair, int count, int firstTap) {
        int step = narrow ? 1 : Lanes.COUNT;
        int perRow = Math.ceilDiv(last - first, step);
        int imageStride = k.groups() * k.channels() * k.srcH() * k.srcW();
        int inside = 0;
        for (int i = 0; i < count; i++) {
            inside += isInside(row(firstPair + i, firstTap)) ? images * perRow : 0;
        }
        int edge = images * count * perRow - inside;
        Vectors made =
                new Vectors(new int[inside], new int[inside], new int[4 * edge], new int[4 * edge], new int[edge]);
        int in = 0;
        int out = 0;
        for (int n = 0; n < images; n++) {
            for (int i = 0; i < count; i++) {
                int y = row(firstPair + i, firstTap);
                for (int v = 0; v < perRow; v++) {
                    int column = first + Math.min(v * step, last - first - step);
                    int from = n * imageStride + y * k.srcW() + column - k.left();
                    int to = (n * pairs + i) * pitch + column;
                    if (isInside(y)) {
                        made.from[in] = from;
                        made.to[in++] = to;
                    } else {
                        for (int r = 0; r < WinogradRows.TERMS; r++) {
                            boolean onImage = y + r >= 0 && y + r < k.srcH();
                            int row = Math.clamp(y + r, 0, k.srcH() - 1);
                            made.edgeFrom[4 * out + r] = from + (row - y) * k.srcW();
                            made.edgeMask[4 * out + r] = onImage ? -1 : 0;
                        }
                        made.edgeTo[out++] = to;
                    }
                }
            }
        }
        return made;
    }

    private int row(int pair, int firstTap) {
        return 2 * pair + firstTap - k.top();
    }

    private boolean isInside(int y) {
        return !narrow && y >= 0 && y + WinogradRows.TERMS <= k.srcH();
    }

    /** Floats from one channel to the next. */
    int plane() {
        return plane;
    }

    /** Where the first result finds a term of a kernel's column, within a channel's plane. */
    int at(int term, int across) {
        return term * termStep + across;
    }

    /**
     * Fills channels {@code from} to {@code to - 1}.
     *
     * @param block the how-manieth window of its images
     * @param srcAt where the first channel of the first image begins
     * @param present images that there are, at most those of a block
     */
    void fill(float[] src, int srcAt, int present, int block, int from, int to, float[] window, int windowAt) {
        Vectors vectors = blocks[block];
        int inside = vectors.from.length / images * present;
        int edge = vectors.edgeTo.length / images * present;
        for (int c = from; c < to; c++) {
            int source = srcAt + c * k.srcH() * k.srcW();
            int at = windowAt + c * plane;
            WinogradRows.combine(src, source, k.srcW(), vectors.from, vectors.to, inside, window, at, termStep);
            if (narrow) {
                WinogradRows.combinePixels(
                        src, source, vectors.edgeFrom, vectors.edgeMask, vectors.edgeTo, edge, window, at, termStep);
            } else {
                WinogradRows.combineAtEdge(
                        src, source, vectors.edgeFrom, vectors.edgeMask, vectors.edgeTo, edge, window, at, termStep);
            }
            zeroColumns(window, at);
            PaddedWindow.zero(window, at + WinogradRows.TERMS * termStep, at + plane);
        }
    }

    private void zeroColumns(float[] window, int at) {
        int end = at + WinogradRows.TERMS * termStep;
        for (int j = 0; j < first; j++) {
            for (int i = at + j; i < end; i += pitch) {
                window[i] = 0f;
            }
        }
        for (int j = last; j < pitch; j++) {
            for (int i = at + j; i < end; i += pitch) {
                window[i] = 0f;
            }
        }
    }
}
