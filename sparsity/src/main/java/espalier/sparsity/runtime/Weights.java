package espalier.sparsity.runtime;

import espalier.sparsity.export.Operation;
import espalier.sparsity.export.PackedTensor;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.packed.BinaryMatrix;
import espalier.tensor.packed.BlockMatrix;
import espalier.tensor.packed.CsrMatrix;
import espalier.tensor.packed.DenseMatrix;
import espalier.tensor.packed.Int4Matrix;
import espalier.tensor.packed.Int8Matrix;
import espalier.tensor.packed.PackedMatrix;
import espalier.tensor.packed.TernaryMatrix;
import espalier.tensor.spi.BlockedConvolution;
import espalier.tensor.spi.BlockedImages;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PackedKernel;
import java.util.Optional;

/** The weights of one step as one {@link Kernel} reads them, made once and used by all calls. */
final class Weights {
    private final Kernel kernel;
    private final Device device;
    private final Shape shape;
    private final Optional<Tensor> dense;
    private final Optional<Tensor> transposed;
    private final Optional<PackedKernel> packed;
    private final Optional<BlockedConvolution> blocked;

    private Weights(
            Kernel kernel,
            Device device,
            Shape shape,
            Optional<Tensor> dense,
            Optional<PackedKernel> packed,
            Optional<BlockedConvolution> blocked) {
        this.kernel = kernel;
        this.device = device;
        this.shape = shape;
        this.dense = dense;
        this.transposed = dense.filter(w -> w.rank() == 2).map(Tensor::t);
        this.packed = packed;
        this.blocked = blocked;
    }

    /**
     * Weights for a kernel.
     *
     * @param values the tensor, unpacked; overwritten
     * @param scale a factor for each row, which the weights take in
     */
    static Weights of(Device device, PackedTensor tensor, float[] values, Optional<PackedTensor> scale, Kernel kernel) {
        Shape shape = tensor.shape();
        Optional<float[]> factors = scale.map(PackedTensor::unpack);
        factors.ifPresent(factor -> scaleRows(values, factor));
        if (kernel == Kernel.DENSE && !packsDense(device, shape)) {
            return new Weights(
                    kernel,
                    device,
                    shape,
                    Optional.of(kept(device, values, shape)),
                    Optional.empty(),
                    Optional.empty());
        }
        PackedKernel packed = device.backend().prepare(matrix(kernel, tensor, values, factors));
        return new Weights(kernel, device, shape, Optional.empty(), Optional.of(packed), Optional.empty());
    }

    /**
     * Dense weights of a convolution whose results lie in blocks of channels.
     *
     * @param isStem whether it reads plain images
     */
    static Weights inBlocks(
            Device device, BlockedImages images, Operation.Convolution convolution, float[] values, boolean isStem) {
        convolution.scale().map(PackedTensor::unpack).ifPresent(factor -> scaleRows(values, factor));
        Shape shape = convolution.weight().shape();
        Optional<Tensor> bias = convolution.bias().map(b -> Tensor.of(device, b.unpack(), b.shape()));
        Tensor weight = Tensor.of(device, values, shape);
        BlockedConvolution blocked = isStem
                ? images.prepareStem(convolution.spec(), weight, bias)
                : images.prepare(convolution.spec(), weight, bias);
        return new Weights(Kernel.DENSE, device, shape, Optional.empty(), Optional.empty(), Optional.of(blocked));
    }

    /**
     * Whether dense weights are packed before they are used. The vector back end reads those of convolutions in an
     * order of its own; those of linear layers it reads where they lie, and other back ends would unpack them for each
     * call.
     */
    private static boolean packsDense(Device device, Shape shape) {
        return shape.rank() == 4 && device.backend().name().equals("vector");
    }

    private static void scaleRows(float[] values, float[] factor) {
        int columns = values.length / factor.length;
        for (int i = 0; i < values.length; i++) {
            values[i] *= factor[i / columns];
        }
    }

    /** @param values the weights with their factors */
    private static PackedMatrix matrix(Kernel kernel, PackedTensor tensor, float[] values, Optional<float[]> factors) {
        int rows = tensor.shape().dim(0);
        int columns = values.length / Math.max(1, rows);
        return switch (kernel) {
            case CSR -> CsrMatrix.of(values, rows, columns);
            case BLOCKS -> BlockMatrix.of(values, rows, columns);
            case INT8 -> new Int8Matrix(rows, columns, codes(tensor, values), scales(tensor, factors));
            case INT4 -> new Int4Matrix(rows, columns, codes(tensor, values), scales(tensor, factors));
            case TERNARY -> new TernaryMatrix(rows, columns, codes(tensor, values), scales(tensor, factors));
            case BINARY -> new BinaryMatrix(rows, columns, signs(values, rows, columns), scales(tensor, factors));
            case DENSE -> DenseMatrix.of(values, rows, columns);
        };
    }

    /** The whole numbers, with the signs of the values, which a negative factor may have turned. */
    private static byte[] codes(PackedTensor tensor, float[] values) {
        int[] numbers = tensor.wholeNumbers();
        byte[] codes = new byte[numbers.length];
        for (int i = 0; i < codes.length; i++) {
            codes[i] = (byte) (values[i] < 0 ? -Math.abs(numbers[i]) : Math.abs(numbers[i]));
        }
        return codes;
    }

    private static float[] scales(PackedTensor tensor, Optional<float[]> factors) {
        double[] scales = tensor.scales();
        float[] ofRow = new float[tensor.shape().dim(0)];
        for (int row = 0; row < ofRow.length; row++) {
            double factor = factors.isPresent() ? Math.abs(factors.get()[row]) : 1;
            ofRow[row] = (float) (scales[scales.length == 1 ? 0 : row] * factor);
        }
        return ofRow;
    }

    private static long[] signs(float[] values, int rows, int columns) {
        int rowWords = Math.ceilDiv(columns, Long.SIZE);
        long[] words = new long[rows * rowWords];
        for (int i = 0; i < values.length; i++) {
            if (values[i] < 0) {
                words[i / columns * rowWords + i % columns / Long.SIZE] |= 1L << i % columns;
            }
        }
        return words;
    }

    /** A tensor that no scope takes back. */
    static Tensor kept(Device device, float[] values, Shape shape) {
        Tensor made = Tensor.of(device, values, shape);
        made.storage().moveTo(Optional.empty());
        return made;
    }

    Kernel kernel() {
        return kernel;
    }

    void conv2d(ConvSpec spec, Tensor x, Optional<Tensor> bias, Tensor y) {
        if (packed.isPresent()) {
            packed.get().conv2d(spec, shape.dim(2), shape.dim(3), x, bias, y);
        } else {
            device.backend().conv2d(spec, x, dense.orElseThrow(), bias, y);
        }
    }

    /** The convolution of blocked images, {@code max(W ∗ x + bias + addend, 0)} or without the maximum. */
    void conv2d(Tensor x, Optional<Tensor> addend, boolean relu, Tensor y) {
        blocked.orElseThrow().run(x, addend, relu, y);
    }

    /** Without the bias if the weights are dense: see {@link #addsBias}. */
    void linear(Tensor x, Optional<Tensor> bias, Tensor y) {
        if (packed.isPresent()) {
            packed.get().linear(x, bias, y);
        } else {
            device.backend().matmul(x, transposed.orElseThrow(), y);
        }
    }

    /** Whether {@link #linear} adds the bias. */
    boolean addsBias() {
        return packed.isPresent();
    }
}
