package espalier.tensor.cpu.vector.elementwise;

import espalier.tensor.Tensor;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.StridedLoop;
import espalier.tensor.cpu.vector.lanes.Heap;
import espalier.tensor.cpu.vector.lanes.StridedCopy;
import espalier.tensor.cpu.vector.lanes.Tasks;
import espalier.tensor.cpu.vector.lanes.Transpose;

/**
 * Copies between F32 layouts whose runs go along different axes, as from {@code [N, C, H, W]} to {@code [N, H, W, C]};
 * others by {@link RunCopy}.
 *
 * <p>Element by element, one side would touch another line of the cache, and another page, at each step. So a matrix of
 * one axis along which the source is a run and one along which the target is goes in tiles: a tile is turned in
 * registers into an array that stays in the second cache, and leaves it in long runs, since finding a page of the
 * target costs about as much as writing half of it.
 */
public final class VectorCopy {
    /** Columns of a tile: two cache lines of each row of the source. */
    private static final int COLUMNS = 32;

    /** Rows of a tile, and so the longest run written. */
    private static final int ROWS = 512;

    /** Distance of the tile's lines, no power of two, so that they do not meet in one set of the cache. */
    private static final int PITCH = ROWS + 16;

    private final StridedLoop loop;
    private final int from;
    private final int to;

    /** Operand 0 is a run along axis {@code from}, operand 1 along axis {@code to}. */
    private VectorCopy(StridedLoop loop, int from, int to) {
        this.loop = loop;
        this.from = from;
        this.to = to;
    }

    /** {@code to[i] = from[i]} for two tensors of one shape. */
    public static void run(Parallel parallel, Tensor x, Tensor out) {
        StridedLoop loop = StridedLoop.of(out.shape(), x.layout(), out.layout());
        int from = run(loop, 0);
        int to = run(loop, 1);
        if (loop.runs() == 0) {
            return;
        }
        if (from < 0 || to < 0 || from == to) {
            RunCopy.run(parallel, loop, x, out);
        } else {
            new VectorCopy(loop, from, to).run(parallel, Heap.floats(x), Heap.floats(out));
        }
    }

    /** The axis along which an operand is a run of at least a few elements; −1 if there is none. */
    private static int run(StridedLoop loop, int operand) {
        for (int axis = 0; axis < loop.axes(); axis++) {
            if (loop.step(operand, axis) == 1 && loop.size(axis) >= 4) {
                return axis;
            }
        }
        return -1;
    }

    private void run(Parallel parallel, float[] x, float[] y) {
        int rows = loop.size(to); // the target's run: side by side there, rows of the source
        int columns = loop.size(from);
        int matrices = loop.runs() * loop.runLength() / rows / columns;
        int bands = Math.ceilDiv(rows, ROWS);
        int size = Math.min(rows, ROWS) * columns;
        Tasks.ranges(parallel, matrices * bands, Tasks.rowsPerTask(size), 0.5 * size, (first, end) -> {
            for (int band = first; band < end; band++) {
                int row = band % bands * ROWS;
                int source = place(0, band / bands) + row * loop.step(0, to);
                int target = place(1, band / bands) + row;
                band(x, source, y, target, Math.min(ROWS, rows - row), columns);
            }
        });
    }

    /** Where an operand has the first element of a matrix, numbered along all the other axes. */
    private int place(int operand, int matrix) {
        int at = loop.offset(operand);
        int rest = matrix;
        for (int axis = loop.axes() - 1; axis >= 0; axis--) {
            if (axis != from && axis != to) {
                at += rest % loop.size(axis) * loop.step(operand, axis);
                rest /= loop.size(axis);
            }
        }
        return at;
    }

    /** At most {@link #ROWS} rows of the source, all their columns. */
    private void band(float[] x, int source, float[] y, int target, int rows, int columns) {
        int rowStep = loop.step(0, to);
        int columnStep = loop.step(1, from);
        float[] tile = Scratch.floats(Scratch.TURNED, COLUMNS * PITCH);
        for (int column = 0; column < columns; column += COLUMNS) {
            int count = Math.min(COLUMNS, columns - column);
            Transpose.run(x, source + column, rowStep, rows, count, tile, 0, PITCH);
            for (int c = 0; c < count; c++) {
                StridedCopy.copy(tile, c * PITCH, y, target + (column + c) * columnStep, rows);
            }
        }
    }
}
