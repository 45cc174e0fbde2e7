package espalier.tensor.cpu.vector;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;

/**
 * Convolution and its gradients on contiguous arrays, by the fastest kernel for the geometry. Same meaning as
 * {@link espalier.tensor.cpu.PlainConvolution}; every result is written whole and has the same bits for any number of
 * threads.
 */
final class VectorConvolution {
    private static final float[] NONE = new float[0];

    private VectorConvolution() {}

    /** {@code x [N, C, H, W], w [O, C/g, kH, kW], bias [O] or empty → y [N, O, H', W']}. */
    static void forward(
            Parallel parallel,
            ConvGeometry g,
            float[] x,
            int xAt,
            float[] w,
            int wAt,
            float[] bias,
            int biasAt,
            float[] y,
            int yAt) {
        correlate(parallel, ConvPlan.of(g, true), x, xAt, w, wAt, bias, biasAt, y, yAt);
    }

    /** {@code dy [N, O, H', W'], w → dx [N, C, H, W]}. Read the other way round, this is transposed convolution. */
    static void inputGradient(
            Parallel parallel, ConvGeometry g, float[] dy, int dyAt, float[] w, int wAt, float[] dx, int dxAt) {
        correlate(parallel, ConvPlan.of(g, false), dy, dyAt, w, wAt, NONE, 0, dx, dxAt);
    }

    private static void correlate(
            Parallel parallel,
            ConvPlan plan,
            float[] src,
            int srcAt,
            float[] w,
            int wAt,
            float[] bias,
            int biasAt,
            float[] dst,
            int dstAt) {
        if (plan.lanes().isPresent()) {
            plan.lanes().get().run(parallel, src, srcAt, w, wAt, bias, biasAt, dst, dstAt);
        } else {
            plan.sweep().run(parallel, src, srcAt, w, wAt, bias, biasAt, dst, dstAt);
        }
    }

    /** {@code x [N, C, H, W], dy [N, O, H', W'] → dw [O, C/g, kH, kW]}. */
    static void weightGradient(
            Parallel parallel, ConvGeometry g, float[] x, int xAt, float[] dy, int dyAt, float[] dw, int dwAt) {
        if (DepthwiseWeightGradient.takes(g)) {
            new DepthwiseWeightGradient(g).run(parallel, x, xAt, dy, dyAt, dw, dwAt);
        } else {
            new ConvWeightGradient(g).run(parallel, x, xAt, dy, dyAt, dw, dwAt);
        }
    }
}
