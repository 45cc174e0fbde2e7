package espalier.gpu;

import espalier.gpu.opencl.CommandQueue;
import espalier.gpu.opencl.Geometry;
import espalier.gpu.opencl.KernelName;
import espalier.tensor.DType;
import espalier.tensor.Layout;
import espalier.tensor.Tensor;
import java.util.Arrays;

/** Matrix products of any type and layout with an item for each element: slow, short, and what others are held to. */
final class PlainProduct {
    private static final int GROUP = 64;

    private final CommandQueue queue;

    PlainProduct(CommandQueue queue) {
        this.queue = queue;
    }

    /** {@code [.., M, K] × [.., K, N] → [.., M, N]}. */
    void matmul(Tensor a, Tensor b, Tensor out) {
        if (out.size() == 0) {
            return;
        }
        Axes batch = batch(a, b, out);
        DType sums = out.dtype().isFloating() ? out.dtype() : DType.I64;
        String options = "-DAXES=8 -DX=" + out.dtype() + " -DACC=" + TypeNames.computing(sums);
        queue.launch(
                "matmul",
                new KernelName("product.cl", options, "product"),
                Geometry.line(out.size(), GROUP),
                batch.size(),
                batch.sizes(),
                out.dim(-2),
                out.dim(-1),
                a.dim(-1),
                DeviceStorage.of(a),
                a.layout().offset(),
                batch.strides(0),
                a.layout().stride(a.rank() - 2),
                a.layout().stride(a.rank() - 1),
                DeviceStorage.of(b),
                b.layout().offset(),
                batch.strides(1),
                b.layout().stride(b.rank() - 2),
                b.layout().stride(b.rank() - 1),
                DeviceStorage.of(out),
                out.layout().offset());
    }

    /** The leading axes of a product's three operands. */
    static Axes batch(Tensor a, Tensor b, Tensor out) {
        Layout first = starts(out.layout());
        return Axes.of(first.shape(), starts(a.layout()), starts(b.layout()), first);
    }

    /** Where the matrices in the last two axes begin. */
    private static Layout starts(Layout layout) {
        int rank = layout.shape().rank();
        int[] strides = Arrays.copyOf(layout.strides(), rank - 2);
        return Layout.strided(layout.shape().without(-1).without(-1), strides, layout.offset());
    }
}
