package espalier.sparsity.runtime;

import espalier.sparsity.export.Nonlinearity;
import espalier.sparsity.export.Operation;
import espalier.sparsity.export.Program;
import espalier.sparsity.export.Step;
import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Layout;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.Backend;
import espalier.tensor.spi.BinaryOp;
import espalier.tensor.spi.ReduceOp;
import espalier.tensor.spi.UnaryOp;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The memory of one call for one batch size, and the steps bound to it and prepared by the back end: running is then a list
 * of calls on tensors that exist already. Used by one thread at a time.
 */
final class Workspace implements BatchCall {
    private final MemoryPlan plan;
    private final Device device;
    private final Backend backend;
    private final int batch;
    private final List<Tensor> values = new ArrayList<>();
    private final Runnable[] calls;

    /** @param loaded for each step what of it is ready in memory */
    Workspace(Program program, MemoryPlan plan, List<LoadedStep> loaded, Device device, int batch) {
        this.plan = plan;
        this.device = device;
        this.backend = device.backend();
        this.batch = batch;
        Tensor arena = allocated(DType.F32, Math.multiplyExact(plan.size(), batch));
        for (int value = 0; value <= program.steps().size(); value++) {
            Layout whole = Layout.contiguous(program.shape(value).inserting(0, batch));
            int at = plan.offset(value) * batch;
            values.add(arena.view(Layout.strided(whole.shape(), whole.strides(), at)));
        }
        calls = new Runnable[program.steps().size()];
        for (int i = 0; i < calls.length; i++) {
            calls[i] = backend.prepared(bound(program.steps().get(i), i, loaded.get(i)));
        }
    }

    /** A vector that no scope takes back. */
    private Tensor allocated(DType dtype, int length) {
        Tensor made = Tensor.allocate("inference", device, dtype, Shape.of(length));
        made.storage().moveTo(Optional.empty());
        return made;
    }

    /** One number, seen as often as a shape has elements. */
    private Tensor number(float value, Shape shape) {
        return Weights.kept(device, new float[] {value}, Shape.scalar()).expand(shape);
    }

    @Override
    public Tensor input() {
        return values.getFirst();
    }

    @Override
    public Tensor output() {
        return values.getLast();
    }

    @Override
    public void run() {
        for (Runnable call : calls) {
            call.run();
        }
    }

    @Override
    public void run(int step) {
        calls[step].run();
    }

    private Runnable bound(Step step, int index, LoadedStep loaded) {
        Tensor x = values.get(step.inputs().getFirst());
        Tensor y = values.get(index + 1);
        boolean relu = step.activation() == Nonlinearity.RELU;
        Runnable operation = switch (step.operation()) {
            case Operation.Convolution c -> {
                Weights weights = loaded.weights().orElseThrow();
                yield () -> weights.conv2d(c.spec(), x, loaded.bias(), y);
            }
            case Operation.Linear _ -> linear(loaded, x, y);
            case Operation.ScaleShift _ -> {
                Tensor scale = loaded.bias().orElseThrow();
                Tensor shift = loaded.shift().orElseThrow();
                yield () -> backend.scaleShift(x, scale, shift, relu, y);
            }
            case Operation.MaxPool p -> {
                Tensor indices =
                        allocated(DType.I32, y.size()).reshape(y.shape().toArray());
                yield () -> backend.maxPool2d(p.spec(), x, relu, y, indices);
            }
            case Operation.AveragePool p -> () -> backend.avgPool2d(p.spec(), x, y);
            case Operation.GlobalAverage _ -> {
                Tensor sum = y.unsqueeze(2).unsqueeze(3);
                int[] plane = {2, 3};
                Tensor share = number(1f / (x.dim(2) * x.dim(3)), y.shape());
                yield () -> {
                    backend.reduce(ReduceOp.SUM, x, plane, sum);
                    backend.binary(BinaryOp.MUL, y, share, y);
                };
            }
            case Operation.Add _ -> {
                Tensor other = values.get(step.inputs().get(1));
                yield relu ? () -> backend.addRelu(x, other, y) : () -> backend.binary(BinaryOp.ADD, x, other, y);
            }
            case Operation.Concat _ -> joined(step, y);
            case Operation.Identity _, Operation.Flatten _ -> moved(step, index, x, y);
            case Operation.Subsample s -> {
                Tensor every = x.slice(2, 0, x.dim(2), s.stepH()).slice(3, 0, x.dim(3), s.stepW());
                yield () -> backend.copy(every, y);
            }
            case Operation.PadChannels p -> padded(p, x, y);
            case Operation.Softmax s -> () -> backend.softmax(x, s.logarithm(), y);
        };
        boolean done = relu && hasRelu(step.operation());
        Optional<Runnable> activation = done ? Optional.empty() : activation(step.activation(), y);
        return activation
                .map(then -> (Runnable) () -> {
                    operation.run();
                    then.run();
                })
                .orElse(operation);
    }

    /** Whether the call of a step computes ReLU too. */
    private static boolean hasRelu(Operation operation) {
        return switch (operation) {
            case Operation.ScaleShift _, Operation.MaxPool _, Operation.Add _ -> true;
            case Operation.Convolution _, Operation.Linear _, Operation.AveragePool _ -> false;
            case Operation.GlobalAverage _, Operation.Identity _, Operation.Concat _, Operation.Flatten _ -> false;
            case Operation.Subsample _, Operation.PadChannels _, Operation.Softmax _ -> false;
        };
    }

    private Runnable linear(LoadedStep loaded, Tensor x, Tensor y) {
        Weights weights = loaded.weights().orElseThrow();
        Optional<Tensor> bias = loaded.bias();
        if (bias.isEmpty() || weights.addsBias()) {
            return () -> weights.linear(x, bias, y);
        }
        Tensor rows = bias.get().expand(y.shape());
        return () -> {
            weights.linear(x, bias, y);
            backend.binary(BinaryOp.ADD, y, rows, y);
        };
    }

    private Runnable joined(Step step, Tensor y) {
        List<Runnable> copies = new ArrayList<>();
        int at = 0;
        for (int input : step.inputs()) {
            Tensor part = values.get(input);
            Tensor place = y.narrow(1, at, part.dim(1));
            copies.add(() -> backend.copy(part, place));
            at += part.dim(1);
        }
        return () -> copies.forEach(Runnable::run);
    }

    /** Nothing to do where input and output lie in the same place. */
    private Runnable moved(Step step, int index, Tensor x, Tensor y) {
        if (plan.offset(step.inputs().getFirst()) == plan.offset(index + 1)) {
            return () -> {};
        }
        Tensor from = x.reshape(y.shape().toArray());
        return () -> backend.copy(from, y);
    }

    private Runnable padded(Operation.PadChannels p, Tensor x, Tensor y) {
        Tensor before = y.narrow(1, 0, p.before());
        Tensor middle = y.narrow(1, p.before(), x.dim(1));
        Tensor after = y.narrow(1, p.before() + x.dim(1), p.after());
        return () -> {
            backend.fill(before, 0);
            backend.copy(x, middle);
            backend.fill(after, 0);
        };
    }

    private Optional<Runnable> activation(Nonlinearity activation, Tensor y) {
        return switch (activation) {
            case NONE -> Optional.empty();
            case RELU -> Optional.of(() -> backend.unary(UnaryOp.RELU, y, y));
            case SIGMOID -> Optional.of(() -> backend.unary(UnaryOp.SIGMOID, y, y));
            case TANH -> Optional.of(() -> backend.unary(UnaryOp.TANH, y, y));
            case GELU -> Optional.of(() -> backend.unary(UnaryOp.GELU, y, y));
            case SILU -> Optional.of(() -> backend.unary(UnaryOp.SILU, y, y));
            case SOFTPLUS -> Optional.of(() -> backend.unary(UnaryOp.SOFTPLUS, y, y));
            case LEAKY_RELU -> {
                Tensor small = allocated(DType.F32, y.size()).reshape(y.shape().toArray());
                Tensor leak = number((float) Nonlinearity.LEAK, y.shape());
                yield Optional.of(() -> {
                    backend.binary(BinaryOp.MUL, y, leak, small);
                    backend.binary(BinaryOp.MAX, y, small, y);
                });
            }
        };
    }

    @Override
    public int batch() {
        return batch;
    }
}
