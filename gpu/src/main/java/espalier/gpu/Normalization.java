package espalier.gpu;

import espalier.gpu.opencl.CommandQueue;
import espalier.gpu.opencl.DeviceMemory;
import espalier.gpu.opencl.Geometry;
import espalier.gpu.opencl.KernelName;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;

/** Batch normalization of F32 and its gradient, each a pass over the input for the sums and one for the elements. */
final class Normalization {
    private final CommandQueue queue;
    private final int group;

    Normalization(CommandQueue queue, Flavour flavour) {
        this.queue = queue;
        this.group = flavour == Flavour.CPU ? 1 : 128;
    }

    /** Sizes of {@code [N, C, P]}, and how the images of a channel are shared out. */
    private record Sizes(int images, int channels, int pixels, int imagesAPart) {
        static Sizes of(Tensor x, int group) {
            int images = x.dim(0);
            int channels = x.dim(1);
            int wanted = Math.clamp(Math.ceilDiv(group == 1 ? 32 : 1024, channels), 1, images);
            return new Sizes(images, channels, x.size() / images / channels, Math.ceilDiv(images, wanted));
        }

        int parts() {
            return Math.ceilDiv(images, imagesAPart);
        }
    }

    private KernelName kernel(String function) {
        return new KernelName("norm.cl", "-DGROUP=" + group, function);
    }

    private Geometry parts(Sizes sizes) {
        return Geometry.groups(1, sizes.channels, sizes.parts(), group);
    }

    /** An item for each element: along a plane, and over the planes. */
    private static Geometry elements(Sizes sizes) {
        int along = Math.min(64, Integer.highestOneBit(Math.max(1, 2 * sizes.pixels - 1)));
        return Geometry.groups(Math.ceilDiv(sizes.pixels, along), (long) sizes.images * sizes.channels, 1, along);
    }

    void batchNorm(Tensor input, Tensor scale, Tensor shift, double epsilon, Tensor out, Tensor mean, Tensor variance) {
        DeviceMemory partial = queue.allocate(
                8L * Sizes.of(input, group).channels * Sizes.of(input, group).parts());
        try (TensorScope _ = TensorScope.open()) {
            Tensor x = input.contiguous();
            Tensor gain = scale.contiguous();
            Tensor bias = shift.contiguous();
            Sizes sizes = Sizes.of(x, group);
            queue.launch(
                    "batchNorm",
                    kernel("moments"),
                    parts(sizes),
                    sizes.images,
                    sizes.channels,
                    sizes.pixels,
                    sizes.imagesAPart,
                    DeviceStorage.of(x),
                    x.layout().offset(),
                    partial);
            queue.launch(
                    "batchNorm",
                    kernel("join_moments"),
                    Geometry.line(sizes.channels, 16),
                    sizes.images,
                    sizes.channels,
                    sizes.pixels,
                    sizes.imagesAPart,
                    sizes.parts(),
                    partial,
                    DeviceStorage.of(mean),
                    mean.layout().offset(),
                    DeviceStorage.of(variance),
                    variance.layout().offset());
            queue.launch(
                    "batchNorm",
                    kernel("normalize_elements"),
                    elements(sizes),
                    sizes.channels,
                    sizes.pixels,
                    (float) epsilon,
                    DeviceStorage.of(x),
                    x.layout().offset(),
                    DeviceStorage.of(gain),
                    gain.layout().offset(),
                    DeviceStorage.of(bias),
                    bias.layout().offset(),
                    DeviceStorage.of(mean),
                    mean.layout().offset(),
                    DeviceStorage.of(variance),
                    variance.layout().offset(),
                    DeviceStorage.of(out),
                    out.layout().offset());
        } finally {
            partial.giveBack();
        }
    }

    void batchNormGradient(
            Tensor input,
            Tensor gradient,
            Tensor scale,
            Tensor means,
            Tensor variances,
            double epsilon,
            Tensor dx,
            Tensor dscale,
            Tensor dshift) {
        DeviceMemory partial = queue.allocate(
                8L * Sizes.of(input, group).channels * Sizes.of(input, group).parts());
        try (TensorScope _ = TensorScope.open()) {
            Tensor x = input.contiguous();
            Tensor g = gradient.contiguous();
            Tensor gain = scale.contiguous();
            Tensor mean = means.contiguous();
            Tensor variance = variances.contiguous();
            Sizes sizes = Sizes.of(x, group);
            queue.launch(
                    "batchNormGradient",
                    kernel("slopes"),
                    parts(sizes),
                    sizes.images,
                    sizes.channels,
                    sizes.pixels,
                    sizes.imagesAPart,
                    (float) epsilon,
                    DeviceStorage.of(x),
                    x.layout().offset(),
                    DeviceStorage.of(g),
                    g.layout().offset(),
                    DeviceStorage.of(mean),
                    mean.layout().offset(),
                    DeviceStorage.of(variance),
                    variance.layout().offset(),
                    partial);
            queue.launch(
                    "batchNormGradient",
                    kernel("join_slopes"),
                    Geometry.line(sizes.channels, 16),
                    sizes.channels,
                    sizes.parts(),
                    partial,
                    DeviceStorage.of(dscale),
                    dscale.layout().offset(),
                    DeviceStorage.of(dshift),
                    dshift.layout().offset());
            queue.launch(
                    "batchNormGradient",
                    kernel("normalize_gradient"),
                    elements(sizes),
                    sizes.channels,
                    sizes.pixels,
                    (float) epsilon,
                    (float) (1.0 / ((double) sizes.images * sizes.pixels)),
                    DeviceStorage.of(x),
                    x.layout().offset(),
                    DeviceStorage.of(g),
                    g.layout().offset(),
                    DeviceStorage.of(gain),
                    gain.layout().offset(),
                    DeviceStorage.of(mean),
                    mean.layout().offset(),
                    DeviceStorage.of(variance),
                    variance.layout().offset(),
                    DeviceStorage.of(dscale),
                    dscale.layout().offset(),
                    DeviceStorage.of(dshift),
                    dshift.layout().offset(),
                    DeviceStorage.of(dx),
                    dx.layout().offset());
        } finally {
            partial.giveBack();
        }
    }

    void scaleShift(Tensor input, Tensor scale, Tensor shift, boolean relu, Tensor out) {
        try (TensorScope _ = TensorScope.open()) {
            Tensor x = input.contiguous();
            Tensor gain = scale.contiguous();
            Tensor bias = shift.contiguous();
            Sizes sizes = Sizes.of(x, group);
            queue.launch(
                    "scaleShift",
                    kernel("scale_shift"),
                    elements(sizes),
                    sizes.channels,
                    sizes.pixels,
                    relu ? 1 : 0,
                    DeviceStorage.of(x),
                    x.layout().offset(),
                    DeviceStorage.of(gain),
                    gain.layout().offset(),
                    DeviceStorage.of(bias),
                    bias.layout().offset(),
                    DeviceStorage.of(out),
                    out.layout().offset());
        }
    }
}
