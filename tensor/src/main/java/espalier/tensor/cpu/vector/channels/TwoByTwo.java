package espalier.tensor.cpu.vector.channels;

import static espalier.tensor.cpu.vector.lanes.Lanes.ONE;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;
import static jdk.incubator.vector.FloatVector.fromArray;

import espalier.tensor.cpu.vector.lanes.Lanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link Squares} of 2 × 2 results, F(2×2, 3×3): products of polynomials at 0, 1, −1 and infinity (Lavin and Gray 2016,
 * section 4.1).
 *
 * <pre>
 *        1  0 −1  0          1    0    0          1  0
 *   Bᵀ = 0  1  1  0      G = ½    ½    ½      A = 1  1
 *        0 −1  1  0          ½   −½    ½          1 −1
 *        0  1  0 −1          0    0    1          0 −1
 * </pre>
 */
final class TwoByTwo {
    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    private static final int LANES = Lanes.COUNT;

    private TwoByTwo() {}

    /**
     * {@code Bᵀ d B} of a row of neighbouring squares, whose pixels begin at {@code at} and have rows {@code pitch}
     * floats long.
     *
     * <p>Two columns of a square are two of the next one, which reads them again: of vectors that go from one turn of
     * the loop to the next the compiler (C2) makes objects in some processes.
     */
    static void turnPixels(float[] d, int at, int pitch, int squares, float[] v, int to, int plane) {
        FloatVector minus = ONE.broadcast(-1f);
        for (int j = 0; j < squares; j++) {
            int r0 = at + 2 * j * LANES;
            int r1 = r0 + pitch;
            int r2 = r1 + pitch;
            int r3 = r2 + pitch;
            int k = to + j * LANES;
            FloatVector d00 = fromArray(SPECIES, d, r0);
            FloatVector d10 = fromArray(SPECIES, d, r1);
            FloatVector d20 = fromArray(SPECIES, d, r2);
            FloatVector d30 = fromArray(SPECIES, d, r3);
            FloatVector a0 = minus.fma(d20, d00);
            FloatVector b0 = VECTOR.cast(d10).add(d20);
            FloatVector c0 = minus.fma(d10, d20);
            FloatVector e0 = minus.fma(d30, d10);
            FloatVector d01 = fromArray(SPECIES, d, r0 + LANES);
            FloatVector d11 = fromArray(SPECIES, d, r1 + LANES);
            FloatVector d21 = fromArray(SPECIES, d, r2 + LANES);
            FloatVector d31 = fromArray(SPECIES, d, r3 + LANES);
            FloatVector a1 = minus.fma(d21, d01);
            FloatVector b1 = VECTOR.cast(d11).add(d21);
            FloatVector c1 = minus.fma(d11, d21);
            FloatVector e1 = minus.fma(d31, d11);
            FloatVector d02 = fromArray(SPECIES, d, r0 + 2 * LANES);
            FloatVector d12 = fromArray(SPECIES, d, r1 + 2 * LANES);
            FloatVector d22 = fromArray(SPECIES, d, r2 + 2 * LANES);
            FloatVector d32 = fromArray(SPECIES, d, r3 + 2 * LANES);
            FloatVector a2 = minus.fma(d22, d02);
            FloatVector b2 = VECTOR.cast(d12).add(d22);
            FloatVector c2 = minus.fma(d12, d22);
            FloatVector e2 = minus.fma(d32, d12);
            FloatVector d03 = fromArray(SPECIES, d, r0 + 3 * LANES);
            FloatVector d13 = fromArray(SPECIES, d, r1 + 3 * LANES);
            FloatVector d23 = fromArray(SPECIES, d, r2 + 3 * LANES);
            FloatVector d33 = fromArray(SPECIES, d, r3 + 3 * LANES);
            FloatVector a3 = minus.fma(d23, d03);
            FloatVector b3 = VECTOR.cast(d13).add(d23);
            FloatVector c3 = minus.fma(d13, d23);
            FloatVector e3 = minus.fma(d33, d13);
            VECTOR.cast(minus.fma(a2, a0)).intoArray(v, k);
            VECTOR.cast(ONE.fma(a1, a2)).intoArray(v, k + plane);
            VECTOR.cast(minus.fma(a1, a2)).intoArray(v, k + 2 * plane);
            VECTOR.cast(minus.fma(a3, a1)).intoArray(v, k + 3 * plane);
            VECTOR.cast(minus.fma(b2, b0)).intoArray(v, k + 4 * plane);
            VECTOR.cast(ONE.fma(b1, b2)).intoArray(v, k + 5 * plane);
            VECTOR.cast(minus.fma(b1, b2)).intoArray(v, k + 6 * plane);
            VECTOR.cast(minus.fma(b3, b1)).intoArray(v, k + 7 * plane);
            VECTOR.cast(minus.fma(c2, c0)).intoArray(v, k + 8 * plane);
            VECTOR.cast(ONE.fma(c1, c2)).intoArray(v, k + 9 * plane);
            VECTOR.cast(minus.fma(c1, c2)).intoArray(v, k + 10 * plane);
            VECTOR.cast(minus.fma(c3, c1)).intoArray(v, k + 11 * plane);
            VECTOR.cast(minus.fma(e2, e0)).intoArray(v, k + 12 * plane);
            VECTOR.cast(ONE.fma(e1, e2)).intoArray(v, k + 13 * plane);
            VECTOR.cast(minus.fma(e1, e2)).intoArray(v, k + 14 * plane);
            VECTOR.cast(minus.fma(e3, e1)).intoArray(v, k + 15 * plane);
        }
    }

    /** {@code Aᵀ m A + bias} of a row of neighbouring squares, two rows of results {@code pitch} floats apart. */
    static void turnBack(
            float[] m, int at, int plane, int squares, float[] bias, int biasAt, float[] y, int to, int pitch) {
        for (int j = 0; j < squares; j++) {
            int k = at + j * LANES;
            FloatVector b = VECTOR.cast(fromArray(SPECIES, bias, biasAt));
            FloatVector m1 = fromArray(SPECIES, m, k + 4 * plane);
            FloatVector m2 = fromArray(SPECIES, m, k + 8 * plane);
            FloatVector u0 = VECTOR.cast(fromArray(SPECIES, m, k)).add(m1).add(m2);
            FloatVector l0 = VECTOR.cast(m1).sub(m2).sub(fromArray(SPECIES, m, k + 12 * plane));
            m1 = fromArray(SPECIES, m, k + 5 * plane);
            m2 = fromArray(SPECIES, m, k + 9 * plane);
            FloatVector u1 = VECTOR.cast(fromArray(SPECIES, m, k + plane))
                    .add(m1)
                    .add(m2)
                    .add(b);
            FloatVector l1 = VECTOR.cast(m1)
                    .sub(m2)
                    .sub(fromArray(SPECIES, m, k + 13 * plane))
                    .add(b);
            m1 = fromArray(SPECIES, m, k + 6 * plane);
            m2 = fromArray(SPECIES, m, k + 10 * plane);
            FloatVector u2 =
                    VECTOR.cast(fromArray(SPECIES, m, k + 2 * plane)).add(m1).add(m2);
            FloatVector l2 = VECTOR.cast(m1).sub(m2).sub(fromArray(SPECIES, m, k + 14 * plane));
            m1 = fromArray(SPECIES, m, k + 7 * plane);
            m2 = fromArray(SPECIES, m, k + 11 * plane);
            FloatVector u3 =
                    VECTOR.cast(fromArray(SPECIES, m, k + 3 * plane)).add(m1).add(m2);
            FloatVector l3 = VECTOR.cast(m1).sub(m2).sub(fromArray(SPECIES, m, k + 15 * plane));
            int p = to + 2 * j * LANES;
            u0.add(u1).add(u2).intoArray(y, p);
            u1.sub(u2).sub(u3).intoArray(y, p + LANES);
            l0.add(l1).add(l2).intoArray(y, p + pitch);
            l1.sub(l2).sub(l3).intoArray(y, p + pitch + LANES);
        }
    }

    /**
     * {@code A dY Aᵀ} of a row of neighbouring squares, whose two rows of gradients are {@code pitch} floats apart; the
     * signs of the last row of A are left to {@link #turnWeightsBack}.
     */
    static void turnGradients(float[] dy, int at, int pitch, int squares, float[] m, int to, int plane) {
        for (int j = 0; j < squares; j++) {
            int p = at + 2 * j * LANES;
            FloatVector u0 = VECTOR.cast(fromArray(SPECIES, dy, p));
            FloatVector u1 = VECTOR.cast(fromArray(SPECIES, dy, p + LANES));
            FloatVector l0 = VECTOR.cast(fromArray(SPECIES, dy, p + pitch));
            FloatVector l1 = VECTOR.cast(fromArray(SPECIES, dy, p + pitch + LANES));
            FloatVector s0 = u0.add(l0);
            FloatVector s1 = u1.add(l1);
            FloatVector d0 = u0.sub(l0);
            FloatVector d1 = u1.sub(l1);
            int k = to + j * LANES;
            u0.intoArray(m, k);
            u0.add(u1).intoArray(m, k + plane);
            u0.sub(u1).intoArray(m, k + 2 * plane);
            u1.intoArray(m, k + 3 * plane);
            s0.intoArray(m, k + 4 * plane);
            s0.add(s1).intoArray(m, k + 5 * plane);
            s0.sub(s1).intoArray(m, k + 6 * plane);
            s1.intoArray(m, k + 7 * plane);
            d0.intoArray(m, k + 8 * plane);
            d0.add(d1).intoArray(m, k + 9 * plane);
            d0.sub(d1).intoArray(m, k + 10 * plane);
            d1.intoArray(m, k + 11 * plane);
            l0.intoArray(m, k + 12 * plane);
            l0.add(l1).intoArray(m, k + 13 * plane);
            l0.sub(l1).intoArray(m, k + 14 * plane);
            l1.intoArray(m, k + 15 * plane);
        }
    }

    /** {@code G g Gᵀ} of a vector of filters, whose weight number t lies at {@code g[at + tapAt[t]]}. */
    static void turnWeights(float[] g, int at, int[] tapAt, float[] u, int to, int plane) {
        FloatVector half = ONE.broadcast(0.5f);
        for (int q = 0; q < 3; q++) {
            FloatVector g0 = VECTOR.cast(fromArray(SPECIES, g, at + tapAt[q]));
            FloatVector g2 = VECTOR.cast(fromArray(SPECIES, g, at + tapAt[6 + q]));
            FloatVector outer = g0.add(g2).mul(half);
            FloatVector inner = half.mul(fromArray(SPECIES, g, at + tapAt[3 + q]));
            // Columns 0, 1 and 3 for now: of each row the three that are still to be turned.
            int k = to + (q < 2 ? q : 3) * plane;
            g0.intoArray(u, k);
            outer.add(inner).intoArray(u, k + 4 * plane);
            outer.sub(inner).intoArray(u, k + 8 * plane);
            g2.intoArray(u, k + 12 * plane);
        }
        for (int i = 0; i < 4; i++) {
            int k = to + 4 * i * plane;
            FloatVector outer = half.mul(fromArray(SPECIES, u, k)).add(half.mul(fromArray(SPECIES, u, k + 3 * plane)));
            FloatVector inner = half.mul(fromArray(SPECIES, u, k + plane));
            outer.add(inner).intoArray(u, k + plane);
            outer.sub(inner).intoArray(u, k + 2 * plane);
        }
    }

    /**
     * {@code Gᵀ u G} of a vector of filters, where u lacks the signs of A's last row; weight number t goes to
     * {@code dg[dgAt + t·step]}.
     */
    static void turnWeightsBack(float[] u, int at, int plane, float[] dg, int dgAt, int step) {
        FloatVector half = ONE.broadcast(0.5f);
        for (int i = 0; i < 4; i++) {
            int k = at + 4 * i * plane;
            FloatVector u1 = half.mul(fromArray(SPECIES, u, k + plane));
            FloatVector u2 = half.mul(fromArray(SPECIES, u, k + 2 * plane));
            FloatVector sum = u1.add(u2);
            VECTOR.cast(sum).add(fromArray(SPECIES, u, k)).intoArray(u, k);
            VECTOR.cast(u1).sub(u2).intoArray(u, k + plane);
            VECTOR.cast(sum).sub(fromArray(SPECIES, u, k + 3 * plane)).intoArray(u, k + 2 * plane);
        }
        for (int q = 0; q < 3; q++) {
            int k = at + q * plane;
            FloatVector u1 = half.mul(fromArray(SPECIES, u, k + 4 * plane));
            FloatVector u2 = half.mul(fromArray(SPECIES, u, k + 8 * plane));
            FloatVector sum = u1.add(u2);
            VECTOR.cast(sum).add(fromArray(SPECIES, u, k)).intoArray(dg, dgAt + q * step);
            VECTOR.cast(u1).sub(u2).intoArray(dg, dgAt + (3 + q) * step);
            VECTOR.cast(sum).sub(fromArray(SPECIES, u, k + 12 * plane)).intoArray(dg, dgAt + (6 + q) * step);
        }
    }
}
