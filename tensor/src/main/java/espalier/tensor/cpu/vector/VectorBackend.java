package espalier.tensor.cpu.vector;

import espalier.tensor.ConvBatchNorm;
import espalier.tensor.ConvMaxPool;
import espalier.tensor.DType;
import espalier.tensor.Tensor;
import espalier.tensor.cpu.BatchedProduct;
import espalier.tensor.cpu.ScalarBackend;
import espalier.tensor.cpu.vector.blocked.ChannelBlocks;
import espalier.tensor.cpu.vector.conv.ConvolutionKernel;
import espalier.tensor.cpu.vector.elementwise.AddRelu;
import espalier.tensor.cpu.vector.elementwise.UpdateKernel;
import espalier.tensor.cpu.vector.elementwise.VectorCopy;
import espalier.tensor.cpu.vector.elementwise.VectorElementwise;
import espalier.tensor.cpu.vector.gemm.VectorGemm;
import espalier.tensor.cpu.vector.lanes.Heap;
import espalier.tensor.cpu.vector.norm.BatchNormKernel;
import espalier.tensor.cpu.vector.norm.ConvBatchNormKernel;
import espalier.tensor.cpu.vector.norm.LayerNormKernel;
import espalier.tensor.cpu.vector.norm.SoftmaxKernel;
import espalier.tensor.cpu.vector.packed.DenseKernel;
import espalier.tensor.cpu.vector.packed.VectorPackedKernel;
import espalier.tensor.cpu.vector.pool.AveragePoolKernel;
import espalier.tensor.cpu.vector.pool.ConvMaxPoolKernel;
import espalier.tensor.cpu.vector.pool.MaxPoolKernel;
import espalier.tensor.cpu.vector.reduce.ExtremumIndex;
import espalier.tensor.cpu.vector.reduce.RunningSum;
import espalier.tensor.cpu.vector.reduce.VectorReduction;
import espalier.tensor.packed.DenseMatrix;
import espalier.tensor.packed.PackedMatrix;
import espalier.tensor.spi.AdamSpec;
import espalier.tensor.spi.BinaryOp;
import espalier.tensor.spi.BlockedImages;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PackedKernel;
import espalier.tensor.spi.PoolSpec;
import espalier.tensor.spi.ReduceOp;
import espalier.tensor.spi.SgdSpec;
import espalier.tensor.spi.UnaryOp;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;

/**
 * The fast CPU back end: F32 operations by the Vector API, everything else by the plain loops it extends.
 *
 * <p>Each override is one line that hands over to the family of kernels that does the work. Results do not depend on
 * the number of threads, because work is split by shape alone.
 */
public final class VectorBackend extends ScalarBackend {
    private final ConvolutionKernel convolution = new ConvolutionKernel(parallel());
    private final ChannelBlocks channelBlocks = new ChannelBlocks(parallel());

    /** A back end with a number of threads, at least 1. */
    public VectorBackend(int threads) {
        super(threads);
    }

    @Override
    public String name() {
        return "vector";
    }

    @Override
    public String description() {
        int lanes = FloatVector.SPECIES_PREFERRED.length();
        return "vector, " + lanes + " float lanes, " + parallel().threads() + " thread(s)";
    }

    @Override
    public void copy(Tensor from, Tensor to) {
        if (Heap.areFloats(from, to)) {
            VectorCopy.run(parallel(), from, to);
        } else {
            super.copy(from, to);
        }
    }

    @Override
    public void unary(UnaryOp op, Tensor x, Tensor out) {
        if (Heap.areFloats(x) && (Heap.areFloats(out) || op == UnaryOp.NOT)) {
            VectorElementwise.unary(parallel(), op, x, out);
        } else {
            super.unary(op, x, out);
        }
    }

    @Override
    public void binary(BinaryOp op, Tensor a, Tensor b, Tensor out) {
        if (Heap.areFloats(a, b) && (Heap.areFloats(out) || out.dtype() == DType.BOOL)) {
            VectorElementwise.binary(parallel(), op, a, b, out);
        } else {
            super.binary(op, a, b, out);
        }
    }

    @Override
    public void where(Tensor condition, Tensor a, Tensor b, Tensor out) {
        if (Heap.areFloats(a, b, out)) {
            VectorElementwise.where(parallel(), condition, a, b, out);
        } else {
            super.where(condition, a, b, out);
        }
    }

    @Override
    public void reduce(ReduceOp op, Tensor x, int[] axes, Tensor out) {
        if (VectorReduction.takes(x, out)) {
            VectorReduction.run(parallel(), op, x, axes, out);
        } else {
            super.reduce(op, x, axes, out);
        }
    }

    @Override
    public void argReduce(boolean largest, Tensor x, int axis, Tensor out) {
        if (Heap.areFloats(x)) {
            ExtremumIndex.run(parallel(), largest, x, axis, out);
        } else {
            super.argReduce(largest, x, axis, out);
        }
    }

    @Override
    public void cumsum(Tensor x, int axis, Tensor out) {
        if (Heap.areFloats(x, out)) {
            RunningSum.run(parallel(), x, axis, out);
        } else {
            super.cumsum(x, axis, out);
        }
    }

    @Override
    protected BatchedProduct.Kernel floatProduct() {
        return (threads, a, b, out) -> VectorGemm.multiply(threads, a, b, out, false);
    }

    @Override
    public void conv2d(ConvSpec spec, Tensor x, Tensor w, Optional<Tensor> bias, Tensor out) {
        if (ConvolutionKernel.takes(x, w)) {
            convolution.forward(spec, x, w, bias, out);
        } else {
            super.conv2d(spec, x, w, bias, out);
        }
    }

    @Override
    public void conv2dInputGradient(ConvSpec spec, Tensor g, Tensor w, Tensor dx) {
        if (ConvolutionKernel.takes(dx, w)) {
            convolution.inputGradient(spec, g, w, dx);
        } else {
            super.conv2dInputGradient(spec, g, w, dx);
        }
    }

    @Override
    public void conv2dWeightGradient(ConvSpec spec, Tensor x, Tensor g, Tensor dw) {
        if (ConvolutionKernel.takes(x, dw)) {
            convolution.weightGradient(spec, x, g, dw);
        } else {
            super.conv2dWeightGradient(spec, x, g, dw);
        }
    }

    @Override
    public void addRelu(Tensor a, Tensor b, Tensor out) {
        if (AddRelu.takes(a, b, out)) {
            AddRelu.run(parallel(), a, b, out);
        } else {
            super.addRelu(a, b, out);
        }
    }

    @Override
    public void scaleShift(Tensor x, Tensor scale, Tensor shift, boolean relu, Tensor out) {
        if (BatchNormKernel.takes(x)) {
            BatchNormKernel.scaleShift(parallel(), x, scale, shift, relu, out);
        } else {
            super.scaleShift(x, scale, shift, relu, out);
        }
    }

    @Override
    public void batchNorm(
            Tensor x, Tensor scale, Tensor shift, double epsilon, Tensor out, Tensor mean, Tensor variance) {
        if (BatchNormKernel.takes(x)) {
            BatchNormKernel.forward(parallel(), x, scale, shift, epsilon, false, out, mean, variance);
        } else {
            super.batchNorm(x, scale, shift, epsilon, out, mean, variance);
        }
    }

    @Override
    public void batchNormRelu(
            Tensor x, Tensor scale, Tensor shift, double epsilon, Tensor out, Tensor mean, Tensor variance) {
        if (BatchNormKernel.takes(x)) {
            BatchNormKernel.forward(parallel(), x, scale, shift, epsilon, true, out, mean, variance);
        } else {
            super.batchNormRelu(x, scale, shift, epsilon, out, mean, variance);
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
        if (BatchNormKernel.takes(x)) {
            BatchNormKernel.gradient(
                    parallel(), x, g, scale, Optional.empty(), mean, variance, epsilon, dx, dscale, dshift);
        } else {
            super.batchNormGradient(x, g, scale, mean, variance, epsilon, dx, dscale, dshift);
        }
    }

    @Override
    public void batchNormReluGradient(
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
        if (BatchNormKernel.takes(x)) {
            BatchNormKernel.gradient(
                    parallel(), x, g, scale, Optional.of(shift), mean, variance, epsilon, dx, dscale, dshift);
        } else {
            super.batchNormReluGradient(x, y, g, scale, shift, mean, variance, epsilon, dx, dscale, dshift);
        }
    }

    @Override
    public void convBatchNorm(ConvBatchNorm unit, ConvBatchNorm.Made to) {
        ConvBatchNormKernel.of(parallel(), convolution, unit)
                .ifPresentOrElse(kernel -> kernel.forward(to), () -> super.convBatchNorm(unit, to));
    }

    @Override
    public void convBatchNormGradient(
            ConvBatchNorm unit,
            ConvBatchNorm.Made made,
            Tensor g,
            Optional<Tensor> addend,
            ConvBatchNorm.Gradients to) {
        ConvBatchNormKernel.of(parallel(), convolution, unit)
                .ifPresentOrElse(
                        kernel -> kernel.gradient(made, g, addend, to),
                        () -> super.convBatchNormGradient(unit, made, g, addend, to));
    }

    @Override
    public void convMaxPool(ConvMaxPool unit, ConvMaxPool.Made to) {
        ConvMaxPoolKernel.of(convolution, unit)
                .ifPresentOrElse(kernel -> kernel.forward(to), () -> super.convMaxPool(unit, to));
    }

    @Override
    public void convMaxPoolGradient(ConvMaxPool unit, ConvMaxPool.Made made, Tensor g, ConvMaxPool.Gradients to) {
        ConvMaxPoolKernel.of(convolution, unit)
                .ifPresentOrElse(
                        kernel -> kernel.gradient(made, g, to), () -> super.convMaxPoolGradient(unit, made, g, to));
    }

    @Override
    public void standardize(Tensor x, double epsilon, Tensor out, Tensor mean, Tensor variance) {
        if (Heap.areFloats(x)) {
            LayerNormKernel.forward(parallel(), x, epsilon, out, mean, variance);
        } else {
            super.standardize(x, epsilon, out, mean, variance);
        }
    }

    @Override
    public void standardizeGradient(Tensor y, Tensor g, Tensor variance, double epsilon, Tensor dx) {
        if (Heap.areFloats(y)) {
            LayerNormKernel.gradient(parallel(), y, g, variance, epsilon, dx);
        } else {
            super.standardizeGradient(y, g, variance, epsilon, dx);
        }
    }

    @Override
    public void softmax(Tensor x, boolean log, Tensor out) {
        if (Heap.areFloats(x)) {
            SoftmaxKernel.forward(parallel(), x, log, out);
        } else {
            super.softmax(x, log, out);
        }
    }

    @Override
    public void softmaxGradient(Tensor y, Tensor g, boolean log, Tensor dx) {
        if (Heap.areFloats(y)) {
            SoftmaxKernel.gradient(parallel(), y, g, log, dx);
        } else {
            super.softmaxGradient(y, g, log, dx);
        }
    }

    @Override
    public void crossEntropy(Tensor logits, Tensor labels, double smoothing, Tensor losses, Tensor probabilities) {
        if (Heap.areFloats(logits)) {
            SoftmaxKernel.crossEntropy(parallel(), logits, labels, smoothing, losses, probabilities);
        } else {
            super.crossEntropy(logits, labels, smoothing, losses, probabilities);
        }
    }

    @Override
    public void crossEntropyGradient(Tensor probabilities, Tensor labels, double smoothing, Tensor g, Tensor dlogits) {
        if (Heap.areFloats(probabilities)) {
            SoftmaxKernel.crossEntropyGradient(parallel(), probabilities, labels, smoothing, g, dlogits);
        } else {
            super.crossEntropyGradient(probabilities, labels, smoothing, g, dlogits);
        }
    }

    @Override
    public void maxPool2d(PoolSpec spec, Tensor x, Tensor out, Tensor indices) {
        if (Heap.areFloats(x)) {
            MaxPoolKernel.forward(parallel(), spec, x, out, indices);
        } else {
            super.maxPool2d(spec, x, out, indices);
        }
    }

    @Override
    public void maxPool2d(PoolSpec spec, Tensor x, boolean relu, Tensor out, Tensor indices) {
        if (MaxPoolKernel.findsMaxima(spec, x, out)) {
            MaxPoolKernel.maxima(parallel(), x, relu, out);
        } else {
            super.maxPool2d(spec, x, relu, out, indices);
        }
    }

    @Override
    public void maxPool2dGradient(PoolSpec spec, Tensor g, Tensor indices, Tensor dx) {
        if (Heap.areFloats(g)) {
            MaxPoolKernel.gradient(parallel(), g, indices, dx);
        } else {
            super.maxPool2dGradient(spec, g, indices, dx);
        }
    }

    @Override
    public void avgPool2d(PoolSpec spec, Tensor x, Tensor out) {
        if (Heap.areFloats(x)) {
            AveragePoolKernel.forward(parallel(), spec, x, out);
        } else {
            super.avgPool2d(spec, x, out);
        }
    }

    @Override
    public void avgPool2dGradient(PoolSpec spec, Tensor g, Tensor dx) {
        if (Heap.areFloats(g)) {
            AveragePoolKernel.gradient(parallel(), spec, g, dx);
        } else {
            super.avgPool2dGradient(spec, g, dx);
        }
    }

    @Override
    public PackedKernel prepare(PackedMatrix matrix) {
        if (matrix instanceof DenseMatrix dense) {
            return new DenseKernel(parallel(), convolution, dense);
        }
        return new VectorPackedKernel(parallel(), convolution, matrix, () -> super.prepare(matrix));
    }

    @Override
    public Optional<BlockedImages> blockedImages() {
        return Optional.of(channelBlocks);
    }

    @Override
    public void sgdStep(SgdSpec spec, Tensor w, Tensor g, Optional<Tensor> velocity) {
        if (UpdateKernel.takes(w, velocity.orElse(w))) {
            UpdateKernel.sgd(parallel(), spec, w, g, velocity);
        } else {
            super.sgdStep(spec, w, g, velocity);
        }
    }

    @Override
    public void adamStep(AdamSpec spec, Tensor w, Tensor g, Tensor m, Tensor u) {
        if (UpdateKernel.takes(w, m, u)) {
            UpdateKernel.adam(parallel(), spec, w, g, m, u);
        } else {
            super.adamStep(spec, w, g, m, u);
        }
    }
}
