package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.vector.lanes.StridedCopy;

/**
 * A zero-padded copy of some rows of an image, laid out so that a convolution of any stride reads its input in unbroken
 * runs.
 *
 * <p>With stride s, output (i, j) and tap (y, x) meet at padded row {@code i*s + y} and column {@code j*s + x}. Rows
 * and columns are therefore sorted by their remainder modulo s, their <em>phase</em>: within phase {@code (y mod s, x
 * mod s)} the element is {@code (i + y/s, j + x/s)}, and stepping to the next output is stepping to the next element.
 * With stride 1 there is one phase and this is an ordinary padded image. Phases that no tap reads are left out.
 *
 * <pre>
 *   at(c, y, x) + i*pitch + j  holds  image[c, (firstRow + i)*strideH + y - top, j*strideW + x - left]
 * </pre>
 *
 * <p>Neighbouring rows share their padding: the zeros to the right of a row are the zeros to the left of the next.
 */
public final class PaddedWindow {
    private final int srcH;
    private final int srcW;
    private final int strideH;
    private final int strideW;
    private final int top;
    private final int left;
    private final int phaseRows;
    private final int[] phases;
    private final int usedPhases;
    private final int pitch;
    private final int plane;

    /** For each remainder of a column the first one of its phase that lies on the image, and one past the last. */
    private final int[] first;

    private final int[] last;

    /**
     * @param k whose source is the image
     * @param gridRows how many grid rows one window serves
     */
    public PaddedWindow(Correlation k, int gridRows) {
        srcH = k.srcH();
        srcW = k.srcW();
        strideH = k.strideH();
        strideW = k.strideW();
        top = k.top();
        left = k.left();
        boolean[] used = new boolean[strideH * strideW];
        int maxY = 0;
        int maxX = 0;
        for (Correlation.Part part : k.parts()) {
            for (Correlation.Tap down : part.down()) {
                for (Correlation.Tap across : part.across()) {
                    used[down.at() % strideH * strideW + across.at() % strideW] = true;
                    maxY = Math.max(maxY, down.at() / strideH);
                    maxX = Math.max(maxX, across.at() / strideW);
                }
            }
        }
        phases = new int[used.length];
        int count = 0;
        for (int i = 0; i < used.length; i++) {
            phases[i] = used[i] ? count++ : -1;
        }
        phaseRows = gridRows + maxY;
        int reach = k.gridW() + maxX;
        int overhang = 0;
        if (strideW == 1) {
            int zeros = Math.max(left, 0);
            pitch = Math.max(1, Math.max(Math.min(left + srcW, reach), reach - zeros));
            overhang = Math.max(0, reach - pitch);
        } else {
            pitch = reach;
        }
        usedPhases = count;
        plane = spread(Math.max(count, 1) * phaseRows * pitch + overhang);
        first = new int[strideW];
        last = new int[strideW];
        for (int rx = 0; rx < strideW; rx++) {
            first[rx] = Math.clamp(Math.ceilDiv(left - rx, strideW), 0, pitch);
            last[rx] = Math.clamp(Math.ceilDiv(left + srcW - rx, strideW), first[rx], pitch);
        }
    }

    /** The least multiple of 16, not of 32, that is at least {@code length}: planes then differ in their cache sets. */
    public static int spread(int length) {
        return ((length + 15) / 32) * 32 + 16;
    }

    /** Distance between vertically neighbouring elements of a phase. */
    public int pitch() {
        return pitch;
    }

    /** Floats from one channel to the next. */
    public int plane() {
        return plane;
    }

    /** Where output (0, 0) finds the tap, within a channel's plane. */
    public int at(int tapY, int tapX) {
        int phase = phases[tapY % strideH * strideW + tapX % strideW];
        return (phase * phaseRows + tapY / strideH) * pitch + tapX / strideW;
    }

    /** Fills the window for grid rows from {@code firstRow}; channels are {@code srcH * srcW} apart in {@code src}. */
    public void fill(float[] src, int srcAt, int channels, int firstRow, float[] window) {
        fill(src, srcAt, 0, channels, firstRow, window, 0);
    }

    /**
     * The same, {@code again} if the window holds as many channels or more for the same rows: its zeros are there
     * already.
     */
    void fill(float[] src, int srcAt, int channels, int firstRow, float[] window, boolean again) {
        if (again) {
            copyRows(src, srcAt, 0, channels, firstRow, window, 0, false);
        } else {
            fill(src, srcAt, 0, channels, firstRow, window, 0);
        }
    }

    /** The same for channels {@code from} to {@code to - 1}, in a window that begins at {@code windowAt}. */
    void fill(float[] src, int srcAt, int from, int to, int firstRow, float[] window, int windowAt) {
        copyRows(src, srcAt, from, to, firstRow, window, windowAt, true);
        for (int c = from; c < to; c++) {
            int at = windowAt + c * plane;
            zero(window, at + usedPhases * phaseRows * pitch, at + plane);
        }
    }

    private void copyRows(
            float[] src, int srcAt, int from, int to, int firstRow, float[] window, int windowAt, boolean zeros) {
        for (int ry = 0; ry < strideH; ry++) {
            int y = firstRow * strideH + ry - top;
            int above = Math.clamp(Math.ceilDiv(-y, strideH), 0, phaseRows);
            int rows = Math.clamp(Math.ceilDiv(srcH - y, strideH), above, phaseRows) - above;
            int row = srcAt + (y + above * strideH) * srcW;
            for (int c = from; c < to; c++) {
                fillRows(src, row + c * srcH * srcW, ry, above, rows, window, windowAt + c * plane, zeros);
            }
        }
    }

    /** The phases of a channel that hold {@code rows} rows from {@code row} on, below {@code above} rows of zeros. */
    private void fillRows(float[] src, int row, int ry, int above, int rows, float[] window, int to, boolean zeros) {
        boolean paired = strideW == 2 && left >= 0 && phases[2 * ry] >= 0 && phases[2 * ry + 1] >= 0;
        for (int rx = 0; rx < strideW; rx++) {
            int phase = phases[ry * strideW + rx];
            if (phase >= 0) {
                int at = to + phase * phaseRows * pitch;
                if (zeros) {
                    zeroAround(window, at, above, rows, first[rx], last[rx]);
                }
                if (!paired) {
                    gatherRows(src, row, rx, window, at + above * pitch, rows);
                }
            }
        }
        if (paired) {
            int even = left & 1; // the phase that holds columns 0, 2, .. of the image
            int evenAt = to + (phases[2 * ry + even] * phaseRows + above) * pitch + first[even];
            int oddAt = to + (phases[2 * ry + 1 - even] * phaseRows + above) * pitch + first[1 - even];
            splitRows(src, row, window, evenAt, oddAt, rows);
        }
    }

    /** Zeros where a phase has no pixels: above and below {@code rows} rows, and beside them. */
    private void zeroAround(float[] window, int at, int above, int rows, int firstColumn, int lastColumn) {
        int begin = at + above * pitch;
        int end = begin + rows * pitch;
        zero(window, at, begin);
        zero(window, end, at + phaseRows * pitch);
        for (int j = 0; j < firstColumn; j++) {
            zeroColumn(window, begin + j, end);
        }
        for (int j = lastColumn; j < pitch; j++) {
            zeroColumn(window, begin + j, end);
        }
    }

    private void zeroColumn(float[] window, int from, int end) {
        for (int i = from; i < end; i += pitch) {
            window[i] = 0f;
        }
    }

    private void gatherRows(float[] src, int row, int rx, float[] window, int at, int rows) {
        int from = row + first[rx] * strideW + rx - left;
        int count = last[rx] - first[rx];
        for (int i = 0; i < rows; i++) {
            StridedCopy.gather(src, from + i * strideH * srcW, strideW, window, at + i * pitch + first[rx], count);
        }
    }

    /** The even and the odd columns of rows, in one go. */
    private void splitRows(float[] src, int row, float[] window, int evenAt, int oddAt, int rows) {
        int even = left & 1;
        int evens = last[even] - first[even];
        int odds = last[1 - even] - first[1 - even];
        int pairs = Math.min(evens, odds);
        for (int i = 0; i < rows; i++) {
            int from = row + i * strideH * srcW;
            int put = i * pitch;
            StridedCopy.split(src, from, window, evenAt + put, window, oddAt + put, pairs);
            for (int j = pairs; j < evens; j++) {
                window[evenAt + put + j] = src[from + 2 * j];
            }
            for (int j = pairs; j < odds; j++) {
                window[oddAt + put + j] = src[from + 2 * j + 1];
            }
        }
    }

    /** Zeros in {@code [from, to)}. */
    static void zero(float[] window, int from, int to) {
        for (int i = from; i < to; i++) {
            window[i] = 0f;
        }
    }
}
