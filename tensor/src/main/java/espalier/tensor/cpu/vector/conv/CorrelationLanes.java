package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.RowGroups;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.cpu.vector.lanes.Transpose;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs a {@link Correlation} with images side by side: lane l of a vector belongs to image l, and a vector is one
 * pixel.
 *
 * <p>The way for small images. Rows of 7 or 4 pixels would leave lanes empty, and near the edge much of the kernel lies
 * on the padding. Here every lane is used, any stride is only a distance, and each pixel multiplies exactly the taps
 * that lie on the image: pixels are sorted into {@link Group}s that see the same taps. The price is to transpose the
 * source, and the results back, once each.
 */
final class CorrelationLanes implements ConvWay {
    private static final int LANES = Lanes.COUNT;

    /** Multiply-adds of a task: about 80 microseconds. */
    private static final long TASK_WORK = 4_000_000;

    /** Most floats of source and results of one block of images: they stay in the second-level cache. */
    private static final long BLOCK_FLOATS = 1 << 18;

    /** Vectors that one pass over the panels of output channels covers: a tile. */
    private static final int BLOCK_VECTORS = 2;

    /** The same where there are so few output channels that a tile is three or four vectors wide. */
    private static final int FEW_ROWS_BLOCK = 12;

    /** Longest sum before it is cut. */
    private static final int DEPTH = 768;

    /** Pixels that see the same taps of one kernel column: consecutive terms of the sum, of which each is a vector. */
    private record Group(int firstTerm, int terms, ConvTile pixels) {}

    private final Correlation k;
    private final int srcPlane;
    private final int dstPlane;
    private final List<List<Group>> groups = new ArrayList<>();
    private final List<int[]> offsets = new ArrayList<>();

    CorrelationLanes(Correlation correlation) {
        k = correlation;
        srcPlane = PaddedWindow.spread(k.srcH() * k.srcW() * LANES);
        dstPlane = PaddedWindow.spread(k.dstH() * k.dstW() * LANES);
        for (Correlation.Part part : k.parts()) {
            groups.add(groups(part));
            offsets.add(offsets(part));
        }
    }

    /** Whether a block of images is small enough. */
    static boolean takes(Correlation k) {
        return blockFloats(k) <= BLOCK_FLOATS && k.images() > 1;
    }

    /** Source and results of a block of images. */
    private static long blockFloats(Correlation k) {
        return LANES * ((long) k.channels() * k.srcH() * k.srcW() + (long) k.rows() * k.dstH() * k.dstW());
    }

    /** Terms are ordered as [across][down][channel]. */
    private int[] offsets(Correlation.Part part) {
        int[] table = new int[k.channels() * part.taps()];
        int at = 0;
        for (Correlation.Tap across : part.across()) {
            for (Correlation.Tap down : part.down()) {
                for (int c = 0; c < k.channels(); c++) {
                    table[at++] = c * srcPlane + (down.at() * k.srcW() + across.at()) * LANES;
                }
            }
        }
        return table;
    }

    private List<Group> groups(Correlation.Part part) {
        List<Group> result = new ArrayList<>();
        Map<List<Integer>, List<Integer>> rowsByTaps = new LinkedHashMap<>();
        for (int i = 0; i < k.gridH(); i++) {
            int y = i * k.stepH() + part.dstY();
            int first = 0;
            while (first < part.down().size()
                    && !onImage(i * k.strideH() - k.top(), part.down().get(first), k.srcH())) {
                first++;
            }
            int end = first;
            while (end < part.down().size()
                    && onImage(i * k.strideH() - k.top(), part.down().get(end), k.srcH())) {
                end++;
            }
            if (y >= 0 && y < k.dstH() && end > first) {
                rowsByTaps
                        .computeIfAbsent(List.of(first, end), _ -> new ArrayList<>())
                        .add(i);
            }
        }
        for (int q = 0; q < part.across().size(); q++) {
            for (Map.Entry<List<Integer>, List<Integer>> entry : rowsByTaps.entrySet()) {
                int first = entry.getKey().get(0);
                int end = entry.getKey().get(1);
                ConvTile pixels = pixels(part, entry.getValue(), part.across().get(q));
                if (pixels.vectors() > 0) {
                    int firstTerm = (q * part.down().size() + first) * k.channels();
                    result.add(new Group(firstTerm, (end - first) * k.channels(), pixels));
                }
            }
        }
        return result;
    }

    private static boolean onImage(int origin, Correlation.Tap tap, int size) {
        int at = origin + tap.at();
        return at >= 0 && at < size;
    }

    /** The pixels of some grid rows for which a kernel column lies on the image. */
    private ConvTile pixels(Correlation.Part part, List<Integer> gridRows, Correlation.Tap across) {
        int[] xStarts = new int[gridRows.size() * k.gridW()];
        int[] cStarts = new int[gridRows.size() * k.gridW()];
        int count = 0;
        for (int i : gridRows) {
            for (int j = 0; j < k.gridW(); j++) {
                int x = j * k.stepW() + part.dstX();
                if (x >= 0 && x < k.dstW() && onImage(j * k.strideW() - k.left(), across, k.srcW())) {
                    int y = i * k.stepH() + part.dstY();
                    xStarts[count] = ((i * k.strideH() - k.top()) * k.srcW() + j * k.strideW() - k.left()) * LANES;
                    cStarts[count] = (y * k.dstW() + x) * LANES;
                    count++;
                }
            }
        }
        return new ConvTile(Arrays.copyOf(xStarts, count), Arrays.copyOf(cStarts, count), dstPlane);
    }

    @Override
    public double cost() {
        double cycles = 0;
        for (List<Group> list : groups) {
            for (Group group : list) {
                cycles += Math.ceilDiv(group.pixels().vectors(), 2) * ConvTile.cycles(k.rows(), group.terms());
            }
        }
        int sources = k.channels() * k.srcH() * k.srcW();
        int results = k.rows() * k.dstH() * k.dstW();
        cycles += LANES * (0.8 * sources + 1.0 * results);
        cycles *= 1.12; // neighbours in a row are a vector apart and not a float: more lines of the nearest cache
        if (blockFloats(k) > BLOCK_FLOATS / 2) { // hardly any of the second-level cache is left for the weights
            cycles *= 1.1;
        }
        return cycles * Math.ceilDiv(k.images(), LANES) / k.images();
    }

    @Override
    public Correlation correlation() {
        return k;
    }

    @Override
    public Order order() {
        return Order.CHANNELS_INSIDE;
    }

    @Override
    public void run(Parallel parallel, Operands o) {
        int panels = RowGroups.count(k.rows());
        int splits = Math.clamp(k.rowWork() * k.gridH() * LANES / TASK_WORK, 1, panels);
        int blocks = Math.ceilDiv(k.images(), LANES);
        parallel.forEach(blocks * k.groups() * splits, task -> {
            int split = task % splits;
            int group = task / splits % k.groups();
            int image = task / splits / k.groups() * LANES;
            int firstRow = RowGroups.start(k.rows(), panels * split / splits);
            int endRow = RowGroups.start(k.rows(), panels * (split + 1) / splits);
            float[] x = fill(o.src(), image, group);
            float[] c = Scratch.onLines(Scratch.CONV_OUTPUT, k.rows() * dstPlane);
            for (int r = firstRow; r < endRow; r++) {
                float start = o.bias().orZero(group * k.rows() + r);
                int at = Scratch.LINE + r * dstPlane;
                Arrays.fill(c, at, at + k.dstH() * k.dstW() * LANES, start);
            }
            for (int p = 0; p < k.parts().size(); p++) {
                multiply(p, o.packed().array(), o.packed().at() + k.packedAt(p, group), x, c, firstRow, endRow);
            }
            store(c, image, group, firstRow, endRow, o.dst());
        });
    }

    private void multiply(int part, float[] packed, int aAt, float[] x, float[] c, int firstRow, int endRow) {
        int[] table = offsets.get(part);
        int block = k.rows() <= 3 ? FEW_ROWS_BLOCK : BLOCK_VECTORS;
        for (Group group : groups.get(part)) {
            ConvTile pixels = group.pixels();
            int count = pixels.vectors();
            int end = group.firstTerm() + group.terms();
            for (int term = group.firstTerm(); term < end; term += DEPTH) {
                int n = Math.min(DEPTH, end - term);
                for (int v = 0; v < count; v += block) {
                    int last = Math.min(count, v + block);
                    for (int r = firstRow, height; r < endRow; r += height) {
                        height = RowGroups.height(k.rows(), r);
                        int at = aAt + r * table.length + term * height;
                        int to = Scratch.LINE + r * dstPlane;
                        pixels.run(
                                height,
                                n,
                                packed,
                                at,
                                table,
                                term,
                                x,
                                Scratch.LINE,
                                c,
                                to,
                                v,
                                last,
                                true,
                                ConvTile.NO_BIAS,
                                0);
                    }
                }
            }
        }
    }

    /** {@code [image][channel][pixel]} to {@code [channel][pixel][image]}. */
    private float[] fill(Span src, int image, int group) {
        float[] x = Scratch.onLines(Scratch.CONV_INPUT, k.channels() * srcPlane);
        int pixels = k.srcH() * k.srcW();
        int imageStride = k.groups() * k.channels() * pixels;
        int images = Math.min(LANES, k.images() - image);
        int from = src.at() + image * imageStride + group * k.channels() * pixels;
        for (int c = 0; c < k.channels(); c++) {
            int to = Scratch.LINE + c * srcPlane;
            if (images < LANES) {
                Arrays.fill(x, to, to + pixels * LANES, 0f);
            }
            Transpose.run(src.array(), from + c * pixels, imageStride, images, pixels, x, to, LANES);
        }
        return x;
    }

    /** {@code [channel][pixel][image]} to {@code [image][channel][pixel]}. */
    private void store(float[] c, int image, int group, int firstRow, int endRow, Span dst) {
        int pixels = k.dstH() * k.dstW();
        int imageStride = k.groups() * k.rows() * pixels;
        int images = Math.min(LANES, k.images() - image);
        int to = dst.at() + image * imageStride + group * k.rows() * pixels;
        for (int r = firstRow; r < endRow; r++) {
            Transpose.run(
                    c, Scratch.LINE + r * dstPlane, LANES, pixels, images, dst.array(), to + r * pixels, imageStride);
        }
    }
}
