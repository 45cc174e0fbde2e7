package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.vector.lanes.StridedCopy;

/**
 * A zero-padded copy of some rows of an image, laid out so that a convolution of any stride reads its input in
 * unbroken runs.
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
    private final int pitch;
    private final int plane;

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
        plane = spread(Math.max(count, 1) * phaseRows * pitch + overhang);
    }

    /** The least multiple of 16, not of 32, that is at least {@code length}: planes then differ in their cache sets. */
    static int spread(int length) {
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

    /** The same for channels {@code from} to {@code to - 1}, in a window that begins at {@code windowAt}. */
    void fill(float[] src, int srcAt, int from, int to, int firstRow, float[] window, int windowAt) {
        for (int c = from; c < to; c++) {
            fillPlane(src, srcAt + c * srcH * srcW, firstRow, window, windowAt + c * plane);
        }
    }

    private void fillPlane(float[] src, int from, int firstRow, float[] window, int to) {
        int end = to;
        for (int ry = 0; ry < strideH; ry++) {
            if (strideW == 2 && left >= 0 && phases[2 * ry] >= 0 && phases[2 * ry + 1] >= 0) {
                end = fillPair(src, from, firstRow, ry, window, to);
                continue;
            }
            for (int rx = 0; rx < strideW; rx++) {
                int phase = phases[ry * strideW + rx];
                if (phase < 0) {
                    continue;
                }
                int first = firstColumn(rx);
                int last = lastColumn(rx, first);
                int at = to + phase * phaseRows * pitch;
                for (int i = 0; i < phaseRows; i++, at += pitch) {
                    int y = (firstRow + i) * strideH + ry - top;
                    if (y < 0 || y >= srcH) {
                        zero(window, at, at + pitch);
                    } else {
                        zero(window, at, at + first);
                        StridedCopy.gather(
                                src,
                                from + y * srcW + first * strideW + rx - left,
                                strideW,
                                window,
                                at + first,
                                last - first);
                        zero(window, at + last, at + pitch);
                    }
                }
                end = at;
            }
        }
        zero(window, end, to + plane);
    }

    /** The even and the odd columns of the rows of a phase, in one go. Returns where the second of them ends. */
    private int fillPair(float[] src, int from, int firstRow, int ry, float[] window, int to) {
        int even = left % 2; // the phase that holds columns 0, 2, .. of the image
        int odd = 1 - even;
        int firstEven = firstColumn(even);
        int firstOdd = firstColumn(odd);
        int evens = lastColumn(even, firstEven) - firstEven;
        int odds = lastColumn(odd, firstOdd) - firstOdd;
        int pairs = Math.min(evens, odds);
        int evenAt = to + phases[2 * ry + even] * phaseRows * pitch;
        int oddAt = to + phases[2 * ry + odd] * phaseRows * pitch;
        for (int i = 0; i < phaseRows; i++, evenAt += pitch, oddAt += pitch) {
            int y = (firstRow + i) * strideH + ry - top;
            if (y < 0 || y >= srcH) {
                zero(window, evenAt, evenAt + pitch);
                zero(window, oddAt, oddAt + pitch);
                continue;
            }
            int row = from + y * srcW;
            zero(window, evenAt, evenAt + firstEven);
            zero(window, oddAt, oddAt + firstOdd);
            StridedCopy.split(src, row, window, evenAt + firstEven, window, oddAt + firstOdd, pairs);
            int rest = row + 2 * pairs;
            StridedCopy.gather(src, rest, 2, window, evenAt + firstEven + pairs, evens - pairs);
            StridedCopy.gather(src, rest + 1, 2, window, oddAt + firstOdd + pairs, odds - pairs);
            zero(window, evenAt + firstEven + evens, evenAt + pitch);
            zero(window, oddAt + firstOdd + odds, oddAt + pitch);
        }
        return Math.max(evenAt, oddAt);
    }

    /** The first column of a phase that lies on the image. */
    private int firstColumn(int rx) {
        return Math.clamp(Math.ceilDiv(left - rx, strideW), 0, pitch);
    }

    /** One past the last column of a phase that lies on the image. */
    private int lastColumn(int rx, int first) {
        return Math.clamp(Math.ceilDiv(left + srcW - rx, strideW), first, pitch);
    }

    /** Zeros in {@code [from, to)}. */
    static void zero(float[] window, int from, int to) {
        for (int i = from; i < to; i++) {
            window[i] = 0f;
        }
    }
}
