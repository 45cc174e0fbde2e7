package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.vector.lanes.RowGroups;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.cpu.vector.lanes.Transpose;
import espalier.tensor.spi.ConvSpec;
import java.util.Arrays;

/**
 * Blocks of a few hundred output pixels and, for each, the zero-padded input that they see, with the channels
 * innermost: {@code [image][row][column][channel]}.
 *
 * <p>A block is some rows of one image or, where images are small, some whole images. A kernel one column wide reads
 * only every {@code strideW}-th column, so only those are kept, and likewise rows.
 *
 * <p>A few channels would leave most lanes of a vector of weights empty. Then the window is stacked: it has a row for
 * each row of outputs, and a pixel of it holds the channels of all input rows that the kernel sees there,
 * {@code [image][row][column][kernel row][channel]}.
 */
final class PixelWindow implements Pixels {
    private final ConvGeometry g;
    private final int stack;
    private final int imagesPerBlock;
    private final int rowsPerBlock;
    private final int keepH;
    private final int keepW;
    private final int walkH;
    private final int walkW;
    private final int rows;
    private final int columns;

    /**
     * @param rowStep a block has a multiple of so many rows, unless it has all
     * @param isStacked whether a pixel holds the channels of all kernel rows
     */
    PixelWindow(ConvGeometry g, int pixelsPerBlock, int rowStep, boolean isStacked) {
        this.g = g;
        stack = isStacked ? g.kh() : 1;
        ConvSpec spec = g.spec();
        int outH = g.outH();
        int outW = g.outW();
        imagesPerBlock = Math.clamp(pixelsPerBlock / (outH * outW), 1, Math.max(1, g.n()));
        int blocksPerImage = imagesPerBlock > 1 ? 1 : Math.ceilDiv(outH, Math.clamp(pixelsPerBlock / outW, 1, outH));
        rowsPerBlock = Math.min(outH, Math.ceilDiv(Math.ceilDiv(outH, blocksPerImage), rowStep) * rowStep);
        keepH = g.kh() == 1 ? spec.strideH() : 1;
        keepW = g.kw() == 1 ? spec.strideW() : 1;
        walkH = isStacked ? 1 : spec.strideH() / keepH;
        walkW = spec.strideW() / keepW;
        int below = isStacked ? 0 : (g.kh() - 1) * spec.dilationH();
        rows = (Math.ceilDiv(rowsPerBlock, rowStep) * rowStep - 1) * walkH + below + 1;
        columns = (outW - 1) * walkW + (g.kw() - 1) * spec.dilationW() + 1;
    }

    /** The most images of a block. */
    int imagesPerBlock() {
        return imagesPerBlock;
    }

    /** The most rows of output pixels of a block, in each image. */
    int rowsPerBlock() {
        return rowsPerBlock;
    }

    /** Rows of the window in each image. */
    int rows() {
        return rows;
    }

    /** Pixels of a row of the window. */
    int columns() {
        return columns;
    }

    @Override
    public int kernelRows() {
        return g.kh() / stack;
    }

    @Override
    public int stack() {
        return stack;
    }

    /** The number of blocks. */
    int blocks() {
        return Math.ceilDiv(g.n(), imagesPerBlock) * Math.ceilDiv(g.outH(), rowsPerBlock);
    }

    /** The most pixels of a block. */
    int pixels() {
        return imagesPerBlock * rowsPerBlock * g.outW();
    }

    /** The pixels of a block. */
    int pixels(int block) {
        return images(block) * outRows(block) * g.outW();
    }

    /** Blocks of an image: 1 if a block has whole images. */
    int perImage() {
        return Math.ceilDiv(g.outH(), rowsPerBlock);
    }

    /** The first image of a block. */
    int firstImage(int block) {
        return block / perImage() * imagesPerBlock;
    }

    /** The images of a block. */
    int images(int block) {
        return Math.min(imagesPerBlock, g.n() - firstImage(block));
    }

    private int firstRow(int block) {
        return block % perImage() * rowsPerBlock;
    }

    /** The rows of output pixels in each image of a block. */
    int outRows(int block) {
        return Math.min(rowsPerBlock, g.outH() - firstRow(block));
    }

    /** Floats of a window whose pixels are {@code pitch} apart. */
    int length(int pitch) {
        return imagesPerBlock * rows * columns * pitch;
    }

    @Override
    public int tap(int p, int q) {
        return p * g.spec().dilationH() * columns + q * g.spec().dilationW();
    }

    @Override
    public int[] pixelOffsets(int pitch) {
        int[] offsets = new int[pixels()];
        int at = 0;
        for (int n = 0; n < imagesPerBlock; n++) {
            for (int i = 0; i < rowsPerBlock; i++) {
                for (int j = 0; j < g.outW(); j++) {
                    offsets[at++] = ((n * rows + i * walkH) * columns + j * walkW) * pitch;
                }
            }
        }
        return offsets;
    }

    /** Copies {@code dy} of a block into panels of some output channels, {@code [panel][pixel][row]}. */
    void packGradient(int block, Span dy, int firstChannel, int channels, float[] packed) {
        int pixels = pixels(block);
        int plane = g.outH() * g.outW();
        int span = outRows(block) * g.outW();
        for (int r = 0, height; r < channels; r += height) {
            height = RowGroups.height(channels, r);
            int to = r * pixels;
            for (int n = 0; n < images(block); n++) {
                int image = firstImage(block) + n;
                int from = dy.at() + (image * g.o() + firstChannel + r) * plane + firstRow(block) * g.outW();
                Transpose.run(dy.array(), from, plane, height, span, packed, to, height);
                to += span * height;
            }
        }
    }

    /** Fills the window of a block, from {@code windowAt} on, with some channels of the input. */
    void fill(int block, Span x, int firstChannel, int channels, int pitch, float[] window, int windowAt) {
        int plane = g.h() * g.w();
        for (int n = 0; n < images(block); n++) {
            int image = x.at() + ((firstImage(block) + n) * g.c() + firstChannel) * plane;
            for (int i = 0; i < rows; i++) {
                int to = windowAt + (n * rows + i) * columns * pitch;
                int top = firstRow(block) * g.spec().strideH() - g.spec().padH();
                if (stack > 1) {
                    fillStack(x.array(), image, top + i * g.spec().strideH(), channels, pitch, window, to);
                } else {
                    fillRow(x.array(), image, top + i * keepH, channels, pitch, window, to);
                }
            }
        }
    }

    /** The first column of a row that does not lie on the padding. */
    private int firstColumn() {
        return Math.clamp(Math.ceilDiv(g.spec().padW(), keepW), 0, columns);
    }

    /** The first column after those. */
    private int endColumn() {
        return Math.clamp(Math.ceilDiv(g.spec().padW() + g.w(), keepW), firstColumn(), columns);
    }

    /** One row, of input row y. */
    private void fillRow(float[] x, int image, int y, int channels, int pitch, float[] window, int to) {
        int plane = g.h() * g.w();
        int first = firstColumn();
        int last = endColumn();
        if (y < 0 || y >= g.h()) {
            Arrays.fill(window, to, to + columns * pitch, 0f);
            return;
        }
        Arrays.fill(window, to, to + first * pitch, 0f);
        Arrays.fill(window, to + last * pitch, to + columns * pitch, 0f);
        int from = image + y * g.w() + first * keepW - g.spec().padW();
        if (keepW == 1) {
            Transpose.run(x, from, plane, channels, last - first, window, to + first * pitch, pitch);
            return;
        }
        for (int c = 0; c < channels; c++) {
            for (int j = first; j < last; j++) {
                window[to + j * pitch + c] = x[from + c * plane + (j - first) * keepW];
            }
        }
    }

    /** One row of a stacked window, whose first kernel row sees input row y. */
    private void fillStack(float[] x, int image, int y, int channels, int pitch, float[] window, int to) {
        int step = g.spec().dilationH();
        int from = Math.clamp(Math.ceilDiv(-y, step), 0, stack);
        int end = Math.clamp(Math.ceilDiv(g.h() - y, step), from, stack);
        int first = firstColumn();
        int last = endColumn();
        if (end - from < stack || last - first < columns) {
            Arrays.fill(window, to, to + columns * pitch, 0f);
        }
        for (int p = from; p < end; p += channels == 1 ? end - from : 1) {
            int read = image + (y + p * step) * g.w() + first * keepW - g.spec().padW();
            int write = to + first * pitch + p * channels;
            boolean oneChannel = channels == 1; // its rows are to be laid side by side as channels are elsewhere
            int stride = oneChannel ? step * g.w() : g.h() * g.w();
            Transpose.run(x, read, stride, oneChannel ? end - from : channels, last - first, window, write, pitch);
        }
    }
}
