package espalier.tensor.cpu.vector.packed;

import espalier.tensor.Tensor;
import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.conv.ConvolutionKernel;
import espalier.tensor.cpu.vector.lanes.Heap;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.cpu.vector.lanes.Transpose;
import espalier.tensor.packed.BinaryMatrix;
import espalier.tensor.packed.PackedMatrix;
import espalier.tensor.packed.QuantizedMatrix;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PackedKernel;
import java.util.Optional;
import java.util.function.Supplier;

/** The door from tensors to {@link PackedProduct} and {@link PackedConvolution}: any layout comes in, arrays go on. */
public final class VectorPackedKernel implements PackedKernel {
    /**
     * How many times longer a batch takes by the dense kernel than it expects, which does not know how long memory
     * takes.
     */
    private static final double DENSE_WAITS = 1.3;

    /** Cycles that an element takes to become a number in the order that a dense kernel reads. */
    private static final double UNPACK_CYCLES = 4;

    private final Parallel parallel;
    private final Supplier<PackedKernel> fallback;
    private final PackedMatrix matrix;
    private final PackedRows rows;
    private final Optional<IntegerProduct> integers;
    private final Optional<SignProduct> signs;
    private final ConvolutionKernel dense;

    /** What {@link #fallback} has made. */
    private volatile Optional<PackedKernel> unpacked = Optional.empty();

    /** The last convolution, which is most often the next one too. */
    private volatile Optional<Prepared> prepared = Optional.empty();

    /** @param isDense whether it is expected to be faster with weights that are unpacked for each call */
    private record Prepared(ConvGeometry geometry, PackedConvolution convolution, boolean isDense) {}

    /**
     * @param dense computes convolutions with weights that are unpacked
     * @param fallback makes what takes grouped convolutions; it unpacks the weights, so it is asked only if there is
     *     one
     */
    public VectorPackedKernel(
            Parallel parallel, ConvolutionKernel dense, PackedMatrix matrix, Supplier<PackedKernel> fallback) {
        this.parallel = parallel;
        this.fallback = fallback;
        this.matrix = matrix;
        this.rows = PackedRows.of(matrix);
        this.integers =
                matrix instanceof QuantizedMatrix codes ? Optional.of(new IntegerProduct(codes)) : Optional.empty();
        this.dense = dense;
        this.signs = matrix instanceof BinaryMatrix b ? Optional.of(new SignProduct(b)) : Optional.empty();
    }

    @Override
    public void matmul(Tensor b, Optional<Tensor> bias, Tensor out) {
        PackedProduct.multiply(parallel, rows, Span.contiguous(b), b.dim(1), Span.of(out), Span.contiguous(bias));
    }

    /** The kernels want the inputs of a batch side by side, so a batch is transposed, and the result back. */
    @Override
    public void linear(Tensor x, Optional<Tensor> bias, Tensor out) {
        Span input = Span.contiguous(x);
        Span result = Span.of(out);
        Span start = Span.contiguous(bias);
        int n = x.dim(0);
        if (n == 1) {
            PackedProduct.multiply(parallel, rows, input, 1, result, start);
            return;
        }
        Span columns = new Span(Scratch.floats(Scratch.CONV_INPUT, n * rows.columns), 0);
        Span results = new Span(Scratch.floats(Scratch.CONV_GRADIENT, n * rows.rows), 0);
        parallel.once(() -> transpose(input, n, rows.columns, columns));
        PackedProduct.multiply(parallel, rows, columns, n, results, start);
        parallel.once(() -> transpose(results, rows.rows, n, result));
    }

    /** {@code from [rows, columns] → to [columns, rows]}. */
    private static void transpose(Span from, int rows, int columns, Span to) {
        Transpose.run(from.array(), from.at(), columns, rows, columns, to.array(), to.at(), rows);
    }

    @Override
    public void conv2d(ConvSpec spec, int kernelH, int kernelW, Tensor x, Optional<Tensor> bias, Tensor out) {
        if (spec.groups() != 1 || out.size() == 0) {
            PackedKernel whole = unpacked.orElseGet(fallback);
            unpacked = Optional.of(whole);
            whole.conv2d(spec, kernelH, kernelW, x, bias, out);
            return;
        }
        ConvGeometry geometry =
                new ConvGeometry(x.dim(0), x.dim(1), x.dim(2), x.dim(3), rows.rows, kernelH, kernelW, spec);
        Prepared latest =
                prepared.filter(last -> last.geometry().equals(geometry)).orElseGet(() -> prepare(geometry));
        prepared = Optional.of(latest);
        Span start = Span.contiguous(bias);
        if (latest.isDense()) {
            Span weight = new Span(Scratch.floats(Scratch.UNPACKED, rows.rows * rows.columns), 0);
            parallel.once(() -> matrix.unpack(weight.array()));
            dense.forward(geometry, Span.contiguous(x), weight, start, Span.of(out));
        } else {
            latest.convolution().run(parallel, Span.contiguous(x), start, Span.of(out));
        }
    }

    /** Packed weights need fewer multiplications, but for many images Winograd's ways save more unless few are left. */
    private Prepared prepare(ConvGeometry geometry) {
        PackedConvolution packed = PackedConvolution.of(geometry, rows);
        double unpacked = DENSE_WAITS * dense.cycles(geometry) + UNPACK_CYCLES * rows.rows * rows.columns;
        return new Prepared(geometry, packed, unpacked < packed.cycles());
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
