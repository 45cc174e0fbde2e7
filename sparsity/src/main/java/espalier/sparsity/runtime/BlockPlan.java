package espalier.sparsity.runtime;

import espalier.sparsity.export.Operation;
import espalier.sparsity.export.Program;
import espalier.sparsity.export.Step;
import espalier.tensor.Shape;
import espalier.tensor.spi.BlockedImages;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Which values of a program lie in blocks of channels, where the device has kernels for that: all images from the first
 * convolution on, or none. Each change of layout would cost as much as a small step.
 */
final class BlockPlan {
    private static final int MANY_CHANNELS = 64;

    private final boolean[] blocked;

    private BlockPlan(boolean[] blocked) {
        this.blocked = blocked;
    }

    /** No value lies in blocks. */
    static BlockPlan none(Program program) {
        return new BlockPlan(new boolean[program.steps().size() + 1]);
    }

    /**
     * The plan of a program.
     *
     * @param kernels of the steps
     */
    static BlockPlan of(Program program, List<Optional<Kernel>> kernels, Optional<BlockedImages> images) {
        if (images.isEmpty() || !isWide(program)) {
            return none(program);
        }
        boolean[] blocked = new boolean[program.steps().size() + 1];
        for (int i = 0; i < program.steps().size(); i++) {
            Step step = program.steps().get(i);
            boolean begins = step.operation() instanceof Operation.Convolution c
                    && step.inputs().equals(List.of(0))
                    && images.get().takesStem(c.spec());
            boolean follows = step.inputs().stream().allMatch(input -> blocked[input]);
            boolean dense = kernels.get(i).orElse(Kernel.DENSE) == Kernel.DENSE;
            blocked[i + 1] = dense
                    && takes(images.get(), program.shape(i + 1))
                    && (begins || follows && takes(images.get(), step.operation()));
            if (!blocked[i + 1] && !ends(step.operation()) && !isPlain(step, blocked)) {
                return none(program);
            }
        }
        return blocked[program.steps().size()] ? none(program) : new BlockPlan(blocked); // the result is not in blocks
    }

    /**
     * Whether most multiply-adds are in sums over many channels: shorter ones do not pay for what kernels for blocks do
     * for each tile. Measured with 8 lanes, one image and one thread, by {@code examples/run bench infer}: ResNet-20,
     * of 16 to 64 channels, takes 0.94 ms in blocks and 0.66 as it is.
     */
    private static boolean isWide(Program program) {
        long wide = 0;
        long all = 0;
        for (int i = 0; i < program.steps().size(); i++) {
            if (program.steps().get(i).operation() instanceof Operation.Convolution c) {
                long macs = c.macs(program.shape(i + 1));
                all += macs;
                wide += c.weight().shape().dim(1) >= MANY_CHANNELS ? macs : 0;
            }
        }
        return all > 0 && 2 * wide >= all;
    }

    private static boolean isPlain(Step step, boolean[] blocked) {
        return step.inputs().stream().noneMatch(input -> blocked[input]);
    }

    private static boolean takes(BlockedImages images, Shape shape) {
        return shape.rank() == 3 && images.takes(shape.dim(0));
    }

    /** Whether an operation makes blocked images of such. */
    private static boolean takes(BlockedImages images, Operation operation) {
        return switch (operation) {
            case Operation.Convolution c -> images.takes(c.spec(), c.weight().shape());
            case Operation.MaxPool p -> images.takes(p.spec());
            case Operation.PadChannels p -> p.before() % images.block() == 0 && p.after() % images.block() == 0;
            case Operation.Add _, Operation.Identity _, Operation.Concat _, Operation.Subsample _ -> true;
            case Operation.Linear _, Operation.ScaleShift _, Operation.AveragePool _ -> false;
            case Operation.GlobalAverage _, Operation.Flatten _, Operation.Softmax _ -> false;
        };
    }

    /** Whether an operation makes something else of images, so that blocks end there. */
    private static boolean ends(Operation operation) {
        return operation instanceof Operation.GlobalAverage || operation instanceof Operation.Flatten;
    }

    /** Whether no value lies in blocks. */
    boolean isEmpty() {
        return IntStream.range(0, blocked.length).noneMatch(value -> blocked[value]);
    }

    /** Whether a value lies in blocks. */
    boolean isBlocked(int value) {
        return blocked[value];
    }
}
