package espalier.tensor.cpu.vector.norm;

import espalier.tensor.Tensor;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Heap;
import java.util.Optional;

/**
 * Batch normalization of {@code [N, C, ..]}, its gradients, and the affine map per channel that it is at inference.
 *
 * <p>With long planes the statistics of every plane are found first, in the order of memory, then put together for each
 * channel, then applied, in the order of memory again. With short planes a task takes some neighbouring channels
 * through all images, and applies their statistics while what it has read is still in the cache.
 */
public final class BatchNormKernel {
    /** Planes of at least this many elements are summed as runs. */
    static final int LONG_PLANE = 128;

    /** Planes of at least this many elements are written as runs. */
    private static final int RUN = 32;

    /** Columns of a task on short planes, about. */
    private static final int COLUMNS = 1024;

    private BatchNormKernel() {}

    /** Whether there is something to normalize. */
    public static boolean takes(Tensor x) {
        return Heap.areFloats(x) && x.size() > 0;
    }

    /**
     * {@code out = (x − mean)/√(variance + ε)·scale + shift}, and then at least 0 if asked; writes the statistics
     * {@code [C]} too.
     */
    public static void forward(
            Parallel parallel,
            Tensor x,
            Tensor scale,
            Tensor shift,
            double epsilon,
            boolean relu,
            Tensor out,
            Tensor mean,
            Tensor variance) {
        Tensor input = x.contiguous();
        BatchPlanes planes = BatchPlanes.of(input);
        ChannelScales scales = ChannelScales.of(parallel, scale, shift);
        BatchPlanes.ChannelMoments record = scales.settle(epsilon, mean, variance);
        float[] centre = scales.centre();
        float[] factor = scales.factor();
        float[] beta = scales.shift();
        float floor = relu ? 0f : Float.NEGATIVE_INFINITY;
        float[] from = planes.array();
        int xo = planes.offset();
        float[] y = Heap.floats(out);
        int yo = Heap.at(out);
        int size = planes.size();
        BatchPlanes.Plane normalize = (at, c) ->
                BatchNormPlanes.normalize(from, xo + at, centre[c], factor[c], beta[c], floor, y, yo + at, size);
        if (size >= LONG_PLANE) {
            planes.moments(parallel, record);
            planes.each(parallel, 0.2, normalize);
            return;
        }
        planes.channelGroups(parallel, COLUMNS, 0.5, (first, end) -> {
            planes.columnMoments(first, end, record);
            if (size >= RUN) {
                planes.each(first, end, normalize);
                return;
            }
            float[] centres = BatchNormColumns.repeated(Scratch.CHANNELS, centre, first, end, size);
            float[] factors = BatchNormColumns.repeated(Scratch.CHANNELS_2, factor, first, end, size);
            float[] shifts = BatchNormColumns.repeated(Scratch.CHANNELS_3, beta, first, end, size);
            for (int n = 0; n < planes.images(); n++) {
                int at = planes.start(n, first);
                int columns = (end - first) * size;
                BatchNormColumns.normalize(from, xo + at, centres, factors, shifts, floor, y, yo + at, columns);
            }
        });
    }

    /**
     * {@code dβ = Σg}, {@code dγ = Σg·x̂}, {@code dx = γ/√(σ² + ε)·(g − dβ/m − x̂·dγ/m)} with {@code x̂ = (x − μ)/√(σ²
     * + ε)} (Ioffe and Szegedy 2015, section 3).
     *
     * @param reluShift the shift β if ReLU follows, else none
     */
    public static void gradient(
            Parallel parallel,
            Tensor x,
            Tensor g,
            Tensor scale,
            Optional<Tensor> reluShift,
            Tensor mean,
            Tensor variance,
            double epsilon,
            Tensor dx,
            Tensor dscale,
            Tensor dshift) {
        Tensor input = x.contiguous();
        Tensor incoming = g.contiguous();
        BatchPlanes planes = BatchPlanes.of(input);
        ChannelSlopes slope = ChannelSlopes.of(parallel, scale, mean, variance, epsilon);
        float[] centre = slope.centre();
        float[] factor = slope.factor();
        float[] along = slope.along();
        float[] offset = slope.offset();
        Gate gate = new Gate(planes, centre, factor, reluShift.map(shift -> ChannelScales.values(parallel, shift)));
        double count = (double) planes.images() * planes.size();
        BatchPlanes.ChannelSums record = slope.settle(count, epsilon, dscale, dshift);
        float[] from = planes.array();
        int xo = planes.offset();
        float[] gs = Heap.floats(incoming);
        int go = Heap.at(incoming);
        float[] to = Heap.floats(dx);
        int out = Heap.at(dx);
        int size = planes.size();
        BatchPlanes.Plane propagate = (at, c) -> {
            float[] passed = gate.row(gs, size);
            int passedAt = gate.plane(at, c, gs, go, passed);
            BatchNormPlanes.gradient(
                    from, xo + at, centre[c], passed, passedAt, along[c], offset[c], factor[c], to, out + at, size);
        };
        if (size >= LONG_PLANE) {
            planes.sums(parallel, centre, gate, gs, go, record);
            planes.each(parallel, 0.3, propagate);
            return;
        }
        planes.channelGroups(parallel, COLUMNS, 0.8, (first, end) -> {
            float[] centres = BatchNormColumns.repeated(Scratch.CHANNELS, centre, first, end, size);
            Gate.Columns columns = gate.columns(first, end, centres);
            planes.columnSums(first, end, centres, columns, gs, go, record);
            if (size >= RUN) {
                planes.each(first, end, propagate);
                return;
            }
            float[] slopes = BatchNormColumns.repeated(Scratch.CHANNELS_2, along, first, end, size);
            float[] offsets = BatchNormColumns.repeated(Scratch.CHANNELS_3, offset, first, end, size);
            float[] factors = BatchNormColumns.repeated(Scratch.CHANNELS_4, factor, first, end, size);
            float[] passed = columns.row(gs);
            for (int n = 0; n < planes.images(); n++) {
                int at = planes.start(n, first);
                int passedAt = columns.image(at, gs, go, passed);
                BatchNormColumns.gradient(
                        from,
                        xo + at,
                        centres,
                        passed,
                        passedAt,
                        slopes,
                        offsets,
                        factors,
                        to,
                        out + at,
                        (end - first) * size);
            }
        });
    }

    /** {@code out = x·scale[c] + shift[c]}, and then at least 0 if asked. */
    public static void scaleShift(Parallel parallel, Tensor x, Tensor scale, Tensor shift, boolean relu, Tensor out) {
        Tensor input = x.contiguous();
        BatchPlanes planes = BatchPlanes.of(input);
        float[] scales = ChannelScales.values(parallel, scale);
        float[] shifts = ChannelScales.values(parallel, shift);
        float floor = relu ? 0f : Float.NEGATIVE_INFINITY;
        float[] from = planes.array();
        int xo = planes.offset();
        float[] y = Heap.floats(out);
        int yo = Heap.at(out);
        int size = planes.size();
        if (size >= RUN) {
            planes.each(
                    parallel,
                    0.2,
                    (at, c) ->
                            BatchNormPlanes.scaleShift(from, xo + at, scales[c], shifts[c], floor, y, yo + at, size));
            return;
        }
        planes.channelGroups(parallel, COLUMNS, 0.3, (first, end) -> {
            float[] factors = BatchNormColumns.repeated(Scratch.CHANNELS, scales, first, end, size);
            float[] offsets = BatchNormColumns.repeated(Scratch.CHANNELS_2, shifts, first, end, size);
            for (int n = 0; n < planes.images(); n++) {
                int at = planes.start(n, first);
                BatchNormColumns.scaleShift(from, xo + at, factors, offsets, floor, y, yo + at, (end - first) * size);
            }
        });
    }
}
