package espalier.tensor.spi;

import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import java.util.Optional;

/**
 * Convolution as matrix products (Chellapilla, Puri and Simard 2006): each window becomes a column, and the weights of
 * a group are a matrix {@code [O/g, K]} with {@code K = C/g·kH·kW}. One image at a time, so that the columns of only
 * one exist at once.
 */
final class ComposedConvolution {
    private ComposedConvolution() {}

    /** {@code y[n] = w × columns(x[n]) + bias}. */
    static void forward(ConvSpec spec, Tensor x, Tensor w, Optional<Tensor> bias, Tensor out) {
        Windows windows = Windows.of(spec, x.shape(), w.shape());
        for (int n = 0; n < x.dim(0); n++) {
            try (TensorScope _ = TensorScope.open()) {
                Tensor columns = columns(spec, windows, x.select(0, n)); // [g, K, P], P = H'·W'
                Tensor image = grouped(spec, out.select(0, n)); // [g, O/g, P], a view
                out.device().backend().matmul(grouped(spec, w), columns, image);
            }
        }
        bias.ifPresent(b -> out.addInPlace(b.reshape(w.dim(0), 1, 1)));
    }

    /** {@code dx[n]}: the columns {@code wᵀ × g[n]}, each added back to where its window had come from. */
    static void inputGradient(ConvSpec spec, Tensor g, Tensor w, Tensor dx) {
        Windows windows = Windows.of(spec, dx.shape(), w.shape());
        Shape columnShape =
                Shape.of(dx.dim(1), windows.kernelH(), windows.kernelW(), windows.rows(), windows.columns());
        for (int n = 0; n < dx.dim(0); n++) {
            try (TensorScope _ = TensorScope.open()) {
                Tensor columns = grouped(spec, w)
                        .t()
                        .matmul(grouped(spec, g.select(0, n)))
                        .reshape(columnShape);
                Shape padded = windows.paddedShape(dx.shape().without(0));
                Tensor sum = Tensor.zeros(dx.device(), dx.dtype(), padded);
                for (int p = 0; p < windows.kernelH(); p++) {
                    for (int q = 0; q < windows.kernelW(); q++) {
                        windows.at(sum, p, q).addInPlace(columns.select(2, q).select(1, p));
                    }
                }
                dx.select(0, n).copyInPlace(windows.inner(sum));
            }
        }
    }

    /** {@code dw = Σ g[n] × columns(x[n])ᵀ} over the images. */
    static void weightGradient(ConvSpec spec, Tensor x, Tensor g, Tensor dw) {
        Windows windows = Windows.of(spec, x.shape(), dw.shape());
        dw.fillInPlace(0);
        for (int n = 0; n < x.dim(0); n++) {
            try (TensorScope _ = TensorScope.open()) {
                Tensor columns = columns(spec, windows, x.select(0, n));
                dw.addInPlace(grouped(spec, g.select(0, n)).matmul(columns.t()).reshape(dw.shape()));
            }
        }
    }

    /** The windows of one image {@code [C, H, W]} as columns, {@code [g, C/g·kH·kW, H'·W']}. */
    private static Tensor columns(ConvSpec spec, Windows windows, Tensor image) {
        int inputs = image.dim(0) / spec.groups() * windows.kernelH() * windows.kernelW();
        Tensor all = windows.of(windows.padded(image, 0)); // [C, kH, kW, H', W']
        return all.reshape(spec.groups(), inputs, windows.rows() * windows.columns());
    }

    /** {@code [O, ..]} as one matrix a group: {@code [g, O/g, ..]}. */
    private static Tensor grouped(ConvSpec spec, Tensor x) {
        int outputs = x.dim(0) / spec.groups();
        int rest = x.shape().without(0).size();
        return x.reshape(spec.groups(), outputs, rest);
    }
}
