package espalier.gpu;

import espalier.gpu.opencl.CommandQueue;
import espalier.gpu.opencl.Geometry;
import espalier.gpu.opencl.KernelName;
import espalier.tensor.DType;
import espalier.tensor.Layout;
import espalier.tensor.Tensor;

/** Operations along one axis with an item for each line: running sums and the positions of extremes. */
final class Lines {
    private static final int GROUP = 64;

    private final CommandQueue queue;

    Lines(CommandQueue queue) {
        this.queue = queue;
    }

    void cumsum(Tensor x, int axis, Tensor out) {
        if (x.size() == 0) {
            return;
        }
        Layout from = x.layout().slice(axis, 0, 1, 1, "cumsum");
        Layout to = out.layout().slice(axis, 0, 1, 1, "cumsum");
        Axes lines = Axes.of(from.shape(), from, to);
        DType type = x.dtype();
        String options = "-DSUMS -DAXES=8 -DIN=" + type + " -DOUT=" + out.dtype() + " -DACC="
                + TypeNames.computing(type.isFloating() ? type : DType.I64);
        queue.launch(
                "cumsum",
                new KernelName("along.cl", options, "cumsum"),
                Geometry.line(lines.size(), GROUP),
                lines.size(),
                x.dim(axis),
                DeviceStorage.of(x),
                from.offset(),
                x.layout().stride(axis),
                lines.sizes(),
                lines.strides(0),
                DeviceStorage.of(out),
                to.offset(),
                lines.strides(1),
                out.layout().stride(axis));
    }

    void argReduce(boolean largest, Tensor x, int axis, Tensor out) {
        if (out.size() == 0) {
            return;
        }
        Layout from = x.layout().slice(axis, 0, 1, 1, "argReduce");
        Axes lines = Axes.of(from.shape(), from, out.layout());
        String options = "-DAXES=8 -DIN=" + x.dtype() + " -DOUT=I32 -DACC=" + TypeNames.computing(x.dtype())
                + (largest ? " -DLARGEST" : " -DSMALLEST");
        queue.launch(
                largest ? "argmax" : "argmin",
                new KernelName("along.cl", options, "arg_reduce"),
                Geometry.line(lines.size(), GROUP),
                lines.size(),
                x.dim(axis),
                DeviceStorage.of(x),
                from.offset(),
                x.layout().stride(axis),
                lines.sizes(),
                lines.strides(0),
                DeviceStorage.of(out),
                out.layout().offset(),
                lines.strides(1));
    }
}
