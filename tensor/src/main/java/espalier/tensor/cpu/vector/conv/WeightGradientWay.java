package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.vector.lanes.Span;

/**
 * A way to compute the gradient of a convolution to its weight. It follows from the geometry alone, as a
 * {@link ConvWay}.
 */
sealed interface WeightGradientWay permits ConvWeightGradient, DepthwiseWeightGradient, PlaneGradient, SquareGradient {
    /** The way that is expected to be the fastest. */
    static WeightGradientWay of(ConvGeometry g) {
        if (DepthwiseWeightGradient.takes(g)) {
            return new DepthwiseWeightGradient(g);
        }
        if (PlaneGradient.takes(g)) {
            return new PlaneGradient(g);
        }
        return SquareGradient.kind(g)
                .<WeightGradientWay>map(kind -> new SquareGradient(kind, g))
                .orElseGet(() -> new ConvWeightGradient(g));
    }

    /** {@code x [N, C, H, W], dy [N, O, H', W'] → dw [O, C/g, kH, kW]}, of which all is written. */
    void run(Parallel parallel, Span x, Span dy, Span dw);
}
