package espalier.tensor.spi;

import espalier.tensor.ConvBatchNorm;
import espalier.tensor.ConvMaxPool;
import espalier.tensor.DType;
import espalier.tensor.ShapeException;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import espalier.tensor.packed.PackedMatrix;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * What a device must be able to do: a small core, and fused operations that are right by default and fast when
 * overridden.
 *
 * <p>Callers ({@link Tensor} and the operation families) have checked shapes, types and devices and have allocated
 * {@code out}, which is always contiguous and of the right shape and type; its contents are undefined. Inputs may have
 * any layout: transposed, stepped, flipped or broadcast (stride 0), and may be empty. Elementwise operations may be
 * called with {@code out} the same tensor as an input; no other overlap occurs.
 *
 * <p>To add a back end: implement the abstract methods, run the conformance suite, then override what should be fast.
 */
public interface Backend {
    /** A short name such as {@code scalar}, {@code vector} or {@code opencl}. */
    String name();

    /** One line for people: instruction set, lanes, threads, driver. */
    String description();

    /** Waits until all work asked for so far is done; a back end that computes at once has nothing to wait for. */
    default void finish() {}

    /** Begins what was put off, without waiting; results that were given back before may never be computed. */
    default void flush() {}

    // ---- measuring, only when asked

    /** What the device itself can do, measured now, in about a second; nothing where Java can measure it as well. */
    default Optional<Peak> peak() {
        return Optional.empty();
    }

    /**
     * Times the variants of its kernels and keeps which are fastest on this device, from the next start on. Takes a
     * minute or so.
     *
     * @return what was found, in lines for people; none if there are no variants
     */
    default List<String> tune() {
        return List.of();
    }

    // ---- memory

    /** Bytes of working memory up to which a chain of operations stays near; no limit unless a back end knows one. */
    default long nearBytes() {
        return Long.MAX_VALUE;
    }

    /** A new storage with undefined contents. */
    Storage allocate(DType dtype, int length);

    /**
     * Copies bytes of the host, little-endian and packed, to elements from {@code start}, as layouts count; waits until
     * done.
     */
    void upload(MemorySegment from, Storage to, int start);

    /**
     * Copies elements from {@code start}, as layouts count, to bytes of the host, as many as the segment holds; waits
     * until done.
     */
    void download(Storage from, int start, MemorySegment to);

    /** Copies all of an array to elements of an F32 storage from {@code start}; waits until done. */
    default void upload(float[] from, Storage to, int start) {
        upload(MemorySegment.ofArray(from), to, start);
    }

    /** Fills an array with elements of an F32 storage from {@code start}; waits until done. */
    default void download(Storage from, int start, float[] to) {
        download(from, start, MemorySegment.ofArray(to));
    }

    /**
     * Calls of this back end on given tensors, made ready to be run again and again: for an inference run time. What
     * follows from shapes alone need not be found out then, and no memory need be allocated.
     *
     * <p>{@code call} may be run once now, on whatever the tensors hold. It may copy, fill, reduce to numbers, and use
     * {@link #unary}, {@link #binary}, {@link #where}, {@link #matmul}, {@link #addRelu}, {@link #scaleShift},
     * {@link #conv2d}, {@link #maxPool2d}, {@link #avgPool2d}, {@link #softmax}, the products of floats of a
     * {@link PackedKernel} and {@link #blockedImages}; what becomes of others is undefined. What is returned may be run
     * by one thread at a time, and works on the memory of the same tensors. The default is the call itself.
     */
    default Runnable prepared(Runnable call) {
        return call;
    }

    // ---- the core

    /** {@code to[i] = from[i]} for two tensors of one shape; any layouts; converts between types. */
    void copy(Tensor from, Tensor to);

    /** {@code out[i] = value}; any layout. */
    void fill(Tensor out, double value);

    /** {@code out[i] = op(x[i])}. */
    void unary(UnaryOp op, Tensor x, Tensor out);

    /** {@code out[i] = op(a[i], b[i])}; operands are already stretched to the shape of {@code out}. */
    void binary(BinaryOp op, Tensor a, Tensor b, Tensor out);

    /** {@code out[i] = op(a[i], b)}. */
    default void binary(BinaryOp op, Tensor a, double b, Tensor out) {
        Tensor scalar = Tensor.full(a.device(), a.dtype(), espalier.tensor.Shape.scalar(), b);
        binary(op, a, scalar.expand(out.shape()), out);
    }

    /** {@code out[i] = condition[i] ? a[i] : b[i]}; {@code condition} is BOOL; all stretched to one shape. */
    void where(Tensor condition, Tensor a, Tensor b, Tensor out);

    /** Reduces the (sorted, distinct) axes; {@code out} has size 1 along them. */
    void reduce(ReduceOp op, Tensor x, int[] axes, Tensor out);

    /** Index (I32) of the largest, or smallest, element along an axis; the first one wins, NaN counts as beyond all. */
    void argReduce(boolean largest, Tensor x, int axis, Tensor out);

    /** Running sums along an axis. */
    void cumsum(Tensor x, int axis, Tensor out);

    /**
     * Sorts along the last axis; equal values keep their order, NaN comes last either way.
     *
     * @param indices I32, where each value came from
     */
    void sort(Tensor x, boolean descending, Tensor values, Tensor indices);

    /** {@code [.., M, K] × [.., K, N] → [.., M, N]}; leading axes are equal (perhaps by stride 0). */
    void matmul(Tensor a, Tensor b, Tensor out);

    /**
     * {@code out[.., i, ..] = x[.., index[.., i, ..], ..]} along an axis; index (I32) has the shape of out, in range.
     */
    void gather(Tensor x, int axis, Tensor index, Tensor out);

    /** {@code into[.., index[.., i, ..], ..] += x[.., i, ..]}, in the order of i; index (I32) has the shape of x. */
    void scatterAdd(Tensor into, int axis, Tensor index, Tensor x);

    // ---- fused operations, composed of the core unless a back end knows better

    /** {@code out[i] = max(a[i] + b[i], 0)}, where {@code out} may be one of them: the end of a residual block. */
    default void addRelu(Tensor a, Tensor b, Tensor out) {
        binary(BinaryOp.ADD, a, b, out);
        unary(UnaryOp.RELU, out, out);
    }

    /** {@code max(x·scale[c] + shift[c], 0)} or without the maximum, per channel of {@code [N, C, ..]}. */
    default void scaleShift(Tensor x, Tensor scale, Tensor shift, boolean relu, Tensor out) {
        ComposedNormalization.scaleShift(x, scale, shift, relu, out);
    }

    /**
     * Convolution {@code x [N, C, H, W], w [O, C/g, kH, kW], bias [O] or none → out [N, O, H', W']}.
     *
     * <p>Here and in the gradients a pixel that is not a number reaches exactly the results that see it. One that is
     * infinite makes them infinite or not a number: a back end may add rows up before it multiplies them.
     */
    default void conv2d(ConvSpec spec, Tensor x, Tensor w, Optional<Tensor> bias, Tensor out) {
        ComposedConvolution.forward(spec, x, w, bias, out);
    }

    /** A packed matrix made ready for many products. The default unpacks it, once. */
    default PackedKernel prepare(PackedMatrix matrix) {
        return new UnpackedKernel(matrix);
    }

    /** What it computes on images whose channels lie in blocks, if that is of use to it: for an inference run time. */
    default Optional<BlockedImages> blockedImages() {
        return Optional.empty();
    }

    /** Gradient of {@link #conv2d} to its input: {@code g [N, O, H', W'], w → dx [N, C, H, W]}. */
    default void conv2dInputGradient(ConvSpec spec, Tensor g, Tensor w, Tensor dx) {
        ComposedConvolution.inputGradient(spec, g, w, dx);
    }

    /** Gradient of {@link #conv2d} to its weight: {@code x, g → dw [O, C/g, kH, kW]}. */
    default void conv2dWeightGradient(ConvSpec spec, Tensor x, Tensor g, Tensor dw) {
        ComposedConvolution.weightGradient(spec, x, g, dw);
    }

    /**
     * Max pooling {@code [N, C, H, W] → [N, C, H', W']}.
     *
     * @param indices I32, position {@code h·W + w} of the (first) maximum in its plane
     */
    default void maxPool2d(PoolSpec spec, Tensor x, Tensor out, Tensor indices) {
        ComposedPooling.max(spec, x, out, indices);
    }

    /**
     * Max pooling where nobody asks for the positions, and {@code max(·, 0)} of it if wanted: for inference.
     *
     * @param indices I32, of the shape of {@code out}; what it holds afterwards says nothing
     */
    default void maxPool2d(PoolSpec spec, Tensor x, boolean relu, Tensor out, Tensor indices) {
        maxPool2d(spec, x, out, indices);
        if (relu) {
            unary(UnaryOp.RELU, out, out);
        }
    }

    /** Gradient of {@link #maxPool2d}: each {@code g} goes to the place its maximum came from. */
    default void maxPool2dGradient(PoolSpec spec, Tensor g, Tensor indices, Tensor dx) {
        ComposedPooling.maxGradient(g, indices, dx);
    }

    /** Average pooling {@code [N, C, H, W] → [N, C, H', W']}. */
    default void avgPool2d(PoolSpec spec, Tensor x, Tensor out) {
        ComposedPooling.average(spec, x, out);
    }

    /** Gradient of {@link #avgPool2d}. */
    default void avgPool2dGradient(PoolSpec spec, Tensor g, Tensor dx) {
        ComposedPooling.averageGradient(spec, g, dx);
    }

    /**
     * Batch normalization with the statistics of the batch, per channel of {@code x [N, C, ..]}: {@code out = (x −
     * mean)·invStd·scale + shift} (Ioffe and Szegedy 2015, algorithm 1).
     *
     * @param mean written, {@code [C]}
     * @param variance written, {@code [C]}, the biased one
     */
    default void batchNorm(
            Tensor x, Tensor scale, Tensor shift, double epsilon, Tensor out, Tensor mean, Tensor variance) {
        ComposedNormalization.batchNorm(x, scale, shift, epsilon, out, mean, variance);
    }

    /** {@link #batchNorm}, and then at least 0: what most networks have before the next convolution. */
    default void batchNormRelu(
            Tensor x, Tensor scale, Tensor shift, double epsilon, Tensor out, Tensor mean, Tensor variance) {
        batchNorm(x, scale, shift, epsilon, out, mean, variance);
        unary(UnaryOp.RELU, out, out);
    }

    /** Gradients of {@link #batchNorm} to input, scale and shift. */
    default void batchNormGradient(
            Tensor x,
            Tensor g,
            Tensor scale,
            Tensor mean,
            Tensor variance,
            double epsilon,
            Tensor dx,
            Tensor dscale,
            Tensor dshift) {
        ComposedNormalization.batchNormGradient(x, g, scale, mean, variance, epsilon, dx, dscale, dshift);
    }

    /**
     * Gradients of {@link #batchNormRelu} to input, scale and shift.
     *
     * @param y the output of {@link #batchNormRelu}, which is positive where the gradient passes
     */
    default void batchNormReluGradient(
            Tensor x,
            Tensor y,
            Tensor g,
            Tensor scale,
            Tensor shift,
            Tensor mean,
            Tensor variance,
            double epsilon,
            Tensor dx,
            Tensor dscale,
            Tensor dshift) {
        try (TensorScope _ = TensorScope.open()) {
            Tensor passed = g.gradient(BinaryOp.RELU_GRADIENT, y);
            batchNormGradient(x, passed, scale, mean, variance, epsilon, dx, dscale, dshift);
        }
    }

    /** Convolution, batch norm, addition and ReLU as one operation; all of {@code to} is written. */
    default void convBatchNorm(ConvBatchNorm unit, ConvBatchNorm.Made to) {
        ComposedConvBatchNorm.forward(unit, to);
    }

    /**
     * Gradients of {@link #convBatchNorm}, {@code addend} added to that to the input. All of {@code to} is written, but
     * for the shortcut's where there is no ReLU: then it is {@code g} itself.
     */
    default void convBatchNormGradient(
            ConvBatchNorm unit,
            ConvBatchNorm.Made made,
            Tensor g,
            Optional<Tensor> addend,
            ConvBatchNorm.Gradients to) {
        ComposedConvBatchNorm.gradient(unit, made, g, addend, to);
    }

    /** Convolution, max pooling and ReLU as one operation; all of {@code to} is written. */
    default void convMaxPool(ConvMaxPool unit, ConvMaxPool.Made to) {
        ComposedConvMaxPool.forward(unit, to);
    }

    /**
     * Gradients of {@link #convMaxPool} to input and weight, those of them that {@code to} has.
     *
     * @param g what has passed the ReLU, if there is one
     */
    default void convMaxPoolGradient(ConvMaxPool unit, ConvMaxPool.Made made, Tensor g, ConvMaxPool.Gradients to) {
        ComposedConvMaxPool.gradient(unit, made, g, to);
    }

    /**
     * {@code (x − mean)/√(variance + ε)} over the last axis of {@code [R, D]}; mean and variance {@code [R]} written.
     */
    default void standardize(Tensor x, double epsilon, Tensor out, Tensor mean, Tensor variance) {
        ComposedNormalization.standardize(x, epsilon, out, mean, variance);
    }

    /** Gradient of {@link #standardize}, from its output {@code y}. */
    default void standardizeGradient(Tensor y, Tensor g, Tensor variance, double epsilon, Tensor dx) {
        ComposedNormalization.standardizeGradient(y, g, variance, epsilon, dx);
    }

    /** Softmax, or its logarithm, over the last axis, safe for large inputs. */
    default void softmax(Tensor x, boolean log, Tensor out) {
        ComposedSoftmax.softmax(x, log, out);
    }

    /** Gradient of {@link #softmax}, from its output {@code y}. */
    default void softmaxGradient(Tensor y, Tensor g, boolean log, Tensor dx) {
        ComposedSoftmax.softmaxGradient(y, g, log, dx);
    }

    /**
     * Refuses labels {@code [N]} (I32) of logits {@code [N, K]} that are not from 0 to K−1. A back end that queues its
     * work may instead refuse at its next wait after {@link #crossEntropy}, so that a step of training needs no wait.
     *
     * @throws ShapeException for such labels
     */
    default void requireLabels(String operation, Tensor logits, Tensor labels) {
        if (labels.size() == 0) {
            return;
        }
        int least = (int) labels.minOver().item();
        int most = (int) labels.maxOver().item();
        if (least < 0 || most >= logits.dim(1)) {
            throw new ShapeException(operation + ": a label is not from 0 to " + (logits.dim(1) - 1) + " (labels from "
                    + least + " to " + most + ")");
        }
    }

    /**
     * Cross-entropy of logits {@code [N, K]} with labels {@code [N]} (I32): {@code losses[n] = −log
     * softmax(x[n])[label]} with the label's mass {@code smoothing} spread evenly (Szegedy et al. 2016, section 7).
     *
     * @param probabilities written, {@code [N, K]}, the softmax that the gradient needs
     */
    default void crossEntropy(Tensor logits, Tensor labels, double smoothing, Tensor losses, Tensor probabilities) {
        ComposedSoftmax.crossEntropy(logits, labels, smoothing, losses, probabilities);
    }

    /** Gradient of {@link #crossEntropy}: {@code (p − target)·g[n]} for {@code g [N]}. */
    default void crossEntropyGradient(Tensor probabilities, Tensor labels, double smoothing, Tensor g, Tensor dlogits) {
        ComposedSoftmax.crossEntropyGradient(probabilities, labels, smoothing, g, dlogits);
    }

    /** One step of {@link SgdSpec}: {@code w} and {@code velocity}, there if momentum is not 0, change in place. */
    default void sgdStep(SgdSpec spec, Tensor w, Tensor g, Optional<Tensor> velocity) {
        ComposedUpdate.sgd(spec, w, g, velocity);
    }

    /** One step of {@link AdamSpec}: {@code w} and the moments {@code m} and {@code u} change in place. */
    default void adamStep(AdamSpec spec, Tensor w, Tensor g, Tensor m, Tensor u) {
        ComposedUpdate.adam(spec, w, g, m, u);
    }
}
