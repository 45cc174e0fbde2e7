package espalier.tensor.cpu;

import espalier.tensor.Layout;
import espalier.tensor.Shape;
import java.util.Arrays;

/**
 * Walks several layouts of one shape together, as few and as long runs as possible.
 *
 * <p>Axes of size 1 are dropped, and neighbouring axes are merged wherever every operand steps over them as one run. So
 * contiguous operands of any rank become a single loop, and a bias {@code [1, C, 1, 1]} added to {@code [N, C, H, W]}
 * becomes N·C runs of H·W in which the bias has stride 0.
 */
public final class StridedLoop {
    /**
     * The work on one run: element {@code i} of operand {@code p} is at {@code positions[p] + i·strides[p]}. Both
     * arrays may be longer, and are used again for the next run.
     */
    public interface Run {
        /** Handles {@code count} elements. */
        void run(int[] positions, int[] strides, int count);
    }

    private final int[] dims;
    /** {@code steps[operand][axis]}, for the merged axes. */
    private final int[][] steps;

    private final int[] offsets;
    private final boolean empty;

    private StridedLoop(Shape shape, Layout... operands) {
        int[] merged = new int[Math.max(1, shape.rank())];
        int[][] kept = new int[operands.length][merged.length];
        int count = 0;
        for (int axis = 0; axis < shape.rank(); axis++) {
            int dim = shape.dim(axis);
            if (dim == 1) {
                continue;
            }
            if (count > 0 && oneRun(kept, count - 1, operands, axis, dim)) {
                merged[count - 1] *= dim;
            } else {
                merged[count++] = dim;
            }
            for (int p = 0; p < operands.length; p++) {
                kept[p][count - 1] = operands[p].stride(axis);
            }
        }
        if (count == 0) {
            merged[count++] = 1;
        }
        this.dims = Arrays.copyOf(merged, count);
        this.steps = new int[operands.length][];
        this.offsets = new int[operands.length];
        for (int p = 0; p < operands.length; p++) {
            steps[p] = Arrays.copyOf(kept[p], count);
            offsets[p] = operands[p].offset();
        }
        this.empty = shape.size() == 0;
    }

    private static boolean oneRun(int[][] kept, int last, Layout[] operands, int axis, int dim) {
        for (int p = 0; p < operands.length; p++) {
            if (kept[p][last] != operands[p].stride(axis) * dim) {
                return false;
            }
        }
        return true;
    }

    /** A walk over operands that all have this shape. */
    public static StridedLoop of(Shape shape, Layout... operands) {
        return new StridedLoop(shape, operands);
    }

    /** Number of runs. */
    public int runs() {
        int n = empty ? 0 : 1;
        for (int axis = 0; axis < dims.length - 1; axis++) {
            n *= dims[axis];
        }
        return n;
    }

    /** Elements in each run. */
    public int runLength() {
        return dims[dims.length - 1];
    }

    /** Number of merged axes, at least 1; the runs go along the last. */
    public int axes() {
        return dims.length;
    }

    /** Size of a merged axis. */
    public int size(int axis) {
        return dims[axis];
    }

    /** How far an operand goes along a merged axis. */
    public int step(int operand, int axis) {
        return steps[operand][axis];
    }

    /** Where an operand begins. */
    public int offset(int operand) {
        return offsets[operand];
    }

    /** All runs, in row-major order. */
    public void forEach(Run body) {
        forEach(0, runs(), body);
    }

    /** Runs {@code from} (included) to {@code to} (not), in row-major order. */
    public void forEach(int from, int to, Run body) {
        if (from >= to) {
            return;
        }
        int inner = dims.length - 1;
        Walk walk = Walk.begin(inner, offsets.length);
        int[] index = walk.index;
        int[] positions = walk.positions;
        int rest = from;
        for (int axis = inner - 1; axis >= 0; axis--) {
            index[axis] = rest % dims[axis];
            rest /= dims[axis];
        }
        for (int p = 0; p < offsets.length; p++) {
            walk.strides[p] = steps[p][inner];
            positions[p] = offsets[p];
            for (int axis = 0; axis < inner; axis++) {
                positions[p] += index[axis] * steps[p][axis];
            }
        }
        try {
            for (int run = from; run < to; run++) {
                body.run(positions, walk.strides, dims[inner]);
                advance(index, positions, inner - 1);
            }
        } finally {
            walk.busy = false;
        }
    }

    /**
     * Where a walk is. Each thread keeps one, so that walking allocates nothing; a walk inside another gets its own.
     */
    private static final class Walk {
        private static final ThreadLocal<Walk> LATEST = ThreadLocal.withInitial(() -> new Walk(8, 4));

        final int[] index;
        final int[] positions;
        final int[] strides;
        boolean busy;

        private Walk(int axes, int operands) {
            index = new int[axes];
            positions = new int[operands];
            strides = new int[operands];
        }

        static Walk begin(int axes, int operands) {
            Walk walk = LATEST.get();
            if (walk.busy || walk.index.length < axes || walk.positions.length < operands) {
                walk = new Walk(axes, operands);
            }
            walk.busy = true;
            return walk;
        }
    }

    /** Adds one to the index like an odometer and moves the positions along. */
    private void advance(int[] index, int[] positions, int last) {
        for (int axis = last; axis >= 0; axis--) {
            boolean carry = ++index[axis] == dims[axis];
            int back = carry ? dims[axis] : 0;
            for (int p = 0; p < offsets.length; p++) {
                positions[p] += steps[p][axis] - back * steps[p][axis];
            }
            if (!carry) {
                return;
            }
            index[axis] = 0;
        }
    }
}
