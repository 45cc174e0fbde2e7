package espalier.tensor.spi;

import espalier.tensor.Shape;
import espalier.tensor.ShapeException;

/**
 * How a pooling window walks over {@code [N, C, H, W]}.
 *
 * <p>Padding never wins a maximum. In an average, {@code countPadding} says whether padded places count in the divisor;
 * places beyond the padding, which only {@code ceilMode} reaches, never do.
 *
 * @param kernelH window height
 * @param kernelW window width
 * @param strideH step downwards, at least 1
 * @param strideW step to the right, at least 1
 * @param padH rows of padding above and below, at most half the window
 * @param padW columns of padding left and right, at most half the window
 * @param ceilMode round the output size up, so that a last partial window counts (it must start inside the input or its
 *     left padding)
 * @param countPadding whether an average divides by the whole window
 */
public record PoolSpec(
        int kernelH,
        int kernelW,
        int strideH,
        int strideW,
        int padH,
        int padW,
        boolean ceilMode,
        boolean countPadding) {
    /** Checks the ranges. */
    public PoolSpec {
        if (kernelH < 1 || kernelW < 1 || strideH < 1 || strideW < 1) {
            throw new ShapeException("pool2d: kernel " + kernelH + "x" + kernelW + " and stride " + strideH + "x"
                    + strideW + " must be at least 1");
        }
        if (padH < 0 || padW < 0 || 2L * padH > kernelH || 2L * padW > kernelW) {
            throw new ShapeException("pool2d: padding " + padH + "x" + padW + " must be from 0 to half the kernel "
                    + kernelH + "x" + kernelW);
        }
    }

    /** A square window without padding. */
    public static PoolSpec of(int kernel, int stride) {
        return new PoolSpec(kernel, kernel, stride, stride, 0, 0, false, true);
    }

    /** This with padding on all four sides. */
    public PoolSpec withPadding(int pad) {
        return new PoolSpec(kernelH, kernelW, strideH, strideW, pad, pad, ceilMode, countPadding);
    }

    /** This with the output size rounded up. */
    public PoolSpec withCeilMode(boolean ceil) {
        return new PoolSpec(kernelH, kernelW, strideH, strideW, padH, padW, ceil, countPadding);
    }

    /** This with padded places counted, or not, in an average. */
    public PoolSpec withCountPadding(boolean count) {
        return new PoolSpec(kernelH, kernelW, strideH, strideW, padH, padW, ceilMode, count);
    }

    /**
     * The output's shape {@code [N, C, H', W']}.
     *
     * @throws ShapeException if the input is not {@code [N, C, H, W]} or smaller than the window
     */
    public Shape outputShape(Shape input) {
        if (input.rank() != 4) {
            throw new ShapeException("pool2d: input must be [N, C, H, W], not " + input);
        }
        int height = extent(input.dim(2), kernelH, strideH, padH);
        int width = extent(input.dim(3), kernelW, strideW, padW);
        if (height < 1 || width < 1) {
            throw new ShapeException("pool2d: window " + kernelH + "x" + kernelW + " is larger than the padded input "
                    + input + ", padding " + padH + "x" + padW);
        }
        return Shape.of(input.dim(0), input.dim(1), height, width);
    }

    private int extent(int size, int kernel, int stride, int pad) {
        long room = size + 2L * pad - kernel;
        int count = (int) (ceilMode ? Math.ceilDiv(room, stride) : Math.floorDiv(room, stride)) + 1;
        boolean lastStartsOutside = ceilMode && (count - 1L) * stride >= (long) size + pad;
        return lastStartsOutside ? count - 1 : count;
    }
}
