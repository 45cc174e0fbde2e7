package espalier.tensor.cpu.vector.conv;

import espalier.tensor.DType;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.vector.lanes.Lines;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.spi.ConvSpec;
import java.util.Optional;

/** The door from tensors to {@link VectorConvolution}: any layout comes in, contiguous arrays go on. */
public final class ConvolutionKernel {
    private final VectorConvolution kernels;
    private final Parallel parallel;

    /** The kernels of one back end. */
    public ConvolutionKernel(Parallel parallel) {
        this.parallel = parallel;
        kernels = new VectorConvolution(parallel);
    }

    /** Memory for weights that are packed, or copied, once. */
    public Lines memory() {
        return kernels.memory();
    }

    /** Whether the kernels take this: F32, and at least one channel, row and column. */
    public static boolean takes(Tensor x, Tensor w) {
        return x.dtype() == DType.F32
                && w.dtype() == DType.F32
                && w.shape().size() > 0
                && x.shape().without(0).size() > 0;
    }

    public void forward(ConvSpec spec, Tensor x, Tensor w, Optional<Tensor> bias, Tensor out) {
        ConvGeometry g = geometry(spec, x.shape(), w.shape());
        Tensor result = writable(out);
        kernels.forward(g, Span.contiguous(x), Span.contiguous(w), Span.contiguous(bias), Span.of(result));
        finish(result, out);
    }

    /** The forward pass with weights {@code [O, C/g, kH, kW]} that are packed once; {@code out} is contiguous. */
    public void forward(
            ConvSpec spec, int kernelH, int kernelW, Tensor x, ConvWeights w, Optional<Tensor> bias, Tensor out) {
        var g = new ConvGeometry(x.dim(0), x.dim(1), x.dim(2), x.dim(3), out.dim(1), kernelH, kernelW, spec);
        kernels.forward(g, Span.contiguous(x), w, Span.contiguous(bias), Span.of(out));
    }

    /** Estimated cycles of one thread for a batch, the packing of weights not counted. */
    public double cycles(ConvGeometry g) {
        return kernels.cycles(g);
    }

    /** The forward pass with weights that may be others at each call. */
    public void forward(ConvGeometry g, Span x, Span w, Span bias, Span y) {
        kernels.forward(g, x, w, bias, y);
    }

    public void inputGradient(ConvSpec spec, Tensor dy, Tensor w, Tensor dx) {
        ConvGeometry g = geometry(spec, dx.shape(), w.shape());
        Tensor result = writable(dx);
        kernels.inputGradient(g, Span.contiguous(dy), Span.contiguous(w), Span.of(result));
        finish(result, dx);
    }

    public void weightGradient(ConvSpec spec, Tensor x, Tensor dy, Tensor dw) {
        ConvGeometry g = geometry(spec, x.shape(), dw.shape());
        Tensor result = writable(dw);
        kernels.weightGradient(g, Span.contiguous(x), Span.contiguous(dy), Span.of(result));
        finish(result, dw);
    }

    /** The same convolution in chunks of images, if there is something to be gained by it. */
    public Optional<ConvChunks> chunks(ConvSpec spec, Shape x, Shape w) {
        return ConvChunks.of(kernels, parallel, geometry(spec, x, w));
    }

    private static ConvGeometry geometry(ConvSpec spec, Shape x, Shape w) {
        return new ConvGeometry(x.dim(0), x.dim(1), x.dim(2), x.dim(3), w.dim(0), w.dim(2), w.dim(3), spec);
    }

    /** {@code out}, or a contiguous stand-in for it. */
    private static Tensor writable(Tensor out) {
        return out.layout().isContiguous() ? out : Tensor.allocate("conv2d", out.device(), out.dtype(), out.shape());
    }

    private static void finish(Tensor result, Tensor out) {
        if (result != out) {
            out.copyInPlace(result);
        }
    }
}
