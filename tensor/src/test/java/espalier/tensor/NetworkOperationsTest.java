package espalier.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PoolSpec;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/**
 * The families {@link Convolution}, {@link Pooling}, {@link Normalization}, {@link Softmax} and {@link Products} by
 * hand arithmetic: what they add to the back end, whose own values the conformance suite tests.
 */
class NetworkOperationsTest {
    private static final ConvSpec PLAIN = ConvSpec.of();

    private static Tensor counting(int... dims) {
        return Tensor.arange(Device.cpu(), 0, Shape.of(dims).size())
                .to(DType.F32)
                .reshape(Shape.of(dims));
    }

    @Test
    void convolutionIsCrossCorrelation() {
        Tensor x = counting(1, 1, 3, 3); // 0 1 2 / 3 4 5 / 6 7 8
        Tensor w = Tensor.of(new float[] {1, 0, 0, -1}, 1, 1, 2, 2);
        values(Convolution.conv2d(PLAIN, x, w), -4, -4, -4, -4); // x[i, j] − x[i+1, j+1]
        Tensor bias = Tensor.of(new float[] {10});
        values(Convolution.conv2d(PLAIN, x, w, Optional.of(bias)), 6, 6, 6, 6);
        // Windows on the four corners of the padded image: the last one sees 8, the first one −0.
        values(Convolution.conv2d(PLAIN.withPadding(1).withStride(3), x, w), 0, 0, 0, 8);
    }

    @Test
    void oneDimensional() {
        Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 1, 1, 4);
        Tensor w = Tensor.of(new float[] {1, 10}, 1, 1, 2);
        Tensor y = Convolution.conv1d(PLAIN, x, w, Optional.empty());
        assertEquals(Shape.of(1, 1, 3), y.shape());
        values(y, 21, 32, 43);
        values(Convolution.conv1d(PLAIN.withStride(2).withPadding(1), x, w, Optional.empty()), 10, 32, 4);
        refused(
                "conv1d: input must be [N, C, L] and weight [O, C/groups, k]: input [1, 1, 4, 1], weight [1, 1, 2]",
                () -> Convolution.conv1d(PLAIN, x.unsqueeze(3), w, Optional.empty()));
    }

    /** Each input spreads its kernel: two inputs at stride 2 with kernel 3 overlap in the middle. */
    @Test
    void transposed() {
        Tensor x = Tensor.of(new float[] {1, 10}, 1, 1, 1, 2);
        Tensor w = Tensor.of(new float[] {1, 2, 3}, 1, 1, 1, 3);
        ConvSpec spec = new ConvSpec(1, 2, 0, 0, 1, 1, 1);
        values(Convolution.convTranspose2d(spec, x, w, 0), 1, 2, 3 + 10, 20, 30);
        ConvSpec padded = new ConvSpec(2, 2, 0, 1, 1, 1, 1);
        Tensor y = Convolution.convTranspose2d(padded, x, w, 1);
        assertEquals(Shape.of(1, 1, 2, 4), y.shape());
        values(y, 2, 13, 20, 30, 0, 0, 0, 0);
        refused(
                "convTranspose2d: input must be [N, C, H, W] and weight [C, O/groups, kH, kW]: input [1, 1, 1, 2],"
                        + " weight [2, 1, 1, 3] (1 ≠ 2)",
                () -> Convolution.convTranspose2d(spec, x, Tensor.zeros(2, 1, 1, 3), 0));
    }

    @Test
    void biasGradientSumsOverAllButChannels() {
        values(Convolution.biasGradient(counting(2, 2, 1, 2)), 0 + 1 + 4 + 5, 2 + 3 + 6 + 7);
    }

    @Test
    void convolutionsThatDoNotFit() {
        Tensor x = Tensor.zeros(1, 2, 4, 4);
        Tensor w = Tensor.zeros(3, 2, 3, 3);
        refused(
                "conv2d: bias [2] does not fit weight [3, 2, 3, 3] (2 ≠ 3)",
                () -> Convolution.conv2d(PLAIN, x, w, Optional.of(Tensor.zeros(2))));
        refused(
                "conv2d: lhs is F32, rhs F64; convert one with .to(dtype)",
                () -> Convolution.conv2d(PLAIN, x, w.to(DType.F64)));
        refused(
                "conv2dInputGradient: gradient [1, 3, 4, 4] should have the output's shape [1, 3, 2, 2]",
                () -> Convolution.inputGradient(PLAIN, Tensor.zeros(1, 3, 4, 4), w, x.shape()));
        refused(
                "conv2dWeightGradient: gradient [1, 3, 4, 4] should have the output's shape [1, 3, 2, 2]",
                () -> Convolution.weightGradient(PLAIN, x, Tensor.zeros(1, 3, 4, 4), w.shape()));
    }

    @Test
    void pooling() {
        Tensor x = counting(1, 1, 4, 4);
        var most = Pooling.max(PoolSpec.of(2, 2), x);
        values(most.values(), 5, 7, 13, 15);
        values(most.indices(), 5, 7, 13, 15);
        values(Pooling.average(PoolSpec.of(2, 2), x), 2.5f, 4.5f, 10.5f, 12.5f);
        Tensor g = Tensor.of(new float[] {1, 2, 3, 4}, 1, 1, 2, 2);
        values(
                Pooling.maxGradient(PoolSpec.of(2, 2), g, most.indices(), x.shape()),
                0,
                0,
                0,
                0,
                0,
                1,
                0,
                2,
                0,
                0,
                0,
                0,
                0,
                3,
                0,
                4);
        values(Pooling.averageGradient(PoolSpec.of(2, 2), g, x.shape()).sum(2, 3), 10);
        values(Pooling.globalAverage(x), 7.5f);
        assertEquals(Shape.of(1, 1), Pooling.globalAverage(x).shape());
        refused(
                "avgPool2dGradient: gradient [1, 1, 2, 2] should have the output's shape [1, 1, 3, 3]",
                () -> Pooling.averageGradient(PoolSpec.of(2, 1), g, x.shape()));
    }

    /** Windows of unequal size that overlap: rows 0–1, 1–3 and 3–4 of five. */
    @Test
    void adaptive() {
        Tensor x = counting(1, 1, 5, 1);
        values(Pooling.adaptiveAverage(x, 3, 1), 0.5f, 2, 3.5f);
        values(Pooling.adaptiveAverage(x, 1, 1), 2);
        values(Pooling.adaptiveAverage(x, 5, 1), 0, 1, 2, 3, 4);
        refused("adaptiveAverage: cannot make 0x1 of [1, 1, 5, 1]", () -> Pooling.adaptiveAverage(x, 0, 1));
    }

    @Test
    void normalization() {
        Tensor x = Tensor.of(new float[] {1, 3, 10, 30}, 1, 2, 2);
        Tensor scale = Tensor.of(new float[] {1, 2});
        Tensor shift = Tensor.of(new float[] {0, 5});
        var normalized = Normalization.batchNorm(x, scale, shift, 0);
        values(normalized.output(), -1, 1, 3, 7);
        values(normalized.mean(), 2, 20);
        values(normalized.variance(), 1, 100);
        values(Normalization.scaleShift(x, scale, shift), 1, 3, 25, 65);
        var rows = Normalization.standardize(x, 0);
        assertEquals(x.shape(), rows.output().shape());
        values(rows.output(), -1, 1, -1, 1);
        refused(
                "batchNorm: needs input [N, C, ..] and values [C]: input [1, 2, 2], values [3] and [3] (3 ≠ 2)",
                () -> Normalization.batchNorm(x, Tensor.ones(3), Tensor.ones(3), 0));
        refused("standardize: needs at least one axis, not []", () -> Normalization.standardize(Tensor.scalar(1), 0));
    }

    @Test
    void softmaxAndCrossEntropy() {
        Tensor x = Tensor.of(new float[] {0, (float) Math.log(3)}, 1, 2);
        values(Softmax.softmax(x), 0.25f, 0.75f);
        values(Softmax.logSoftmax(x), (float) Math.log(0.25), (float) Math.log(0.75));
        var loss = Softmax.crossEntropy(x, Tensor.of(new int[] {1}), 0);
        values(loss.losses(), (float) -Math.log(0.75));
        values(loss.probabilities(), 0.25f, 0.75f);
        Tensor g = Tensor.of(new float[] {2});
        values(Softmax.crossEntropyGradient(loss.probabilities(), Tensor.of(new int[] {1}), 0, g), 0.5f, -0.5f);
        // Half of the target's mass is spread: it is (1/4, 3/4), which is what softmax says, so no gradient is left.
        values(Softmax.crossEntropyGradient(loss.probabilities(), Tensor.of(new int[] {1}), 0.5, g), 0, 0);
        refused(
                "crossEntropy: a label is not from 0 to 1 (labels from 2 to 2)",
                () -> Softmax.crossEntropy(x, Tensor.of(new int[] {2}), 0));
        refused(
                "crossEntropy: logits must be [N, K] and labels [N]: logits [1, 2], labels [2] (1 ≠ 2)",
                () -> Softmax.crossEntropy(x, Tensor.of(new int[2]), 0));
        refused("crossEntropy: needs I32, not F32 [1]", () -> Softmax.crossEntropy(x, Tensor.zeros(1), 0));
        refused("softmax: needs at least one axis, not []", () -> Softmax.softmax(Tensor.scalar(1)));
    }

    @Test
    void products() {
        Tensor a = counting(2, 3);
        values(a.matmul(a.t()), 5, 14, 14, 50);
        assertEquals(
                Shape.of(4, 5, 2, 2),
                Tensor.zeros(4, 1, 2, 3).matmul(Tensor.zeros(5, 3, 2)).shape());
        values(Tensor.of(new float[] {1, 2}).dot(Tensor.of(new float[] {3, 4})), 11);
        values(Tensor.of(new float[] {1, 2}).outer(Tensor.of(new float[] {3, 4})), 3, 4, 6, 8);
        values(Tensor.zeros(2, 0).matmul(Tensor.zeros(0, 1)), 0, 0);
        refused("matmul: inner sizes differ: lhs [2, 3], rhs [2, 3] (3 ≠ 2)", () -> a.matmul(a));
        refused("matmul: both need at least two axes: lhs [2, 3], rhs [3]", () -> a.matmul(Tensor.zeros(3)));
        refused(
                "matmul: leading sizes do not broadcast: lhs [2, 1, 1], rhs [3, 1, 1] (2 ≠ 3)",
                () -> Tensor.zeros(2, 1, 1).matmul(Tensor.zeros(3, 1, 1)));
        refused(
                "dot: lengths differ: lhs [2], rhs [3] (2 ≠ 3)",
                () -> Tensor.zeros(2).dot(Tensor.zeros(3)));
    }

    private static void values(Tensor actual, float... expected) {
        assertArrayEquals(expected, actual.toFloats(), 1e-6f);
    }

    private static void refused(String message, Executable call) {
        assertEquals(message, assertThrows(ShapeException.class, call).getMessage());
    }
}
