package espalier.sparsity.export;

import espalier.autograd.Spec;
import espalier.nn.ForwardPass;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.sparsity.graph.Network;
import espalier.sparsity.graph.Operand;
import espalier.tensor.PadMode;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.ConvSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Turns a traced network into steps: batch norm goes into the layer before it, a nonlinearity into the step that makes
 * its input, and what the run time has no step for is refused by name and place.
 */
final class Lowering {
    private final Module model;
    private final Network network;
    private final List<Draft> drafts = new ArrayList<>();
    private final Map<Integer, Integer> draftOf = new HashMap<>();
    private final int[] readers;

    private Lowering(Module model, Network network) {
        this.model = model;
        this.network = network;
        this.readers = new int[network.operations().size()];
        for (var operation : network.operations()) {
            operation.operands().forEach(this::count);
        }
    }

    private void count(Operand operand) {
        if (operand instanceof Operand.Result result) {
            readers[result.operation()]++;
        }
    }

    static Program program(Module model, Network network, Packer packer) {
        Lowering lowering = new Lowering(model, network);
        network.operations().forEach(lowering::take);
        lowering.poolBeforeRelu();
        return lowering.program(packer);
    }

    private Program program(Packer packer) {
        if (draftOf(network.output(), "the output") == Draft.INPUT) {
            throw new IllegalArgumentException("export: the model returns its input");
        }
        List<Step> steps = drafts.stream()
                .map(draft -> new Step(
                        draft.place,
                        draft.packed(packer),
                        draft.inputs.stream().map(i -> i + 1).toList(),
                        draft.nonlinearity))
                .toList();
        return new Program(network.input().without(0), steps);
    }

    // ---- one operation after the other

    private void take(espalier.sparsity.graph.Operation operation) {
        switch (operation.name()) {
            case "conv2d" ->
                layer(operation, Optional.of(spec(operation, Spec.Conv.class).spec()));
            case "linear" -> layer(operation, Optional.empty());
            case "batchNormInference" -> batchNorm(operation);
            case "relu" -> nonlinearity(operation, Nonlinearity.RELU);
            case "leakyRelu" -> {
                require(
                        spec(operation, Spec.Scalar.class).value() == Nonlinearity.LEAK,
                        operation,
                        "has a slope other than " + Nonlinearity.LEAK);
                nonlinearity(operation, Nonlinearity.LEAKY_RELU);
            }
            case "sigmoid" -> nonlinearity(operation, Nonlinearity.SIGMOID);
            case "tanh" -> nonlinearity(operation, Nonlinearity.TANH);
            case "gelu" -> nonlinearity(operation, Nonlinearity.GELU);
            case "silu" -> nonlinearity(operation, Nonlinearity.SILU);
            case "softplus" -> nonlinearity(operation, Nonlinearity.SOFTPLUS);
            case "maxPool2d" ->
                step(
                        operation,
                        new Operation.MaxPool(spec(operation, Spec.Pool.class).spec()));
            case "avgPool2d" ->
                step(
                        operation,
                        new Operation.AveragePool(
                                spec(operation, Spec.Pool.class).spec()));
            case "mean" -> {
                boolean planes = spec(operation, Spec.Axes.class).axes().equals(List.of(2, 3))
                        && operation.shape().rank() == 2;
                require(planes, operation, "is not over rows and columns");
                step(operation, new Operation.GlobalAverage());
            }
            case "flatten", "reshape", "squeeze" -> flatten(operation);
            case "add" -> {
                require(operation.operands().size() == 2, operation, "adds a number");
                boolean same =
                        operation.operands().stream().allMatch(o -> o.shape().equals(operation.shape()));
                require(same, operation, "broadcasts");
                step(operation, new Operation.Add());
            }
            case "concat" -> {
                boolean channels = spec(operation, Spec.Axes.class).axes().equals(List.of(1));
                require(channels, operation, "does not join channels");
                step(operation, new Operation.Concat());
            }
            case "slice" -> subsample(operation);
            case "pad" -> {
                Spec.Pad pad = spec(operation, Spec.Pad.class);
                boolean zeros = pad.mode() == PadMode.ZERO
                        && pad.axis() == 1
                        && operation.shape().rank() == 4;
                require(zeros, operation, "does not add channels of zeros");
                step(operation, new Operation.PadChannels(pad.before(), pad.after()));
            }
            case "softmax", "logSoftmax" -> {
                require(operation.shape().rank() == 2, operation, "is not over classes");
                step(operation, new Operation.Softmax(operation.name().equals("logSoftmax")));
            }
            default -> throw refusal(operation, "has no step in packed models");
        }
    }

    private static IllegalArgumentException refusal(espalier.sparsity.graph.Operation operation, String reason) {
        return new IllegalArgumentException("export: " + operation.where() + " " + reason);
    }

    private static void require(boolean fits, espalier.sparsity.graph.Operation operation, String reason) {
        if (!fits) {
            throw refusal(operation, reason + ", for which packed models have no step");
        }
    }

    private static <S extends Spec> S spec(espalier.sparsity.graph.Operation operation, Class<S> type) {
        if (!type.isInstance(operation.spec())) {
            throw refusal(
                    operation,
                    "was recorded without its " + type.getSimpleName().toLowerCase(java.util.Locale.ROOT));
        }
        return type.cast(operation.spec());
    }

    private Draft draft(espalier.sparsity.graph.Operation operation, List<Integer> inputs) {
        Draft draft = new Draft(operation.place(), inputs);
        draftOf.put(operation.index(), drafts.size());
        drafts.add(draft);
        return draft;
    }

    private void step(espalier.sparsity.graph.Operation operation, Operation step) {
        List<Integer> inputs = operation.operands().stream()
                .map(operand -> draftOf(operand, operation.where()))
                .toList();
        draft(operation, inputs).operation = Optional.of(step);
    }

    private int draftOf(Operand operand, String reader) {
        return switch (operand) {
            case Operand.Input _ -> Draft.INPUT;
            case Operand.Result result -> Objects.requireNonNull(draftOf.get(result.operation()));
            case Operand.Stored stored ->
                throw new IllegalArgumentException("export: " + reader + " reads " + stored.path()
                        + " where a packed model has a value of its own");
            case Operand.Constant constant ->
                throw new IllegalArgumentException("export: " + reader + " reads a constant " + constant.shape()
                        + ", which packed models have not");
        };
    }

    /** The step that makes the operand, if nothing else reads it: what follows may be joined to it. */
    private Optional<Draft> onlyReader(Operand operand) {
        return operand instanceof Operand.Result result && readers[result.operation()] == 1
                ? Optional.of(drafts.get(draftOf(operand, "")))
                : Optional.empty();
    }

    private float[] stored(espalier.sparsity.graph.Operation operation, int operand) {
        return switch (operation.operands().get(operand)) {
            case Operand.Stored stored -> value(stored.path()).toFloats();
            case Operand.Constant constant -> constant.value().toFloats();
            case Operand.Input _, Operand.Result _ -> throw refusal(operation, "computes its own weights");
        };
    }

    private Tensor value(String path) {
        Parameter parameter = model.parameters().get(path);
        return parameter == null
                ? Objects.requireNonNull(model.state().get(path))
                : ForwardPass.evaluation(() -> parameter.get().value());
    }

    private void layer(espalier.sparsity.graph.Operation operation, Optional<ConvSpec> convolution) {
        Operand weight = operation.operands().get(1);
        String name = weight instanceof Operand.Stored stored ? stored.path() : operation.place() + ".weight";
        int rank = operation.operands().getFirst().shape().rank();
        require(rank == (convolution.isPresent() ? 4 : 2), operation, "has an input of " + rank + " axes");
        float[] values = stored(operation, 1);
        Draft draft = draft(operation, List.of(draftOf(operation.operands().getFirst(), operation.where())));
        draft.weight = Optional.of(new Draft.Weight(name, values, weight.shape(), convolution));
        if (operation.operands().size() > 2) {
            draft.added = Optional.of(doubles(stored(operation, 2)));
        }
    }

    private static double[] doubles(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }

    /** {@code γ·(x − mean)/√(variance + ε) + β} as a factor and a summand. */
    private void batchNorm(espalier.sparsity.graph.Operation operation) {
        double epsilon = spec(operation, Spec.Scalar.class).value();
        double[] scale = doubles(stored(operation, 1));
        double[] shift = doubles(stored(operation, 2));
        double[] mean = doubles(stored(operation, 3));
        double[] variance = doubles(stored(operation, 4));
        for (int c = 0; c < scale.length; c++) {
            scale[c] /= Math.sqrt(variance[c] + epsilon);
            shift[c] -= scale[c] * mean[c];
        }
        Operand input = operation.operands().getFirst();
        Optional<Draft> before = onlyReader(input).filter(Draft::takesScale);
        if (before.isPresent()) {
            draftOf.put(operation.index(), draftOf(input, operation.where()));
            before.get().scale(scale, shift);
        } else {
            Draft alone = draft(operation, List.of(draftOf(input, operation.where())));
            alone.scale(scale, shift);
        }
    }

    private void nonlinearity(espalier.sparsity.graph.Operation operation, Nonlinearity nonlinearity) {
        Operand input = operation.operands().getFirst();
        Optional<Draft> before = onlyReader(input).filter(draft -> draft.nonlinearity == Nonlinearity.NONE);
        if (before.isPresent()) {
            draftOf.put(operation.index(), draftOf(input, operation.where()));
            before.get().nonlinearity = nonlinearity;
        } else {
            step(operation, new Operation.Identity());
            drafts.getLast().nonlinearity = nonlinearity;
        }
    }

    private void flatten(espalier.sparsity.graph.Operation operation) {
        Shape from = operation.operands().getFirst().shape();
        Shape to = operation.shape();
        if (from.equals(to)) {
            draftOf.put(operation.index(), draftOf(operation.operands().getFirst(), operation.where()));
            return;
        }
        boolean flat = from.rank() > 1 && to.rank() == 2 && to.dim(0) == from.dim(0);
        require(flat, operation, "makes " + to + " of " + from);
        step(operation, new Operation.Flatten());
    }

    /** Every so-manieth row, or column; of these every so-manieth again are joined to one step. */
    private void subsample(espalier.sparsity.graph.Operation operation) {
        Spec.Part part = spec(operation, Spec.Part.class);
        Operand input = operation.operands().getFirst();
        boolean whole = part.start() == 0 && part.end() == input.shape().dim(part.axis());
        require(whole && part.axis() >= 2 && operation.shape().rank() == 4, operation, "takes a part");
        int stepH = part.axis() == 2 ? part.step() : 1;
        int stepW = part.axis() == 3 ? part.step() : 1;
        Optional<Draft> before = onlyReader(input);
        if (before.isPresent() && before.get().operation.orElse(null) instanceof Operation.Subsample s) {
            before.get().operation = Optional.of(new Operation.Subsample(s.stepH() * stepH, s.stepW() * stepW));
            draftOf.put(operation.index(), draftOf(input, operation.where()));
        } else {
            step(operation, new Operation.Subsample(stepH, stepW));
        }
    }

    /** The largest of the positive parts is the positive part of the largest: after pooling there are fewer of them. */
    private void poolBeforeRelu() {
        int[] uses = new int[drafts.size()];
        for (Draft draft : drafts) {
            draft.inputs.stream().filter(input -> input != Draft.INPUT).forEach(input -> uses[input]++);
        }
        for (Draft draft : drafts) {
            if (draft.operation.orElse(null) instanceof Operation.MaxPool
                    && draft.nonlinearity == Nonlinearity.NONE
                    && draft.inputs.getFirst() != Draft.INPUT
                    && uses[draft.inputs.getFirst()] == 1
                    && drafts.get(draft.inputs.getFirst()).nonlinearity == Nonlinearity.RELU) {
                drafts.get(draft.inputs.getFirst()).nonlinearity = Nonlinearity.NONE;
                draft.nonlinearity = Nonlinearity.RELU;
            }
        }
    }
}
