package espalier.tensor.cpu.vector.packed;

import espalier.tensor.Tensor;
import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.conv.VectorConvolution;
import espalier.tensor.cpu.vector.lanes.Heap;
import espalier.tensor.cpu.vector.lanes.Transpose;
import espalier.tensor.packed.BinaryMatrix;
import espalier.tensor.packed.PackedMatrix;
import espalier.tensor.packed.QuantizedMatrix;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PackedKernel;
import java.util.Optional;

/** The door from tensors to {@link PackedProduct} and {@link PackedConvolution}: any layout comes in, arrays go on. */
public final class VectorPackedKernel implements PackedKernel {
    private static final float[] NO_BIAS = new float[0];

    private final Parallel parallel;
    private final PackedKernel fallback;
    private final PackedRows rows;
    private final Optional<IntegerProduct> integers;
    private final Optional<SignProduct> signs;

    /** The last convolution, which is most often the next one too. */
    private volatile Optional<PackedConvolution> convolution = Optional.empty();

    /** @param fallback takes grouped convolutions */
    public VectorPackedKernel(Parallel parallel, PackedMatrix matrix, PackedKernel fallback) {
        this.parallel = parallel;
        this.fallback = fallback;
        this.rows = PackedRows.of(matrix);
        this.integers =
                matrix instanceof QuantizedMatrix codes ? Optional.of(new IntegerProduct(codes)) : Optional.empty();
        this.signs = matrix instanceof BinaryMatrix binary ? Optional.of(new SignProduct(binary)) : Optional.empty();
    }

    @Override
    public void matmul(Tensor b, Optional<Tensor> bias, Tensor out) {
        Tensor right = b.contiguous();
        Tensor start = bias.map(Tensor::contiguous).orElse(right);
        PackedProduct.multiply(
                parallel,
                rows,
                Heap.floats(right),
                Heap.at(right),
                b.dim(1),
                Heap.floats(out),
                Heap.at(out),
                bias.isPresent() ? Heap.floats(start) : NO_BIAS,
                Heap.at(start));
    }

    /** The kernels want the inputs of a batch side by side, so a batch is transposed, and the result back. */
    @Override
    public void linear(Tensor x, Optional<Tensor> bias, Tensor out) {
        Tensor input = x.contiguous();
        Tensor start = bias.map(Tensor::contiguous).orElse(input);
        int n = x.dim(0);
        float[] values = bias.isPresent() ? Heap.floats(start) : NO_BIAS;
        if (n == 1) {
            PackedProduct.multiply(
                    parallel,
                    rows,
                    Heap.floats(input),
                    Heap.at(input),
                    1,
                    Heap.floats(out),
                    Heap.at(out),
                    values,
                    Heap.at(start));
            return;
        }
        float[] columns = Scratch.floats(Scratch.CONV_INPUT, n * rows.columns);
        float[] results = Scratch.floats(Scratch.CONV_GRADIENT, n * rows.rows);
        float[] from = Heap.floats(input);
        int fromAt = Heap.at(input);
        parallel.once(() -> Transpose.run(from, fromAt, rows.columns, n, rows.columns, columns, 0, n));
        PackedProduct.multiply(parallel, rows, columns, 0, n, results, 0, values, Heap.at(start));
        float[] to = Heap.floats(out);
        int toAt = Heap.at(out);
        parallel.once(() -> Transpose.run(results, 0, n, rows.rows, n, to, toAt, rows.rows));
    }

    @Override
    public void conv2d(ConvSpec spec, int kernelH, int kernelW, Tensor x, Optional<Tensor> bias, Tensor out) {
        if (spec.groups() != 1 || out.size() == 0) {
            fallback.conv2d(spec, kernelH, kernelW, x, bias, out);
            return;
        }
        ConvGeometry geometry = VectorConvolution.joined(
                new ConvGeometry(x.dim(0), x.dim(1), x.dim(2), x.dim(3), rows.rows, kernelH, kernelW, spec));
        PackedConvolution prepared = convolution
                .filter(last -> last.geometry().equals(geometry))
                .orElseGet(() -> new PackedConvolution(geometry, rows));
        convolution = Optional.of(prepared);
        Tensor input = x.contiguous();
        Tensor start = bias.map(Tensor::contiguous).orElse(input);
        prepared.run(
                parallel,
                Heap.floats(input),
                Heap.at(input),
                bias.isPresent() ? Heap.floats(start) : NO_BIAS,
                Heap.at(start),
                Heap.floats(out),
                Heap.at(out));
    }

    @Override
    public void multiplyCodes(Tensor b, Tensor out) {
        IntegerProduct product =
                integers.orElseThrow(() -> new IllegalArgumentException("only a quantized matrix has codes"));
        Tensor right = b.contiguous();
        product.multiply(parallel, Heap.bytes(right), Heap.at(right), b.dim(1), Heap.ints(out), Heap.at(out));
    }

    @Override
    public void multiplySigns(BinaryMatrix v, Tensor out) {
        SignProduct product = signs.orElseThrow(() -> new IllegalArgumentException("only a binary matrix has signs"));
        product.multiply(parallel, v, Heap.ints(out), Heap.at(out));
    }
}
