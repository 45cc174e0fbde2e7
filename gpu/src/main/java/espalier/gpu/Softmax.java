package espalier.gpu;

import espalier.gpu.opencl.CommandQueue;
import espalier.gpu.opencl.DeviceMemory;
import espalier.gpu.opencl.Geometry;
import espalier.gpu.opencl.KernelName;
import espalier.tensor.ShapeException;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** Softmax and cross-entropy of F32 rows and their gradients, a launch each. */
final class Softmax {
    private final CommandQueue queue;
    private final int group;
    private Optional<DeviceMemory> refused = Optional.empty(); // a label that is none, and how many there are

    Softmax(CommandQueue queue, Flavour flavour) {
        this.queue = queue;
        this.group = flavour == Flavour.CPU ? 8 : 64;
    }

    private void launch(String operation, boolean log, String function, int rows, Object... arguments) {
        queue.launch(
                operation,
                new KernelName("softmax.cl", log ? "-DLOG" : "", function),
                Geometry.line(rows, group),
                arguments);
    }

    void softmax(Tensor input, boolean log, Tensor out) {
        int length = out.rank() == 0 ? 1 : out.dim(-1);
        if (out.size() == 0) {
            return;
        }
        try (TensorScope _ = TensorScope.open()) {
            Tensor x = input.contiguous();
            int rows = x.size() / length;
            launch(
                    "softmax",
                    log,
                    "softmax",
                    rows,
                    rows,
                    length,
                    DeviceStorage.of(x),
                    x.layout().offset(),
                    DeviceStorage.of(out),
                    out.layout().offset());
        }
    }

    void softmaxGradient(Tensor output, Tensor gradient, boolean log, Tensor dx) {
        int length = dx.rank() == 0 ? 1 : dx.dim(-1);
        if (dx.size() == 0) {
            return;
        }
        try (TensorScope _ = TensorScope.open()) {
            Tensor y = output.contiguous();
            Tensor g = gradient.contiguous();
            int rows = y.size() / length;
            launch(
                    "softmaxGradient",
                    log,
                    "softmax_gradient",
                    rows,
                    rows,
                    length,
                    DeviceStorage.of(y),
                    y.layout().offset(),
                    DeviceStorage.of(g),
                    g.layout().offset(),
                    DeviceStorage.of(dx),
                    dx.layout().offset());
        }
    }

    /** A label that is none is told at the next wait. */
    void crossEntropy(Tensor logits, Tensor labels, double smoothing, Tensor losses, Tensor probabilities) {
        DeviceMemory told = refused();
        try (TensorScope _ = TensorScope.open()) {
            Tensor x = logits.contiguous();
            Tensor named = labels.contiguous();
            launch(
                    "crossEntropy",
                    false,
                    "cross_entropy",
                    x.dim(0),
                    x.dim(0),
                    x.dim(1),
                    (float) smoothing,
                    DeviceStorage.of(x),
                    x.layout().offset(),
                    DeviceStorage.of(named),
                    named.layout().offset(),
                    DeviceStorage.of(losses),
                    losses.layout().offset(),
                    DeviceStorage.of(probabilities),
                    probabilities.layout().offset(),
                    told);
        }
        queue.askAtNextWait(() -> {
            int[] label = new int[2];
            queue.read(told, 0, MemorySegment.ofArray(label));
            if (label[1] > 0) {
                queue.write(MemorySegment.ofArray(new int[2]), told, 0);
                throw new ShapeException(
                        "crossEntropy: a label is not from 0 to " + (label[1] - 1) + " (it is " + label[0] + ")");
            }
        });
    }

    private synchronized DeviceMemory refused() {
        if (refused.isEmpty()) {
            refused = Optional.of(queue.send(MemorySegment.ofArray(new int[2])));
        }
        return refused.get();
    }

    void crossEntropyGradient(Tensor probabilities, Tensor labels, double smoothing, Tensor gradient, Tensor dlogits) {
        try (TensorScope _ = TensorScope.open()) {
            Tensor p = probabilities.contiguous();
            Tensor named = labels.contiguous();
            Tensor g = gradient.contiguous();
            launch(
                    "crossEntropyGradient",
                    false,
                    "cross_entropy_gradient",
                    p.dim(0),
                    p.dim(0),
                    p.dim(1),
                    (float) smoothing,
                    DeviceStorage.of(p),
                    p.layout().offset(),
                    DeviceStorage.of(named),
                    named.layout().offset(),
                    DeviceStorage.of(g),
                    g.layout().offset(),
                    DeviceStorage.of(dlogits),
                    dlogits.layout().offset());
        }
    }
}
