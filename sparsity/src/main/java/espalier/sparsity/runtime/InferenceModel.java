package espalier.sparsity.runtime;

import espalier.sparsity.export.Operation;
import espalier.sparsity.export.PackedModel;
import espalier.sparsity.export.PackedTensor;
import espalier.sparsity.export.Program;
import espalier.sparsity.export.Step;
import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.ShapeException;
import espalier.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A packed model ready to answer: weights in the order in which their kernels read them, memory for the values of all
 * steps, and nothing of the training.
 *
 * <pre>{@code
 * InferenceModel model = InferenceModel.load(Path.of("lenet.espalier"));
 * float[] scores = model.run(pixels);               // [1, 28, 28] → [10], or several images one after the other
 * Tensor many = model.run(images);                  // [N, 1, 28, 28] → [N, 10]
 * }</pre>
 *
 * <p>It may be used by any number of threads at a time and gives the same bits to each. The first call with a batch
 * size allocates memory for the values of all steps and prepares the steps for it; a large batch is computed some
 * images at a time. Later calls allocate nothing, if the results go into an array of the caller, {@link #run(float[],
 * float[])}; the other ways to call make their result. (Until the virtual machine has compiled the kernels, it makes
 * objects of vectors; that ends after some hundred calls.)
 */
public final class InferenceModel {
    /** Images below which a batch is not cut: fewer would leave kernels little to do at a time. */
    private static final int LEAST_SLICE = 8;

    private final PackedModel packed;
    private final Device device;
    private final BlockPlan blocks;
    private final MemoryPlan plan;
    private final List<LoadedStep> loaded;
    private final Idle idle = new Idle();

    private InferenceModel(PackedModel packed, Device device, Map<String, Kernel> kernels) {
        this.packed = packed;
        this.device = device;
        Deque<Optional<Read>> read = new ArrayDeque<>();
        for (Step step : packed.program().steps()) {
            read.add(read(step, Optional.ofNullable(kernels.get(step.place()))));
        }
        List<Optional<Kernel>> chosen =
                read.stream().map(weights -> weights.map(Read::kernel)).toList();
        this.blocks = BlockPlan.of(packed.program(), chosen, device.backend().blockedImages());
        this.plan = new MemoryPlan(packed.program(), blocks);
        List<LoadedStep> made = new ArrayList<>();
        while (!read.isEmpty()) { // what is loaded need not be kept as it was read
            made.add(load(made.size(), read.remove()));
        }
        this.loaded = List.copyOf(made);
    }

    /**
     * Reads a packed model from a file, for the default CPU device.
     *
     * @throws espalier.tensor.io.TensorFormatException if the file breaks a rule of the format
     * @throws IOException if it cannot be read
     */
    public static InferenceModel load(Path path) throws IOException {
        return of(PackedModel.read(path));
    }

    /** A packed model on the default CPU device. */
    public static InferenceModel of(PackedModel packed) {
        return of(packed, Device.cpu());
    }

    /** A packed model on a device, the kernel of each step chosen by the form and density of its weights. */
    public static InferenceModel of(PackedModel packed, Device device) {
        return of(packed, device, Map.of());
    }

    /**
     * A packed model, with the kernels of some steps given by their places.
     *
     * @throws IllegalArgumentException if no step with weights has such a place, or its weights are not of the form
     *     that the kernel needs
     */
    public static InferenceModel of(PackedModel packed, Device device, Map<String, Kernel> kernels) {
        for (String place : kernels.keySet()) {
            if (packed.program().steps().stream().noneMatch(step -> step.place().equals(place))) {
                throw new IllegalArgumentException("inference: there is no step " + place + " for a kernel; there are "
                        + packed.program().steps().stream()
                                .map(Step::place)
                                .distinct()
                                .toList());
            }
        }
        return new InferenceModel(packed, device, kernels);
    }

    /** Weights as they come from the model. */
    private record Read(PackedTensor weight, Optional<PackedTensor> scale, float[] values, Kernel kernel) {}

    private static Optional<Read> read(Step step, Optional<Kernel> kernel) {
        return switch (step.operation()) {
            case Operation.Convolution c -> Optional.of(read(step, c.weight(), c.scale(), kernel));
            case Operation.Linear l -> Optional.of(read(step, l.weight(), l.scale(), kernel));
            case Operation.ScaleShift _, Operation.MaxPool _, Operation.AveragePool _ -> Optional.empty();
            case Operation.GlobalAverage _, Operation.Identity _, Operation.Add _, Operation.Concat _ ->
                Optional.empty();
            case Operation.Flatten _, Operation.Subsample _, Operation.PadChannels _, Operation.Softmax _ ->
                Optional.empty();
        };
    }

    private static Read read(Step step, PackedTensor weight, Optional<PackedTensor> scale, Optional<Kernel> kernel) {
        float[] values = weight.unpack();
        return new Read(
                weight, scale, values, kernel.orElseGet(() -> KernelChoice.of(step.operation(), weight, values)));
    }

    private LoadedStep load(int index, Optional<Read> read) {
        Step step = packed.program().steps().get(index);
        return switch (step.operation()) {
            case Operation.Convolution c -> {
                Weights weights = blocks.isBlocked(index + 1)
                        ? Weights.inBlocks(
                                device,
                                device.backend().blockedImages().orElseThrow(),
                                c,
                                read.orElseThrow().values(),
                                !blocks.isBlocked(step.inputs().getFirst()))
                        : weights(read.orElseThrow());
                yield new LoadedStep(Optional.of(weights), c.bias().map(this::vector), Optional.empty());
            }
            case Operation.Linear l ->
                new LoadedStep(
                        Optional.of(weights(read.orElseThrow())), l.bias().map(this::vector), Optional.empty());
            case Operation.ScaleShift s ->
                new LoadedStep(Optional.empty(), Optional.of(vector(s.scale())), Optional.of(vector(s.shift())));
            case Operation.MaxPool _, Operation.AveragePool _, Operation.GlobalAverage _ -> LoadedStep.NOTHING;
            case Operation.Identity _, Operation.Add _, Operation.Concat _, Operation.Flatten _ -> LoadedStep.NOTHING;
            case Operation.Subsample _, Operation.PadChannels _, Operation.Softmax _ -> LoadedStep.NOTHING;
        };
    }

    private Weights weights(Read read) {
        return Weights.of(device, read.weight(), read.values(), read.scale(), read.kernel());
    }

    private Tensor vector(PackedTensor packedVector) {
        return Weights.kept(device, packedVector.unpack(), packedVector.shape());
    }

    // ---- what it is

    /** What it computes. */
    public Program program() {
        return packed.program();
    }

    /** The model that was loaded, with its texts. */
    public PackedModel packed() {
        return packed;
    }

    /** The kernel of each step, in order; none for steps without weights. */
    public List<Optional<Kernel>> kernels() {
        return loaded.stream().map(step -> step.weights().map(Weights::kernel)).toList();
    }

    /** Bytes of memory for the values of one call, for one image. */
    public long workingBytes() {
        return 4L * plan.size();
    }

    // ---- running

    /**
     * The results of one or more images, one after the other.
     *
     * @throws ShapeException if the array does not hold a whole number of images, at least one
     */
    public float[] run(float[] images) {
        int batch = batchOf(images);
        float[] results = new float[batch * program().output().size()];
        run(images, results);
        return results;
    }

    /**
     * The same into an array that is there already.
     *
     * @throws ShapeException if one of the arrays is of another length
     */
    public void run(float[] images, float[] results) {
        int batch = batchOf(images);
        if (results.length != batch * program().output().size()) {
            throw new ShapeException(
                    "inference: " + batch + " results " + program().output() + " need "
                            + batch * program().output().size() + " floats, not " + results.length);
        }
        BatchCall workspace = borrow(batch);
        try {
            Tensor input = workspace.input();
            device.backend().upload(images, input.storage(), input.layout().offset());
            workspace.run();
            Tensor output = workspace.output();
            device.backend().download(output.storage(), output.layout().offset(), results);
        } finally {
            idle.put(workspace);
        }
    }

    private int batchOf(float[] images) {
        int size = program().input().size();
        if (images.length == 0 || images.length % size != 0) {
            throw new ShapeException("inference: images " + program().input() + " have " + size + " elements each, but "
                    + images.length + " were given");
        }
        return images.length / size;
    }

    /**
     * The results of a batch: {@code [N, ...input] → [N, ...output]}, as a new tensor.
     *
     * @throws ShapeException if the batch is not F32 on this device, or of another shape
     */
    public Tensor run(Tensor batch) {
        if (batch.dtype() != DType.F32 || batch.device() != device) {
            throw new ShapeException(
                    "inference: needs F32 on " + device + ", got " + batch.dtype() + " on " + batch.device());
        }
        if (batch.rank() != program().input().rank() + 1
                || batch.dim(0) < 1
                || !batch.shape().without(0).equals(program().input())) {
            throw new ShapeException(
                    "inference: needs a batch of images " + program().input() + ", got " + batch.shape());
        }
        BatchCall workspace = borrow(batch.dim(0));
        try {
            device.backend().copy(batch, workspace.input());
            workspace.run();
            return workspace.output().copy();
        } finally {
            idle.put(workspace);
        }
    }

    private BatchCall borrow(int batch) {
        BatchCall found = idle.take(batch);
        return found != null ? found : call(batch, device.backend().nearBytes());
    }

    /**
     * Memory for a batch size.
     *
     * @param nearBytes how much of it may be in use at a time; as little more as {@link #LEAST_SLICE} images need
     */
    BatchCall call(int batch, long nearBytes) {
        int most = Math.clamp(nearBytes / Math.max(1, workingBytes()), LEAST_SLICE, Integer.MAX_VALUE);
        if (batch <= most) {
            return workspace(batch);
        }
        return new Slices(device, program().input(), program().output(), batch, most, this::workspace);
    }

    private Workspace workspace(int batch) {
        return new Workspace(program(), blocks, plan, loaded, device, batch);
    }

    /**
     * How long each step takes, in seconds: the least of some runs on one batch, whose values are whatever is in
     * memory.
     *
     * @param batch images
     * @param runs how often each step is run
     */
    public List<Double> stepSeconds(int batch, int runs) {
        BatchCall workspace = borrow(batch);
        try {
            List<Double> seconds = new ArrayList<>();
            for (int step = 0; step < program().steps().size(); step++) {
                long best = Long.MAX_VALUE;
                for (int run = 0; run < runs; run++) {
                    long start = System.nanoTime();
                    workspace.run(step);
                    best = Math.min(best, System.nanoTime() - start);
                }
                seconds.add(best * 1e-9);
            }
            return seconds;
        } finally {
            idle.put(workspace);
        }
    }

    /** The steps with their shapes and kernels, a line each. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        List<Step> steps = program().steps();
        for (int i = 0; i < steps.size(); i++) {
            Shape shape = program().shape(i + 1);
            text.append(steps.get(i)).append(" → ").append(shape);
            kernels().get(i).ifPresent(kernel -> text.append(" by ").append(kernel));
            text.append(System.lineSeparator());
        }
        return text.toString();
    }
}
