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
import espalier.tensor.spi.BlockedImages;
import espalier.tensor.spi.ReduceOp;
import espalier.tensor.spi.UnaryOp;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The memory of one call for one batch size, and the steps bound to it and prepared by the back end: running is then a
 * list of calls on tensors that exist already. Used by one thread at a time.
 */
final class Workspace implements BatchCall {
    private final Program program;
    private final BlockPlan blocks;
    private final MemoryPlan plan;
    private final Device device;
    private final Backend backend;
    private final int batch;
    private final List<Tensor> values = new ArrayList<>();
    private final Runnable[] calls;

    /** @param loaded for each step what of it is ready in memory */
    Workspace(Program program, BlockPlan blocks, MemoryPlan plan, List<LoadedStep> loaded, Device device, int batch) {
        this.program = program;
        this.blocks = blocks;
        this.plan = plan;
        this.device = device;
        this.backend = device.backend();
        this.batch = batch;
        Tensor arena = allocated(DType.F32, Math.multiplyExact(plan.size(), batch));
        for (int value = 0; value <= program.steps().size(); value++) {
            Shape shape = program.shape(value).inserting(0, batch);
            Shape laid = blocks.isBlocked(value) ? images().inBlocks(shape) : shape;
            values.add(arena.view(Layout.contiguous(laid, arena.layout().offset() + plan.offset(value) * batch)));
        }
        calls = new Runnable[program.steps().size()];
        for (int i = 0; i < calls.length; i++) {
            if (i > 0 && endsInSum(i - 1)) {
                calls[i] = () -> {};
            } else {
                calls[i] = backend.prepared(bound(program.steps().get(i), i, loaded.get(i)));
            }
        }
    }

    private BlockedImages images() {
        return backend.blockedImages().orElseThrow();
    }

    /**
     * Whether a step is a convolution in blocks that computes the sum of the next step too, the end of a residual
     * block.
     */
    private boolean endsInSum(int index) {
        Step step = program.steps().get(index);
        if (!isBlockedConvolution(index)
                || step.activation() != Nonlinearity.NONE
                || index + 1 == program.steps().size()) {
            return false;
        }
        Step sum = program.steps().get(index + 1);
        long uses = program.steps().stream()
                .flatMap(s -> s.inputs().stream())
                .filter(input -> input == index + 1)
                .count();
        return sum.operation() instanceof Operation.Add
                && sum.inputs().contains(index + 1)
                && uses == 1
                // The sum may take the place of what it adds; a convolution of that would read what it has written.
                && plan.offset(index + 2) != plan.offset(step.inputs().getFirst());
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
            case Operation.Convolution c -> convolution(c, index, loaded, relu, x, y);
            case Operation.Linear _ -> linear(loaded, x, y);
            case Operation.ScaleShift _ -> {
                Tensor scale = loaded.bias().orElseThrow();
                Tensor shift = loaded.shift().orElseThrow();
                yield () -> backend.scaleShift(x, scale, shift, relu, y);
            }
            case Operation.MaxPool p -> {
                if (blocks.isBlocked(index + 1)) {
                    yield () -> images().maxPool2d(p.spec(), x, relu, y);
                }
                Tensor indices =
                        allocated(DType.I32, y.size()).reshape(y.shape().toArray());
                yield () -> backend.maxPool2d(p.spec(), x, relu, y, indices);
            }
            case Operation.AveragePool p -> () -> backend.avgPool2d(p.spec(), x, y);
            case Operation.GlobalAverage _ -> {
                Tensor sum = y.reshape(x.shape().with(2, 1).with(3, 1).toArray());
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
            case Operation.PadChannels p -> padded(p, blocks.isBlocked(index + 1) ? images().block() : 1, x, y);
            case Operation.Softmax s -> () -> backend.softmax(x, s.logarithm(), y);
        };
        boolean inBlocks = step.operation() instanceof Operation.Convolution && blocks.isBlocked(index + 1);
        boolean done = relu && (hasRelu(step.operation()) || inBlocks);
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

    private boolean isBlockedConvolution(int index) {
        Step step = program.steps().get(index);
        return step.operation() instanceof Operation.Convolution
                && blocks.isBlocked(step.inputs().getFirst());
    }

    private Runnable convolution(
            Operation.Convolution c, int index, LoadedStep loaded, boolean relu, Tensor x, Tensor y) {
        Weights weights = loaded.weights().orElseThrow();
        if (!blocks.isBlocked(index + 1)) {
            return () -> weights.conv2d(c.spec(), x, loaded.bias(), y);
        }
        if (endsInSum(index)) {
            Step sum = program.steps().get(index + 1);
            int other = sum.inputs().get(sum.inputs().getFirst() == index + 1 ? 1 : 0);
            Tensor result = values.get(index + 2);
            Tensor addend = values.get(other);
            boolean sumRelu = sum.activation() == Nonlinearity.RELU;
            Runnable convolution = () -> weights.conv2d(x, Optional.of(addend), sumRelu, result);
            Optional<Runnable> then = sumRelu ? Optional.empty() : activation(sum.activation(), result);
            return then.map(last -> (Runnable) () -> {
                        convolution.run();
                        last.run();
                    })
                    .orElse(convolution);
        }
        return () -> weights.conv2d(x, Optional.empty(), relu, y);
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
        if (blocks.isBlocked(step.inputs().getFirst()) && !blocks.isBlocked(index + 1)) {
            Shape image = program.shape(step.inputs().getFirst()).inserting(0, batch);
            Tensor to = images().seenInBlocks(y.reshape(image.toArray()));
            return () -> backend.copy(x, to);
        }
        Tensor from = x.reshape(y.shape().toArray());
        return () -> backend.copy(from, y);
    }

    /** @param block channels of a block */
    private Runnable padded(Operation.PadChannels p, int block, Tensor x, Tensor y) {
        Tensor before = y.narrow(1, 0, p.before() / block);
        Tensor middle = y.narrow(1, p.before() / block, x.dim(1));
        Tensor after = y.narrow(1, p.before() / block + x.dim(1), p.after() / block);
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
