package espalier.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import espalier.tensor.spi.AdamSpec;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PoolSpec;
import espalier.tensor.spi.SgdSpec;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/**
 * Arguments that could be taken in silence and give nonsense, or fail somewhere inside with the words of Java: each is
 * refused in a sentence that begins with the operation the caller named.
 */
class RefusalsTest {
    private static final Device CPU = Device.cpu();
    private static final ConvSpec PLAIN = ConvSpec.of();
    private static final PoolSpec HALF = PoolSpec.of(2, 2);

    private static Tensor x(int... dims) {
        return Tensor.ones(dims);
    }

    private static Tensor ints(int... values) {
        return Tensor.of(values);
    }

    @Test
    void whatWouldOverflow() {
        Tensor five = x(5);
        refused(
                "slice: start -2147483648, count 2147483647, step 1 do not fit axis 0 of [5] (size 5)",
                () -> five.slice(0, Integer.MIN_VALUE, 5, 1));
        refused(
                "slice: start 1, count 1073741823, step 2 do not fit axis 0 of [5] (size 5)",
                () -> five.slice(0, 1, Integer.MAX_VALUE, 2));
        refused("slice: start -2, count 0, step 1 do not fit axis 0 of [5] (size 5)", () -> five.slice(0, -2, -3, 1));
        refused(
                "reshape: [5] does not divide into [65536, 65536, -1] (5 is no multiple of 2147483648)",
                () -> five.reshape(65536, 65536, -1));
        refused(
                "split: sizes [2147483647, 2147483647, 7] do not add up to axis 0 of [5] (4294967301 ≠ 5)",
                () -> five.split(0, Integer.MAX_VALUE, Integer.MAX_VALUE, 7));
        refused("split: negative size -2 in [7, -2]", () -> five.split(0, 7, -2));
        refused(
                "pad: axis 0 of [5] would grow to 2147483652, more than the 2147483647 elements a tensor holds",
                () -> five.pad(PadMode.ZERO, 0, Integer.MAX_VALUE, 0));
        refused(
                "concat: axis 0 of [2147483647, 0] would grow to 4294967294, more than the 2147483647 elements a tensor"
                        + " holds",
                () -> Shaping.concat(0, List.of(x(Integer.MAX_VALUE, 0), x(Integer.MAX_VALUE, 0))));
        refused(
                "arange: -2000000000 to 2000000000 are 4000000000 numbers, more than the 2147483647 a tensor holds",
                () -> Tensor.arange(CPU, -2_000_000_000, 2_000_000_000));
        assertEquals(0, Tensor.arange(CPU, Integer.MAX_VALUE, Integer.MIN_VALUE).size());
        refused("linspace: a count of -1 is negative", () -> Tensor.linspace(CPU, 0, 1, -1));
    }

    /** One place in memory, seen several times, cannot take several values. */
    @Test
    void writingToRepeatedElements() {
        Tensor one = x(1);
        Tensor four = one.expand(4);
        String why =
                ": [4] repeats elements of a smaller tensor (strides [0]), so it cannot be written; write to a copy()"
                        + " of it";
        refused("addInPlace" + why, () -> four.addInPlace(x(4)));
        refused("mulInPlace" + why, () -> four.mulInPlace(2));
        refused("copyInPlace" + why, () -> four.copyInPlace(x(4)));
        refused("scatterAdd" + why, () -> four.scatterAddInPlace(0, ints(3), x(1)));
        refused("indexAdd" + why, () -> four.indexAddInPlace(0, ints(3), x(1)));
        refused("sgd" + why, () -> Update.sgd(new SgdSpec(0.1, 0, 0, false), four, x(4), Optional.empty()));
        refused(
                "adam" + why,
                () -> Update.adam(new AdamSpec(0.1, 0.9, 0.99, 1e-8, 0, false, 1), four, x(4), x(4), x(4)));
        assertArrayEquals(new float[] {1}, one.toFloats());
        assertArrayEquals(
                new float[] {3, 3},
                x(1).expand(1).expand(2).copy().addInPlace(2).toFloats());
        assertArrayEquals(new float[] {3}, one.expand(1, 1).addInPlace(2).toFloats()); // an axis of one repeats nothing
        assertEquals(0, x(1).expand(4, 1).narrow(1, 0, 0).addInPlace(1).size());
    }

    @Test
    void viewsBeyondTheirStorage() {
        Tensor two = x(2);
        refused(
                "view: [5] strides [1] offset 0 reaches from element 0 to 4 of a storage of 2",
                () -> two.view(Layout.strided(Shape.of(5), new int[] {1}, 0)));
        refused(
                "view: [2] strides [-1] offset 0 reaches from element -1 to 0 of a storage of 2",
                () -> two.view(Layout.strided(Shape.of(2), new int[] {-1}, 0)));
        refused(
                "view: [3, 3] strides [1073741824, 1] offset 0 reaches from element 0 to 2147483650 of a storage of 2",
                () -> two.view(Layout.strided(Shape.of(3, 3), new int[] {1 << 30, 1}, 0)));
        assertEquals(0, two.view(Layout.strided(Shape.of(0), new int[] {1}, 9)).size());
        assertArrayEquals(
                new float[] {1, 1},
                two.view(Layout.strided(Shape.of(2), new int[] {-1}, 1)).toFloats());
    }

    @Test
    void bytesThatAreNoElements() {
        refused(
                "of: 5 bytes are no whole number of F32, which take 4",
                () -> Tensor.of(CPU, DType.F32, MemorySegment.ofArray(new byte[5]), Shape.of(1)));
        refused("of: truth value 1 is 2, not 0 or 1", () -> Tensor.of(CPU, DType.BOOL, new byte[] {1, 2}, Shape.of(2)));
        refused(
                "of: truth value 0 is 255, not 0 or 1",
                () -> Tensor.of(CPU, DType.BOOL, MemorySegment.ofArray(new byte[] {-1}), Shape.of(1)));
    }

    @Test
    void labelsAndNumbersThatDoNotFit() {
        refused("oneHot: label 7 of [2] is not from 0 to 2", () -> ints(1, 7).oneHot(3));
        refused("oneHot: label -1 of [2] is not from 0 to 2", () -> ints(1, -1).oneHot(3));
        refused("oneHot: a number of classes of -1 is negative", () -> ints().oneHot(-1));
        refused(
                "maskedFill: 0.5 is no whole number but the tensor is I32 [2]; convert it with .to(DType.F32)",
                () -> ints(1, 2).maskedFill(x(2).gt(0), 0.5));
        refused(
                "maskedFill: shapes do not broadcast: lhs [2, 3], rhs [4] (3 ≠ 4)",
                () -> x(2, 3).maskedFill(x(4).gt(0), 0));
        refused("maskedFill: needs BOOL, not F32 [3]", () -> x(3).maskedFill(x(3), 0));
        refused(
                "leakyRelu: 0.1 is no whole number but the tensor is I32 [2]; convert it with .to(DType.F32)",
                () -> ints(1, 2).leakyRelu(0.1));
        refused("bernoulli: probability 1.5 is not from 0 to 1", () -> bernoulli(1.5));
        refused("bernoulli: probability NaN is not from 0 to 1", () -> bernoulli(Double.NaN));
        refused("uniform: there are no numbers from 2.0 to 1.0", () -> uniform(2, 1));
        refused("uniform: there are no numbers from 0.0 to Infinity", () -> uniform(0, Double.POSITIVE_INFINITY));
        assertArrayEquals(new float[] {1, 1}, uniform(1, 1).toFloats());
        refused(
                "permutation: of -1 numbers, which is negative",
                () -> RandomSource.of(1).permutation(-1));
    }

    private static Tensor bernoulli(double p) {
        return RandomSource.of(1).bernoulli(CPU, Shape.of(2), p);
    }

    private static Tensor uniform(double low, double high) {
        return RandomSource.of(1).uniform(CPU, Shape.of(2), low, high);
    }

    /** Not by an operation inside of it. */
    @Test
    void anAxisIsRefusedByTheNameThatWasCalled() {
        refused("squeeze: axis 5 is out of range for shape [2, 3]", () -> x(2, 3).squeeze(5));
        refused("flip: axis 2 is out of range for shape [2, 3]", () -> x(2, 3).flip(2));
        refused("split: axis 3 is out of range for shape [5]", () -> x(5).split(3, 5));
        refused("topK: axis 1 is out of range for shape [3]", () -> x(3).topK(1, 1));
        refused("stack: axis 5 is out of range for [2]", () -> Shaping.stack(5, List.of(x(2), x(2))));
        refused("stack: sizes differ: lhs [2], rhs [3] (2 ≠ 3)", () -> Shaping.stack(0, List.of(x(2), x(3))));
        refused("stack: there is nothing to join", () -> Shaping.stack(0, List.of()));
        refused(
                "concat: numbers of axes differ: lhs [2, 3], rhs [3] (2 ≠ 1)",
                () -> Shaping.concat(0, List.of(x(2, 3), x(3))));
        refused(
                "indexAdd: values [3, 2] and index [2, 2] differ",
                () -> x(4, 2).indexAddInPlace(0, ints(1, 2), x(3, 2)));
        refused("dot: needs two vectors: lhs [3, 1], rhs [3, 1]", () -> x(3, 1).dot(x(3, 1)));
        refused("outer: lhs is F32, rhs I32; convert one with .to(dtype)", () -> x(3).outer(ints(1)));
    }

    @Test
    void networkOperations() {
        refused(
                "conv2dBiasGradient: gradient must be [N, O, H', W'], not [3, 3]",
                () -> Convolution.biasGradient(x(3, 3)));
        refused(
                "convTranspose2d: output padding 1 must be from 0 to below the stride 1x1",
                () -> Convolution.convTranspose2d(PLAIN, x(1, 4, 5, 5), x(4, 3, 3, 3), 1));
        refused(
                "convTranspose2d: channels are no multiple of groups 3: input [1, 4, 5, 5], weight [4, 3, 3, 3]",
                () -> Convolution.convTranspose2d(PLAIN.withGroups(3), x(1, 4, 5, 5), x(4, 3, 3, 3), 0));
        refused(
                "convTranspose2d: there is no output of -11x-11: input [1, 4, 5, 5], weight [4, 3, 3, 3], padding 9x9",
                () -> Convolution.convTranspose2d(PLAIN.withPadding(9), x(1, 4, 5, 5), x(4, 3, 3, 3), 0));
        refused(
                "convTranspose2d: lhs is F64, rhs F32; convert one with .to(dtype)",
                () -> Convolution.convTranspose2d(PLAIN, x(1, 4, 5, 5).to(DType.F64), x(4, 3, 3, 3), 0));
        Shape image = Shape.of(1, 1, 4, 4);
        refused(
                "maxPool2dGradient: gradient [1, 1, 2, 2] and indices [1, 1, 3, 3] differ",
                () -> Pooling.maxGradient(HALF, x(1, 1, 2, 2), x(1, 1, 3, 3).to(DType.I32), image));
        refused(
                "maxPool2dGradient: needs I32, not F32 [1, 1, 2, 2]",
                () -> Pooling.maxGradient(HALF, x(1, 1, 2, 2), x(1, 1, 2, 2), image));
        for (int wrong : new int[] {-1, 16}) { // the second would be the next plane's
            refused(
                    "maxPool2dGradient: index " + wrong + " is out of range for a plane of [2, 1, 4, 4]",
                    () -> Pooling.maxGradient(
                            HALF,
                            x(2, 1, 2, 2),
                            ints(0, 2, wrong, 10, 0, 2, 8, 10).reshape(2, 1, 2, 2),
                            Shape.of(2, 1, 4, 4)));
        }
        refused("globalAverage: input must be [N, C, H, W], not [2, 2]", () -> Pooling.globalAverage(x(2, 2)));
        Tensor labels = ints(0, 1);
        refused("crossEntropy: smoothing 2.0 is not from 0 to 1", () -> Softmax.crossEntropy(x(2, 3), labels, 2));
        refused(
                "crossEntropyGradient: labels [2] and gradient [3] differ",
                () -> Softmax.crossEntropyGradient(x(2, 3), labels, 0, x(3)));
        refused(
                "crossEntropyGradient: logits must be [N, K] and labels [N]: logits [2, 3], labels [3] (2 ≠ 3)",
                () -> Softmax.crossEntropyGradient(x(2, 3), ints(0, 1, 1), 0, x(2)));
        refused(
                "crossEntropyGradient: a label is not from 0 to 2 (labels from 0 to 3)",
                () -> Softmax.crossEntropyGradient(x(2, 3), ints(0, 3), 0, x(2)));
        refused(
                "crossEntropyGradient: a label is not from 0 to 2 (labels from -1 to 0)",
                () -> Softmax.crossEntropyGradient(x(2, 3), ints(0, -1), 0, x(2)));
    }

    /** In its own name and with the shapes it was given, although it is computed as one over two axes. */
    @Test
    void convolutionOverOneAxis() {
        Tensor sound = x(1, 2, 4);
        refusedConv1d(
                "conv1d: the kernel is larger than the padded input: input [1, 2, 4], weight [2, 2, 9], padding 1,"
                        + " dilation 1",
                PLAIN.withPadding(1),
                sound,
                x(2, 2, 9),
                Optional.empty());
        refusedConv1d(
                "conv1d: input channels per group differ from the weight's: input [1, 2, 4], weight [2, 3, 3], groups 1"
                        + " (2 ≠ 3)",
                PLAIN,
                sound,
                x(2, 3, 3),
                Optional.empty());
        refusedConv1d(
                "conv1d: channels are no multiple of groups 2: input [1, 2, 4], weight [3, 1, 3]",
                PLAIN.withGroups(2),
                sound,
                x(3, 1, 3),
                Optional.empty());
        refusedConv1d(
                "conv1d: a kernel must be at least 1: weight [2, 2, 0]", PLAIN, sound, x(2, 2, 0), Optional.empty());
        refusedConv1d(
                "conv1d: bias [4] does not fit weight [3, 2, 3] (4 ≠ 3)", PLAIN, sound, x(3, 2, 3), Optional.of(x(4)));
        refusedConv1d(
                "conv1d: lhs is F64, rhs F32; convert one with .to(dtype)",
                PLAIN,
                sound.to(DType.F64),
                x(3, 2, 3),
                Optional.empty());
    }

    private static void refusedConv1d(String message, ConvSpec spec, Tensor x, Tensor w, Optional<Tensor> bias) {
        refused(message, () -> Convolution.conv1d(spec, x, w, bias));
    }

    @Test
    void unitsOfConvolutionAndBatchNorm() {
        ConvSpec spec = ConvSpec.of().withPadding(1);
        Tensor images = x(2, 3, 4, 4);
        Tensor w = x(5, 3, 3, 3);
        refused(
                "convBatchNorm: needs values [O] for weight [5, 3, 3, 3], not [5] and [3]",
                () -> new ConvBatchNorm(spec, images, w, x(5), x(3), Optional.empty(), true, 1e-5));
        refused(
                "convBatchNorm: shortcut [2, 5, 4, 1] should have the output's shape [2, 5, 4, 4]",
                () -> new ConvBatchNorm(spec, images, w, x(5), x(5), Optional.of(x(2, 5, 4, 1)), true, 1e-5));
        refused(
                "convBatchNorm: lhs is F32, rhs F64; convert one with .to(dtype)",
                () -> new ConvBatchNorm(spec, images, w.to(DType.F64), x(5), x(5), Optional.empty(), true, 1e-5));
        var unit = new ConvBatchNorm(spec, images, w, x(5), x(5), Optional.empty(), true, 1e-5);
        refused(
                "convBatchNorm: gradient [2, 5, 4, 5] should have the output's shape [2, 5, 4, 4]",
                () -> unit.gradient(unit.forward(), x(2, 5, 4, 5), Optional.empty(), true, true));
        refused(
                "convBatchNorm: [2, 5, 4, 4] cannot be added to a gradient [2, 3, 4, 4]",
                () -> unit.gradient(unit.forward(), x(2, 5, 4, 4), Optional.of(x(2, 5, 4, 4)), true, true));
    }

    @Test
    void convolutionAndPooling() {
        ConvSpec spec = ConvSpec.of().withPadding(1);
        PoolSpec pool = PoolSpec.of(2, 2);
        Tensor images = x(2, 3, 4, 4);
        Tensor w = x(5, 3, 3, 3);
        refused(
                "convMaxPool: bias [3] does not fit weight [5, 3, 3, 3] (3 ≠ 5)",
                () -> new ConvMaxPool(spec, pool, images, w, Optional.of(x(3)), true));
        refused(
                "convMaxPool: lhs is F32, rhs F64; convert one with .to(dtype)",
                () -> new ConvMaxPool(spec, pool, images, w.to(DType.F64), Optional.empty(), true));
        refused(
                "pool2d: window 5x5 is larger than the padded input [2, 5, 4, 4], padding 0x0",
                () -> new ConvMaxPool(spec, PoolSpec.of(5, 1), images, w, Optional.empty(), true));
        var unit = new ConvMaxPool(spec, pool, images, w, Optional.empty(), false);
        refused(
                "convMaxPool: gradient [2, 5, 4, 4] should have the output's shape [2, 5, 2, 2]",
                () -> unit.gradient(unit.forward(), x(2, 5, 4, 4), true, true));
    }

    @Test
    void gradientsOfNormalization() {
        Tensor images = x(2, 3, 4, 4);
        refused(
                "batchNormGradient: input [2, 3, 4, 4] and gradient [2, 3, 4, 5] differ",
                () -> Normalization.batchNormGradient(images, x(2, 3, 4, 5), x(3), x(3), x(3), 1e-5));
        refused(
                "batchNormGradient: lhs is F32, rhs F64; convert one with .to(dtype)",
                () -> Normalization.batchNormGradient(images, images.to(DType.F64), x(3), x(3), x(3), 1e-5));
        refused(
                "batchNormGradient: needs input [N, C, ..] and values [C]: input [2, 3, 4, 4], values [3] and [4] (4 ≠ 3)",
                () -> Normalization.batchNormGradient(images, images, x(3), x(3), x(4), 1e-5));
        var made = Normalization.batchNormRelu(images, x(3), x(3), 1e-5);
        refused(
                "batchNormReluGradient: input [2, 3, 4, 4] and gradient [2, 3, 4, 5] differ",
                () -> Normalization.batchNormReluGradient(images, made, x(2, 3, 4, 5), x(3), x(3), 1e-5));
        refused(
                "batchNormReluGradient: needs input [N, C, ..] and values [C]: input [2, 3, 4, 4], values [3] and [4] (4 ≠ 3)",
                () -> Normalization.batchNormReluGradient(images, made, images, x(3), x(4), 1e-5));
        refused("addRelu: [2, 3] and [1, 3] differ", () -> x(2, 3).addRelu(x(1, 3)));
        var rows = Normalization.standardize(x(2, 3), 1e-5);
        refused(
                "standardizeGradient: input [2, 3] and gradient [3, 3] differ",
                () -> Normalization.standardizeGradient(rows, x(3, 3), 1e-5));
    }

    /** A mean of whole numbers is none. */
    @Test
    void integersHaveNoMeans() {
        String fractions = ": needs a type with fractions, not I32 ";
        String cure = "; convert it with .to(DType.F32)";
        Tensor images = x(1, 1, 4, 4).to(DType.I32);
        refused("avgPool2d" + fractions + "[1, 1, 4, 4]" + cure, () -> Pooling.average(HALF, images));
        refused("adaptiveAverage" + fractions + "[1, 1, 4, 4]" + cure, () -> Pooling.adaptiveAverage(images, 2, 2));
        refused(
                "batchNorm" + fractions + "[1, 1, 4, 4]" + cure,
                () -> Normalization.batchNorm(images, ints(1), ints(1), 0));
        refused("standardize" + fractions + "[2]" + cure, () -> Normalization.standardize(ints(1, 2), 0));
        refused("softmax" + fractions + "[2]" + cure, () -> Softmax.softmax(ints(1, 2)));
        refused(
                "crossEntropy" + fractions + "[2, 2]" + cure,
                () -> Softmax.crossEntropy(Tensor.of(new int[4], 2, 2), ints(0, 1), 0));
    }

    private static void refused(String message, Executable call) {
        Throwable thrown = assertThrows(RuntimeException.class, call);
        assertEquals(message, thrown.getMessage());
        assertInstanceOf(IllegalArgumentException.class, thrown);
    }
}
