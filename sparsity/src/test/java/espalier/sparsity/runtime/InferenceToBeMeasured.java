package espalier.sparsity.runtime;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.Role;
import espalier.nn.model.LeNet;
import espalier.nn.model.MobileNet;
import espalier.nn.model.ResNet;
import espalier.sparsity.export.Exporter;
import espalier.sparsity.export.Form;
import espalier.sparsity.export.Operation;
import espalier.sparsity.export.PackedModel;
import espalier.sparsity.export.Packer;
import espalier.sparsity.export.Step;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Calls of the run time, of which it is counted how many bytes all threads together allocate on the heap: what
 * {@link RuntimeAllocationTest} starts. Prints a line a form of weights: its name, the bytes of the last call, and how
 * many calls there were.
 *
 * <p>Until the compiler is done, the Vector API allocates each vector; so calls are made until several rounds of them
 * allocate nothing, or the time is over.
 */
final class InferenceToBeMeasured {
    private static final int ROUND = 10;
    private static final int ROUNDS = 3;

    /** Of the processor, for all forms together. */
    private static final double SECONDS = 120;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private InferenceToBeMeasured() {}

    /** The forms that weights may have while they run; a codebook is read into floats. */
    private enum Packing {
        DENSE(Kernel.DENSE, "every+f32", 5),
        CODEBOOK(Kernel.DENSE, "every+codebook", 5),
        CSR(Kernel.CSR, "rows+f32", 5),
        BLOCKS(Kernel.BLOCKS, "blocks+f32", 5),
        INT8(Kernel.INT8, "every+int8", 100),
        INT4(Kernel.INT4, "every+int4", 7),
        TERNARY(Kernel.TERNARY, "every+ternary", 1),
        BINARY(Kernel.BINARY, "every+binary", 1);

        private final Kernel kernel;
        private final Form form;
        private final int levels;

        Packing(Kernel kernel, String form, int levels) {
            this.kernel = kernel;
            this.form = Form.parse(form);
            this.levels = levels;
        }
    }

    /** More images than are computed at a time. */
    private static final int IN_SLICES = 90;

    public static void main(String[] arguments) {
        for (Packing packing : Packing.values()) {
            switch (arguments[0]) {
                case "lenet5-bn" ->
                    measure(
                            packing,
                            LeNet.lenet5WithBatchNorm(Init.of(1)),
                            Shape.of(1, 28, 28),
                            packing == Packing.DENSE ? List.of(1, 5, IN_SLICES) : List.of(1, 5));
                case "mobilenet" -> measure(packing, MobileNet.v1(Init.of(1)), Shape.of(3, 32, 32), List.of(1));
                default ->
                    measure(
                            packing,
                            ResNet.cifar(Init.of(1), 20, ResNet.Shortcut.PADDED),
                            Shape.of(3, 16, 16),
                            List.of(1, 9));
            }
        }
    }

    private static void measure(Packing packing, Module model, Shape image, List<Integer> batches) {
        leave(model, packing);
        InferenceModel run = loaded(model, image, packing);
        for (int batch : batches) {
            float[] images = new float[batch * image.size()];
            float[] results = new float[batch * run.program().output().size()];
            long bytes = Long.MAX_VALUE;
            int quiet = 0;
            int calls = 0;
            while (quiet < ROUNDS && SYSTEM.getProcessCpuTime() < SECONDS * 1e9) {
                long before = THREADS.getTotalThreadAllocatedBytes();
                for (int i = 0; i < ROUND; i++) {
                    run.run(images, results);
                }
                bytes = THREADS.getTotalThreadAllocatedBytes() - before;
                quiet = bytes == 0 ? quiet + 1 : 0;
                calls += ROUND;
            }
            System.out.println(packing + " of " + batch + " image(s): " + bytes / ROUND + " bytes after " + calls);
        }
    }

    /** Weights that the form can hold: a few levels, and zeros unless all signs are needed. */
    private static void leave(Module model, Packing packing) {
        model.parameters().values().stream()
                .filter(p -> p.role() == Role.WEIGHT)
                .forEach(parameter -> {
                    float[] values = parameter.raw().value().toFloats();
                    for (int i = 0; i < values.length; i++) {
                        float level = packing.levels == 1 ? 1 : 1 + i % packing.levels;
                        boolean zero = packing != Packing.BINARY && i % 3 != 0;
                        values[i] = zero ? 0 : Math.copySign(0.03125f * level, values[i]);
                    }
                    parameter.set(Tensor.of(values, parameter.shape().toArray()));
                });
    }

    private static InferenceModel loaded(Module model, Shape image, Packing packing) {
        Exporter exporter = Exporter.of(model, image).with(Packer.dense());
        Map<String, Kernel> kernels = new HashMap<>();
        for (Step step : exporter.export().program().steps()) {
            boolean packed = switch (step.operation()) {
                case Operation.Convolution c -> c.spec().groups() == 1;
                case Operation.Linear _ -> true;
                default -> false;
            };
            if (packed) {
                exporter = exporter.with(step.place() + ".weight", packing.form);
                kernels.put(step.place(), packing.kernel);
            }
        }
        PackedModel made = exporter.export();
        return InferenceModel.of(made, Device.cpu(), kernels);
    }
}
