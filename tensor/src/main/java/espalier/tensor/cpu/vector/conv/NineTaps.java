package espalier.tensor.cpu.vector.conv;

import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;
import static jdk.incubator.vector.FloatVector.fromArray;

import espalier.tensor.cpu.vector.lanes.Lanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The two inner loops of a depthwise 3×3 convolution. A channel is seen by one kernel only, so nothing is gained by
 * tiles; the nine weights, or the nine sums of their gradient, stay in registers while a plane streams by.
 */
final class NineTaps {
    static final int COUNT = 9;

    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    private static final int LANES = Lanes.COUNT;

    private NineTaps() {}

    /** {@code c[cBase + cStarts[v] + j] = bias + sum over t of a[aAt + t] * x[xBase + xStarts[v] + offsets[t] + j]}. */
    static void correlate(
            float[] a,
            int aAt,
            int[] offsets,
            float[] x,
            int xBase,
            int[] xStarts,
            float[] c,
            int cBase,
            int[] cStarts,
            float bias) {
        FloatVector a0 = FloatVector.broadcast(SPECIES, a[aAt]);
        FloatVector a1 = FloatVector.broadcast(SPECIES, a[aAt + 1]);
        FloatVector a2 = FloatVector.broadcast(SPECIES, a[aAt + 2]);
        FloatVector a3 = FloatVector.broadcast(SPECIES, a[aAt + 3]);
        FloatVector a4 = FloatVector.broadcast(SPECIES, a[aAt + 4]);
        FloatVector a5 = FloatVector.broadcast(SPECIES, a[aAt + 5]);
        FloatVector a6 = FloatVector.broadcast(SPECIES, a[aAt + 6]);
        FloatVector a7 = FloatVector.broadcast(SPECIES, a[aAt + 7]);
        FloatVector a8 = FloatVector.broadcast(SPECIES, a[aAt + 8]);
        int x0 = xBase + offsets[0];
        int x1 = xBase + offsets[1];
        int x2 = xBase + offsets[2];
        int x3 = xBase + offsets[3];
        int x4 = xBase + offsets[4];
        int x5 = xBase + offsets[5];
        int x6 = xBase + offsets[6];
        int x7 = xBase + offsets[7];
        int x8 = xBase + offsets[8];
        for (int v = 0; v < xStarts.length; v++) {
            int at = xStarts[v];
            FloatVector s = FloatVector.broadcast(SPECIES, bias);
            s = a0.fma(fromArray(SPECIES, x, x0 + at), s);
            s = a1.fma(fromArray(SPECIES, x, x1 + at), s);
            s = a2.fma(fromArray(SPECIES, x, x2 + at), s);
            s = a3.fma(fromArray(SPECIES, x, x3 + at), s);
            s = a4.fma(fromArray(SPECIES, x, x4 + at), s);
            s = a5.fma(fromArray(SPECIES, x, x5 + at), s);
            s = a6.fma(fromArray(SPECIES, x, x6 + at), s);
            s = a7.fma(fromArray(SPECIES, x, x7 + at), s);
            s = a8.fma(fromArray(SPECIES, x, x8 + at), s);
            VECTOR.cast(s).intoArray(c, cBase + cStarts[v]);
        }
    }

    /**
     * {@code sums[sumsAt + t*LANES + lane] += sum over i, step LANES, of d[i + lane] * x[i + lane + offsets[first +
     * t]]} for i below {@code length}, a multiple of LANES. Past the end of {@code offsets} the last tap is repeated.
     */
    static void multiply(float[] x, int[] offsets, int first, float[] d, int length, float[] sums, int sumsAt) {
        int last = offsets.length - 1;
        int x0 = offsets[first];
        int x1 = offsets[Math.min(first + 1, last)];
        int x2 = offsets[Math.min(first + 2, last)];
        int x3 = offsets[Math.min(first + 3, last)];
        int x4 = offsets[Math.min(first + 4, last)];
        int x5 = offsets[Math.min(first + 5, last)];
        int x6 = offsets[Math.min(first + 6, last)];
        int x7 = offsets[Math.min(first + 7, last)];
        int x8 = offsets[Math.min(first + 8, last)];
        FloatVector s0 = FloatVector.zero(SPECIES);
        FloatVector s1 = FloatVector.zero(SPECIES);
        FloatVector s2 = FloatVector.zero(SPECIES);
        FloatVector s3 = FloatVector.zero(SPECIES);
        FloatVector s4 = FloatVector.zero(SPECIES);
        FloatVector s5 = FloatVector.zero(SPECIES);
        FloatVector s6 = FloatVector.zero(SPECIES);
        FloatVector s7 = FloatVector.zero(SPECIES);
        FloatVector s8 = FloatVector.zero(SPECIES);
        for (int i = 0; i < length; i += LANES) {
            FloatVector b = VECTOR.cast(fromArray(SPECIES, d, i));
            s0 = b.fma(fromArray(SPECIES, x, x0 + i), s0);
            s1 = b.fma(fromArray(SPECIES, x, x1 + i), s1);
            s2 = b.fma(fromArray(SPECIES, x, x2 + i), s2);
            s3 = b.fma(fromArray(SPECIES, x, x3 + i), s3);
            s4 = b.fma(fromArray(SPECIES, x, x4 + i), s4);
            s5 = b.fma(fromArray(SPECIES, x, x5 + i), s5);
            s6 = b.fma(fromArray(SPECIES, x, x6 + i), s6);
            s7 = b.fma(fromArray(SPECIES, x, x7 + i), s7);
            s8 = b.fma(fromArray(SPECIES, x, x8 + i), s8);
        }
        s0.add(fromArray(SPECIES, sums, sumsAt)).intoArray(sums, sumsAt);
        s1.add(fromArray(SPECIES, sums, sumsAt + LANES)).intoArray(sums, sumsAt + LANES);
        s2.add(fromArray(SPECIES, sums, sumsAt + 2 * LANES)).intoArray(sums, sumsAt + 2 * LANES);
        s3.add(fromArray(SPECIES, sums, sumsAt + 3 * LANES)).intoArray(sums, sumsAt + 3 * LANES);
        s4.add(fromArray(SPECIES, sums, sumsAt + 4 * LANES)).intoArray(sums, sumsAt + 4 * LANES);
        s5.add(fromArray(SPECIES, sums, sumsAt + 5 * LANES)).intoArray(sums, sumsAt + 5 * LANES);
        s6.add(fromArray(SPECIES, sums, sumsAt + 6 * LANES)).intoArray(sums, sumsAt + 6 * LANES);
        s7.add(fromArray(SPECIES, sums, sumsAt + 7 * LANES)).intoArray(sums, sumsAt + 7 * LANES);
        s8.add(fromArray(SPECIES, sums, sumsAt + 8 * LANES)).intoArray(sums, sumsAt + 8 * LANES);
    }

    /**
     * The sum of the lanes of one tap, in their order. Not {@code reduceLanes}, whose order, and with it the last bit,
     * is another in compiled code than in interpreted code.
     */
    static float total(float[] sums, int at) {
        float sum = 0f;
        for (int lane = 0; lane < LANES; lane++) {
            sum += sums[at + lane];
        }
        return sum;
    }
}
