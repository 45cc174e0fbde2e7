package espalier.tensor.spi;

import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Batch norm, layer norm's core and their gradients, as their papers write them. */
final class ComposedNormalization {
    private ComposedNormalization() {}

    /** {@code y = x·scale[c] + shift[c]}, and then {@code max(y, 0)} if asked. */
    static void scaleShift(Tensor x, Tensor scale, Tensor shift, boolean relu, Tensor out) {
        out.copyInPlace(x).mulInPlace(perChannel(scale, x)).addInPlace(perChannel(shift, x));
        if (relu) {
            out.device().backend().unary(UnaryOp.RELU, out, out);
        }
    }

    /**
     * {@code x̂ = (x − μ)/√(σ² + ε)}, {@code y = γ·x̂ + β} (Ioffe and Szegedy 2015, algorithm 1). The variance is the
     * mean square of {@code x − μ}, so that a large mean does no harm.
     */
    static void batchNorm(
            Tensor x, Tensor scale, Tensor shift, double epsilon, Tensor out, Tensor mean, Tensor variance) {
        int[] axes = allButChannels(x);
        double each = (double) x.dim(1) / x.size(); // 1/m of the paper
        try (TensorScope _ = TensorScope.open()) {
            mean.copyInPlace(x.sum(axes)).mulInPlace(each);
            out.copyInPlace(x).subInPlace(perChannel(mean, x));
            variance.copyInPlace(out.sumOfSquares(false, axes)).mulInPlace(each);
            Tensor factor = variance.add(epsilon).rsqrt().mul(scale);
            out.mulInPlace(perChannel(factor, x)).addInPlace(perChannel(shift, x));
        }
    }

    /**
     * {@code dβ = Σg}, {@code dγ = Σg·x̂}, {@code dx = γ/√(σ² + ε)·(g − dβ/m − x̂·dγ/m)}: the formulas of section 3 of
     * the paper, with those for μ and σ² put in.
     */
    static void batchNormGradient(
            Tensor x,
            Tensor g,
            Tensor scale,
            Tensor mean,
            Tensor variance,
            double epsilon,
            Tensor dx,
            Tensor dscale,
            Tensor dshift) {
        int[] axes = allButChannels(x);
        double each = (double) x.dim(1) / x.size();
        try (TensorScope _ = TensorScope.open()) {
            Tensor invStd = variance.add(epsilon).rsqrt(); // [C]
            Tensor normalized = x.sub(perChannel(mean, x)).mulInPlace(perChannel(invStd, x));
            dshift.copyInPlace(g.sum(axes));
            dscale.copyInPlace(g.mul(normalized).sum(axes));
            normalized.mulInPlace(perChannel(dscale.mul(each), x));
            dx.copyInPlace(g).subInPlace(perChannel(dshift.mul(each), x)).subInPlace(normalized);
            dx.mulInPlace(perChannel(invStd.mul(scale), x));
        }
    }

    /** {@code (x − μ)/√(σ² + ε)} a row (Ba, Kiros and Hinton 2016, equation 3, without gain and bias). */
    static void standardize(Tensor x, double epsilon, Tensor out, Tensor mean, Tensor variance) {
        double each = 1.0 / x.dim(1);
        try (TensorScope _ = TensorScope.open()) {
            mean.copyInPlace(x.sum(1)).mulInPlace(each);
            out.copyInPlace(x).subInPlace(mean.unsqueeze(1));
            variance.copyInPlace(out.sumOfSquares(false, 1)).mulInPlace(each);
            out.mulInPlace(variance.add(epsilon).rsqrt().unsqueeze(1));
        }
    }

    /** {@code dx = (g − mean(g) − y·mean(g·y))/√(σ² + ε)} a row: batch norm's gradient with γ = 1. */
    static void standardizeGradient(Tensor y, Tensor g, Tensor variance, double epsilon, Tensor dx) {
        try (TensorScope _ = TensorScope.open()) {
            Tensor along = y.mul(g.mul(y).mean(true, 1));
            dx.copyInPlace(g).subInPlace(g.mean(true, 1)).subInPlace(along);
            dx.mulInPlace(variance.add(epsilon).rsqrt().unsqueeze(1));
        }
    }

    /** Values {@code [C]} so shaped that they broadcast over {@code [N, C, ..]}. */
    private static Tensor perChannel(Tensor values, Tensor x) {
        int[] dims = new int[x.rank() - 1];
        Arrays.fill(dims, 1);
        dims[0] = x.dim(1);
        return values.reshape(Shape.of(dims));
    }

    private static int[] allButChannels(Tensor x) {
        return IntStream.range(0, x.rank()).filter(axis -> axis != 1).toArray();
    }
}
