package espalier.tensor.spi;

import espalier.tensor.Shape;
import espalier.tensor.ShapeException;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * How a convolution walks: stride, zero padding, dilation and groups, each for height and width.
 *
 * <p>Input {@code [N, C, H, W]}, weight {@code [O, C/groups, kH, kW]}, output {@code [N, O, H', W']} with {@code H' =
 * (H + 2·padH − dilationH·(kH−1) − 1)/strideH + 1}, rounded down.
 *
 * <pre>{@code
 * ConvSpec same = ConvSpec.of().withPadding(1);              // 3x3, same size
 * ConvSpec half = ConvSpec.of().withStride(2).withPadding(1);
 * }</pre>
 *
 * @param strideH step of the window downwards, at least 1
 * @param strideW step of the window to the right, at least 1
 * @param padH rows of zeros above and below
 * @param padW columns of zeros left and right
 * @param dilationH distance between kernel rows, at least 1
 * @param dilationW distance between kernel columns, at least 1
 * @param groups number of blocks into which channels are split; C for a depthwise convolution
 */
public record ConvSpec(int strideH, int strideW, int padH, int padW, int dilationH, int dilationW, int groups) {
    /**
     * Checks the ranges.
     *
     * @throws ShapeException if a stride, dilation or the groups are below 1 or a padding is negative
     */
    public ConvSpec {
        if (strideH < 1 || strideW < 1 || dilationH < 1 || dilationW < 1 || groups < 1 || padH < 0 || padW < 0) {
            throw new ShapeException("conv2d: stride " + strideH + "x" + strideW + ", dilation " + dilationH + "x"
                    + dilationW + " and groups " + groups + " must be at least 1, padding " + padH + "x" + padW
                    + " at least 0");
        }
    }

    /** Stride 1, no padding, no dilation, one group. */
    public static ConvSpec of() {
        return new ConvSpec(1, 1, 0, 0, 1, 1, 1);
    }

    /** This with another stride in both directions. */
    public ConvSpec withStride(int stride) {
        return new ConvSpec(stride, stride, padH, padW, dilationH, dilationW, groups);
    }

    /** This with another padding on all four sides. */
    public ConvSpec withPadding(int pad) {
        return new ConvSpec(strideH, strideW, pad, pad, dilationH, dilationW, groups);
    }

    /** This with another dilation in both directions. */
    public ConvSpec withDilation(int dilation) {
        return new ConvSpec(strideH, strideW, padH, padW, dilation, dilation, groups);
    }

    /** This with another number of groups. */
    public ConvSpec withGroups(int count) {
        return new ConvSpec(strideH, strideW, padH, padW, dilationH, dilationW, count);
    }

    /**
     * The weight's shape {@code [out, in/groups, ..kernel]}; that of a transposed convolution with {@code in} and
     * {@code out} exchanged.
     *
     * @param kernel one size an axis
     * @throws ShapeException if the channels do not divide into the groups, or a kernel has no place
     */
    public Shape weightShape(int in, int out, int... kernel) {
        if (in % groups != 0 || out % groups != 0) {
            throw new ShapeException(
                    "convolution: " + in + " and " + out + " channels are no multiples of groups " + groups);
        }
        if (Arrays.stream(kernel).anyMatch(size -> size < 1)) {
            throw new ShapeException(
                    "convolution: a kernel must have a size of at least 1: " + Arrays.toString(kernel));
        }
        return Shape.of(IntStream.concat(IntStream.of(out, in / groups), Arrays.stream(kernel))
                .toArray());
    }

    /**
     * The output's shape {@code [N, O, H', W']}.
     *
     * @throws ShapeException naming the sizes that do not fit
     */
    public Shape outputShape(Shape input, Shape weight) {
        if (input.rank() != 4 || weight.rank() != 4) {
            throw new ShapeException("conv2d: input must be [N, C, H, W] and weight [O, C/groups, kH, kW]: input "
                    + input + ", weight " + weight);
        }
        requireChannels("conv2d", input, weight);
        if (weight.dim(2) < 1 || weight.dim(3) < 1) {
            throw new ShapeException("conv2d: a kernel must be at least 1x1: weight " + weight);
        }
        long height = extent(input.dim(2), padH, dilationH, weight.dim(2), strideH);
        long width = extent(input.dim(3), padW, dilationW, weight.dim(3), strideW);
        if (height < 1 || width < 1) {
            throw new ShapeException("conv2d: the kernel is larger than the padded input: input " + input + ", weight "
                    + weight + ", padding " + padH + "x" + padW + ", dilation " + dilationH + "x" + dilationW);
        }
        if (Math.max(height, width) > Integer.MAX_VALUE) {
            throw new ShapeException("conv2d: an output of " + height + "x" + width
                    + " is more than a tensor holds: input " + input + ", padding " + padH + "x" + padW);
        }
        return Shape.of(input.dim(0), weight.dim(0), (int) height, (int) width);
    }

    /**
     * The output's shape {@code [N, O, L']} for an input {@code [N, C, L]} and a weight {@code [O, C/groups, k]}, where
     * the numbers for width count.
     *
     * @throws ShapeException naming the sizes that do not fit
     */
    public Shape outputShape1d(Shape input, Shape weight) {
        if (input.rank() != 3 || weight.rank() != 3) {
            throw new ShapeException("conv1d: input must be [N, C, L] and weight [O, C/groups, k]: input " + input
                    + ", weight " + weight);
        }
        requireChannels("conv1d", input, weight);
        if (weight.dim(2) < 1) {
            throw new ShapeException("conv1d: a kernel must be at least 1: weight " + weight);
        }
        long length = extent(input.dim(2), padW, dilationW, weight.dim(2), strideW);
        if (length < 1) {
            throw new ShapeException("conv1d: the kernel is larger than the padded input: input " + input + ", weight "
                    + weight + ", padding " + padW + ", dilation " + dilationW);
        }
        if (length > Integer.MAX_VALUE) {
            throw new ShapeException("conv1d: an output of " + length + " is more than a tensor holds: input " + input
                    + ", padding " + padW);
        }
        return Shape.of(input.dim(0), weight.dim(0), (int) length);
    }

    /** This over images of one row: what a convolution over one axis is computed as. */
    public ConvSpec ofOneAxis() {
        return new ConvSpec(1, strideW, 0, padW, 1, dilationW, groups);
    }

    private void requireChannels(String op, Shape input, Shape weight) {
        if (input.dim(1) % groups != 0 || weight.dim(0) % groups != 0) {
            throw new ShapeException(
                    op + ": channels are no multiple of groups " + groups + ": input " + input + ", weight " + weight);
        }
        if (input.dim(1) / groups != weight.dim(1)) {
            throw new ShapeException(op + ": input channels per group differ from the weight's: input " + input
                    + ", weight " + weight + ", groups " + groups + " (" + input.dim(1) / groups + " ≠ " + weight.dim(1)
                    + ")");
        }
    }

    private static long extent(long size, long pad, long dilation, long kernel, long stride) {
        return Math.floorDiv(size + 2 * pad - dilation * (kernel - 1) - 1, stride) + 1;
    }
}
