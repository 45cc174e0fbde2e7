package espalier.tensor.spi;

import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.Optional;

/**
 * What a back end computes on images whose channels lie in blocks, {@code [N, C/b, H, W, b]} instead of {@code [N, C,
 * H, W]}: b channels of a pixel are neighbours. All tensors are F32 and contiguous. What works on each element by
 * itself, or along the axes of rows, columns or blocks, needs nothing of its own: it is an operation of {@link Backend}
 * on five axes.
 */
public interface BlockedImages {
    /** Channels of a block. */
    int block();

    /** Whether images of so many channels may lie in blocks. */
    boolean takes(int channels);

    /**
     * Whether it computes this convolution.
     *
     * @param weight {@code [O, C/groups, kH, kW]}, for images whose channels it {@link #takes(int) takes}
     */
    boolean takes(ConvSpec spec, Shape weight);

    /** Whether it computes this convolution of plain images, with results in blocks: the first of a network. */
    boolean takesStem(ConvSpec spec);

    /** Whether it computes this maximum. */
    boolean takes(PoolSpec spec);

    /**
     * A convolution that it {@link #takes(ConvSpec, Shape) takes}, made ready for many calls.
     *
     * @param weight {@code [O, C/groups, kH, kW]}, F32
     * @param bias {@code [O]}
     */
    BlockedConvolution prepare(ConvSpec spec, Tensor weight, Optional<Tensor> bias);

    /**
     * A convolution of plain images that it {@link #takesStem takes}, made ready for many calls, which add nothing.
     *
     * @param weight {@code [O, C, kH, kW]}, F32, so many output channels as it {@link #takes(int) takes}
     * @param bias {@code [O]}
     */
    BlockedConvolution prepareStem(ConvSpec spec, Tensor weight, Optional<Tensor> bias);

    /** Max pooling that it {@link #takes(PoolSpec) takes}, and {@code max(·, 0)} of it if wanted. */
    void maxPool2d(PoolSpec spec, Tensor x, boolean relu, Tensor out);

    /**
     * {@code [N, C, H, W]} seen in blocks, a view: copying it brings images into blocks, and copying to it brings them
     * back.
     */
    default Tensor seenInBlocks(Tensor plain) {
        int b = block();
        return plain.reshape(plain.dim(0), plain.dim(1) / b, b, plain.dim(2), plain.dim(3))
                .permute(0, 1, 3, 4, 2);
    }

    /** The shape of images {@code [N, C, H, W]} in blocks. */
    default Shape inBlocks(Shape plain) {
        int b = block();
        return Shape.of(plain.dim(0), plain.dim(1) / b, plain.dim(2), plain.dim(3), b);
    }
}
