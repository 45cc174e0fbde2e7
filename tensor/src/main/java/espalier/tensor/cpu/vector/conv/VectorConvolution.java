package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;

/**
 * Convolution and its gradients on contiguous arrays, by the fastest kernel for the geometry. Same meaning as
 * {@link espalier.tensor.cpu.PlainConvolution}; every result is written whole and has the same bits for any number of
 * threads. One belongs to a back end; it remembers how the latest geometries were planned.
 */
public final class VectorConvolution {
    private static final float[] NONE = new float[0];

    /** Most floats of a joined row: half of the second-level cache. */
    private static final int ROW_FLOATS = 1 << 17;

    private static final int ROW_PIXELS = 512;

    private final Parallel parallel;
    private final LatestPlans<ConvWay> forward = new LatestPlans<>(ConvWay::forward);
    private final LatestPlans<ConvWay> inputGradient = new LatestPlans<>(ConvWay::inputGradient);
    private final LatestPlans<ConvWeightGradient> weightGradient = new LatestPlans<>(ConvWeightGradient::new);
    private final LatestPlans<DepthwiseWeightGradient> depthwise = new LatestPlans<>(DepthwiseWeightGradient::new);

    VectorConvolution(Parallel parallel) {
        this.parallel = parallel;
    }

    /** Pixels are all that a 1 × 1 kernel sees: long rows waste fewer lanes. */
    public static ConvGeometry joined(ConvGeometry geometry) {
        return geometry.withJoinedRows(ROW_FLOATS, ROW_PIXELS);
    }

    /** {@code x [N, C, H, W], w [O, C/g, kH, kW], bias [O] or empty → y [N, O, H', W']}. */
    void forward(ConvGeometry g, float[] x, int xAt, float[] w, int wAt, float[] bias, int biasAt, float[] y, int yAt) {
        ConvWay way = forward.of(g);
        way.run(parallel, x, xAt, packed(way, w, wAt), bias, biasAt, y, yAt);
    }

    /** The same with weights that are packed once. */
    void forward(ConvGeometry g, float[] x, int xAt, ConvWeights w, float[] bias, int biasAt, float[] y, int yAt) {
        ConvWay way = forward.of(g);
        way.run(parallel, x, xAt, w.packed(g, way), bias, biasAt, y, yAt);
    }

    /** {@code dy [N, O, H', W'], w → dx [N, C, H, W]}. Read the other way round, this is transposed convolution. */
    void inputGradient(ConvGeometry g, float[] dy, int dyAt, float[] w, int wAt, float[] dx, int dxAt) {
        ConvWay way = inputGradient.of(g);
        way.run(parallel, dy, dyAt, packed(way, w, wAt), NONE, 0, dx, dxAt);
    }

    private float[] packed(ConvWay way, float[] w, int wAt) {
        float[] packed = Scratch.floats(Scratch.CONV_WEIGHT, way.packedLength());
        way.pack(parallel, w, wAt, packed);
        return packed;
    }

    /** {@code x [N, C, H, W], dy [N, O, H', W'] → dw [O, C/g, kH, kW]}. */
    void weightGradient(ConvGeometry g, float[] x, int xAt, float[] dy, int dyAt, float[] dw, int dwAt) {
        if (DepthwiseWeightGradient.takes(g)) {
            depthwise.of(g).run(parallel, x, xAt, dy, dyAt, dw, dwAt);
        } else {
            weightGradient.of(g).run(parallel, x, xAt, dy, dyAt, dw, dwAt);
        }
    }
}
