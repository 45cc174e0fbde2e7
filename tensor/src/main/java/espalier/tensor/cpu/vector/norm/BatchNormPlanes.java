package espalier.tensor.cpu.vector.norm;

import static espalier.tensor.cpu.vector.lanes.Lanes.FLOATS;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;
import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LE;

import espalier.tensor.cpu.vector.lanes.Lanes;
import jdk.incubator.vector.FloatVector;

/**
 * The loops of batch normalization over one long plane, a run of {@code size} elements for which the channel's values
 * are numbers. {@link BatchNormColumns} has those for short planes.
 *
 * <p>The loops end in scalar tails. Every operation is exactly rounded, so a tail computes what a lane would.
 */
final class BatchNormPlanes {
    private BatchNormPlanes() {}

    /** {@code y = max((x − mean)·factor + shift, floor)}; {@code floor} is 0 or −∞. */
    static void normalize(
            float[] x, int xo, float mean, float factor, float shift, float floor, float[] y, int yo, int size) {
        int whole = Lanes.whole(size);
        FloatVector factors = FloatVector.broadcast(FLOATS, factor);
        FloatVector shifts = FloatVector.broadcast(FLOATS, shift);
        for (int i = 0; i < whole; i += Lanes.COUNT) {
            FloatVector v = VECTOR.cast(fromArray(FLOATS, x, xo + i)).sub(mean).fma(factors, shifts);
            v.blend(floor, v.compare(LE, floor)).intoArray(y, yo + i);
        }
        for (int i = whole; i < size; i++) {
            y[yo + i] = Math.max(Math.fma(x[xo + i] - mean, factor, shift), floor);
        }
    }

    /** {@code to = g} where {@link #normalize} gives more than 0, else 0. */
    static void pass(
            float[] x, int xo, float mean, float factor, float shift, float[] g, int go, float[] to, int at, int size) {
        int whole = Lanes.whole(size);
        FloatVector factors = FloatVector.broadcast(FLOATS, factor);
        FloatVector shifts = FloatVector.broadcast(FLOATS, shift);
        FloatVector zero = FloatVector.broadcast(FLOATS, 0f);
        for (int i = 0; i < whole; i += Lanes.COUNT) {
            FloatVector v = VECTOR.cast(fromArray(FLOATS, x, xo + i)).sub(mean).fma(factors, shifts);
            zero.blend(fromArray(FLOATS, g, go + i), v.compare(GT, 0f)).intoArray(to, at + i);
        }
        for (int i = whole; i < size; i++) {
            to[at + i] = Math.fma(x[xo + i] - mean, factor, shift) > 0 ? g[go + i] : 0f;
        }
    }

    /** {@code y = max((x − mean)·factor + shift + past, floor)}; {@code floor} is 0 or −∞. */
    static void normalizeAdd(
            float[] x,
            int xo,
            float mean,
            float factor,
            float shift,
            float[] past,
            int po,
            float floor,
            float[] y,
            int yo,
            int size) {
        int whole = Lanes.whole(size);
        FloatVector factors = FloatVector.broadcast(FLOATS, factor);
        FloatVector shifts = FloatVector.broadcast(FLOATS, shift);
        for (int i = 0; i < whole; i += Lanes.COUNT) {
            FloatVector v = VECTOR.cast(fromArray(FLOATS, x, xo + i)).sub(mean).fma(factors, shifts);
            FloatVector sum = v.add(fromArray(FLOATS, past, po + i));
            sum.blend(floor, sum.compare(LE, floor)).intoArray(y, yo + i);
        }
        for (int i = whole; i < size; i++) {
            y[yo + i] = Math.max(Math.fma(x[xo + i] - mean, factor, shift) + past[po + i], floor);
        }
    }

    /** {@code to = g} where {@code y} is positive, else 0. */
    static void passPositive(float[] y, int yo, float[] g, int go, float[] to, int at, int size) {
        int whole = Lanes.whole(size);
        FloatVector zero = FloatVector.broadcast(FLOATS, 0f);
        for (int i = 0; i < whole; i += Lanes.COUNT) {
            zero.blend(
                            fromArray(FLOATS, g, go + i),
                            fromArray(FLOATS, y, yo + i).compare(GT, 0f))
                    .intoArray(to, at + i);
        }
        for (int i = whole; i < size; i++) {
            to[at + i] = y[yo + i] > 0 ? g[go + i] : 0f;
        }
    }

    /** {@code y = max(x·scale + shift, floor)}; {@code floor} is 0 or −∞. */
    static void scaleShift(float[] x, int xo, float scale, float shift, float floor, float[] y, int yo, int size) {
        int whole = Lanes.whole(size);
        FloatVector scales = FloatVector.broadcast(FLOATS, scale);
        FloatVector shifts = FloatVector.broadcast(FLOATS, shift);
        for (int i = 0; i < whole; i += Lanes.COUNT) {
            VECTOR.cast(fromArray(FLOATS, x, xo + i))
                    .fma(scales, shifts)
                    .max(floor)
                    .intoArray(y, yo + i);
        }
        for (int i = whole; i < size; i++) {
            y[yo + i] = Math.max(Math.fma(x[xo + i], scale, shift), floor);
        }
    }

    /** {@code dx = (g − (x − mean)·along − offset)·factor}. */
    static void gradient(
            float[] x,
            int xo,
            float mean,
            float[] g,
            int go,
            float along,
            float offset,
            float factor,
            float[] dx,
            int to,
            int size) {
        int whole = Lanes.whole(size);
        FloatVector slope = FloatVector.broadcast(FLOATS, -along);
        for (int i = 0; i < whole; i += Lanes.COUNT) {
            FloatVector rest = VECTOR.cast(fromArray(FLOATS, g, go + i)).sub(offset);
            FloatVector centred = VECTOR.cast(fromArray(FLOATS, x, xo + i)).sub(mean);
            centred.fma(slope, rest).mul(factor).intoArray(dx, to + i);
        }
        for (int i = whole; i < size; i++) {
            dx[to + i] = Math.fma(x[xo + i] - mean, -along, g[go + i] - offset) * factor;
        }
    }
}
