package espalier.tensor.cpu.vector.pool;

import static espalier.tensor.cpu.vector.lanes.Lanes.COUNT;
import static espalier.tensor.cpu.vector.lanes.Lanes.FLOATS;
import static espalier.tensor.cpu.vector.lanes.Lanes.INTS;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;
import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.NE;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Loops over all windows of a {@link PoolPlane} at once, a place of the window after the other. Several vectors of
 * windows go side by side, so that one need not wait for the other's comparisons and sums.
 */
final class PoolWindow {
    private PoolWindow() {}

    /**
     * {@code value[f] = max x[starts[t] + f]} over the places t of a window, {@code place[f]} which it was.
     *
     * @param indices what place t adds to the index of the window's first place
     * @param none what stands for a place if all of them are −∞
     */
    static void max(float[] x, int[] starts, int[] indices, int[] none, float[] value, int[] place, int n) {
        for (int f = 0; f < n; f += 2 * COUNT) {
            FloatVector best = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
            FloatVector best2 = best;
            IntVector at = IntVector.fromArray(INTS, none, f);
            IntVector at2 = IntVector.fromArray(INTS, none, f + COUNT);
            for (int t = 0; t < starts.length; t++) {
                FloatVector v = fromArray(FLOATS, x, starts[t] + f);
                FloatVector v2 = fromArray(FLOATS, x, starts[t] + f + COUNT);
                IntVector index = IntVector.broadcast(INTS, indices[t]);
                var stays = v.compare(LE, best).or(best.compare(NE, best)); // not larger, or NaN is there already
                var stays2 = v2.compare(LE, best2).or(best2.compare(NE, best2));
                best = v.blend(best, stays);
                best2 = v2.blend(best2, stays2);
                at = index.blend(at, stays.cast(INTS));
                at2 = index.blend(at2, stays2.cast(INTS));
            }
            VECTOR.cast(best).intoArray(value, f);
            VECTOR.cast(best2).intoArray(value, f + COUNT);
            at.intoArray(place, f);
            at2.intoArray(place, f + COUNT);
        }
    }

    /** {@code y[yo + f] = Σ x[xo + starts[t] + f]}, in the order of t. */
    static void sum(float[] x, int xo, int[] starts, float[] y, int yo, int n) {
        for (int f = 0; f < n; f += 4 * COUNT) {
            FloatVector a = FloatVector.zero(FLOATS);
            FloatVector b = a;
            FloatVector c = a;
            FloatVector d = a;
            for (int t = 0; t < starts.length; t++) {
                int at = xo + starts[t] + f;
                a = VECTOR.cast(a).add(fromArray(FLOATS, x, at));
                b = VECTOR.cast(b).add(fromArray(FLOATS, x, at + COUNT));
                c = VECTOR.cast(c).add(fromArray(FLOATS, x, at + 2 * COUNT));
                d = VECTOR.cast(d).add(fromArray(FLOATS, x, at + 3 * COUNT));
            }
            VECTOR.cast(a).intoArray(y, yo + f);
            VECTOR.cast(b).intoArray(y, yo + f + COUNT);
            VECTOR.cast(c).intoArray(y, yo + f + 2 * COUNT);
            VECTOR.cast(d).intoArray(y, yo + f + 3 * COUNT);
        }
    }

    /** {@code y[i] = y[i]/by[i]} over whole vectors. */
    static void divide(float[] y, float[] by, int n) {
        for (int i = 0; i < n; i += COUNT) {
            VECTOR.cast(fromArray(FLOATS, y, i)).div(fromArray(FLOATS, by, i)).intoArray(y, i);
        }
    }
}
