package espalier.gpu;

import espalier.gpu.FloatProduct.Bias;
import espalier.gpu.FloatProduct.Left;
import espalier.gpu.FloatProduct.Matrix;
import espalier.gpu.FloatProduct.Right;
import espalier.gpu.FloatProduct.Windows;
import espalier.gpu.opencl.CommandQueue;
import espalier.gpu.opencl.Geometry;
import espalier.gpu.opencl.KernelName;
import espalier.tensor.DType;
import espalier.tensor.Layout;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.ReduceOp;
import java.util.List;
import java.util.Optional;

/**
 * Convolutions of F32 and their gradients as matrix products whose right operand, the windows, is never stored
 * (implicit GEMM, Chetlur et al. 2014, section 3). With {@code K = C/g·kH·kW} and P pixels, for each image and group:
 *
 * <pre>{@code
 * y  [O/g, P]  = w [O/g, K] × windows(x) [K, P]
 * dx [C/g, HW] = w' [C/g, O/g·kH·kW] × windows'(dy)       steps run backwards, strides divide
 * dw [O/g, K]  = Σ over images of dy [O/g, P] × windows(x)ᵀ
 * }</pre>
 */
final class Convolution {
    private static final int BLOCK = 96; // rows of an item of weights.cl
    private static final int PANEL = 16; // and columns

    private final CommandQueue queue;
    private final Flavour flavour;
    private final FloatProduct product;
    private final Reduction reduction;

    Convolution(CommandQueue queue, Flavour flavour, FloatProduct product, Reduction reduction) {
        this.queue = queue;
        this.flavour = flavour;
        this.product = product;
        this.reduction = reduction;
    }

    void forward(ConvSpec spec, Tensor input, Tensor weight, Optional<Tensor> bias, Tensor out) {
        try (TensorScope _ = TensorScope.open()) {
            Tensor x = input.contiguous();
            Tensor w = weight.contiguous();
            int outputs = w.dim(0) / spec.groups();
            int depth = w.dim(1) * w.dim(2) * w.dim(3);
            int pixels = out.dim(2) * out.dim(3);
            List<Bias> added = bias.map(Tensor::contiguous)
                    .map(b -> List.of(new Bias(DeviceStorage.of(b), b.layout().offset(), spec.groups())))
                    .orElse(List.of());
            product.run(
                    "conv2d",
                    new int[] {outputs, pixels, depth},
                    batch(x.dim(0), spec.groups(), 0, outputs * depth, x),
                    new Left(DeviceStorage.of(w), w.layout().offset(), depth, 1),
                    isProduct(spec, w.shape()) ? matrix(x) : forwardWindows(spec, x, w.shape(), out),
                    added,
                    DeviceStorage.of(out),
                    out.layout().offset());
        }
    }

    void inputGradient(ConvSpec spec, Tensor gradient, Tensor weight, Tensor dx) {
        try (TensorScope _ = TensorScope.open()) {
            boolean spreads = flavour == Flavour.CPU && !isProduct(spec, weight.shape());
            int top = Math.max(0, (weight.dim(2) - 1) * spec.dilationH() - spec.padH());
            int left = Math.max(0, (weight.dim(3) - 1) * spec.dilationW() - spec.padW());
            Tensor g = spreads ? spread(spec, gradient, top, left, dx) : gradient.contiguous();
            int groups = spec.groups();
            int inputs = weight.dim(1);
            int taps = weight.dim(2) * weight.dim(3);
            int outputs = weight.dim(0) / groups;
            Tensor turned = weight.reshape(groups, outputs, inputs, taps) // [g, C/g, O/g, kH·kW]
                    .permute(0, 2, 1, 3)
                    .contiguous();
            int depth = outputs * taps;
            product.run(
                    "conv2dInputGradient",
                    new int[] {inputs, dx.dim(2) * dx.dim(3), depth},
                    batch(dx.dim(0), groups, 0, inputs * depth, g),
                    new Left(DeviceStorage.of(turned), turned.layout().offset(), depth, 1),
                    isProduct(spec, weight.shape())
                            ? matrix(g)
                            : spreads
                                    ? backwardWindows(spec, g, weight, dx, top, left)
                                    : backwardWindows(spec, g, weight, dx),
                    List.of(),
                    DeviceStorage.of(dx),
                    dx.layout().offset());
        }
    }

    void weightGradient(ConvSpec spec, Tensor input, Tensor gradient, Tensor dw) {
        if (input.dim(0) == 0 || dw.size() == 0) {
            dw.fillInPlace(0);
            return;
        }
        try (TensorScope _ = TensorScope.open()) {
            Tensor x = input.contiguous();
            Tensor g = gradient.contiguous();
            int groups = spec.groups();
            int outputs = dw.dim(0) / groups;
            int inputs = dw.dim(1) * dw.dim(2) * dw.dim(3);
            int images = x.dim(0);
            boolean byItem = flavour == Flavour.CPU;
            int tiles = groups
                    * (byItem ? Math.ceilDiv(inputs, BLOCK) : Math.ceilDiv(outputs, 64) * Math.ceilDiv(inputs, 64));
            int imagesAPart = Math.ceilDiv(images, Math.clamp(Math.ceilDiv(byItem ? 32 : 512, tiles), 1, images));
            int parts = Math.ceilDiv(images, imagesAPart);
            int pitch = byItem ? Math.ceilDiv(outputs, PANEL) * PANEL : outputs;
            Tensor partial = Tensor.allocate(
                    "conv2dWeightGradient", x.device(), DType.F32, Shape.of(parts * groups * inputs * pitch));
            Layout perPart;
            if (byItem) {
                byItem(spec, x, g, dw, imagesAPart, parts, partial, pitch);
                perPart = Layout.strided(
                        Shape.of(parts, groups, outputs, inputs),
                        new int[] {groups * inputs * pitch, inputs * pitch, 1, pitch},
                        0);
            } else {
                byTile(spec, x, g, dw, imagesAPart, parts, partial);
                perPart = Layout.contiguous(Shape.of(parts, groups, outputs, inputs));
            }
            Tensor target = dw.reshape(1, groups, outputs, inputs);
            reduction.reduce(ReduceOp.SUM, partial.view(perPart), new int[] {0}, target);
        }
    }

    private void byItem(
            ConvSpec spec, Tensor x, Tensor g, Tensor dw, int imagesAPart, int parts, Tensor partial, int pitch) {
        int groups = spec.groups();
        int inputs = dw.dim(1) * dw.dim(2) * dw.dim(3);
        int pixels = g.dim(2) * g.dim(3);
        Windows windows = forwardWindows(spec, x, dw.shape(), g);
        queue.launch(
                "conv2dWeightGradient",
                new KernelName("weights.cl", "-DRUN=" + windows.run(), "weights"),
                Geometry.groups(Math.ceilDiv(inputs, BLOCK), parts, groups, 1),
                dw.dim(0) / groups,
                inputs,
                pixels,
                x.dim(0),
                imagesAPart,
                windows.memory(),
                windows.at(),
                x.size() / x.dim(0),
                x.size() / x.dim(0) / groups,
                windows.geometry(),
                DeviceStorage.of(g),
                g.layout().offset(),
                g.size() / g.dim(0),
                g.size() / g.dim(0) / groups,
                DeviceStorage.of(partial),
                pitch);
    }

    private void byTile(ConvSpec spec, Tensor x, Tensor g, Tensor dw, int imagesAPart, int parts, Tensor partial) {
        int groups = spec.groups();
        int outputs = dw.dim(0) / groups;
        int inputs = dw.dim(1) * dw.dim(2) * dw.dim(3);
        int pixels = g.dim(2) * g.dim(3);
        int xImage = x.size() / x.dim(0);
        int gImage = g.size() / g.dim(0);
        Windows windows = forwardWindows(spec, x, dw.shape(), g);
        Axes batch = Axes.of(
                Shape.of(parts, groups),
                Layout.strided(Shape.of(parts, groups), new int[] {imagesAPart * gImage, gImage / groups}, 0),
                Layout.strided(Shape.of(parts, groups), new int[] {imagesAPart * xImage, xImage / groups}, 0));
        queue.launch(
                "conv2dWeightGradient",
                new KernelName(
                        "tile.cl",
                        "-DAXES=4 -DWORK=4 -DA_ALONG=ALONG_DEPTH -DB_ALONG=ALONG_DEPTH -DWEIGHTS"
                                + windows.options(Flavour.GPU),
                        "tile"),
                Geometry.groups(Math.ceilDiv(inputs, 64), Math.ceilDiv(outputs, 64), (long) parts * groups, 256),
                outputs,
                inputs,
                imagesAPart * pixels,
                batch.sizes(),
                DeviceStorage.of(g),
                g.layout().offset(),
                batch.strides(0),
                pixels,
                1,
                windows.memory(),
                windows.at(),
                batch.strides(1),
                windows.geometry(),
                pixels,
                gImage,
                xImage,
                x.dim(0) * pixels,
                groups,
                DeviceStorage.of(partial),
                0);
    }

    /**
     * Zeros between the pixels, so that strides need no division, and around them, so that no window reaches beyond:
     * either is slow on processors.
     */
    private static Tensor spread(ConvSpec spec, Tensor g, int top, int left, Tensor dx) {
        int height = top + Math.max((g.dim(2) - 1) * spec.strideH() + 1, dx.dim(2) + spec.padH());
        int width = left + Math.max((g.dim(3) - 1) * spec.strideW() + 1, dx.dim(3) + spec.padW());
        Tensor wide =
                Tensor.zeros(g.device(), DType.F32, g.shape().with(2, height).with(3, width));
        int[] strides = wide.layout().strides();
        strides[2] *= spec.strideH();
        strides[3] *= spec.strideW();
        wide.view(Layout.strided(g.shape(), strides, top * width + left)).copyInPlace(g);
        return wide;
    }

    /** Images and groups: each image has its own source, each group its own weights. */
    private static Axes batch(int images, int groups, int leftImage, int leftGroup, Tensor source) {
        Shape shape = Shape.of(images, groups);
        int image = images == 0 ? 0 : source.size() / images;
        return Axes.of(
                shape,
                Layout.strided(shape, new int[] {leftImage, leftGroup}, 0),
                Layout.strided(shape, new int[] {image, image / groups}, 0));
    }

    /** Whether windows are single pixels in their order, and so a matrix as they lie in memory. */
    static boolean isProduct(ConvSpec spec, Shape w) {
        return w.dim(2) * w.dim(3) == 1 && spec.strideH() * spec.strideW() == 1 && spec.padH() + spec.padW() == 0;
    }

    private static Right matrix(Tensor x) {
        return new Matrix(DeviceStorage.of(x), x.layout().offset(), x.dim(2) * x.dim(3), 1);
    }

    /** The windows of the forward pass; {@code w} is the weight's shape. */
    static Windows forwardWindows(ConvSpec spec, Tensor x, Shape w, Tensor out) {
        int[] geometry = {
            out.dim(3),
            x.dim(2),
            x.dim(3),
            w.dim(2) * w.dim(3),
            w.dim(3),
            spec.strideH(),
            spec.strideW(),
            -spec.padH(),
            -spec.padW(),
            spec.dilationH(),
            spec.dilationW(),
            1,
            1,
            0,
            0,
            0
        };
        return new Windows(
                DeviceStorage.of(x),
                x.layout().offset(),
                geometry,
                spec.strideW() == 1 ? run(out.dim(3)) : 1,
                false,
                spec.padH() + spec.padW() == 0);
    }

    /** Those of a gradient as it is: the strides divide, and windows reach beyond it. */
    private static Windows backwardWindows(ConvSpec spec, Tensor g, Tensor w, Tensor dx) {
        boolean divided = spec.strideH() * spec.strideW() > 1;
        int[] geometry = backward(spec, g, w, dx);
        geometry[11] = spec.strideH();
        geometry[12] = spec.strideW();
        int run = divided ? 1 : run(dx.dim(3));
        return new Windows(DeviceStorage.of(g), g.layout().offset(), geometry, run, divided, false);
    }

    /** Those of a gradient that was spread, whose first pixel lies {@code top} and {@code left} of a border. */
    private static Windows backwardWindows(ConvSpec spec, Tensor wide, Tensor w, Tensor dx, int top, int left) {
        int[] geometry = backward(spec, wide, w, dx);
        geometry[7] += top;
        geometry[8] += left;
        return new Windows(DeviceStorage.of(wide), wide.layout().offset(), geometry, run(dx.dim(3)), false, true);
    }

    private static int[] backward(ConvSpec spec, Tensor g, Tensor w, Tensor dx) {
        return new int[] {
            dx.dim(3),
            g.dim(2),
            g.dim(3),
            w.dim(2) * w.dim(3),
            w.dim(3),
            1,
            1,
            spec.padH(),
            spec.padW(),
            -spec.dilationH(),
            -spec.dilationW(),
            1,
            1,
            0,
            0,
            0
        };
    }

    /** The longest run that divides a row. */
    private static int run(int columns) {
        return columns % 16 == 0 ? 16 : columns % 8 == 0 ? 8 : columns % 4 == 0 ? 4 : 1;
    }
}
