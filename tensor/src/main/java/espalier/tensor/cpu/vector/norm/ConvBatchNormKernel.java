package espalier.tensor.cpu.vector.norm;

import espalier.tensor.ConvBatchNorm;
import espalier.tensor.Tensor;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.vector.conv.ConvChunks;
import espalier.tensor.cpu.vector.conv.ConvolutionKernel;
import espalier.tensor.cpu.vector.lanes.Heap;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.cpu.vector.lanes.Tasks;
import java.util.Optional;

/**
 * A {@link ConvBatchNorm} with long planes, so computed that memory is read and written as little as may be.
 *
 * <p>On the way forward, what the convolution makes of some images is measured while it is in the cache; on the way
 * back, the gradient to it is made of some images at a time, goes into both gradients of the convolution, and is
 * forgotten.
 */
public final class ConvBatchNormKernel {
    private final Parallel parallel;
    private final ConvBatchNorm unit;
    private final ConvChunks convolution;

    private ConvBatchNormKernel(Parallel parallel, ConvBatchNorm unit, ConvChunks convolution) {
        this.parallel = parallel;
        this.unit = unit;
        this.convolution = convolution;
    }

    /** The kernel for a unit, if it is faster than its operations one after the other. */
    public static Optional<ConvBatchNormKernel> of(
            Parallel parallel, ConvolutionKernel convolutions, ConvBatchNorm unit) {
        if (!ConvolutionKernel.takes(unit.x(), unit.w())) {
            return Optional.empty();
        }
        int plane = unit.outputShape().dim(2) * unit.outputShape().dim(3);
        return plane < BatchNormKernel.LONG_PLANE
                ? Optional.empty()
                : convolutions
                        .chunks(unit.spec(), unit.x().shape(), unit.w().shape())
                        .map(chunks -> new ConvBatchNormKernel(parallel, unit, chunks));
    }

    /** Writes all of {@code to}. */
    public void forward(ConvBatchNorm.Made to) {
        Span product = Span.of(to.product());
        BatchPlanes planes = BatchPlanes.of(to.product());
        BatchPlanes.Sums measured = planes.sums();
        convolution.forward(
                Span.contiguous(unit.x()),
                Span.contiguous(unit.w()),
                product,
                (threads, first, end) ->
                        ranges(threads, planes, first, end, (from, until) -> planes.measure(measured, from, until)));
        ChannelScales scales = ChannelScales.of(parallel, unit.scale(), unit.shift());
        planes.moments(measured, scales.settle(unit.epsilon(), to.mean(), to.variance()));
        float floor = unit.relu() ? 0f : Float.NEGATIVE_INFINITY;
        float[] x = product.array();
        int xo = product.at();
        float[] centre = scales.centre();
        float[] factor = scales.factor();
        float[] shift = scales.shift();
        float[] y = Heap.floats(to.output());
        int yo = Heap.at(to.output());
        int size = planes.size();
        if (unit.shortcut().isEmpty()) {
            planes.each(
                    parallel,
                    0.2,
                    (at, c) -> BatchNormPlanes.normalize(
                            x, xo + at, centre[c], factor[c], shift[c], floor, y, yo + at, size));
            return;
        }
        Span past = Span.contiguous(unit.shortcut().get());
        planes.each(
                parallel,
                0.3,
                (at, c) -> BatchNormPlanes.normalizeAdd(
                        x,
                        xo + at,
                        centre[c],
                        factor[c],
                        shift[c],
                        past.array(),
                        past.at() + at,
                        floor,
                        y,
                        yo + at,
                        size));
    }

    /** Writes all of {@code to}. */
    public void gradient(
            ConvBatchNorm.Made made, Tensor incoming, Optional<Tensor> addend, ConvBatchNorm.Gradients to) {
        BatchPlanes planes = BatchPlanes.of(made.product());
        int size = planes.size();
        ChannelSlopes slopes = ChannelSlopes.of(parallel, unit.scale(), made.mean(), made.variance(), unit.epsilon());
        Span g = Span.contiguous(incoming);
        Span left = unit.reluBehindShortcut() ? Span.of(to.shortcut().orElseThrow()) : g;
        Gate alone = gate(planes, slopes);
        PlaneGate gate = unit.reluBehindShortcut() ? new PositiveGate(Span.of(made.output()), left, size) : alone;
        double count = (double) planes.images() * size;
        planes.sums(
                parallel,
                slopes.centre(),
                gate,
                g.array(),
                g.at(),
                slopes.settle(count, unit.epsilon(), to.scale(), to.shift()));
        // What passed a gate behind the shortcut is in memory by now, and passes again.
        convolution.gradients(
                (threads, first, end, product) -> ranges(threads, planes, first, end, (from, until) -> {
                    int skipped = first * planes.channels() * size;
                    for (int plane = from; plane < until; plane++) {
                        propagate(planes, plane, slopes, alone, left, product.at() - skipped, product.array());
                    }
                }),
                Span.contiguous(unit.x()),
                Span.contiguous(unit.w()),
                addend.map(Span::contiguous),
                to.x().map(Span::of),
                to.w().map(Span::of));
    }

    /** The ReLU behind batch norm, where nothing is added in between; else what passes everything. */
    private Gate gate(BatchPlanes planes, ChannelSlopes slopes) {
        boolean closes = unit.relu() && unit.shortcut().isEmpty();
        Optional<float[]> shift = closes ? Optional.of(ChannelScales.values(parallel, unit.shift())) : Optional.empty();
        return new Gate(planes, slopes.centre(), slopes.factor(), shift);
    }

    /** The gradient to a plane of the product. */
    private static void propagate(
            BatchPlanes planes, int plane, ChannelSlopes slopes, Gate gate, Span g, int out, float[] to) {
        int size = planes.size();
        int at = plane * size;
        int c = plane % planes.channels();
        float[] passed = gate.row(g.array(), size);
        int passedAt = gate.plane(at, c, g.array(), g.at(), passed);
        BatchNormPlanes.gradient(
                planes.array(),
                planes.offset() + at,
                slopes.centre()[c],
                passed,
                passedAt,
                slopes.along()[c],
                slopes.offset()[c],
                slopes.factor()[c],
                to,
                out + at,
                size);
    }

    /** Handles the planes of the images {@code [first, end)}. */
    private static void ranges(Parallel threads, BatchPlanes planes, int first, int end, Tasks.Range body) {
        int before = first * planes.channels();
        Tasks.ranges(
                threads,
                (end - first) * planes.channels(),
                Tasks.rowsPerTask(planes.size()),
                30 + 0.3 * planes.size(),
                (from, until) -> body.run(before + from, before + until));
    }
}
