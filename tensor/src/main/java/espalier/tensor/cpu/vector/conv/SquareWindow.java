package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.vector.channels.Squares;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.Transpose;
import java.util.Arrays;

/**
 * The pixels under some rows of squares, in blocks of channels: {@code [row][column][LANES]}, with zeros around the
 * image.
 *
 * @param height rows of the image
 * @param width columns of the image
 * @param top rows of zeros above the image
 * @param left columns of zeros to its left
 * @param across squares of a row
 * @param step pixels from one square to the next
 * @param reach rows and columns of a square
 */
record SquareWindow(int height, int width, int top, int left, int across, int step, int reach) {
    private static final int LANES = Lanes.COUNT;

    /** Most floats of one row of turned squares, the least that a block has: a megabyte. */
    private static final int MOST_FLOATS = 1 << 18;

    /** Whether a row of squares over so many columns of results is small enough to be turned. */
    static boolean fits(Squares squares, int channels, int columns) {
        return (long) squares.points() * channels * Math.ceilDiv(columns, squares.side()) <= MOST_FLOATS;
    }

    /** Floats of a row. */
    int pitch() {
        return (step * across + reach - step) * LANES;
    }

    /** Floats under {@code count} rows of squares. */
    int floats(int count) {
        return (step * count + reach - step) * pitch();
    }

    /**
     * Copies the pixels of {@code LANES} channels, the first of them at {@code at}, under {@code count} rows of
     * squares.
     */
    void fill(float[] image, int at, int firstSquares, int count, float[] window, int windowAt) {
        int columns = pitch() / LANES;
        int first = Math.clamp(left, 0, columns);
        int end = Math.clamp((long) left + width, first, columns);
        int above = step * firstSquares - top;
        int rows = step * count + reach - step;
        if (columns == width && left == 0 && above >= 0 && above + rows <= height) { // all of them side by side
            Transpose.run(image, at + above * width, height * width, LANES, rows * width, window, windowAt, LANES);
            return;
        }
        for (int i = 0; i < rows; i++) {
            int y = above + i;
            int to = windowAt + i * pitch();
            if (y < 0 || y >= height) {
                Arrays.fill(window, to, to + pitch(), 0f);
                continue;
            }
            Arrays.fill(window, to, to + first * LANES, 0f);
            int from = at + y * width + first - left;
            Transpose.run(image, from, height * width, LANES, end - first, window, to + first * LANES, LANES);
            Arrays.fill(window, to + end * LANES, to + pitch(), 0f);
        }
    }
}
