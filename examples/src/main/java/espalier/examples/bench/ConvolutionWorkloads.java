package espalier.examples.bench;

import espalier.tensor.Convolution;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.ConvSpec;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Convolutions of training: forward ({@code convfwd-}), and forward with the gradients to input, weight and bias
 * ({@code convfwdbwd-}).
 *
 * <p>A name reads {@code in-out-HxW-kK-sS-bBatch}; without {@code k} the kernel is 3x3, without {@code s} the stride is
 * 1; {@code dw128} is a depthwise convolution of 128 channels. Kernels of 3 are padded by 1, others not at all.
 */
final class ConvolutionWorkloads {
    private static final List<Layer> LAYERS = List.of(
            // The six that other libraries are measured with.
            layer(3, 16, 32, 64),
            layer(16, 16, 32, 64),
            layer(32, 32, 16, 64),
            layer(64, 64, 8, 64),
            layer(64, 64, 56, 8),
            layer(128, 128, 32, 64).depthwise(),
            // LeNet's: odd channel counts, 5x5.
            layer(1, 20, 28, 64).kernel(5),
            layer(20, 50, 12, 64).kernel(5),
            layer(3, 6, 32, 64).kernel(5),
            // ResNet's: stride 2, 1x1, the first layer of ImageNet nets.
            layer(16, 32, 32, 64).stride(2),
            layer(16, 32, 32, 64).kernel(1).stride(2),
            layer(64, 256, 14, 16).kernel(1),
            layer(64, 64, 32, 64).depthwise().stride(2),
            // Sizes that divide by nothing.
            layer(17, 33, 13, 31),
            layer(5, 7, 27, 32),
            // One image.
            layer(16, 16, 32, 1),
            layer(64, 64, 8, 1));

    private ConvolutionWorkloads() {}

    static List<Workload> all() {
        return LAYERS.stream()
                .flatMap(layer -> Stream.of(layer.forward(), layer.forwardAndGradients()))
                .toList();
    }

    private static Layer layer(int in, int out, int size, int batch) {
        return new Layer(in, out, size, batch, 3, 1, false);
    }

    /** A layer with its input: {@code x [batch, in, size, size]}. */
    private record Layer(int in, int out, int size, int batch, int kernel, int stride, boolean isDepthwise) {
        Layer kernel(int other) {
            return new Layer(in, out, size, batch, other, stride, isDepthwise);
        }

        Layer stride(int other) {
            return new Layer(in, out, size, batch, kernel, other, isDepthwise);
        }

        Layer depthwise() {
            return new Layer(in, out, size, batch, kernel, stride, true);
        }

        private String label() {
            return (isDepthwise ? "dw" + in : in + "-" + out) + "-" + size + "x" + size
                    + (kernel == 3 ? "" : "-k" + kernel) + (stride == 1 ? "" : "-s" + stride) + "-b" + batch;
        }

        private ConvSpec spec() {
            return ConvSpec.of()
                    .withStride(stride)
                    .withPadding(kernel == 3 ? 1 : 0)
                    .withGroups(isDepthwise ? in : 1);
        }

        private Shape weightShape() {
            return Shape.of(out, isDepthwise ? 1 : in, kernel, kernel);
        }

        Workload forward() {
            return Workload.time("convfwd-" + label(), Unit.MILLISECONDS, threads -> {
                Tensor x = Inputs.uniform(threads, batch, in, size, size);
                Tensor w = Inputs.uniform(threads, weightShape());
                Optional<Tensor> bias = Optional.of(Inputs.uniform(threads, out));
                return Inputs.scoped(() -> Convolution.conv2d(spec(), x, w, bias));
            });
        }

        Workload forwardAndGradients() {
            return Workload.time("convfwdbwd-" + label(), Unit.MILLISECONDS, threads -> {
                Tensor x = Inputs.uniform(threads, batch, in, size, size);
                Tensor w = Inputs.uniform(threads, weightShape());
                Optional<Tensor> bias = Optional.of(Inputs.uniform(threads, out));
                Tensor g = Inputs.uniform(threads, spec().outputShape(x.shape(), w.shape()));
                return Inputs.scoped(() -> List.of(
                        Convolution.conv2d(spec(), x, w, bias),
                        Convolution.inputGradient(spec(), g, w, x.shape()),
                        Convolution.weightGradient(spec(), x, g, w.shape()),
                        Convolution.biasGradient(g)));
            });
        }
    }
}
