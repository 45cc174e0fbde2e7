package espalier.tensor.spi;

import espalier.tensor.Layout;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;

/**
 * Windows that slide over the last two axes of a tensor: what convolution and pooling share.
 *
 * <p>Window {@code (i, j)} holds, at {@code (p, q)}, the element {@code (i·stride + p·dilation − pad, …)}. All windows
 * together are one strided view of the padded tensor: nothing is copied to look at them.
 *
 * @param kernelH window height
 * @param kernelW window width
 * @param strideH step downwards
 * @param strideW step to the right
 * @param padH rows of padding above
 * @param padW columns of padding on the left
 * @param dilationH distance between rows of the window
 * @param dilationW distance between columns of the window
 * @param height rows of the input
 * @param width columns of the input
 * @param rows windows downwards, H'
 * @param columns windows to the right, W'
 */
record Windows(
        int kernelH,
        int kernelW,
        int strideH,
        int strideW,
        int padH,
        int padW,
        int dilationH,
        int dilationW,
        int height,
        int width,
        int rows,
        int columns) {
    /** The windows of a convolution. */
    static Windows of(ConvSpec spec, Shape input, Shape weight) {
        Shape output = spec.outputShape(input, weight);
        return new Windows(
                weight.dim(2),
                weight.dim(3),
                spec.strideH(),
                spec.strideW(),
                spec.padH(),
                spec.padW(),
                spec.dilationH(),
                spec.dilationW(),
                input.dim(2),
                input.dim(3),
                output.dim(2),
                output.dim(3));
    }

    /** The windows of a pooling. */
    static Windows of(PoolSpec spec, Shape input) {
        Shape output = spec.outputShape(input);
        return new Windows(
                spec.kernelH(),
                spec.kernelW(),
                spec.strideH(),
                spec.strideW(),
                spec.padH(),
                spec.padW(),
                1,
                1,
                input.dim(2),
                input.dim(3),
                output.dim(2),
                output.dim(3));
    }

    /** Rows that padding and windows reach: a window of ceil mode may end below the padding. */
    private int paddedHeight() {
        return Math.max(padH + height, (rows - 1) * strideH + (kernelH - 1) * dilationH + 1);
    }

    private int paddedWidth() {
        return Math.max(padW + width, (columns - 1) * strideW + (kernelW - 1) * dilationW + 1);
    }

    /** {@code [.., H, W]} inside a larger tensor filled with {@code value}; itself if all windows stay inside it. */
    Tensor padded(Tensor x, double value) {
        if (paddedHeight() == height && paddedWidth() == width) {
            return x;
        }
        Tensor padded = Tensor.full(x.device(), x.dtype(), paddedShape(x.shape()), value);
        inner(padded).copyInPlace(x);
        return padded;
    }

    /** The shape {@code [.., H, W]} grown by the padding. */
    Shape paddedShape(Shape input) {
        return input.with(-2, paddedHeight()).with(-1, paddedWidth());
    }

    /** The part of a padded tensor that is not padding, {@code [.., H, W]}. */
    Tensor inner(Tensor padded) {
        return padded.narrow(-2, padH, height).narrow(-1, padW, width);
    }

    /** All windows of a padded tensor, {@code [.., kH, kW, H', W']}. */
    Tensor of(Tensor padded) {
        int lead = padded.rank() - 2;
        int down = padded.layout().stride(lead);
        int right = padded.layout().stride(lead + 1);
        Shape shape = padded.shape()
                .with(lead, kernelH)
                .with(lead + 1, kernelW)
                .inserting(lead + 2, rows)
                .inserting(lead + 3, columns);
        int[] strides = new int[lead + 4];
        System.arraycopy(padded.layout().strides(), 0, strides, 0, lead);
        strides[lead] = dilationH * down;
        strides[lead + 1] = dilationW * right;
        strides[lead + 2] = strideH * down;
        strides[lead + 3] = strideW * right;
        return padded.view(Layout.strided(shape, strides, padded.layout().offset()));
    }

    /** The element at {@code (p, q)} of every window, {@code [.., H', W']}. */
    Tensor at(Tensor padded, int p, int q) {
        return of(padded).select(-3, q).select(-3, p);
    }
}
