package espalier.tensor.spi;

import espalier.tensor.Tensor;
import espalier.tensor.packed.BinaryMatrix;
import java.util.Optional;

/**
 * A packed matrix W {@code [M, K]} in the order in which a back end reads it: made once by {@link Backend#prepare},
 * used for many products. {@link espalier.tensor.packed.PackedWeights} checks the shapes and allocates {@code out}, as
 * {@link espalier.tensor.Tensor} does for {@link Backend}; {@code bias} is {@code [M]}. All tensors are F32.
 */
public interface PackedKernel {
    /** {@code out [M, N] = W × b [K, N] + bias}, the bias along each column. */
    void matmul(Tensor b, Optional<Tensor> bias, Tensor out);

    /** {@code out [N, M] = x [N, K] × Wᵀ + bias}, the bias along each row: a fully connected layer. */
    void linear(Tensor x, Optional<Tensor> bias, Tensor out);

    /**
     * Convolution of {@code x [N, C, H, W]} with W as {@code [M, C/g, kernelH, kernelW]}, to {@code out [N, M, H',
     * W']}.
     */
    void conv2d(ConvSpec spec, int kernelH, int kernelW, Tensor x, Optional<Tensor> bias, Tensor out);

    /**
     * {@code out [M, N] = W × b [K, N]} of the codes of a {@link espalier.tensor.packed.QuantizedMatrix}, exact;
     * {@code b} is I8, {@code out} I32, and no scale takes part.
     */
    void multiplyCodes(Tensor b, Tensor out);

    /** {@code out [M, N] = W × Vᵀ} of the signs of two binary matrices, V {@code [N, K]}; {@code out} is I32. */
    void multiplySigns(BinaryMatrix v, Tensor out);
}
