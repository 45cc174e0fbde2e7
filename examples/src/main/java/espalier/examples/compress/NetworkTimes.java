package espalier.examples.compress;

import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.sparsity.Sparsity;
import espalier.sparsity.export.Coding;
import espalier.sparsity.export.Exporter;
import espalier.sparsity.export.Form;
import espalier.sparsity.export.Index;
import espalier.sparsity.export.Operation;
import espalier.sparsity.export.PackedModel;
import espalier.sparsity.export.Packer;
import espalier.sparsity.export.Step;
import espalier.sparsity.runtime.InferenceModel;
import espalier.sparsity.runtime.Kernel;
import espalier.sparsity.surgery.Surgeon;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import espalier.tensor.packed.BinaryMatrix;
import espalier.tensor.packed.Int8Matrix;
import espalier.tensor.packed.PackedMatrix;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * How long a whole network takes in each form, measured: what is left of the weights is one thing, what that saves on a
 * processor another.
 *
 * @param seconds for each form, a batch of each of {@link #BATCHES}
 */
record NetworkTimes(Map<NetworkForm, double[]> seconds) {
    /** Images at a time. */
    static final List<Integer> BATCHES = List.of(1, 128);

    @FunctionalInterface
    private interface Packing {
        PackedMatrix of(float[] dense, int rows, int columns);
    }

    /**
     * Times every form.
     *
     * @param source makes the network anew, for some forms change it
     * @param whole makes the network that it was before anything was cut out of it, which is what {@code DENSE} runs
     * @param input the shape of one image
     * @param timer seconds a run takes
     */
    static NetworkTimes measure(
            Supplier<Module> source,
            Supplier<Module> whole,
            Shape input,
            Device device,
            ToDoubleFunction<Runnable> timer) {
        Map<NetworkForm, double[]> seconds = new EnumMap<>(NetworkForm.class);
        for (NetworkForm form : NetworkForm.values()) {
            InferenceModel model = model(form, form == NetworkForm.DENSE ? whole.get() : source.get(), input, device);
            double[] ofBatches = new double[BATCHES.size()];
            for (int i = 0; i < ofBatches.length; i++) {
                Tensor images = RandomSource.of(1).uniform(device, input.inserting(0, BATCHES.get(i)), -1, 1);
                ofBatches[i] = timer.applyAsDouble(() -> {
                    try (TensorScope _ = TensorScope.open()) {
                        model.run(images);
                    }
                });
            }
            seconds.put(form, ofBatches);
        }
        return new NetworkTimes(seconds);
    }

    /** The network, which is changed by some forms, ready to run in a form. */
    static InferenceModel model(NetworkForm form, Module net, Shape input, Device device) {
        Exporter plain = Exporter.of(net, input).with(Packer.dense());
        return switch (form) {
            case DENSE -> of(plain.export(), Kernel.DENSE, device);
            case CSR -> of(plain.export(), Kernel.CSR, device);
            case BLOCKS -> of(plain.export(), Kernel.BLOCKS, device);
            case CHOSEN -> InferenceModel.of(plain.export(), device);
            case CUT -> {
                Surgeon surgeon = Surgeon.of(net, input.inserting(0, 1));
                surgeon.cutDead();
                yield of(Exporter.of(net, input).with(Packer.dense()).export(), Kernel.DENSE, device);
            }
            case INT8 -> of(quantized(net, plain, Coding.INT8, Int8Matrix::of), Kernel.INT8, device);
            case BINARY -> of(quantized(net, plain, Coding.BINARY, BinaryMatrix::of), Kernel.BINARY, device);
        };
    }

    /** The packed network, one kernel for all layers that are not grouped; no packed kernel has groups. */
    private static InferenceModel of(PackedModel packed, Kernel kernel, Device device) {
        Map<String, Kernel> kernels = new LinkedHashMap<>();
        for (Step step : packed.program().steps()) {
            switch (step.operation()) {
                case Operation.Convolution c ->
                    kernels.put(step.place(), c.spec().groups() > 1 ? Kernel.DENSE : kernel);
                case Operation.Linear _ -> kernels.put(step.place(), kernel);
                default -> {}
            }
        }
        return InferenceModel.of(packed, device, kernels);
    }

    private static PackedModel quantized(Module net, Exporter plain, Coding coding, Packing packing) {
        Exporter exporter = plain;
        for (Map.Entry<String, Parameter> entry : Sparsity.weights(net).entrySet()) {
            Parameter weight = entry.getValue();
            weight.materialize();
            int rows = weight.shape().dim(0);
            float[] values = weight.raw().value().toFloats();
            float[] near = packing.of(values, rows, values.length / rows).toDense();
            weight.set(Tensor.of(near, weight.shape().toArray()));
            exporter = exporter.with(entry.getKey(), new Form(Index.EVERY, coding));
        }
        return exporter.export();
    }

    /** Milliseconds a batch. */
    double milliseconds(NetworkForm form, int batch) {
        double[] ofBatches = seconds.get(form);
        if (ofBatches == null) {
            throw new IllegalArgumentException("times: " + form.label() + " was not measured");
        }
        return 1e3 * ofBatches[BATCHES.indexOf(batch)];
    }

    /** How many times faster than dense. */
    double speedUp(NetworkForm form, int batch) {
        return milliseconds(NetworkForm.DENSE, batch) / milliseconds(form, batch);
    }

    /** The form that is fastest among those with the same results. */
    NetworkForm fastest(int batch) {
        NetworkForm best = NetworkForm.DENSE;
        for (NetworkForm form : seconds.keySet()) {
            best = form.sameResults() && milliseconds(form, batch) < milliseconds(best, batch) ? form : best;
        }
        return best;
    }

    /** A line a form. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(String.format("%-12s", "milliseconds"));
        BATCHES.forEach(batch -> text.append(String.format(" %12s %9s", "batch " + batch, "faster")));
        text.append(System.lineSeparator());
        seconds.forEach((form, _) -> {
            text.append(String.format("%-12s", form.label()));
            for (int batch : BATCHES) {
                text.append(
                        String.format(Locale.ROOT, " %12.3f %8.2fx", milliseconds(form, batch), speedUp(form, batch)));
            }
            text.append(System.lineSeparator());
        });
        return text.toString();
    }
}
