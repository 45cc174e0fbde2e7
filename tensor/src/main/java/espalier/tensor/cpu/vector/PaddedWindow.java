package espalier.tensor.cpu.vector;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

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
 * With {@code lanes > 1} every element is widened to one value from each of {@code lanes} images, for images too small
 * to fill a vector by themselves.
 */
final class PaddedWindow {
    private final int srcH;
    private final int srcW;
    private final int strideH;
    private final int strideW;
    private final int top;
    private final int left;
    private final int lanes;
    private final int phaseRows;
    private final int[] phases;
    private final int pitch;
    private final int plane;

    /**
     * @param srcH rows of the image
     * @param srcW columns of the image
     * @param top rows of zeros above the image; negative to leave rows of the image out
     * @param left columns of zeros to the left, likewise
     * @param tapY rows of the taps, from 0
     * @param tapX columns of the taps, from 0
     * @param outRows how many output rows one window serves
     * @param outW output columns
     * @param lanes images side by side in each element
     */
    PaddedWindow(
            int srcH,
            int srcW,
            int strideH,
            int strideW,
            int top,
            int left,
            int[] tapY,
            int[] tapX,
            int outRows,
            int outW,
            int lanes) {
        this.srcH = srcH;
        this.srcW = srcW;
        this.strideH = strideH;
        this.strideW = strideW;
        this.top = top;
        this.left = left;
        this.lanes = lanes;
        boolean[] used = new boolean[strideH * strideW];
        int maxY = 0;
        int maxX = 0;
        for (int t = 0; t < tapY.length; t++) {
            used[tapY[t] % strideH * strideW + tapX[t] % strideW] = true;
            maxY = Math.max(maxY, tapY[t] / strideH);
            maxX = Math.max(maxX, tapX[t] / strideW);
        }
        phases = new int[used.length];
        int count = 0;
        for (int i = 0; i < used.length; i++) {
            phases[i] = used[i] ? count++ : -1;
        }
        phaseRows = outRows + maxY;
        int reach = outW + maxX;
        int overhang = 0;
        if (strideW == 1) {
            int zeros = Math.max(left, 0);
            pitch = Math.max(1, Math.max(Math.min(left + srcW, reach), reach - zeros));
            overhang = Math.max(0, reach - pitch);
        } else {
            pitch = reach;
        }
        int length = (Math.max(count, 1) * phaseRows * pitch + overhang) * lanes;
        plane = spread(length);
    }

    /** The least multiple of 16, not of 32, that is at least {@code length}: planes then differ in their cache sets. */
    static int spread(int length) {
        return ((length + 15) / 32) * 32 + 16;
    }

    /** Distance between vertically neighbouring elements of a phase, in elements of {@code lanes} floats. */
    int pitch() {
        return pitch;
    }

    /** Floats from one channel to the next. */
    int plane() {
        return plane;
    }

    /** Where output (0, 0) finds the tap, within a channel's plane. */
    int at(int tapY, int tapX) {
        int phase = phases[tapY % strideH * strideW + tapX % strideW];
        return ((phase * phaseRows + tapY / strideH) * pitch + tapX / strideW) * lanes;
    }

    /** Fills the window for output rows from {@code firstRow}; channels are {@code srcH * srcW} apart in {@code src}. */
    void fill(float[] src, int srcAt, int channels, int firstRow, float[] window) {
        for (int c = 0; c < channels; c++) {
            fillPlane(src, srcAt + c * srcH * srcW, firstRow, window, c * plane);
        }
    }

    /** Fills the window with {@code images} images, {@code imageStride} apart, side by side; missing ones are zero. */
    void fillLanes(
            float[] src, int srcAt, int imageStride, int images, int channels, int firstRow, float[] window) {
        for (int c = 0; c < channels; c++) {
            int to = c * plane;
            Arrays.fill(window, to, to + plane, 0f);
            for (int lane = 0; lane < images; lane++) {
                fillLane(src, srcAt + lane * imageStride + c * srcH * srcW, firstRow, window, to + lane);
            }
        }
    }

    private void fillPlane(float[] src, int from, int firstRow, float[] window, int to) {
        int end = to;
        for (int ry = 0; ry < strideH; ry++) {
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
                        copy(src, from + y * srcW + first * strideW + rx - left, window, at + first, last - first);
                        zero(window, at + last, at + pitch);
                    }
                }
                end = at;
            }
        }
        zero(window, end, to + plane);
    }

    private void fillLane(float[] src, int from, int firstRow, float[] window, int to) {
        for (int ry = 0; ry < strideH; ry++) {
            for (int rx = 0; rx < strideW; rx++) {
                int phase = phases[ry * strideW + rx];
                if (phase < 0) {
                    continue;
                }
                int first = firstColumn(rx);
                int last = lastColumn(rx, first);
                for (int i = 0; i < phaseRows; i++) {
                    int y = (firstRow + i) * strideH + ry - top;
                    if (y < 0 || y >= srcH) {
                        continue;
                    }
                    int at = to + ((phase * phaseRows + i) * pitch + first) * lanes;
                    int read = from + y * srcW + first * strideW + rx - left;
                    for (int j = first; j < last; j++, at += lanes, read += strideW) {
                        window[at] = src[read];
                    }
                }
            }
        }
    }

    /** The first column of a phase that lies on the image. */
    private int firstColumn(int rx) {
        return Math.clamp(Math.ceilDiv(left - rx, strideW), 0, pitch);
    }

    /** One past the last column of a phase that lies on the image. */
    private int lastColumn(int rx, int first) {
        return Math.clamp(Math.ceilDiv(left + srcW - rx, strideW), first, pitch);
    }

    private static void zero(float[] window, int from, int to) {
        for (int i = from; i < to; i++) {
            window[i] = 0f;
        }
    }

    private void copy(float[] src, int from, float[] window, int to, int count) {
        if (strideW != 1) {
            for (int i = 0; i < count; i++) {
                window[to + i] = src[from + i * strideW];
            }
        } else if (count < ConvTile.LANES) {
            for (int i = 0; i < count; i++) {
                window[to + i] = src[from + i];
            }
        } else {
            int last = count - ConvTile.LANES;
            for (int i = 0; i < last; i += ConvTile.LANES) {
                FloatVector.fromArray(ConvTile.SPECIES, src, from + i).intoArray(window, to + i);
            }
            FloatVector.fromArray(ConvTile.SPECIES, src, from + last).intoArray(window, to + last);
        }
    }
}
