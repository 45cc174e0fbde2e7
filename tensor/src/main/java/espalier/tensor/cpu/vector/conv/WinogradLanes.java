package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.RowGroups;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.cpu.vector.lanes.Transpose;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Computes a {@link Correlation} with images side by side, as {@link CorrelationLanes}, and by a {@link RowFilter}:
 * whatever the width of an image, all lanes are used, and rows are combined by pairs.
 *
 * <p>There are two ways to do so. Where the source is larger, six rows of it (with five taps) become the factors of two
 * rows of results. Where it is smaller, as in the gradient of a convolution without padding, it is done backwards: two
 * rows of it become the factors of six rows of results, which are added where they overlap. Then no time is spent on
 * the zeros around the source.
 */
final class WinogradLanes implements ConvWay {
    private static final int LANES = Lanes.COUNT;

    /** Multiply-adds of a task: about 80 microseconds. */
    private static final long TASK_WORK = 4_000_000;

    /** So many tasks for each thread make up for one that begins late. */
    private static final int TASKS_A_THREAD = 2;

    /** Most floats of the factors of some pairs of rows: half of the second-level cache. */
    private static final long FACTOR_FLOATS = 1 << 17;

    /** Most floats of results of a block of images, likewise. */
    private static final long RESULT_FLOATS = 1 << 17;

    /** Columns of the results for which the same taps lie on the source. */
    private record Group(int firstTerm, int terms, ConvTile positions) {}

    private final Correlation k;
    private final RowFilter filter;
    private final List<Correlation.Tap> down;
    private final List<Correlation.Tap> across;
    private final boolean backwards;
    private final int pairs;
    private final int batch;
    private final int factorPlane;
    private final int factorStep;
    private final int sumPlane;
    private final int resultPlane;
    private final int length;
    private final int[] offsets;
    private final List<Group> groups;

    /** Whether a sum is of this kind. */
    static boolean takes(Correlation k) {
        return filter(k).isPresent()
                && k.groups() == 1
                && k.images() > 1
                && k.strideH() == 1
                && k.strideW() == 1
                && k.stepH() == 1
                && k.stepW() == 1
                && k.gridH() == k.dstH()
                && k.gridW() == k.dstW()
                && k.top() >= 0
                && k.top() < k.parts().getFirst().down().size()
                && (!isBackwards(k) || (long) k.rows() * (k.srcH() + 5) * k.dstW() * LANES <= RESULT_FLOATS)
                && 6L * k.channels() * k.srcW() * LANES <= FACTOR_FLOATS;
    }

    private static boolean isBackwards(Correlation k) {
        return k.srcH() < k.gridH();
    }

    private static Optional<RowFilter> filter(Correlation k) {
        if (k.parts().size() != 1) {
            return Optional.empty();
        }
        Correlation.Part part = k.parts().getFirst();
        List<Correlation.Tap> taps = sorted(part.down());
        boolean neighbours = part.dstY() == 0 && part.dstX() == 0;
        for (int i = 0; i < taps.size(); i++) {
            neighbours &= taps.get(i).at() == i;
        }
        boolean all = neighbours;
        return Arrays.stream(RowFilter.values())
                .filter(filter -> all && filter.taps() == taps.size())
                .findFirst();
    }

    private static List<Correlation.Tap> sorted(List<Correlation.Tap> taps) {
        return taps.stream()
                .sorted(Comparator.comparingInt(Correlation.Tap::at))
                .toList();
    }

    WinogradLanes(Correlation correlation) {
        k = correlation;
        filter = filter(k).orElseThrow();
        down = sorted(k.parts().getFirst().down());
        across = sorted(k.parts().getFirst().across());
        backwards = isBackwards(k);
        pairs = Math.ceilDiv(backwards ? k.srcH() : k.gridH(), 2);
        long pairFloats = (long) filter.terms() * k.channels() * k.srcW() * LANES;
        int most = 1;
        for (int count = 1; count <= pairs; count++) {
            most = pairs % count == 0 && count * pairFloats <= FACTOR_FLOATS ? count : most;
        }
        batch = most;
        factorPlane = PaddedWindow.spread(batch * k.srcW() * LANES);
        factorStep = k.channels() * factorPlane;
        sumPlane = PaddedWindow.spread(batch * k.gridW() * LANES);
        int resultRows = backwards ? 2 * pairs + filter.taps() - 1 : 2 * batch;
        resultPlane = PaddedWindow.spread(resultRows * k.dstW() * LANES);
        length = k.channels() * across.size();
        offsets = new int[length];
        for (int t = 0; t < length; t++) {
            offsets[t] = t % k.channels() * factorPlane
                    + across.get(t / k.channels()).at() * LANES;
        }
        groups = groups();
    }

    private List<Group> groups() {
        Map<List<Integer>, List<Integer>> columns = new LinkedHashMap<>();
        for (int j = 0; j < k.gridW(); j++) {
            int first = 0;
            while (first < across.size() && !onSource(j, first)) {
                first++;
            }
            int end = first;
            while (end < across.size() && onSource(j, end)) {
                end++;
            }
            columns.computeIfAbsent(List.of(first, end), _ -> new ArrayList<>()).add(j);
        }
        List<Group> made = new ArrayList<>();
        columns.forEach((taps, at) -> {
            int first = taps.get(0) * k.channels();
            made.add(new Group(first, taps.get(1) * k.channels() - first, positions(at)));
        });
        return made;
    }

    private boolean onSource(int column, int tap) {
        int at = column + across.get(tap).at() - k.left();
        return at >= 0 && at < k.srcW();
    }

    private ConvTile positions(List<Integer> columns) {
        int[] xStarts = new int[batch * columns.size()];
        int[] cStarts = new int[xStarts.length];
        for (int v = 0; v < xStarts.length; v++) {
            int column = columns.get(v % columns.size());
            int pair = v / columns.size();
            xStarts[v] = (pair * k.srcW() + column - k.left()) * LANES;
            cStarts[v] = (pair * k.gridW() + column) * LANES;
        }
        return new ConvTile(xStarts, cStarts, sumPlane);
    }

    @Override
    public double cost() {
        double tiles = 0;
        for (Group group : groups) {
            tiles += Math.ceilDiv(group.positions().vectors(), 2) * ConvTile.cycles(k.rows(), group.terms());
        }
        tiles *= filter.terms() * (pairs / batch);
        double sources = (double) k.channels() * k.srcH() * k.srcW();
        double results = (double) k.rows() * k.dstH() * k.dstW();
        double cycles = tiles + LANES * (0.8 * sources + results) + 12 * (sources + results);
        return 0.95 * cycles * Math.ceilDiv(k.images(), LANES) / k.images();
    }

    @Override
    public Correlation correlation() {
        return k;
    }

    @Override
    public Order order() {
        return Order.WINOGRAD_LANES;
    }

    @Override
    public int packedLength() {
        return filter.terms() * k.rows() * length;
    }

    /** {@code [term][panel][across][channel][row]}. */
    @Override
    public void pack(Parallel parallel, Span weight, Span packed) {
        int taps = filter.taps();
        parallel.forEach(RowGroups.count(k.rows()), panel -> {
            int first = RowGroups.start(k.rows(), panel);
            int height = RowGroups.height(k.rows(), first);
            float[] column = new float[taps];
            float[] factors = new float[filter.terms()];
            for (int i = 0; i < height; i++) {
                for (int t = 0; t < length; t++) {
                    int from = weight.at()
                            + (first + i) * k.weightRow()
                            + t % k.channels() * k.weightChannel()
                            + across.get(t / k.channels()).weight();
                    for (int p = 0; p < taps; p++) {
                        column[backwards ? taps - 1 - p : p] =
                                weight.array()[from + down.get(p).weight()];
                    }
                    filter.factors(column, factors);
                    for (int term = 0; term < factors.length; term++) {
                        packed.array()[packed.at() + packedAt(term, first) + t * height + i] = factors[term];
                    }
                }
            }
        });
    }

    private int packedAt(int term, int row) {
        return (term * k.rows() + row) * length;
    }

    @Override
    public void run(Parallel parallel, Operands o) {
        int blocks = Math.ceilDiv(k.images(), LANES);
        int panels = RowGroups.count(k.rows());
        int splits = splits(parallel.threads(), blocks, panels);
        parallel.forEach(blocks * splits, task -> {
            int split = task % splits;
            int first = RowGroups.start(k.rows(), panels * split / splits);
            int end = RowGroups.start(k.rows(), panels * (split + 1) / splits);
            compute(o, task / splits * LANES, first, end);
        });
    }

    /**
     * Among how many tasks the output channels of a block of images are divided: where there are too few blocks for all
     * threads. Each makes the factors for itself.
     */
    private int splits(int threads, int blocks, int panels) {
        long most = k.rowWork() * k.gridH() * LANES / TASK_WORK;
        int wanted = Math.ceilDiv(TASKS_A_THREAD * threads, Math.max(1, blocks));
        return threads == 1 ? 1 : Math.clamp(Math.min(most, wanted), 1, panels);
    }

    /** Output channels {@code first} to {@code end - 1} of a block of images. */
    private void compute(Operands o, int image, int first, int end) {
        float[] factors = Scratch.onLines(Scratch.CONV_INPUT, filter.terms() * factorStep);
        float[] sums = Scratch.onLines(Scratch.CONV_GRADIENT, filter.terms() * RowGroups.MOST * sumPlane);
        int most = backwards ? end - first : RowGroups.MOST;
        float[] results = Scratch.onLines(Scratch.CONV_OUTPUT, most * resultPlane);
        if (backwards) {
            for (int r = first; r < end; r++) {
                int at = Scratch.LINE + (r - first) * resultPlane;
                Arrays.fill(results, at, at + resultPlane, o.bias().orZero(r));
            }
        }
        for (int pair = 0; pair < pairs; pair += batch) {
            for (int c = 0; c < k.channels(); c++) {
                fill(o.src(), image, c, pair, factors);
            }
            for (int r = first, height; r < end; r += height) {
                height = RowGroups.height(k.rows(), r);
                multiply(o, r, height, factors, sums);
                for (int i = 0; i < height; i++) {
                    int to = Scratch.LINE + (backwards ? r - first + i : i) * resultPlane;
                    finish(sums, Scratch.LINE + i * sumPlane, pair, results, to);
                }
                if (!backwards) {
                    int rows = Math.min(2 * batch, k.dstH() - 2 * pair);
                    store(results, 0, r, height, 2 * pair, rows, image, o.dst());
                }
            }
        }
        if (backwards) {
            int above = filter.taps() - 1 - k.top();
            store(results, above, first, end - first, 0, k.dstH(), image, o.dst());
        }
    }

    /** The factors of some pairs of rows of a channel. */
    private void fill(Span src, int image, int channel, int pair, float[] factors) {
        int reach = backwards ? 0 : filter.taps() - 1;
        int top = backwards ? 0 : k.top();
        int first = 2 * pair - top;
        int rows = 2 * batch + reach;
        int from = Math.clamp(first, 0, k.srcH());
        int end = Math.clamp(first + rows, from, k.srcH());
        int row = k.srcW() * LANES;
        float[] x = Scratch.onLines(Scratch.PLANE, rows * row);
        int images = Math.min(LANES, k.images() - image);
        if (images < LANES) {
            Arrays.fill(x, Scratch.LINE, Scratch.LINE + rows * row, 0f);
        } else {
            Arrays.fill(x, Scratch.LINE, Scratch.LINE + (from - first) * row, 0f);
            Arrays.fill(x, Scratch.LINE + (end - first) * row, Scratch.LINE + rows * row, 0f);
        }
        int plane = k.srcH() * k.srcW();
        int at = src.at() + (image * k.channels() + channel) * plane + from * k.srcW();
        int columns = (end - from) * k.srcW();
        Transpose.run(
                src.array(), at, k.channels() * plane, images, columns, x, Scratch.LINE + (from - first) * row, LANES);
        int to = Scratch.LINE + channel * factorPlane;
        for (int i = 0; i < batch; i++, to += row) {
            if (backwards) {
                filter.spread(
                        x, Scratch.LINE + 2 * i * row, Scratch.LINE + (2 * i + 1) * row, row, factors, to, factorStep);
            } else {
                filter.combine(x, Scratch.LINE + 2 * i * row, row, row, factors, to, factorStep);
            }
        }
    }

    /** All terms of a panel of output channels. */
    private void multiply(Operands o, int row, int height, float[] factors, float[] sums) {
        for (int term = 0; term < filter.terms(); term++) {
            // Both rows of results take m1 once, and with it the bias.
            boolean biased = !backwards && term == 1 && !o.bias().isEmpty();
            float[] bias = biased ? o.bias().array() : ConvTile.NO_BIAS;
            int biasAt = biased ? o.bias().at() + row : 0;
            int to = Scratch.LINE + term * RowGroups.MOST * sumPlane;
            for (Group group : groups) {
                ConvTile positions = group.positions();
                int first = group.firstTerm();
                int a = o.packed().at() + packedAt(term, row) + first * height;
                int x = Scratch.LINE + term * factorStep;
                int count = positions.vectors();
                positions.run(
                        height,
                        group.terms(),
                        o.packed().array(),
                        a,
                        offsets,
                        first,
                        factors,
                        x,
                        sums,
                        to,
                        0,
                        count,
                        false,
                        bias,
                        biasAt);
            }
        }
    }

    /** Rows of results of one output channel from the sums of some pairs. */
    private void finish(float[] sums, int from, int pair, float[] results, int to) {
        int step = RowGroups.MOST * sumPlane;
        int row = k.dstW() * LANES;
        for (int i = 0; i < batch; i++) {
            int at = from + i * row;
            int y = to + 2 * i * row;
            if (backwards) {
                filter.addSpread(sums, at, step, row, results, y + 2 * pair * row, row);
            } else {
                filter.results(sums, at, step, row, results, y, y + row);
            }
        }
    }

    /**
     * Some rows {@code [channel][pixel][image]}, from row {@code above} of the results on, to
     * {@code [image][channel][pixel]}.
     */
    private void store(float[] results, int above, int channel, int channels, int row, int rows, int image, Span dst) {
        int plane = k.dstH() * k.dstW();
        int images = Math.min(LANES, k.images() - image);
        for (int c = 0; c < channels; c++) {
            int from = Scratch.LINE + c * resultPlane + above * k.dstW() * LANES;
            int to = dst.at() + (image * k.rows() + channel + c) * plane + row * k.dstW();
            Transpose.run(results, from, LANES, rows * k.dstW(), images, dst.array(), to, k.rows() * plane);
        }
    }
}
