package espalier.tensor.cpu.vector.pool;

import static espalier.tensor.cpu.vector.lanes.Lanes.COUNT;
import static espalier.tensor.cpu.vector.lanes.Lanes.FLOATS;
import static espalier.tensor.cpu.vector.lanes.Lanes.INTS;
import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.NE;

import espalier.tensor.spi.PoolSpec;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/** The windows of one output row: the places of the window that lie on input rows, and the loops over them. */
final class PoolWindow {
    private final PoolSpec spec;
    private final PoolPlane pool;
    private final int height;
    private final int width;
    /** Where place t stands in the phases for output column 0. */
    private final int[] starts;
    /** What place t adds to the window's left column to give its index {@code h·W + w}. */
    private final int[] indices;

    private int count;
    private int firstRow;

    /** Windows over planes {@code [height, width]} that {@code pool} has read. */
    PoolWindow(PoolSpec spec, PoolPlane pool, int height, int width) {
        this.spec = spec;
        this.pool = pool;
        this.height = height;
        this.width = width;
        this.starts = new int[spec.kernelH() * spec.kernelW()];
        this.indices = new int[starts.length];
    }

    /** Goes to an output row. */
    void moveTo(int outputRow) {
        count = 0;
        firstRow = Math.max(0, pool.inputRow(outputRow, 0));
        for (int p = 0; p < spec.kernelH(); p++) {
            int row = pool.inputRow(outputRow, p);
            if (row < 0 || row >= height) {
                continue;
            }
            for (int q = 0; q < spec.kernelW(); q++) {
                starts[count] = pool.start(row, q);
                indices[count++] = row * width + q;
            }
        }
    }

    /**
     * The maxima of the row and their places.
     *
     * @param left leftmost column of each window
     * @param firstInside the same, or 0 if that is on the padding: where a window of −∞ has its maximum
     */
    void max(int[] left, int[] firstInside, float[] value, int[] place) {
        float[] phases = pool.phases;
        int[] from = starts;
        int[] index = indices;
        int taps = count;
        for (int j = 0; j < value.length; j += COUNT) {
            FloatVector best = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
            IntVector at = IntVector.fromArray(INTS, firstInside, j).add(firstRow * width);
            IntVector column = IntVector.fromArray(INTS, left, j);
            for (int t = 0; t < taps; t++) {
                FloatVector v = fromArray(FLOATS, phases, from[t] + j);
                var stays = v.compare(LE, best).or(best.compare(NE, best)); // not larger, or NaN is there already
                best = v.blend(best, stays);
                at = column.add(index[t]).blend(at, stays.cast(INTS));
            }
            best.intoArray(value, j);
            at.intoArray(place, j);
        }
    }

    /** The sums of the row, in the order of the window. */
    void sum(float[] value) {
        float[] phases = pool.phases;
        int[] from = starts;
        int taps = count;
        for (int j = 0; j < value.length; j += COUNT) {
            FloatVector sum = FloatVector.zero(FLOATS);
            for (int t = 0; t < taps; t++) {
                sum = sum.add(fromArray(FLOATS, phases, from[t] + j));
            }
            sum.intoArray(value, j);
        }
    }
}
