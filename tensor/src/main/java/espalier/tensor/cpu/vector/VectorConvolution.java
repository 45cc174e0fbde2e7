package espalier.tensor.cpu.vector;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

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
        correlate(parallel, Correlation.forward(g), x, xAt, w, wAt, bias, biasAt, y, yAt);
    }

    /** {@code dy [N, O, H', W'], w → dx [N, C, H, W]}. Read the other way round, this is transposed convolution. */
    static void inputGradient(
            Parallel parallel, ConvGeometry g, float[] dy, int dyAt, float[] w, int wAt, float[] dx, int dxAt) {
        correlate(parallel, Correlation.inputGradient(g), dy, dyAt, w, wAt, NONE, 0, dx, dxAt);
    }

    private static void correlate(
            Parallel parallel,
            Correlation correlation,
            float[] src,
            int srcAt,
            float[] w,
            int wAt,
            float[] bias,
            int biasAt,
            float[] dst,
            int dstAt) {
        CorrelationSweep sweep = new CorrelationSweep(correlation);
        if (CorrelationLanes.takes(correlation)) {
            CorrelationLanes lanes = new CorrelationLanes(correlation);
            if (lanes.cost() < sweep.cost()) {
                lanes.run(parallel, src, srcAt, w, wAt, bias, biasAt, dst, dstAt);
                return;
            }
        }
        sweep.run(parallel, src, srcAt, w, wAt, bias, biasAt, dst, dstAt);
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

    /** {@code dy [N, O, H', W'] → db [O]}. */
    static void biasGradient(Parallel parallel, ConvGeometry g, float[] dy, int dyAt, float[] db, int dbAt) {
        int plane = g.outH() * g.outW();
        int channelsPerTask = Math.clamp(65536L / Math.max(1, (long) g.n() * plane), 1, g.o());
        parallel.forEach(Math.ceilDiv(g.o(), channelsPerTask), task -> {
            int end = Math.min(g.o(), (task + 1) * channelsPerTask);
            for (int o = task * channelsPerTask; o < end; o++) {
                float sum = 0f;
                for (int n = 0; n < g.n(); n++) {
                    sum += sum(dy, dyAt + (n * g.o() + o) * plane, plane);
                }
                db[dbAt + o] = sum;
            }
        });
    }

    private static float sum(float[] a, int at, int count) {
        int step = 2 * ConvTile.LANES;
        FloatVector even = FloatVector.zero(ConvTile.SPECIES);
        FloatVector odd = FloatVector.zero(ConvTile.SPECIES);
        int whole = count / step * step;
        for (int i = 0; i < whole; i += step) {
            even = even.add(FloatVector.fromArray(ConvTile.SPECIES, a, at + i));
            odd = odd.add(FloatVector.fromArray(ConvTile.SPECIES, a, at + i + ConvTile.LANES));
        }
        float sum = even.add(odd).reduceLanes(VectorOperators.ADD);
        for (int i = whole; i < count; i++) {
            sum += a[at + i];
        }
        return sum;
    }
}
