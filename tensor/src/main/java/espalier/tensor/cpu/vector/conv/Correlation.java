package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.vector.lanes.RowGroups;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.cpu.vector.lanes.Transpose;
import espalier.tensor.spi.ConvSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * The sum that a convolution and its gradient to the input have in common: a grid of outputs, each of which sees the
 * source through the same few taps.
 *
 * <pre>
 *   grid[row, i, j] = sum over channel, tap of weight[row, channel, tap] * source[channel, i*strideH + tap.y - top, j*strideW + tap.x - left]
 * </pre>
 *
 * <p>The forward pass is one such grid. The gradient to the input is one with stride 1, whose source is the output's
 * gradient and whose taps are the kernel turned by half a turn. If the convolution has stride s, input pixels fall into
 * s × s classes by their coordinates modulo s, and each class is reached by its own subset of taps: s × s grids, the
 * {@link Part}s, which together fill the input. No multiplication by an inserted zero is made.
 *
 * @param images number of images
 * @param groups number of groups; channels and rows are counted per group
 * @param channels source channels of a group
 * @param srcH source rows
 * @param srcW source columns
 * @param top rows of zeros above the source, negative to crop
 * @param left columns of zeros to the left of the source, negative to crop
 * @param strideH source rows from one grid row to the next
 * @param strideW source columns from one grid column to the next
 * @param rows output channels of a group
 * @param gridH rows of the grid
 * @param gridW columns of the grid
 * @param dstH rows of the destination
 * @param dstW columns of the destination
 * @param stepH destination rows from one grid row to the next
 * @param stepW destination columns from one grid column to the next
 * @param weightGroup distance in the weight from one group to the next
 * @param weightRow distance from one output channel to the next
 * @param weightChannel distance from one source channel to the next
 * @param parts the grids
 */
public record Correlation(
        int images,
        int groups,
        int channels,
        int srcH,
        int srcW,
        int top,
        int left,
        int strideH,
        int strideW,
        int rows,
        int gridH,
        int gridW,
        int dstH,
        int dstW,
        int stepH,
        int stepW,
        int weightGroup,
        int weightRow,
        int weightChannel,
        List<Part> parts) {

    /** Weights that one task packs: about 50 microseconds. */
    private static final int PACK_FLOATS = 1 << 16;

    /**
     * A tap along one axis: where it reads, relative to the padded source, and its share of the index within the
     * kernel.
     */
    public record Tap(int at, int weight) {}

    /**
     * One grid. Its taps are all pairs of one down and one across. Its point (i, j) is destination pixel
     * {@code (i*stepH + dstY, j*stepW + dstX)}, or nothing if that lies outside.
     */
    public record Part(List<Tap> down, List<Tap> across, int dstY, int dstX) {
        int taps() {
            return down.size() * across.size();
        }
    }

    /** The forward pass: source x, destination y. */
    public static Correlation forward(ConvGeometry g) {
        ConvSpec spec = g.spec();
        List<Tap> down = new ArrayList<>();
        for (int p = 0; p < g.kh(); p++) {
            down.add(new Tap(p * spec.dilationH(), p * g.kw()));
        }
        List<Tap> across = new ArrayList<>();
        for (int q = 0; q < g.kw(); q++) {
            across.add(new Tap(q * spec.dilationW(), q));
        }
        int kernel = g.kh() * g.kw();
        return new Correlation(
                g.n(),
                spec.groups(),
                g.groupInputs(),
                g.h(),
                g.w(),
                spec.padH(),
                spec.padW(),
                spec.strideH(),
                spec.strideW(),
                g.groupOutputs(),
                g.outH(),
                g.outW(),
                g.outH(),
                g.outW(),
                1,
                1,
                g.groupOutputs() * g.groupInputs() * kernel,
                g.groupInputs() * kernel,
                kernel,
                List.of(new Part(down, across, 0, 0)));
    }

    /** The gradient to the input: source dy, destination dx. */
    static Correlation inputGradient(ConvGeometry g) {
        ConvSpec spec = g.spec();
        Axis down = new Axis(g.h(), g.kh(), spec.strideH(), spec.padH(), spec.dilationH());
        Axis across = new Axis(g.w(), g.kw(), spec.strideW(), spec.padW(), spec.dilationW());
        List<Part> parts = new ArrayList<>();
        for (int ry = 0; ry < spec.strideH(); ry++) {
            for (int rx = 0; rx < spec.strideW(); rx++) {
                parts.add(new Part(
                        down.taps(ry, g.kw()), across.taps(rx, 1), down.destination(ry), across.destination(rx)));
            }
        }
        int kernel = g.kh() * g.kw();
        return new Correlation(
                g.n(),
                spec.groups(),
                g.groupOutputs(),
                g.outH(),
                g.outW(),
                down.before(),
                across.before(),
                1,
                1,
                g.groupInputs(),
                down.points(),
                across.points(),
                g.h(),
                g.w(),
                spec.strideH(),
                spec.strideW(),
                g.groupOutputs() * g.groupInputs() * kernel,
                kernel,
                g.groupInputs() * kernel,
                parts);
    }

    /**
     * One axis of the gradient to the input. Input coordinate u takes from output coordinate v and kernel coordinate p
     * when {@code u + pad = v*stride + p*dilation}. With {@code u + pad = t*stride + r} and {@code p*dilation =
     * q*stride + r} that is {@code v = t - q}: grid point t, tap q, and both must be of the same class r.
     */
    private record Axis(int size, int kernel, int stride, int pad, int dilation) {
        private int farthest() {
            return (kernel - 1) * dilation / stride;
        }

        private int firstPoint() {
            return pad / stride;
        }

        /** The taps of class r. They read backwards: the farthest comes first. */
        List<Tap> taps(int r, int weightStride) {
            List<Tap> taps = new ArrayList<>();
            for (int p = 0; p < kernel; p++) {
                if (p * dilation % stride == r) {
                    taps.add(new Tap(farthest() - p * dilation / stride, p * weightStride));
                }
            }
            return taps;
        }

        int before() {
            return farthest() - firstPoint();
        }

        int points() {
            return (size - 1 + pad) / stride - firstPoint() + 1;
        }

        int destination(int r) {
            return firstPoint() * stride + r - pad;
        }
    }

    /** Floats of the packed weights. */
    int packedLength() {
        int taps = 0;
        for (Part part : parts) {
            taps += part.taps();
        }
        return groups * rows * channels * taps;
    }

    /** Where a part's packed weights of a group begin. */
    int packedAt(int part, int group) {
        int at = 0;
        for (int i = 0; i < part; i++) {
            at += groups * rows * channels * parts.get(i).taps();
        }
        return at + group * rows * channels * parts.get(part).taps();
    }

    /**
     * Copies the weights into the order in which tiles read them: for each part and group, rows in the panels of
     * {@link RowGroups}, and in a panel the rows' values of one term of the sum side by side. The terms are ordered as
     * [channel][down][across] or, with the channels inside, as [across][down][channel].
     */
    void pack(Parallel parallel, Span weight, ConvWay.Order order, Span packed) {
        boolean channelsLast = order == ConvWay.Order.CHANNELS_INSIDE;
        int panels = RowGroups.count(rows);
        for (int p = 0; p < parts.size(); p++) {
            int part = p;
            int[] terms = terms(parts.get(p), channelsLast);
            boolean inOrder = inOrder(terms);
            int panelsPerTask =
                    Math.clamp(PACK_FLOATS / Math.max(1, terms.length * RowGroups.MOST), 1, groups * panels);
            parallel.forEach(Math.ceilDiv(groups * panels, panelsPerTask), task -> {
                int end = Math.min(groups * panels, (task + 1) * panelsPerTask);
                for (int i = task * panelsPerTask; i < end; i++) {
                    int group = i / panels;
                    int row = RowGroups.start(rows, i % panels);
                    int from = weight.at() + group * weightGroup + row * weightRow;
                    int to = packed.at() + packedAt(part, group) + row * terms.length;
                    packPanel(weight.array(), from, row, terms, inOrder, packed.array(), to);
                }
            });
        }
    }

    private void packPanel(float[] weight, int from, int row, int[] terms, boolean inOrder, float[] packed, int to) {
        int height = RowGroups.height(rows, row);
        int n = terms.length;
        if (inOrder) {
            Transpose.run(weight, from, weightRow, height, n, packed, to, height);
            return;
        }
        for (int i = 0; i < height; i++) {
            int read = from + i * weightRow;
            for (int t = 0; t < n; t++) {
                packed[to + t * height + i] = weight[read + terms[t]];
            }
        }
    }

    /** Whether terms stand in a row of weights as they are summed. */
    static boolean inOrder(int[] terms) {
        for (int i = 0; i < terms.length; i++) { // asked in tasks, where a stream would be new objects for each
            if (terms[i] != i) {
                return false;
            }
        }
        return true;
    }

    /** Where in a row of weights each term of a part's sum stands. */
    int[] terms(Part part, boolean channelsLast) {
        int[] terms = new int[channels * part.taps()];
        int at = 0;
        if (channelsLast) {
            for (Tap across : part.across()) {
                for (Tap down : part.down()) {
                    for (int c = 0; c < channels; c++) {
                        terms[at++] = c * weightChannel + down.weight() + across.weight();
                    }
                }
            }
        } else {
            for (int c = 0; c < channels; c++) {
                for (Tap down : part.down()) {
                    for (Tap across : part.across()) {
                        terms[at++] = c * weightChannel + down.weight() + across.weight();
                    }
                }
            }
        }
        return terms;
    }

    /** Source rows under one grid row. */
    int gridTaps() {
        int rows = 1;
        for (Part part : parts) {
            for (Tap tap : part.down()) {
                rows = Math.max(rows, tap.at() + 1);
            }
        }
        return rows;
    }

    /** Multiply-adds for one grid row of one group of one image, all parts together. */
    long rowWork() {
        return (long) packedLength() / groups * gridW;
    }
}
