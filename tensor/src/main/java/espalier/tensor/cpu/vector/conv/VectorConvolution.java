package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Lines;
import espalier.tensor.cpu.vector.lanes.Span;

/**
 * Convolution and its gradients on contiguous arrays, by the fastest kernel for the geometry. Same meaning as
 * {@link espalier.tensor.cpu.PlainConvolution}; every result is written whole and has the same bits for any number of
 * threads. One belongs to a back end; it remembers how the latest geometries were planned.
 */
public final class VectorConvolution {
    /** Most floats of a joined row: half of the second-level cache. */
    private static final int ROW_FLOATS = 1 << 17;

    private static final int ROW_PIXELS = 512;

    private final Parallel parallel;
    private final Parallel alone = new Parallel(1);
    private final Lines memory = new Lines();
    private final LatestPlans<ConvWay> forward =
            new LatestPlans<>(g -> ConvWay.forward(g).among(threads()));
    private final LatestPlans<ConvWay> inputGradient =
            new LatestPlans<>(g -> ConvWay.inputGradient(g).among(threads()));
    private final LatestPlans<WeightGradientWay> weightGradient = new LatestPlans<>(WeightGradientWay::of);

    VectorConvolution(Parallel parallel) {
        this.parallel = parallel;
    }

    /** Memory for weights that are packed once. */
    Lines memory() {
        return memory;
    }

    private int threads() {
        return parallel.threads();
    }

    /** Pixels are all that a 1 × 1 kernel sees: long rows waste fewer lanes. */
    public static ConvGeometry joined(ConvGeometry geometry) {
        return geometry.withJoinedRows(ROW_FLOATS, ROW_PIXELS);
    }

    /** Estimated cycles of one thread for the forward pass, the packing of weights not counted. */
    double cycles(ConvGeometry g) {
        return forward.of(g).cost() * g.n() * g.spec().groups();
    }

    /** {@code x [N, C, H, W], w [O, C/g, kH, kW], bias [O] or none → y [N, O, H', W']}. */
    void forward(ConvGeometry g, Span x, Span w, Span bias, Span y) {
        ConvWay way = forward.of(g);
        way.run(parallel, new Operands(x, packed(way, w), bias, y));
    }

    /** The same with weights that are packed once. */
    void forward(ConvGeometry g, Span x, ConvWeights w, Span bias, Span y) {
        ConvWay way = forward.of(g);
        way.run(parallel, new Operands(x, w.packed(g, way, memory), bias, y));
    }

    /** {@code dy [N, O, H', W'], w → dx [N, C, H, W]}. Read the other way round, this is transposed convolution. */
    void inputGradient(ConvGeometry g, Span dy, Span w, Span dx) {
        ConvWay way = inputGradient.of(g);
        way.run(parallel, new Operands(dy, packed(way, w), Span.NONE, dx));
    }

    /** For a task that runs kernels itself: the calling thread and no other. */
    Parallel alone() {
        return alone;
    }

    /** The way of the forward pass. */
    ConvWay forwardWay(ConvGeometry g) {
        return forward.of(g);
    }

    /** That of the gradient to the input. */
    ConvWay inputGradientWay(ConvGeometry g) {
        return inputGradient.of(g);
    }

    /** Weights as a way wants them, in memory of the calling thread. */
    Span packed(ConvWay way, Span w) {
        Span packed = new Span(Scratch.onLines(Scratch.CONV_WEIGHT, way.packedLength()), Scratch.LINE);
        way.pack(parallel, w, packed);
        return packed;
    }

    /** {@code x [N, C, H, W], dy [N, O, H', W'] → dw [O, C/g, kH, kW]}. */
    void weightGradient(ConvGeometry g, Span x, Span dy, Span dw) {
        weightGradient(parallel, g, x, dy, dw);
    }

    /** The same with certain threads. */
    void weightGradient(Parallel parallel, ConvGeometry g, Span x, Span dy, Span dw) {
        weightGradient.of(g).run(parallel, x, dy, dw);
    }
}
