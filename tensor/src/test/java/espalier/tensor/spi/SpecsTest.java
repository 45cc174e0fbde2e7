package espalier.tensor.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import espalier.tensor.Shape;
import espalier.tensor.ShapeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Output shapes of convolution and pooling, with the sizes that well-known networks have; and what is refused. */
class SpecsTest {
    @ParameterizedTest
    @CsvSource({
        "224, 7, 2, 3, 1, 112", // the first layer of ResNet
        "227, 11, 4, 0, 1, 55", // of AlexNet
        "28, 5, 1, 0, 1, 24", // of LeNet on MNIST
        "32, 3, 1, 1, 1, 32",
        "32, 3, 2, 1, 1, 16",
        "33, 3, 2, 1, 1, 17",
        "7, 3, 1, 2, 2, 7", // dilated, same size
        "5, 1, 3, 0, 1, 2",
        "1, 3, 1, 1, 1, 1",
    })
    void sizesOfConvolutions(int size, int kernel, int stride, int pad, int dilation, int expected) {
        ConvSpec spec = ConvSpec.of().withStride(stride).withPadding(pad).withDilation(dilation);
        Shape output = spec.outputShape(Shape.of(2, 3, size, size), Shape.of(4, 3, kernel, kernel));
        assertEquals(Shape.of(2, 4, expected, expected), output);
    }

    @ParameterizedTest
    @CsvSource({
        "4, 2, 2, 0, false, 2",
        "5, 2, 2, 0, false, 2",
        "5, 2, 2, 0, true, 3",
        "112, 3, 2, 1, false, 56", // after the first layer of ResNet
        "112, 3, 2, 1, true, 57",
        "13, 3, 2, 0, false, 6", // AlexNet, overlapping
        "3, 2, 2, 1, true, 2", // a third window would begin in the padding after the input
        "7, 7, 1, 0, false, 1",
    })
    void sizesOfPoolings(int size, int kernel, int stride, int pad, boolean ceil, int expected) {
        PoolSpec spec = PoolSpec.of(kernel, stride).withPadding(pad).withCeilMode(ceil);
        assertEquals(Shape.of(2, 3, expected, expected), spec.outputShape(Shape.of(2, 3, size, size)));
    }

    @Test
    void eachDirectionHasItsOwnNumbers() {
        ConvSpec conv = new ConvSpec(2, 1, 1, 0, 1, 3, 1);
        assertEquals(Shape.of(1, 3, 4, 4), conv.outputShape(Shape.of(1, 2, 10, 7), Shape.of(3, 2, 5, 2)));
        PoolSpec pool = new PoolSpec(3, 2, 1, 2, 1, 0, false, true);
        assertEquals(Shape.of(1, 2, 9, 2), pool.outputShape(Shape.of(1, 2, 9, 5)));
    }

    @Test
    void convolutionsThatCannotBe() {
        ConvSpec plain = ConvSpec.of();
        refused(
                "conv2d: input must be [N, C, H, W] and weight [O, C/groups, kH, kW]: input [3, 8, 8], weight [4, 3, 3, 3]",
                () -> plain.outputShape(Shape.of(3, 8, 8), Shape.of(4, 3, 3, 3)));
        refused(
                "conv2d: input channels per group differ from the weight's: input [1, 3, 8, 8], weight [4, 2, 3, 3],"
                        + " groups 1 (3 ≠ 2)",
                () -> plain.outputShape(Shape.of(1, 3, 8, 8), Shape.of(4, 2, 3, 3)));
        refused(
                "conv2d: channels are no multiple of groups 2: input [1, 3, 8, 8], weight [4, 1, 3, 3]",
                () -> plain.withGroups(2).outputShape(Shape.of(1, 3, 8, 8), Shape.of(4, 1, 3, 3)));
        refused(
                "conv2d: the kernel is larger than the padded input: input [1, 3, 2, 2], weight [4, 3, 5, 5],"
                        + " padding 1x1, dilation 1x1",
                () -> plain.withPadding(1).outputShape(Shape.of(1, 3, 2, 2), Shape.of(4, 3, 5, 5)));
        refused(
                "conv2d: stride 0x0, dilation 1x1 and groups 1 must be at least 1, padding 0x0 at least 0",
                () -> plain.withStride(0));
        refused(
                "conv2d: stride 1x1, dilation 1x1 and groups 1 must be at least 1, padding -1x-1 at least 0",
                () -> plain.withPadding(-1));
    }

    /** Sums of sizes that leave the range of an int must not come back into it as small numbers. */
    @Test
    void hugePaddingAndDilation() {
        Shape input = Shape.of(1, 3, 8, 8);
        Shape weight = Shape.of(4, 3, 3, 3);
        refused(
                "conv2d: an output of 4294967300x4294967300 is more than a tensor holds: input [1, 3, 8, 8],"
                        + " padding 2147483647x2147483647",
                () -> ConvSpec.of().withPadding(Integer.MAX_VALUE).outputShape(input, weight));
        refused(
                "conv2d: the kernel is larger than the padded input: input [1, 3, 8, 8], weight [4, 3, 3, 3],"
                        + " padding 0x0, dilation 2147483647x2147483647",
                () -> ConvSpec.of().withDilation(Integer.MAX_VALUE).outputShape(input, weight));
        refused(
                "conv2d: a kernel must be at least 1x1: weight [4, 3, 0, 3]",
                () -> ConvSpec.of().outputShape(input, Shape.of(4, 3, 0, 3)));
        refused(
                "pool2d: padding 1073741824x1073741824 must be from 0 to half the kernel 2x2",
                () -> PoolSpec.of(2, 2).withPadding(1 << 30));
        PoolSpec wide = PoolSpec.of(Integer.MAX_VALUE, 1).withPadding(Integer.MAX_VALUE / 2);
        assertEquals(Shape.of(1, 3, 8, 8), wide.outputShape(input));
        assertEquals(
                Shape.of(1, 3, 1, 1), // a second window would begin beyond the input
                PoolSpec.of(3, Integer.MAX_VALUE)
                        .withPadding(1)
                        .withCeilMode(true)
                        .outputShape(input));
    }

    @Test
    void poolingsThatCannotBe() {
        refused("pool2d: kernel 0x0 and stride 1x1 must be at least 1", () -> PoolSpec.of(0, 1));
        refused(
                "pool2d: padding 2x2 must be from 0 to half the kernel 3x3",
                () -> PoolSpec.of(3, 1).withPadding(2));
        refused(
                "pool2d: input must be [N, C, H, W], not [3, 8, 8]",
                () -> PoolSpec.of(2, 2).outputShape(Shape.of(3, 8, 8)));
        refused(
                "pool2d: window 3x3 is larger than the padded input [1, 1, 2, 2], padding 0x0",
                () -> PoolSpec.of(3, 1).outputShape(Shape.of(1, 1, 2, 2)));
    }

    private static void refused(String message, Executable call) {
        assertEquals(message, assertThrows(ShapeException.class, call).getMessage());
    }
}
