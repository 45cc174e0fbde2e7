package espalier.tensor.cpu.vector.conv;

import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;
import static jdk.incubator.vector.FloatVector.fromArray;

import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.Transpose;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The inner products of {@link PlaneGradient}: of each of four planes of the gradient with each of five of the input.
 *
 * <pre>
 *   sums[rows[r] + taps[t] + lane] += sum over i, step LANES, of m[mAt[r] + i + lane] * x[xAt[t] + i + lane]
 * </pre>
 *
 * <p>Nine vectors are read for twenty multiply-adds, which leaves the FMA units the bottleneck; the sums need the 32
 * registers of AVX-512. The lanes of a sum are added up by {@link #total} when all pixels have been seen.
 */
final class PlaneTile {
    /** Planes of the gradient. */
    static final int ROWS = 4;

    /** Planes of the input. */
    static final int TAPS = 5;

    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    private static final int LANES = Lanes.COUNT;

    private PlaneTile() {}

    /**
     * All products of some rows and some taps; where they do not fill a tile, the last ones are computed twice.
     *
     * @param n floats of a plane, a multiple of {@link Lanes#COUNT}
     * @param rowStep from one plane of m to the next
     * @param rows how many of them there are
     * @param xAt where each plane of x begins, relative to {@code xBase}
     * @param sums vectors to add to, those of a row side by side
     */
    static void run(
            int n, float[] m, int mAt, int rowStep, int rows, float[] x, int xBase, int[] xAt, float[] sums, int to) {
        int taps = xAt.length;
        int row = taps * LANES;
        for (int r = 0; r < rows; r += ROWS) {
            int r1 = Math.min(r + 1, rows - 1);
            int r2 = Math.min(r + 2, rows - 1);
            int r3 = Math.min(r + 3, rows - 1);
            for (int t = 0; t < taps; t += TAPS) {
                int t1 = Math.min(t + 1, taps - 1);
                int t2 = Math.min(t + 2, taps - 1);
                int t3 = Math.min(t + 3, taps - 1);
                int t4 = Math.min(t + 4, taps - 1);
                tile(
                        n,
                        m,
                        mAt + r * rowStep,
                        mAt + r1 * rowStep,
                        mAt + r2 * rowStep,
                        mAt + r3 * rowStep,
                        x,
                        xBase + xAt[t],
                        xBase + xAt[t1],
                        xBase + xAt[t2],
                        xBase + xAt[t3],
                        xBase + xAt[t4],
                        sums,
                        to + r * row,
                        to + r1 * row,
                        to + r2 * row,
                        to + r3 * row,
                        t * LANES,
                        t1 * LANES,
                        t2 * LANES,
                        t3 * LANES,
                        t4 * LANES);
            }
        }
    }

    private static void tile(
            int n,
            float[] m,
            int m0,
            int m1,
            int m2,
            int m3,
            float[] x,
            int x0,
            int x1,
            int x2,
            int x3,
            int x4,
            float[] s,
            int p0,
            int p1,
            int p2,
            int p3,
            int q0,
            int q1,
            int q2,
            int q3,
            int q4) {
        FloatVector s00 = fromArray(SPECIES, s, p0 + q0);
        FloatVector s01 = fromArray(SPECIES, s, p0 + q1);
        FloatVector s02 = fromArray(SPECIES, s, p0 + q2);
        FloatVector s03 = fromArray(SPECIES, s, p0 + q3);
        FloatVector s04 = fromArray(SPECIES, s, p0 + q4);
        FloatVector s10 = fromArray(SPECIES, s, p1 + q0);
        FloatVector s11 = fromArray(SPECIES, s, p1 + q1);
        FloatVector s12 = fromArray(SPECIES, s, p1 + q2);
        FloatVector s13 = fromArray(SPECIES, s, p1 + q3);
        FloatVector s14 = fromArray(SPECIES, s, p1 + q4);
        FloatVector s20 = fromArray(SPECIES, s, p2 + q0);
        FloatVector s21 = fromArray(SPECIES, s, p2 + q1);
        FloatVector s22 = fromArray(SPECIES, s, p2 + q2);
        FloatVector s23 = fromArray(SPECIES, s, p2 + q3);
        FloatVector s24 = fromArray(SPECIES, s, p2 + q4);
        FloatVector s30 = fromArray(SPECIES, s, p3 + q0);
        FloatVector s31 = fromArray(SPECIES, s, p3 + q1);
        FloatVector s32 = fromArray(SPECIES, s, p3 + q2);
        FloatVector s33 = fromArray(SPECIES, s, p3 + q3);
        FloatVector s34 = fromArray(SPECIES, s, p3 + q4);
        for (int i = 0; i < n; i += LANES) {
            FloatVector b0 = fromArray(SPECIES, x, x0 + i);
            FloatVector b1 = fromArray(SPECIES, x, x1 + i);
            FloatVector b2 = fromArray(SPECIES, x, x2 + i);
            FloatVector b3 = fromArray(SPECIES, x, x3 + i);
            FloatVector b4 = fromArray(SPECIES, x, x4 + i);
            FloatVector a = VECTOR.cast(fromArray(SPECIES, m, m0 + i));
            s00 = a.fma(b0, s00);
            s01 = a.fma(b1, s01);
            s02 = a.fma(b2, s02);
            s03 = a.fma(b3, s03);
            s04 = a.fma(b4, s04);
            a = fromArray(SPECIES, m, m1 + i);
            s10 = a.fma(b0, s10);
            s11 = a.fma(b1, s11);
            s12 = a.fma(b2, s12);
            s13 = a.fma(b3, s13);
            s14 = a.fma(b4, s14);
            a = fromArray(SPECIES, m, m2 + i);
            s20 = a.fma(b0, s20);
            s21 = a.fma(b1, s21);
            s22 = a.fma(b2, s22);
            s23 = a.fma(b3, s23);
            s24 = a.fma(b4, s24);
            a = fromArray(SPECIES, m, m3 + i);
            s30 = a.fma(b0, s30);
            s31 = a.fma(b1, s31);
            s32 = a.fma(b2, s32);
            s33 = a.fma(b3, s33);
            s34 = a.fma(b4, s34);
        }
        VECTOR.cast(s00).intoArray(s, p0 + q0);
        VECTOR.cast(s01).intoArray(s, p0 + q1);
        VECTOR.cast(s02).intoArray(s, p0 + q2);
        VECTOR.cast(s03).intoArray(s, p0 + q3);
        VECTOR.cast(s04).intoArray(s, p0 + q4);
        VECTOR.cast(s10).intoArray(s, p1 + q0);
        VECTOR.cast(s11).intoArray(s, p1 + q1);
        VECTOR.cast(s12).intoArray(s, p1 + q2);
        VECTOR.cast(s13).intoArray(s, p1 + q3);
        VECTOR.cast(s14).intoArray(s, p1 + q4);
        VECTOR.cast(s20).intoArray(s, p2 + q0);
        VECTOR.cast(s21).intoArray(s, p2 + q1);
        VECTOR.cast(s22).intoArray(s, p2 + q2);
        VECTOR.cast(s23).intoArray(s, p2 + q3);
        VECTOR.cast(s24).intoArray(s, p2 + q4);
        VECTOR.cast(s30).intoArray(s, p3 + q0);
        VECTOR.cast(s31).intoArray(s, p3 + q1);
        VECTOR.cast(s32).intoArray(s, p3 + q2);
        VECTOR.cast(s33).intoArray(s, p3 + q3);
        VECTOR.cast(s34).intoArray(s, p3 + q4);
    }

    /**
     * Adds up the lanes of {@code count} vectors: {@code to[toAt + i]} becomes the sum of those of vector i. The
     * vectors may be read up to a multiple of {@link Lanes#COUNT}.
     */
    static void total(float[] sums, int at, int count, float[] to, int toAt) {
        float[] turned = Scratch.floats(Scratch.TURNED, LANES * LANES);
        for (int i = 0; i < count; i += LANES) {
            Transpose.run(sums, at + i * LANES, LANES, LANES, LANES, turned, 0, LANES);
            FloatVector sum = fromArray(SPECIES, turned, 0);
            for (int lane = 1; lane < LANES; lane++) {
                sum = VECTOR.cast(fromArray(SPECIES, turned, lane * LANES)).add(sum);
            }
            VECTOR.cast(sum).intoArray(turned, 0);
            System.arraycopy(turned, 0, to, toAt + i, Math.min(LANES, count - i));
        }
    }
}
