package espalier.tensor.spi;

import espalier.tensor.Tensor;
import java.util.Optional;

/**
 * A convolution of {@link BlockedImages} with its weights and bias in the order in which a back end reads them, for
 * many calls.
 */
public interface BlockedConvolution {
    /**
     * {@code out = W ∗ x + bias + addend}, and {@code max(·, 0)} of it if wanted.
     *
     * <p>A pixel that is infinite or not a number may also reach results that lie one row or column beyond those that
     * see it.
     *
     * @param x {@code [N, C/b, H, W, b]}, or plain images, {@code [N, C, H, W]}, if it was prepared for such
     * @param addend {@code [N, O/b, H', W', b]}, such as what a residual block passes by; may be {@code out} itself;
     *     none if x are plain images
     * @param out {@code [N, O/b, H', W', b]}, contiguous as the others
     */
    void run(Tensor x, Optional<Tensor> addend, boolean relu, Tensor out);
}
