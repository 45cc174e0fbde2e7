package espalier.gpu;

import espalier.gpu.opencl.CommandQueue;
import espalier.gpu.opencl.Geometry;
import espalier.gpu.opencl.KernelName;
import espalier.tensor.DType;
import espalier.tensor.Layout;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;

/** Gathering and scattering along an axis. Each element written belongs to one item, so sums have one order. */
final class Indexed {
    private static final int GROUP = 64;

    private final CommandQueue queue;

    Indexed(CommandQueue queue) {
        this.queue = queue;
    }

    void gather(Tensor x, int axis, Tensor index, Tensor out) {
        if (out.size() == 0) {
            return;
        }
        Axes space = Axes.of(out.shape(), index.layout(), still(x, axis, out.shape()), out.layout());
        queue.launch(
                "gather",
                new KernelName("index.cl", "-DAXES=8 -DX=" + x.dtype(), "gather"),
                Geometry.line(out.size(), GROUP),
                out.size(),
                space.sizes(),
                DeviceStorage.of(index),
                index.layout().offset(),
                space.strides(0),
                DeviceStorage.of(x),
                x.layout().offset(),
                space.strides(1),
                x.layout().stride(axis),
                DeviceStorage.of(out),
                out.layout().offset(),
                space.strides(2));
    }

    void scatterAdd(Tensor into, int axis, Tensor index, Tensor x) {
        if (x.size() == 0) {
            return;
        }
        Shape lines = x.shape().with(axis, 1);
        Axes space = Axes.of(lines, still(index, axis, lines), still(x, axis, lines), still(into, axis, lines));
        DType sums = x.dtype().isFloating() ? x.dtype() : DType.I64;
        String options = "-DSCATTER -DAXES=8 -DX=" + x.dtype() + " -DACC=" + TypeNames.computing(sums);
        queue.launch(
                "scatterAdd",
                new KernelName("index.cl", options, "scatter_add"),
                Geometry.line((long) lines.size() * into.dim(axis), GROUP),
                lines.size(),
                space.sizes(),
                DeviceStorage.of(index),
                index.layout().offset(),
                space.strides(0),
                index.layout().stride(axis),
                DeviceStorage.of(x),
                x.layout().offset(),
                space.strides(1),
                x.layout().stride(axis),
                x.dim(axis),
                DeviceStorage.of(into),
                into.layout().offset(),
                space.strides(2),
                into.layout().stride(axis),
                into.dim(axis));
    }

    /** The layout of {@code x} over a space, without steps along the axis. */
    private static Layout still(Tensor x, int axis, Shape space) {
        int[] strides = x.layout().strides();
        strides[axis] = 0;
        return Layout.strided(space, strides, x.layout().offset());
    }
}
