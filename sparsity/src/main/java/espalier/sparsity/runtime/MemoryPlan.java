package espalier.sparsity.runtime;

import espalier.sparsity.export.Operation;
import espalier.sparsity.export.Program;
import espalier.sparsity.export.Step;
import java.util.ArrayList;
import java.util.List;

/**
 * Where in one array each value of a program lies, so that values which are never needed at the same time share memory.
 *
 * <p>A buffer lives from the step that writes it to the last one that reads it. The largest buffers are placed first,
 * each at the lowest place that is free for its whole life (greedy by size: Pisarchyk and Lee 2020, "Efficient Memory
 * Management for Deep Neural Net Inference"). A step that works on each element by itself writes over an input that
 * nobody needs any more, and flattening is another view of the same buffer unless channels lie in blocks.
 *
 * <p>Sizes are those of one image; for a batch all offsets are multiplied by its size.
 */
final class MemoryPlan {
    /** Floats to which sizes are rounded: a cache line. */
    private static final int LINE = 16;

    private final int[] bufferOf;
    private final int[] offsets;
    private final int size;

    /** A buffer and the steps it must survive; the input is there before step 0. */
    private static final class Buffer {
        private final int birth;
        private final int size;
        private int death;
        private int offset;

        Buffer(int birth, int size) {
            this.birth = birth;
            this.size = Math.ceilDiv(size, LINE) * LINE;
            this.death = birth;
        }

        boolean meets(Buffer other) {
            return birth <= other.death && other.birth <= death;
        }
    }

    MemoryPlan(Program program, BlockPlan blocks) {
        List<Step> steps = program.steps();
        int values = steps.size() + 1;
        int[] lastUse = new int[values];
        for (int i = 0; i < steps.size(); i++) {
            for (int input : steps.get(i).inputs()) {
                lastUse[input] = i;
            }
        }
        List<Buffer> buffers = new ArrayList<>();
        bufferOf = new int[values];
        buffers.add(new Buffer(-1, program.input().size()));
        for (int i = 0; i < steps.size(); i++) {
            int shared = sharedInput(steps.get(i), i, lastUse, blocks);
            if (shared >= 0) {
                bufferOf[i + 1] = bufferOf[shared];
            } else {
                bufferOf[i + 1] = buffers.size();
                buffers.add(new Buffer(i, program.shape(i + 1).size()));
            }
            for (int input : steps.get(i).inputs()) {
                buffers.get(bufferOf[input]).death = Math.max(buffers.get(bufferOf[input]).death, i);
            }
        }
        size = place(buffers);
        offsets = new int[values];
        for (int value = 0; value < values; value++) {
            offsets[value] = buffers.get(bufferOf[value]).offset;
        }
    }

    /**
     * The input whose buffer the step may take over, since no later step reads it; −1 if there is none. Nor does one
     * read the values that this input took the buffer from: they were free when it did.
     */
    private int sharedInput(Step step, int at, int[] lastUse, BlockPlan blocks) {
        boolean inPlace = switch (step.operation()) {
            case Operation.Add _, Operation.Identity _ -> true;
            case Operation.Flatten _ -> !blocks.isBlocked(step.inputs().getFirst());
            case Operation.Convolution _, Operation.Linear _, Operation.ScaleShift _ -> false;
            case Operation.MaxPool _, Operation.AveragePool _, Operation.GlobalAverage _ -> false;
            case Operation.Concat _, Operation.Subsample _, Operation.PadChannels _ -> false;
            case Operation.Softmax _ -> false;
        };
        if (inPlace) {
            for (int input : step.inputs()) {
                if (lastUse[input] == at) {
                    return input;
                }
            }
        }
        return -1;
    }

    private static int place(List<Buffer> buffers) {
        List<Buffer> order = new ArrayList<>(buffers);
        order.sort((a, b) -> Integer.compare(b.size, a.size));
        List<Buffer> placed = new ArrayList<>(); // from the lowest place to the highest
        int total = 0;
        for (Buffer buffer : order) {
            int offset = 0;
            for (Buffer other : placed) {
                if (buffer.meets(other)) {
                    if (other.offset - offset >= buffer.size) {
                        break;
                    }
                    offset = Math.max(offset, other.offset + other.size);
                }
            }
            buffer.offset = offset;
            int before = placed.size();
            while (before > 0 && placed.get(before - 1).offset > offset) {
                before--;
            }
            placed.add(before, buffer);
            total = Math.max(total, Math.addExact(offset, buffer.size));
        }
        return total;
    }

    /** Floats for one image. */
    int size() {
        return size;
    }

    /** Where a value lies, for one image. */
    int offset(int value) {
        return offsets[value];
    }
}
