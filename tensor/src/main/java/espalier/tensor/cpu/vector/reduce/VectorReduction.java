package espalier.tensor.cpu.vector.reduce;

import espalier.tensor.DType;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.cpu.HeapStorage;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.vector.lanes.Heap;
import espalier.tensor.cpu.vector.lanes.Tasks;
import espalier.tensor.spi.ReduceOp;
import java.util.Arrays;

/**
 * Reduces any axes of a contiguous tensor: the last group of neighbouring reduced axes by {@link RowReduction} or
 * {@link ColumnReduction}, and what is left of the others, which is smaller, by plain loops in double precision.
 */
public final class VectorReduction {
    /** Columns beyond which tasks take some of the columns and all rows. */
    private static final int WIDE = 4096;

    /** Rows up to this many elements are short: to sum up their lanes takes as long as the row. */
    private static final int SHORT_ROW = 256;

    /** Matrices that are many. */
    private static final int MANY = 8;

    private VectorReduction() {}

    /** Reduces the sorted axes of an F32 tensor; {@code out}, contiguous, is F32, I32 or BOOL. */
    public static void run(Parallel parallel, ReduceOp op, Tensor x, int[] axes, Tensor out) {
        Tensor rows = x.contiguous();
        double[] so = run(parallel, op, Heap.floats(rows), Heap.at(rows), x.shape(), axes);
        HeapStorage to = (HeapStorage) out.storage();
        int at = Heap.at(out);
        parallel.once(() -> store(so, to, at));
    }

    private static void store(double[] so, HeapStorage out, int to) {
        if (out.dtype() == DType.F32) {
            float[] y = out.floats();
            for (int i = 0; i < so.length; i++) {
                y[to + i] = (float) so[i];
            }
        } else if (out.dtype() == DType.I32) {
            int[] y = out.ints();
            for (int i = 0; i < so.length; i++) {
                y[to + i] = (int) so[i];
            }
        } else {
            byte[] y = out.bytes();
            for (int i = 0; i < so.length; i++) {
                y[to + i] = (byte) (so[i] != 0 ? 1 : 0);
            }
        }
    }

    /** Whether {@link #run} takes these types. */
    public static boolean takes(Tensor x, Tensor out) {
        return x.dtype() == DType.F32
                && (out.dtype() == DType.F32 || out.dtype() == DType.I32 || out.dtype() == DType.BOOL);
    }

    /**
     * Reduces the sorted axes of a row-major tensor.
     *
     * @return one result for each element of the shape without the axes, in row-major order
     */
    public static double[] run(Parallel parallel, ReduceOp op, float[] x, int at, Shape shape, int[] axes) {
        Groups groups = Groups.of(shape, axes);
        int last = groups.lastReduced();
        int outer = groups.product(0, last);
        int n = last < 0 ? 1 : groups.sizes()[last];
        int inner = groups.product(last + 1, groups.count());
        if (op == ReduceOp.SUM && groups.hasShortRows()) {
            int kept = groups.sizes()[1];
            double[] sums = strips(parallel, op, x, at, 1, groups.sizes()[0], kept * n);
            return plain(parallel, op, sums, kept, n, 1);
        }
        ReduceOp counted = op == ReduceOp.ANY || op == ReduceOp.ALL ? ReduceOp.COUNT_NONZERO : op;
        double[] so = inner == 1
                ? rows(parallel, counted, x, at, outer, n)
                : columns(parallel, counted, x, at, outer, n, inner);
        ReduceOp next = counted == ReduceOp.SUM_OF_SQUARES ? ReduceOp.SUM : counted;
        long terms = n;
        int behind = inner; // kept elements behind the group
        for (int group = last - 1; group >= 0; group--) {
            int size = groups.sizes()[group];
            if (groups.reduced()[group]) {
                so = plain(parallel, next, so, groups.product(0, group), size, behind);
                terms *= size;
            } else {
                behind *= size;
            }
        }
        return switch (op) {
            case ANY -> truth(parallel, so, 1);
            case ALL -> truth(parallel, so, terms);
            case SUM, SUM_OF_SQUARES, PROD, MIN, MAX, COUNT_NONZERO -> so;
        };
    }

    /** Neighbouring axes that are reduced, or kept, together; axes of size 1 are neither. */
    private record Groups(int[] sizes, boolean[] reduced, int count) {
        static Groups of(Shape shape, int[] axes) {
            int[] sizes = new int[shape.rank()];
            boolean[] reduced = new boolean[shape.rank()];
            int count = 0;
            for (int axis = 0; axis < shape.rank(); axis++) {
                int size = shape.dim(axis);
                boolean chosen = Arrays.binarySearch(axes, axis) >= 0;
                if (size == 1) {
                    continue;
                }
                if (count > 0 && reduced[count - 1] == chosen) {
                    sizes[count - 1] *= size;
                } else {
                    sizes[count] = size;
                    reduced[count++] = chosen;
                }
            }
            return new Groups(sizes, reduced, count);
        }

        /**
         * Whether short rows of many matrices are summed: {@code [N, C, S] → [C]}. It is faster to add up the matrices
         * first.
         */
        boolean hasShortRows() {
            return count == 3 && reduced[0] && reduced[2] && sizes[0] >= MANY && sizes[2] <= SHORT_ROW;
        }

        /** The last group that is reduced; −1 if none is. */
        int lastReduced() {
            int group = count - 1;
            while (group >= 0 && !reduced[group]) {
                group--;
            }
            return group;
        }

        int product(int from, int to) {
            int size = 1;
            for (int group = from; group < to; group++) {
                size *= sizes[group];
            }
            return size;
        }
    }

    /** 1 where at least {@code needed} elements are not 0. */
    private static double[] truth(Parallel parallel, double[] counts, long needed) {
        parallel.once(() -> {
            for (int i = 0; i < counts.length; i++) {
                counts[i] = counts[i] >= needed ? 1 : 0;
            }
        });
        return counts;
    }

    /** {@code [outer, n] → [outer]}. A long row is cut into chunks. */
    private static double[] rows(Parallel parallel, ReduceOp op, float[] x, int at, int outer, int n) {
        double[] so = new double[outer];
        int chunks = Math.max(1, Math.ceilDiv(n, Tasks.CHUNK));
        if (chunks == 1) {
            Tasks.ranges(parallel, outer, Tasks.rowsPerTask(n), 10 + 0.1 * n, (from, to) -> {
                for (int row = from; row < to; row++) {
                    so[row] = RowReduction.run(op, x, at + row * n, n);
                }
            });
            return so;
        }
        double[] parts = new double[outer * chunks];
        Tasks.each(parallel, parts.length, 0.1 * outer * n, part -> {
            int from = part % chunks * Tasks.CHUNK;
            int length = Math.min(Tasks.CHUNK, n - from);
            parts[part] = RowReduction.run(op, x, at + part / chunks * n + from, length);
        });
        ReduceOp next = op == ReduceOp.SUM_OF_SQUARES ? ReduceOp.SUM : op;
        return plain(parallel, next, parts, outer, chunks, 1);
    }

    /** {@code [outer, n, inner] → [outer, inner]}. */
    private static double[] columns(Parallel parallel, ReduceOp op, float[] x, int at, int outer, int n, int inner) {
        if (outer == 1 && inner < WIDE && (long) n * inner > Tasks.CHUNK) {
            int depth = Tasks.rowsPerTask(inner);
            int chunks = Math.ceilDiv(n, depth);
            double[] parts = new double[chunks * inner];
            Tasks.each(parallel, chunks, 0.1 * n * inner, chunk -> {
                int row = chunk * depth;
                int rows = Math.min(depth, n - row);
                Arrays.fill(parts, chunk * inner, (chunk + 1) * inner, op.identity());
                ColumnReduction.run(op, x, at + row * inner, inner, rows, inner, parts, chunk * inner);
            });
            return plain(parallel, op == ReduceOp.SUM_OF_SQUARES ? ReduceOp.SUM : op, parts, 1, chunks, inner);
        }
        return strips(parallel, op, x, at, outer, n, inner);
    }

    /** The same, a task for some columns and all rows. */
    private static double[] strips(Parallel parallel, ReduceOp op, float[] x, int at, int outer, int n, int inner) {
        double[] so = new double[outer * inner];
        int width = Math.min(inner, WIDE / 4);
        int strips = Math.ceilDiv(inner, Math.max(1, width));
        Tasks.ranges(parallel, outer * strips, Tasks.rowsPerTask(n * width), 10 + 0.1 * n * width, (first, end) -> {
            for (int task = first; task < end; task++) {
                int start = task / strips;
                int column = task % strips * width;
                int columns = Math.min(width, inner - column);
                int from = at + start * n * inner + column;
                int to = start * inner + column;
                Arrays.fill(so, to, to + columns, op.identity());
                ColumnReduction.run(op, x, from, inner, n, columns, so, to);
            }
        });
        return so;
    }

    /** {@code [outer, n, inner] → [outer, inner]}, in the order of n. */
    private static double[] plain(Parallel parallel, ReduceOp op, double[] x, int outer, int n, int inner) {
        double[] so = new double[outer * inner];
        parallel.once(() -> combine(op, x, outer, n, inner, so));
        return so;
    }

    private static void combine(ReduceOp op, double[] x, int outer, int n, int inner, double[] so) {
        Arrays.fill(so, op.identity());
        for (int i = 0; i < outer; i++) {
            for (int k = 0; k < n; k++) {
                for (int j = 0; j < inner; j++) {
                    int to = i * inner + j;
                    so[to] = RowReduction.combine(op, so[to], x[(i * n + k) * inner + j]);
                }
            }
        }
    }
}
