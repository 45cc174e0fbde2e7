package espalier.gpu;

import espalier.gpu.opencl.CommandQueue;
import espalier.gpu.opencl.Geometry;
import espalier.gpu.opencl.KernelName;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import espalier.tensor.spi.PoolSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * Pooling and its gradients, a launch each, with an item for each element of the result or, on processors, each plane.
 */
final class Pooling {
    private static final int GROUP = 64;

    private final CommandQueue queue;
    private final boolean byPlane;

    Pooling(CommandQueue queue, Flavour flavour) {
        this.queue = queue;
        this.byPlane = flavour == Flavour.CPU;
    }

    void max(PoolSpec spec, Tensor input, Tensor out, Tensor indices) {
        launch("maxPool2d", "max_pool", spec, input.shape(), out.shape(), false, out, input, out, indices);
    }

    void maxGradient(PoolSpec spec, Tensor g, Tensor indices, Tensor dx) {
        launch("maxPool2dGradient", "max_pool_gradient", spec, dx.shape(), g.shape(), false, dx, g, indices, dx);
    }

    void average(PoolSpec spec, Tensor input, Tensor out) {
        launch("avgPool2d", "average_pool", spec, input.shape(), out.shape(), true, out, input, out);
    }

    void averageGradient(PoolSpec spec, Tensor g, Tensor dx) {
        launch("avgPool2dGradient", "average_pool_gradient", spec, dx.shape(), g.shape(), true, dx, g, dx);
    }

    /** Queues a kernel for each element of {@code result}; {@code large} is the shape before pooling. */
    private void launch(
            String operation,
            String function,
            PoolSpec spec,
            Shape large,
            Shape small,
            boolean average,
            Tensor result,
            Tensor... operands) {
        if (result.size() == 0) {
            return;
        }
        int items = byPlane ? result.dim(0) * result.dim(1) : result.size();
        List<Object> arguments = new ArrayList<>(List.of(
                items,
                large.dim(2),
                large.dim(3),
                small.dim(2),
                small.dim(3),
                new int[] {spec.kernelH(), spec.kernelW()},
                new int[] {spec.strideH(), spec.strideW()},
                new int[] {spec.padH(), spec.padW()}));
        if (average) {
            arguments.add(spec.countPadding() ? new int[] {spec.padH(), spec.padW()} : new int[] {0, 0});
        }
        try (TensorScope _ = TensorScope.open()) {
            for (Tensor operand : operands) {
                Tensor packed = operand.contiguous(); // results are contiguous already
                arguments.add(DeviceStorage.of(packed));
                arguments.add(packed.layout().offset());
            }
            String type = TypeNames.computing(operands[0].dtype());
            String options = "-DT=" + type + (average ? " -DAVERAGE" : "") + (byPlane ? " -DPLANES" : "");
            queue.launch(
                    operation,
                    new KernelName("pool.cl", options, function),
                    Geometry.line(items, byPlane ? 1 : GROUP),
                    arguments.toArray());
        }
    }
}
