package espalier.tensor.spi;

import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import espalier.tensor.packed.BinaryMatrix;
import espalier.tensor.packed.PackedMatrix;
import espalier.tensor.packed.QuantizedMatrix;
import java.util.Optional;

/** Products with a packed matrix by unpacking it: right on every back end, and as fast as a dense product at best. */
final class UnpackedKernel implements PackedKernel {
    private final PackedMatrix matrix;
    private final float[] dense;

    UnpackedKernel(PackedMatrix matrix) {
        this.matrix = matrix;
        this.dense = matrix.toDense();
    }

    @Override
    public void matmul(Tensor b, Optional<Tensor> bias, Tensor out) {
        try (TensorScope _ = TensorScope.open()) {
            out.device().backend().matmul(weight(out.device()), b, out);
            bias.ifPresent(values -> out.addInPlace(values.unsqueeze(1)));
        }
    }

    @Override
    public void linear(Tensor x, Optional<Tensor> bias, Tensor out) {
        try (TensorScope _ = TensorScope.open()) {
            out.device().backend().matmul(x, weight(out.device()).t(), out);
            bias.ifPresent(out::addInPlace);
        }
    }

    @Override
    public void conv2d(ConvSpec spec, int kernelH, int kernelW, Tensor x, Optional<Tensor> bias, Tensor out) {
        try (TensorScope _ = TensorScope.open()) {
            Tensor weight = weight(out.device()).reshape(matrix.rows(), x.dim(1) / spec.groups(), kernelH, kernelW);
            out.device().backend().conv2d(spec, x, weight, bias, out);
        }
    }

    @Override
    public void multiplyCodes(Tensor b, Tensor out) {
        QuantizedMatrix w = (QuantizedMatrix) matrix;
        int n = b.dim(1);
        int[] codes = b.toInts();
        int[] c = new int[w.rows() * n];
        for (int row = 0; row < w.rows(); row++) {
            for (int k = 0; k < w.columns(); k++) {
                for (int j = 0; j < n; j++) {
                    c[row * n + j] += w.code(row, k) * codes[k * n + j];
                }
            }
        }
        fill(out, c);
    }

    @Override
    public void multiplySigns(BinaryMatrix v, Tensor out) {
        BinaryMatrix w = (BinaryMatrix) matrix;
        int[] c = new int[w.rows() * v.rows()];
        for (int row = 0; row < w.rows(); row++) {
            for (int j = 0; j < v.rows(); j++) {
                int sum = 0;
                for (int k = 0; k < w.columns(); k++) {
                    sum += w.isNegative(row, k) == v.isNegative(j, k) ? 1 : -1;
                }
                c[row * v.rows() + j] = sum;
            }
        }
        fill(out, c);
    }

    private static void fill(Tensor out, int[] values) {
        try (TensorScope _ = TensorScope.open()) {
            out.copyInPlace(Tensor.of(out.device(), values, out.shape()));
        }
    }

    private Tensor weight(Device device) {
        return Tensor.of(device, dense, Shape.of(matrix.rows(), matrix.columns()));
    }
}
