package espalier.gpu;

import espalier.gpu.opencl.CommandQueue;
import espalier.gpu.opencl.Geometry;
import espalier.gpu.opencl.KernelName;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import espalier.tensor.spi.AdamSpec;
import espalier.tensor.spi.SgdSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The steps of optimizers on contiguous F32 weights, a launch each. */
final class Update {
    private final CommandQueue queue;
    private final int group;

    Update(CommandQueue queue, Flavour flavour) {
        this.queue = queue;
        this.group = flavour == Flavour.CPU ? 64 : 256;
    }

    void sgd(SgdSpec spec, Tensor w, Tensor gradient, Optional<Tensor> velocity) {
        try (TensorScope _ = TensorScope.open()) {
            Tensor g = gradient.contiguous();
            List<Object> arguments = new ArrayList<>(List.of(
                    w.size(),
                    (float) spec.rate(),
                    (float) spec.momentum(),
                    (float) spec.decay(),
                    DeviceStorage.of(w),
                    w.layout().offset(),
                    DeviceStorage.of(g),
                    g.layout().offset()));
            velocity.ifPresent(v ->
                    arguments.addAll(List.of(DeviceStorage.of(v), v.layout().offset())));
            String options = (velocity.isPresent() ? "-DMOMENTUM" : "") + (spec.nesterov() ? " -DNESTEROV" : "");
            queue.launch(
                    "sgd",
                    new KernelName("update.cl", options, "sgd"),
                    Geometry.line(w.size(), group),
                    arguments.toArray());
        }
    }

    void adam(AdamSpec spec, Tensor w, Tensor gradient, Tensor m, Tensor u) {
        try (TensorScope _ = TensorScope.open()) {
            Tensor g = gradient.contiguous();
            queue.launch(
                    "adam",
                    new KernelName("update.cl", "", "adam"),
                    Geometry.line(w.size(), group),
                    w.size(),
                    (float) spec.correctedRate(),
                    (float) spec.beta1(),
                    (float) spec.beta2(),
                    (float) spec.epsilon(),
                    (float) (spec.decoupled() ? 0 : spec.decay()),
                    (float) (spec.decoupled() ? 1 - spec.rate() * spec.decay() : 1),
                    (float) spec.secondCorrection(),
                    (float) (1 - spec.beta1()),
                    (float) (1 - spec.beta2()),
                    DeviceStorage.of(w),
                    w.layout().offset(),
                    DeviceStorage.of(g),
                    g.layout().offset(),
                    DeviceStorage.of(m),
                    m.layout().offset(),
                    DeviceStorage.of(u),
                    u.layout().offset());
        }
    }
}
