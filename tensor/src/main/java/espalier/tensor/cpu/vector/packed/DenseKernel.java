package espalier.tensor.cpu.vector.packed;

import espalier.tensor.Tensor;
import espalier.tensor.cpu.MatrixView;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.vector.conv.ConvWeights;
import espalier.tensor.cpu.vector.conv.ConvolutionKernel;
import espalier.tensor.cpu.vector.gemm.PackedA;
import espalier.tensor.cpu.vector.gemm.VectorGemm;
import espalier.tensor.cpu.vector.lanes.Heap;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.packed.BinaryMatrix;
import espalier.tensor.packed.DenseMatrix;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PackedKernel;
import java.util.Optional;

/**
 * Products with a dense matrix that is packed once: the kernels of {@link VectorGemm} and {@link ConvolutionKernel}
 * without the copying of weights that comes before each call.
 */
public final class DenseKernel implements PackedKernel {
    private final Parallel parallel;
    private final ConvolutionKernel convolution;
    private final MatrixView matrix;
    private final ConvWeights weights;

    /**
     * The matrix as products from the left read it, once there has been one: a layer asks for products of one kind
     * only.
     */
    private volatile Optional<PackedA> left = Optional.empty();

    public DenseKernel(Parallel parallel, ConvolutionKernel convolution, DenseMatrix dense) {
        this.parallel = parallel;
        this.convolution = convolution;
        Span values = convolution.memory().take(dense.rows() * dense.columns());
        System.arraycopy(dense.toDense(), 0, values.array(), values.at(), dense.rows() * dense.columns());
        matrix = new MatrixView(values.array(), values.at(), dense.rows(), dense.columns(), dense.columns(), 1);
        weights = new ConvWeights(values);
    }

    @Override
    public void matmul(Tensor b, Optional<Tensor> bias, Tensor out) {
        if (b.dim(1) == 1) {
            VectorGemm.multiply(parallel, matrix, rows(b.contiguous()), rows(out), false);
        } else if (out.size() > 0) {
            PackedA packed = left.orElseGet(() -> PackedA.of(matrix));
            left = Optional.of(packed);
            VectorGemm.multiply(parallel, packed, rows(b.contiguous()), rows(out), false);
        }
        bias.ifPresent(values -> out.addInPlace(values.unsqueeze(1)));
    }

    /** The kernels for {@code x × Wᵀ} read W where it lies. */
    @Override
    public void linear(Tensor x, Optional<Tensor> bias, Tensor out) {
        VectorGemm.multiply(parallel, rows(x.contiguous()), matrix.transposed(), rows(out), false);
        bias.ifPresent(out::addInPlace);
    }

    @Override
    public void conv2d(ConvSpec spec, int kernelH, int kernelW, Tensor x, Optional<Tensor> bias, Tensor out) {
        if (x.size() == 0) {
            out.fillInPlace(0);
            bias.ifPresent(values -> out.addInPlace(values.reshape(out.dim(1), 1, 1)));
            return;
        }
        convolution.forward(spec, kernelH, kernelW, x, weights, bias, out);
    }

    @Override
    public void multiplyCodes(Tensor b, Tensor out) {
        throw new IllegalArgumentException("a dense matrix has no codes");
    }

    @Override
    public void multiplySigns(BinaryMatrix v, Tensor out) {
        throw new IllegalArgumentException("a dense matrix has no signs of its own");
    }

    private static MatrixView rows(Tensor t) {
        return new MatrixView(Heap.floats(t), Heap.at(t), t.dim(0), t.dim(1), t.dim(1), 1);
    }
}
