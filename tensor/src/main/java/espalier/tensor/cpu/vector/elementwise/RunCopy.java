package espalier.tensor.cpu.vector.elementwise;

import espalier.tensor.Tensor;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.StridedLoop;
import espalier.tensor.cpu.vector.lanes.Heap;
import espalier.tensor.cpu.vector.lanes.StridedCopy;
import espalier.tensor.cpu.vector.lanes.Tasks;
import java.util.Arrays;

/**
 * Copies between F32 layouts run by run, as far as both sides go straight on: a part of a tensor, every second pixel,
 * one value many times.
 *
 * <p>A single long run is cut into chunks, many short ones are put together, so that either can be divided among
 * threads.
 */
final class RunCopy {
    /** What finding the next run costs, in elements. */
    private static final int RUN_COST = 16;

    private final StridedLoop loop;
    private final float[] x;
    private final float[] y;

    private RunCopy(StridedLoop loop, float[] x, float[] y) {
        this.loop = loop;
        this.x = x;
        this.y = y;
    }

    static void run(Parallel parallel, StridedLoop loop, Tensor from, Tensor to) {
        new RunCopy(loop, Heap.floats(from), Heap.floats(to)).run(parallel);
    }

    private void run(Parallel parallel) {
        int length = loop.runLength();
        if (loop.runs() == 1) {
            int fromStep = loop.step(0, loop.axes() - 1);
            int toStep = loop.step(1, loop.axes() - 1);
            Tasks.ranges(parallel, length, Tasks.CHUNK, 0.4, (first, end) -> {
                int at = loop.offset(0) + first * fromStep;
                one(at, fromStep, loop.offset(1) + first * toStep, toStep, end - first);
            });
            return;
        }
        int cost = length + RUN_COST;
        Tasks.ranges(parallel, loop.runs(), Tasks.rowsPerTask(cost), 0.4 * cost, this::some);
    }

    /** Runs {@code first} to {@code end - 1}; those side by side along the axis before the last take no search. */
    private void some(int first, int end) {
        int last = loop.axes() - 1;
        int group = loop.size(last - 1);
        for (int run = first, next; run < end; run = next) {
            next = Math.min(end, (run / group + 1) * group);
            int from = place(0, run);
            int to = place(1, run);
            for (int i = 0; i < next - run; i++) {
                int fromAt = from + i * loop.step(0, last - 1);
                int toAt = to + i * loop.step(1, last - 1);
                one(fromAt, loop.step(0, last), toAt, loop.step(1, last), loop.size(last));
            }
        }
    }

    /** Where an operand has the first element of a run. */
    private int place(int operand, int run) {
        int at = loop.offset(operand);
        int rest = run;
        for (int axis = loop.axes() - 2; axis >= 0; axis--) {
            at += rest % loop.size(axis) * loop.step(operand, axis);
            rest /= loop.size(axis);
        }
        return at;
    }

    private void one(int from, int fromStep, int to, int toStep, int n) {
        if (fromStep == 1 && toStep == 1) {
            System.arraycopy(x, from, y, to, n);
        } else if (toStep == 1 && fromStep == 0) {
            Arrays.fill(y, to, to + n, x[from]);
        } else if (toStep == 1 && fromStep > 0) {
            StridedCopy.gather(x, from, fromStep, y, to, n);
        } else if (fromStep == 1 && toStep > 0) {
            StridedCopy.scatter(x, from, y, to, toStep, n);
        } else {
            for (int i = 0; i < n; i++) {
                y[to + i * toStep] = x[from + i * fromStep];
            }
        }
    }
}
