package espalier.gpu;

import espalier.gpu.opencl.CommandQueue;
import espalier.tensor.DType;
import espalier.tensor.Tensor;
import espalier.tensor.packed.BinaryMatrix;
import espalier.tensor.packed.BlockMatrix;
import espalier.tensor.packed.CsrMatrix;
import espalier.tensor.packed.DenseMatrix;
import espalier.tensor.packed.PackedMatrix;
import espalier.tensor.packed.QuantizedMatrix;
import espalier.tensor.spi.AdamSpec;
import espalier.tensor.spi.Backend;
import espalier.tensor.spi.BinaryOp;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PackedKernel;
import espalier.tensor.spi.Peak;
import espalier.tensor.spi.PoolSpec;
import espalier.tensor.spi.ReduceOp;
import espalier.tensor.spi.SgdSpec;
import espalier.tensor.spi.Storage;
import espalier.tensor.spi.UnaryOp;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * All operations on one OpenCL device. Tensors stay on it: operations are queued and return at once, and only reading a
 * result waits.
 *
 * <p>Each family of kernels is a class of this package and a {@code .cl} file beside it.
 */
public final class OpenClBackend implements Backend, AutoCloseable {
    private final CommandQueue queue;
    private final Flavour flavour;
    private final Elementwise elementwise;
    private final Reduction reduction;
    private final Lines lines;
    private final Indexed indexed;
    private final Sorting sorting;
    private final PlainProduct plainProduct;
    private final TensorCores cores;
    private final FloatProduct floatProduct;
    private final Convolution convolution;
    private final Pooling pooling;
    private final Normalization normalization;
    private final Softmax softmax;
    private final Update update;

    /** A back end on a queue, which it owns. */
    public OpenClBackend(CommandQueue queue, Flavour flavour) {
        this(queue, flavour, true);
    }

    /** @param fused whether elementwise operations in a row may become one kernel */
    OpenClBackend(CommandQueue queue, Flavour flavour, boolean fused) {
        this.queue = queue;
        this.flavour = flavour;
        this.elementwise = new Elementwise(queue, flavour, fused);
        this.reduction = new Reduction(queue, flavour);
        this.lines = new Lines(queue);
        this.indexed = new Indexed(queue);
        this.sorting = new Sorting(queue);
        this.plainProduct = new PlainProduct(queue);
        this.cores = TensorCores.of(queue, flavour);
        this.floatProduct = new FloatProduct(queue, flavour, Tuning.of(queue.device(), flavour)).with(cores);
        this.convolution = new Convolution(queue, flavour, floatProduct, reduction);
        this.pooling = new Pooling(queue, flavour);
        this.normalization = new Normalization(queue, flavour);
        this.softmax = new Softmax(queue, flavour);
        this.update = new Update(queue, flavour);
    }

    @Override
    public String name() {
        return "opencl";
    }

    @Override
    public String description() {
        return queue.device().summary() + ", buffers of up to "
                + String.format(Locale.ROOT, "%.1f GiB", queue.device().largestBuffer() / (double) (1L << 30))
                + ", kernels for " + flavour + "s built with "
                + queue.buildOptions().strip() + (cores.report().isEmpty() ? "" : "; " + cores.report());
    }

    @Override
    public Optional<Peak> peak() {
        return Optional.of(PeakProbe.measure(queue, flavour));
    }

    @Override
    public List<String> tune() {
        return Tuner.run(queue, flavour, Tuner.shapes(flavour));
    }

    @Override
    public void finish() {
        queue.finish("finish");
    }

    @Override
    public void flush() {
        queue.settle();
    }

    // ---- memory

    @Override
    public Storage allocate(DType dtype, int length) {
        if (dtype == DType.F64 && !queue.device().doubles()) {
            throw new IllegalArgumentException(
                    "allocate: " + queue.device().name() + " has no F64; use Device.reference() for double precision");
        }
        return new DeviceStorage(dtype, length, queue.allocate((long) length * dtype.bytes()));
    }

    /** Bytes taken from the device: those of tensors, and those kept to be used again. */
    public long allocatedBytes() {
        return queue.allocatedBytes();
    }

    @Override
    public void upload(MemorySegment from, Storage to, int start) {
        checkLength("upload", to, start, from.byteSize());
        queue.write(
                from, ((DeviceStorage) to).memory(), (long) start * to.dtype().bytes());
    }

    @Override
    public void download(Storage from, int start, MemorySegment to) {
        checkLength("download", from, start, to.byteSize());
        queue.read(((DeviceStorage) from).memory(), (long) start * from.dtype().bytes(), to);
    }

    private static void checkLength(String what, Storage storage, int start, long bytes) {
        long each = storage.dtype().bytes();
        if (start < 0 || bytes % each != 0 || start + bytes / each > storage.length()) {
            throw new IllegalArgumentException(what + ": " + bytes + " bytes from element " + start + " are not inside "
                    + storage.length() + " elements of " + storage.dtype());
        }
    }

    @Override
    public void copy(Tensor from, Tensor to) {
        elementwise.copy(from, to);
    }

    @Override
    public void fill(Tensor out, double value) {
        elementwise.fill(out, value);
    }

    // ---- elementwise

    @Override
    public void unary(UnaryOp op, Tensor x, Tensor out) {
        elementwise.unary(op, x, out);
    }

    @Override
    public void binary(BinaryOp op, Tensor a, Tensor b, Tensor out) {
        elementwise.binary(op, a, b, out);
    }

    @Override
    public void binary(BinaryOp op, Tensor a, double b, Tensor out) {
        elementwise.binary(op, a, b, out);
    }

    @Override
    public void where(Tensor condition, Tensor a, Tensor b, Tensor out) {
        elementwise.where(condition, a, b, out);
    }

    // ---- along axes

    @Override
    public void reduce(ReduceOp op, Tensor x, int[] axes, Tensor out) {
        reduction.reduce(op, x, axes, out);
    }

    @Override
    public void argReduce(boolean largest, Tensor x, int axis, Tensor out) {
        lines.argReduce(largest, x, axis, out);
    }

    @Override
    public void cumsum(Tensor x, int axis, Tensor out) {
        lines.cumsum(x, axis, out);
    }

    @Override
    public void sort(Tensor x, boolean descending, Tensor values, Tensor indices) {
        if (x.rank() == 0 || x.dim(-1) <= 1) {
            elementwise.copy(x, values);
            elementwise.fill(indices, 0);
            return;
        }
        sorting.sort(x.contiguous(), descending, values, indices);
    }

    @Override
    public void gather(Tensor x, int axis, Tensor index, Tensor out) {
        indexed.gather(x, axis, index, out);
    }

    @Override
    public void scatterAdd(Tensor into, int axis, Tensor index, Tensor x) {
        indexed.scatterAdd(into, axis, index, x);
    }

    // ---- products

    @Override
    public void matmul(Tensor a, Tensor b, Tensor out) {
        if (out.dtype() == DType.F32) {
            floatProduct.matmul(a, b, out);
        } else {
            plainProduct.matmul(a, b, out);
        }
    }

    @Override
    public PackedKernel prepare(PackedMatrix matrix) {
        return switch (matrix) {
            case DenseMatrix dense -> CodedKernel.of(queue, flavour, dense);
            case QuantizedMatrix codes -> CodedKernel.of(queue, flavour, codes);
            case BinaryMatrix signs -> CodedKernel.of(queue, flavour, signs);
            case CsrMatrix entries -> new SparseKernel(queue, flavour, entries);
            case BlockMatrix blocks -> new SparseKernel(queue, flavour, blocks);
        };
    }

    /** The product with other variants of its kernels, to be held against others. */
    FloatProduct productAs(Tuning tuning) {
        return new FloatProduct(queue, flavour, tuning);
    }

    // ---- convolution

    @Override
    public void conv2d(ConvSpec spec, Tensor x, Tensor w, Optional<Tensor> bias, Tensor out) {
        if (out.dtype() == DType.F32) {
            convolution.forward(spec, x, w, bias, out);
        } else {
            Backend.super.conv2d(spec, x, w, bias, out);
        }
    }

    @Override
    public void conv2dInputGradient(ConvSpec spec, Tensor g, Tensor w, Tensor dx) {
        if (dx.dtype() == DType.F32) {
            convolution.inputGradient(spec, g, w, dx);
        } else {
            Backend.super.conv2dInputGradient(spec, g, w, dx);
        }
    }

    @Override
    public void conv2dWeightGradient(ConvSpec spec, Tensor x, Tensor g, Tensor dw) {
        if (dw.dtype() == DType.F32) {
            convolution.weightGradient(spec, x, g, dw);
        } else {
            Backend.super.conv2dWeightGradient(spec, x, g, dw);
        }
    }

    // ---- pooling

    @Override
    public void maxPool2d(PoolSpec spec, Tensor x, Tensor out, Tensor indices) {
        pooling.max(spec, x, out, indices);
    }

    @Override
    public void maxPool2dGradient(PoolSpec spec, Tensor g, Tensor indices, Tensor dx) {
        pooling.maxGradient(spec, g, indices, dx);
    }

    @Override
    public void avgPool2d(PoolSpec spec, Tensor x, Tensor out) {
        pooling.average(spec, x, out);
    }

    @Override
    public void avgPool2dGradient(PoolSpec spec, Tensor g, Tensor dx) {
        pooling.averageGradient(spec, g, dx);
    }

    // ---- normalization, softmax, optimizers: own kernels for F32, the composed ones for F64

    private static boolean isOwn(Tensor x) {
        return x.dtype() == DType.F32 && x.size() > 0;
    }

    @Override
    public void scaleShift(Tensor x, Tensor scale, Tensor shift, boolean relu, Tensor out) {
        if (isOwn(x)) {
            normalization.scaleShift(x, scale, shift, relu, out);
        } else {
            Backend.super.scaleShift(x, scale, shift, relu, out);
        }
    }

    @Override
    public void batchNorm(
            Tensor x, Tensor scale, Tensor shift, double epsilon, Tensor out, Tensor mean, Tensor variance) {
        if (isOwn(x)) {
            normalization.batchNorm(x, scale, shift, epsilon, out, mean, variance);
        } else {
            Backend.super.batchNorm(x, scale, shift, epsilon, out, mean, variance);
        }
    }

    @Override
    public void batchNormGradient(
            Tensor x,
            Tensor g,
            Tensor scale,
            Tensor mean,
            Tensor variance,
            double epsilon,
            Tensor dx,
            Tensor dscale,
            Tensor dshift) {
        if (isOwn(x)) {
            normalization.batchNormGradient(x, g, scale, mean, variance, epsilon, dx, dscale, dshift);
        } else {
            Backend.super.batchNormGradient(x, g, scale, mean, variance, epsilon, dx, dscale, dshift);
        }
    }

    @Override
    public void softmax(Tensor x, boolean log, Tensor out) {
        if (isOwn(x)) {
            softmax.softmax(x, log, out);
        } else {
            Backend.super.softmax(x, log, out);
        }
    }

    @Override
    public void softmaxGradient(Tensor y, Tensor g, boolean log, Tensor dx) {
        if (isOwn(y)) {
            softmax.softmaxGradient(y, g, log, dx);
        } else {
            Backend.super.softmaxGradient(y, g, log, dx);
        }
    }

    @Override
    public void requireLabels(String operation, Tensor logits, Tensor labels) {
        if (!isOwn(logits)) { // the own kernel of crossEntropy looks at each label itself
            Backend.super.requireLabels(operation, logits, labels);
        }
    }

    @Override
    public void crossEntropy(Tensor logits, Tensor labels, double smoothing, Tensor losses, Tensor probabilities) {
        if (isOwn(logits)) {
            softmax.crossEntropy(logits, labels, smoothing, losses, probabilities);
        } else {
            Backend.super.crossEntropy(logits, labels, smoothing, losses, probabilities);
        }
    }

    @Override
    public void crossEntropyGradient(Tensor probabilities, Tensor labels, double smoothing, Tensor g, Tensor dlogits) {
        if (isOwn(probabilities)) {
            softmax.crossEntropyGradient(probabilities, labels, smoothing, g, dlogits);
        } else {
            Backend.super.crossEntropyGradient(probabilities, labels, smoothing, g, dlogits);
        }
    }

    @Override
    public void sgdStep(SgdSpec spec, Tensor w, Tensor g, Optional<Tensor> velocity) {
        if (isOwn(w)
                && w.layout().isContiguous()
                && velocity.map(v -> v.layout().isContiguous()).orElse(true)) {
            update.sgd(spec, w, g, velocity);
        } else {
            Backend.super.sgdStep(spec, w, g, velocity);
        }
    }

    @Override
    public void adamStep(AdamSpec spec, Tensor w, Tensor g, Tensor m, Tensor u) {
        if (isOwn(w)
                && w.layout().isContiguous()
                && m.layout().isContiguous()
                && u.layout().isContiguous()) {
            update.adam(spec, w, g, m, u);
        } else {
            Backend.super.adamStep(spec, w, g, m, u);
        }
    }

    @Override
    public void close() {
        queue.close();
    }
}
