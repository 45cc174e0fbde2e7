package espalier.tensor.cpu.vector.channels;

import static espalier.tensor.cpu.vector.channels.SixPoints.A;
import static espalier.tensor.cpu.vector.channels.SixPoints.A2;
import static espalier.tensor.cpu.vector.channels.SixPoints.B;
import static espalier.tensor.cpu.vector.channels.SixPoints.B2;
import static espalier.tensor.cpu.vector.channels.SixPoints.G0;
import static espalier.tensor.cpu.vector.channels.SixPoints.GA;
import static espalier.tensor.cpu.vector.channels.SixPoints.GB;
import static espalier.tensor.cpu.vector.channels.SixPoints.REACH;
import static espalier.tensor.cpu.vector.lanes.Lanes.ONE;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;
import static jdk.incubator.vector.FloatVector.fromArray;

import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link Squares} of 2 × 2 results of filters with 5 × 5 weights, F(2×2, 5×5), by {@link SixPoints}.
 *
 * <pre>
 *        1/a²b²                             1  0
 *        (1   a  a²  a³  a⁴) / 2a²(a²−b²)   1  a
 *   G =  (1  −a  a² −a³  a⁴) / 2a²(a²−b²)  A = 1 −a
 *        (1   b  b²  b³  b⁴) / 2b²(b²−a²)   1  b
 *        (1  −b  b² −b³  b⁴) / 2b²(b²−a²)   1 −b
 *         0   0  0   0   1                  0  1
 * </pre>
 */
final class TwoOfFive {
    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    private static final int LANES = Lanes.COUNT;

    /** Results along a side. */
    private static final int SIDE = 2;

    /** Weights along a side. */
    private static final int FILTER = 5;

    private TwoOfFive() {}

    /** See {@link Squares#turnBack}. */
    static void turnBack(
            float[] m, int at, int plane, int squares, float[] bias, int biasAt, float[] y, int to, int pitch) {
        int row = SIDE * squares * LANES;
        float[] half = Scratch.onLines(Scratch.HALF_TURNED, REACH * row);
        for (int i = 0; i < REACH; i++) {
            resultsAcross(m, at + i * REACH * plane, plane, squares, half, Scratch.LINE + i * row);
        }
        resultsDown(half, Scratch.LINE, row, SIDE * squares, bias, biasAt, y, to, pitch);
    }

    /** {@code m A}: of the six points of each square two neighbours. */
    private static void resultsAcross(float[] m, int at, int plane, int squares, float[] y, int to) {
        FloatVector a = ONE.broadcast(A);
        FloatVector b = ONE.broadcast(B);
        for (int j = 0; j < squares; j++) {
            int from = at + j * LANES;
            int put = to + j * SIDE * LANES;
            FloatVector m1 = VECTOR.cast(fromArray(SPECIES, m, from + plane));
            FloatVector m2 = fromArray(SPECIES, m, from + 2 * plane);
            FloatVector m3 = VECTOR.cast(fromArray(SPECIES, m, from + 3 * plane));
            FloatVector m4 = fromArray(SPECIES, m, from + 4 * plane);
            m1.add(m2).add(m3.add(m4)).add(fromArray(SPECIES, m, from)).intoArray(y, put);
            FloatVector last = b.fma(m3.sub(m4), fromArray(SPECIES, m, from + 5 * plane));
            a.fma(m1.sub(m2), last).intoArray(y, put + LANES);
        }
    }

    /** {@code Aᵀ m + bias}: six rows to two. */
    private static void resultsDown(
            float[] m, int at, int row, int columns, float[] bias, int biasAt, float[] y, int to, int pitch) {
        FloatVector a = ONE.broadcast(A);
        FloatVector b = ONE.broadcast(B);
        FloatVector start = VECTOR.cast(fromArray(SPECIES, bias, biasAt));
        for (int j = 0; j < columns; j++) {
            int from = at + j * LANES;
            int put = to + j * LANES;
            FloatVector m1 = VECTOR.cast(fromArray(SPECIES, m, from + row));
            FloatVector m2 = fromArray(SPECIES, m, from + 2 * row);
            FloatVector m3 = VECTOR.cast(fromArray(SPECIES, m, from + 3 * row));
            FloatVector m4 = fromArray(SPECIES, m, from + 4 * row);
            m1.add(m2)
                    .add(m3.add(m4))
                    .add(fromArray(SPECIES, m, from))
                    .add(start)
                    .intoArray(y, put);
            FloatVector last = b.fma(m3.sub(m4), fromArray(SPECIES, m, from + 5 * row));
            a.fma(m1.sub(m2), last).add(start).intoArray(y, put + pitch);
        }
    }

    /** See {@link Squares#turnGradients}. */
    static void turnGradients(float[] dy, int at, int pitch, int squares, float[] m, int to, int plane) {
        int row = SIDE * squares * LANES;
        float[] half = Scratch.onLines(Scratch.HALF_TURNED, REACH * row);
        for (int j = 0; j < SIDE * squares; j++) { // A dY: two rows to six
            turnTwo(dy, at + j * LANES, pitch, half, Scratch.LINE + j * LANES, row);
        }
        for (int i = 0; i < REACH; i++) { // m Aᵀ: of each two neighbours the six points
            int from = Scratch.LINE + i * row;
            int put = to + i * REACH * plane;
            for (int j = 0; j < squares; j++) {
                turnTwo(half, from + j * SIDE * LANES, LANES, m, put + j * LANES, plane);
            }
        }
    }

    /** {@code A y} of two numbers. */
    private static void turnTwo(float[] y, int at, int step, float[] m, int to, int plane) {
        FloatVector y0 = VECTOR.cast(fromArray(SPECIES, y, at));
        FloatVector y1 = fromArray(SPECIES, y, at + step);
        FloatVector a = ONE.broadcast(A);
        FloatVector b = ONE.broadcast(B);
        y0.intoArray(m, to);
        a.fma(y1, y0).intoArray(m, to + plane);
        ONE.broadcast(-A).fma(y1, y0).intoArray(m, to + 2 * plane);
        b.fma(y1, y0).intoArray(m, to + 3 * plane);
        ONE.broadcast(-B).fma(y1, y0).intoArray(m, to + 4 * plane);
        VECTOR.cast(y1).intoArray(m, to + 5 * plane);
    }

    /** See {@link Squares#turnWeights}. */
    static void turnWeights(float[] g, int at, int[] tapAt, float[] u, int to, int plane) {
        for (int p = 0; p < FILTER; p++) {
            for (int q = 0; q < FILTER; q++) {
                System.arraycopy(g, at + tapAt[FILTER * p + q], u, to + (REACH * p + q) * plane, LANES);
            }
        }
        for (int line = 0; line < FILTER + REACH; line++) { // columns, then rows, with one call: C2 inlines it once
            boolean column = line < FILTER;
            int from = column ? to + line * plane : to + (line - FILTER) * REACH * plane;
            turnFive(u, from, column ? REACH * plane : plane);
        }
    }

    /** {@code G g} of five numbers, in their place. */
    private static void turnFive(float[] u, int at, int step) {
        FloatVector g0 = VECTOR.cast(fromArray(SPECIES, u, at));
        FloatVector g1 = VECTOR.cast(fromArray(SPECIES, u, at + step));
        FloatVector g2 = VECTOR.cast(fromArray(SPECIES, u, at + 2 * step));
        FloatVector g3 = VECTOR.cast(fromArray(SPECIES, u, at + 3 * step));
        FloatVector g4 = VECTOR.cast(fromArray(SPECIES, u, at + 4 * step));
        FloatVector a2 = ONE.broadcast(A2);
        FloatVector b2 = ONE.broadcast(B2);
        g0.mul(G0).intoArray(u, at);
        FloatVector even = a2.fma(a2.fma(g4, g2), g0).mul(GA);
        FloatVector odd = a2.fma(g3, g1).mul(A * GA);
        even.add(odd).intoArray(u, at + step);
        even.sub(odd).intoArray(u, at + 2 * step);
        even = b2.fma(b2.fma(g4, g2), g0).mul(GB);
        odd = b2.fma(g3, g1).mul(B * GB);
        even.add(odd).intoArray(u, at + 3 * step);
        even.sub(odd).intoArray(u, at + 4 * step);
        g4.intoArray(u, at + 5 * step);
    }

    /** See {@link Squares#turnWeightsBack}. */
    static void turnWeightsBack(float[] u, int at, int plane, float[] dg, int dgAt, int step) {
        for (int line = 0; line < REACH + FILTER; line++) { // rows, then columns, with one call: C2 inlines it once
            boolean row = line < REACH;
            int from = row ? at + line * REACH * plane : at + (line - REACH) * plane;
            int to = row ? from : dgAt + (line - REACH) * step;
            turnSix(u, from, row ? plane : REACH * plane, row ? u : dg, to, row ? plane : FILTER * step);
        }
    }

    /** {@code Gᵀ u} of six numbers. */
    private static void turnSix(float[] u, int at, int plane, float[] g, int to, int step) {
        FloatVector u1 = VECTOR.cast(fromArray(SPECIES, u, at + plane));
        FloatVector u2 = VECTOR.cast(fromArray(SPECIES, u, at + 2 * plane));
        FloatVector u3 = VECTOR.cast(fromArray(SPECIES, u, at + 3 * plane));
        FloatVector u4 = VECTOR.cast(fromArray(SPECIES, u, at + 4 * plane));
        FloatVector last = VECTOR.cast(fromArray(SPECIES, u, at + 5 * plane));
        FloatVector a2 = ONE.broadcast(A2);
        FloatVector b2 = ONE.broadcast(B2);
        FloatVector evenA = u1.add(u2).mul(GA);
        FloatVector evenB = u3.add(u4).mul(GB);
        FloatVector oddA = u1.sub(u2).mul(A * GA);
        FloatVector oddB = u3.sub(u4).mul(B * GB);
        ONE.broadcast(G0).fma(fromArray(SPECIES, u, at), evenA.add(evenB)).intoArray(g, to);
        oddA.add(oddB).intoArray(g, to + step);
        evenA = a2.mul(evenA);
        evenB = b2.mul(evenB);
        VECTOR.cast(evenA).add(evenB).intoArray(g, to + 2 * step);
        a2.fma(oddA, b2.mul(oddB)).intoArray(g, to + 3 * step);
        a2.fma(evenA, b2.fma(evenB, last)).intoArray(g, to + 4 * step);
    }
}
