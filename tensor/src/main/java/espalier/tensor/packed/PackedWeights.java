package espalier.tensor.packed;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.ShapeException;
import espalier.tensor.Tensor;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PackedKernel;
import java.util.Optional;

/**
 * A packed matrix W {@code [M, K]} made ready for one device: the weights of a pruned or quantized layer.
 *
 * <pre>{@code
 * PackedWeights weights = PackedWeights.of(Device.cpu(), BlockMatrix.of(values, 500, 800));
 * Tensor y = weights.linear(x, Optional.of(bias));       // x [N, 800] → y [N, 500]
 * }</pre>
 *
 * <p>Making one copies the matrix into the order in which the device reads it, so make it once and use it often. It may
 * be used by several threads at a time. The results equal those of dense weights up to rounding.
 */
public final class PackedWeights {
    /** Products of -128 and 127 whose sum an int holds. */
    private static final int MOST_CODES = 1 << 17;

    private final PackedMatrix matrix;
    private final Device device;
    private final PackedKernel kernel;

    private PackedWeights(PackedMatrix matrix, Device device, PackedKernel kernel) {
        this.matrix = matrix;
        this.device = device;
        this.kernel = kernel;
    }

    /** The matrix, ready for products on {@code device}. */
    public static PackedWeights of(Device device, PackedMatrix matrix) {
        return new PackedWeights(matrix, device, device.backend().prepare(matrix));
    }

    /** The matrix. */
    public PackedMatrix matrix() {
        return matrix;
    }

    /**
     * {@code W × b}: {@code b [K, N] → [M, N]}.
     *
     * @throws ShapeException if {@code b} is not F32 on this device with K rows
     */
    public Tensor matmul(Tensor b) {
        requireFloats("packed matmul", b);
        if (b.rank() != 2 || b.dim(0) != matrix.columns()) {
            throw new ShapeException("packed matmul: the right matrix must be [" + matrix.columns() + ", N]: lhs "
                    + matrix + ", rhs " + b.shape());
        }
        Tensor out = Tensor.allocate("packed matmul", device, DType.F32, Shape.of(matrix.rows(), b.dim(1)));
        kernel.matmul(b, Optional.empty(), out);
        return out;
    }

    /**
     * {@code x × Wᵀ + bias}: {@code x [N, K], bias [M] → [N, M]}, a fully connected layer.
     *
     * @throws ShapeException if {@code x} is not F32 on this device with K columns, or the bias does not have M values
     */
    public Tensor linear(Tensor x, Optional<Tensor> bias) {
        requireFloats("packed linear", x);
        requireBias("packed linear", bias);
        if (x.rank() != 2 || x.dim(1) != matrix.columns()) {
            throw new ShapeException("packed linear: the input must be [N, " + matrix.columns() + "]: input "
                    + x.shape() + ", weight " + matrix);
        }
        Tensor out = Tensor.allocate("packed linear", device, DType.F32, Shape.of(x.dim(0), matrix.rows()));
        kernel.linear(x, bias, out);
        return out;
    }

    /**
     * Convolution: {@code x [N, C, H, W]}, W as {@code [M, C/groups, kernelH, kernelW]}, {@code bias [M] → [N, M, H',
     * W']}.
     *
     * @throws ShapeException if the sizes do not fit, naming them
     */
    public Tensor conv2d(ConvSpec spec, int kernelH, int kernelW, Tensor x, Optional<Tensor> bias) {
        requireFloats("packed conv2d", x);
        requireBias("packed conv2d", bias);
        int window = Math.max(1, kernelH) * Math.max(1, kernelW);
        if (kernelH < 1 || kernelW < 1 || matrix.columns() % window != 0) {
            throw new ShapeException("packed conv2d: a kernel of " + kernelH + "x" + kernelW
                    + " does not divide the columns of weight " + matrix);
        }
        Shape weight = Shape.of(matrix.rows(), matrix.columns() / window, kernelH, kernelW);
        Tensor out = Tensor.allocate("packed conv2d", device, DType.F32, spec.outputShape(x.shape(), weight));
        kernel.conv2d(spec, kernelH, kernelW, x, bias, out);
        return out;
    }

    /**
     * The exact product of integers: the codes of this quantized matrix {@code [M, K]} times {@code b [K, N]} of I8, as
     * {@code [M, N]} of I32. Scales take no part; multiply row i by {@code scale(i)}, and by the scale of {@code b},
     * for real values.
     *
     * @throws IllegalArgumentException if the matrix is not a {@link QuantizedMatrix}, or has more than 131,072
     *     columns, so that a sum might not fit 32 bits
     * @throws ShapeException if {@code b} is not I8 on this device with K rows
     */
    public Tensor matmulCodes(Tensor b) {
        if (!(matrix instanceof QuantizedMatrix) || matrix.columns() > MOST_CODES) {
            throw new IllegalArgumentException(
                    "matmulCodes: needs a quantized matrix with at most " + MOST_CODES + " columns, got " + matrix);
        }
        if (b.dtype() != DType.I8 || !b.device().equals(device) || b.rank() != 2 || b.dim(0) != matrix.columns()) {
            throw new ShapeException("matmulCodes: the right matrix must be [" + matrix.columns() + ", N] of I8 on "
                    + device + ": lhs " + matrix + ", rhs " + b.dtype() + " " + b.shape() + " on " + b.device());
        }
        Tensor out = Tensor.allocate("matmulCodes", device, DType.I32, Shape.of(matrix.rows(), b.dim(1)));
        kernel.multiplyCodes(b, out);
        return out;
    }

    /**
     * Dot products of signs: this binary matrix {@code [M, K]} times the transpose of another, {@code [N, K]}, as
     * {@code [M, N]} of I32. Scales take no part. Element (i, j) is K less twice the number of columns in which row i
     * of this and row j of {@code v} differ (Rastegari et al. 2016, "XNOR-Net", section 3.2).
     *
     * @throws IllegalArgumentException if the matrix is not a {@link BinaryMatrix}
     * @throws ShapeException if {@code v} does not have K columns
     */
    public Tensor matmulSigns(BinaryMatrix v) {
        if (!(matrix instanceof BinaryMatrix)) {
            throw new IllegalArgumentException("matmulSigns: needs a binary matrix, got " + matrix);
        }
        if (v.columns() != matrix.columns()) {
            throw new ShapeException("matmulSigns: columns differ: lhs " + matrix + ", rhs " + v + " ("
                    + matrix.columns() + " ≠ " + v.columns() + ")");
        }
        Tensor out = Tensor.allocate("matmulSigns", device, DType.I32, Shape.of(matrix.rows(), v.rows()));
        kernel.multiplySigns(v, out);
        return out;
    }

    private void requireFloats(String op, Tensor x) {
        if (x.dtype() != DType.F32 || !x.device().equals(device)) {
            throw new ShapeException(op + ": needs F32 on " + device + ", got " + x.dtype() + " on " + x.device());
        }
    }

    private void requireBias(String op, Optional<Tensor> bias) {
        bias.ifPresent(values -> {
            requireFloats(op, values);
            if (values.rank() != 1 || values.dim(0) != matrix.rows()) {
                throw new ShapeException(op + ": the bias must be [" + matrix.rows() + "], got " + values.shape());
            }
        });
    }
}
