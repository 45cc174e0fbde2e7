package espalier.tensor.cpu.vector.pool;

import espalier.tensor.ConvMaxPool;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.vector.conv.ConvChunks;
import espalier.tensor.cpu.vector.conv.ConvolutionKernel;
import espalier.tensor.cpu.vector.lanes.Heap;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.cpu.vector.lanes.Tasks;
import java.util.Arrays;
import java.util.Optional;

/**
 * A {@link ConvMaxPool} with windows of 2×2, some images at a time: what the convolution makes of them is pooled while
 * it is in the cache, and on the way back the gradient to it goes into both gradients of the convolution and is
 * forgotten.
 */
public final class ConvMaxPoolKernel {
    /** Smaller planes belong to layers of many weights, whose gradients are better computed for all images at once. */
    private static final int LEAST_PLANE = 128;

    private final ConvMaxPool unit;
    private final ConvChunks convolution;
    private final int channels;
    private final int width;
    private final int plane;
    private final int rows;
    private final int columns;

    private ConvMaxPoolKernel(ConvMaxPool unit, ConvChunks convolution) {
        this.unit = unit;
        this.convolution = convolution;
        Shape product = unit.productShape();
        channels = product.dim(1);
        width = product.dim(3);
        plane = product.dim(2) * width;
        rows = unit.outputShape().dim(2);
        columns = unit.outputShape().dim(3);
    }

    /** The kernel for a unit, if it is faster than its operations one after the other. */
    public static Optional<ConvMaxPoolKernel> of(ConvolutionKernel convolutions, ConvMaxPool unit) {
        Shape product = unit.productShape();
        return ConvolutionKernel.takes(unit.x(), unit.w())
                        && product.dim(2) * product.dim(3) >= LEAST_PLANE
                        && PairPool.takes(unit.pool(), product, unit.outputShape())
                ? convolutions
                        .chunks(unit.spec(), unit.x().shape(), unit.w().shape())
                        .map(chunks -> new ConvMaxPoolKernel(unit, chunks))
                : Optional.empty();
    }

    /** Writes all of {@code to}. */
    public void forward(ConvMaxPool.Made to) {
        float[] values = Heap.floats(to.output());
        int[] places = Heap.ints(to.places());
        int valuesAt = Heap.at(to.output());
        int placesAt = Heap.at(to.places());
        int windows = rows * columns;
        convolution.forward(
                Span.contiguous(unit.x()),
                Span.contiguous(unit.w()),
                Span.contiguous(unit.bias()),
                (threads, first, end, made) -> planes(threads, first, end, (from, until) -> {
                    int[] corners = PairPool.corners(width, rows, columns);
                    for (int p = from; p < until; p++) {
                        int at = made.at() + (p - first * channels) * plane;
                        int put = valuesAt + p * windows;
                        PairPool.max(
                                made.array(),
                                at,
                                width,
                                corners,
                                values,
                                put,
                                places,
                                placesAt + p * windows,
                                rows,
                                columns);
                        if (unit.relu()) {
                            for (int i = put; i < put + windows; i++) {
                                values[i] = Math.max(values[i], 0f);
                            }
                        }
                    }
                }));
    }

    /** Writes those gradients that are asked for, but for the bias's. */
    public void gradient(ConvMaxPool.Made made, Tensor incoming, ConvMaxPool.Gradients to) {
        Span g = Span.contiguous(incoming);
        int[] places = Heap.ints(made.places());
        int placesAt = Heap.at(made.places());
        int windows = rows * columns;
        convolution.gradients(
                (threads, first, end, product) -> planes(threads, first, end, (from, until) -> {
                    for (int p = from; p < until; p++) {
                        int at = product.at() + (p - first * channels) * plane;
                        Arrays.fill(product.array(), at, at + plane, 0f);
                        scatter(g, p * windows, places, placesAt + p * windows, windows, product.array(), at);
                    }
                }),
                Span.contiguous(unit.x()),
                Span.contiguous(unit.w()),
                Optional.empty(),
                to.x().map(Span::of),
                to.w().map(Span::of));
    }

    /** Windows do not overlap, so that each place is some window's own. */
    private static void scatter(Span g, int from, int[] places, int placesAt, int windows, float[] to, int at) {
        for (int i = 0; i < windows; i++) {
            to[at + places[placesAt + i]] = g.array()[g.at() + from + i];
        }
    }

    /** Handles the planes of the images {@code [first, end)}. */
    private void planes(Parallel threads, int first, int end, Tasks.Range body) {
        int before = first * channels;
        Tasks.ranges(
                threads,
                (end - first) * channels,
                Tasks.rowsPerTask(plane),
                20 + 0.5 * plane,
                (from, until) -> body.run(before + from, before + until));
    }
}
