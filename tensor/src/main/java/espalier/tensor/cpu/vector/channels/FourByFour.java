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
 * {@link Squares} of 4 × 4 results, F(4×4, 3×3), by {@link SixPoints}.
 *
 * <pre>
 *        1/a²b²                       1  0  0  0
 *        (1   a  a²) / 2a²(a²−b²)     1  a  a² a³
 *   G =  (1  −a  a²) / 2a²(a²−b²) A = 1 −a  a² −a³
 *        (1   b  b²) / 2b²(b²−a²)     1  b  b² b³
 *        (1  −b  b²) / 2b²(b²−a²)     1 −b  b² −b³
 *         0   0  1                    0  0  0  1
 * </pre>
 */
final class FourByFour {
    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    private static final int LANES = Lanes.COUNT;

    /** Results along a side. */
    private static final int SIDE = 4;

    private FourByFour() {}

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

    /** {@code m A}: of the six points of each square four neighbours. */
    private static void resultsAcross(float[] m, int at, int plane, int squares, float[] y, int to) {
        FloatVector a = ONE.broadcast(A);
        FloatVector b = ONE.broadcast(B);
        FloatVector a2 = ONE.broadcast(A2);
        FloatVector b2 = ONE.broadcast(B2);
        for (int j = 0; j < squares; j++) {
            int from = at + j * LANES;
            int put = to + j * SIDE * LANES;
            FloatVector m1 = VECTOR.cast(fromArray(SPECIES, m, from + plane));
            FloatVector m2 = fromArray(SPECIES, m, from + 2 * plane);
            FloatVector m3 = VECTOR.cast(fromArray(SPECIES, m, from + 3 * plane));
            FloatVector m4 = fromArray(SPECIES, m, from + 4 * plane);
            FloatVector evenA = m1.add(m2);
            FloatVector evenB = m3.add(m4);
            FloatVector oddA = a.mul(m1.sub(m2));
            FloatVector oddB = b.mul(m3.sub(m4));
            evenA.add(evenB).add(fromArray(SPECIES, m, from)).intoArray(y, put);
            oddA.add(oddB).intoArray(y, put + LANES);
            a2.fma(evenA, b2.mul(evenB)).intoArray(y, put + 2 * LANES);
            FloatVector last = b2.fma(oddB, fromArray(SPECIES, m, from + 5 * plane));
            a2.fma(oddA, last).intoArray(y, put + 3 * LANES);
        }
    }

    /** {@code Aᵀ m + bias}: six rows to four. */
    private static void resultsDown(
            float[] m, int at, int row, int columns, float[] bias, int biasAt, float[] y, int to, int pitch) {
        FloatVector a = ONE.broadcast(A);
        FloatVector b = ONE.broadcast(B);
        FloatVector a2 = ONE.broadcast(A2);
        FloatVector b2 = ONE.broadcast(B2);
        FloatVector start = VECTOR.cast(fromArray(SPECIES, bias, biasAt));
        for (int j = 0; j < columns; j++) {
            int from = at + j * LANES;
            int put = to + j * LANES;
            FloatVector m1 = VECTOR.cast(fromArray(SPECIES, m, from + row));
            FloatVector m2 = fromArray(SPECIES, m, from + 2 * row);
            FloatVector m3 = VECTOR.cast(fromArray(SPECIES, m, from + 3 * row));
            FloatVector m4 = fromArray(SPECIES, m, from + 4 * row);
            FloatVector evenA = m1.add(m2);
            FloatVector evenB = m3.add(m4);
            FloatVector oddA = a.mul(m1.sub(m2));
            FloatVector oddB = b.mul(m3.sub(m4));
            evenA.add(evenB).add(fromArray(SPECIES, m, from)).add(start).intoArray(y, put);
            oddA.add(oddB).add(start).intoArray(y, put + pitch);
            a2.fma(evenA, b2.fma(evenB, start)).intoArray(y, put + 2 * pitch);
            FloatVector last = b2.fma(oddB, fromArray(SPECIES, m, from + 5 * row));
            a2.fma(oddA, last).add(start).intoArray(y, put + 3 * pitch);
        }
    }

    /** See {@link Squares#turnGradients}. */
    static void turnGradients(float[] dy, int at, int pitch, int squares, float[] m, int to, int plane) {
        int row = SIDE * squares * LANES;
        float[] half = Scratch.onLines(Scratch.HALF_TURNED, REACH * row);
        gradientsDown(dy, at, pitch, SIDE * squares, half, Scratch.LINE, row);
        for (int i = 0; i < REACH; i++) {
            gradientsAcross(half, Scratch.LINE + i * row, squares, m, to + i * REACH * plane, plane);
        }
    }

    /** {@code A dY}: four rows to six. */
    private static void gradientsDown(float[] dy, int at, int pitch, int columns, float[] m, int to, int row) {
        FloatVector a = ONE.broadcast(A);
        FloatVector b = ONE.broadcast(B);
        FloatVector a2 = ONE.broadcast(A2);
        FloatVector b2 = ONE.broadcast(B2);
        for (int j = 0; j < columns; j++) {
            int from = at + j * LANES;
            int put = to + j * LANES;
            FloatVector y0 = VECTOR.cast(fromArray(SPECIES, dy, from));
            FloatVector y1 = fromArray(SPECIES, dy, from + pitch);
            FloatVector y2 = fromArray(SPECIES, dy, from + 2 * pitch);
            FloatVector y3 = VECTOR.cast(fromArray(SPECIES, dy, from + 3 * pitch));
            y0.intoArray(m, put);
            FloatVector even = a2.fma(y2, y0);
            FloatVector odd = a.mul(a2.fma(y3, y1));
            even.add(odd).intoArray(m, put + row);
            even.sub(odd).intoArray(m, put + 2 * row);
            even = b2.fma(y2, y0);
            odd = b.mul(b2.fma(y3, y1));
            even.add(odd).intoArray(m, put + 3 * row);
            even.sub(odd).intoArray(m, put + 4 * row);
            y3.intoArray(m, put + 5 * row);
        }
    }

    /** {@code m Aᵀ}: of each four neighbours the six points. */
    private static void gradientsAcross(float[] dy, int at, int squares, float[] m, int to, int plane) {
        FloatVector a = ONE.broadcast(A);
        FloatVector b = ONE.broadcast(B);
        FloatVector a2 = ONE.broadcast(A2);
        FloatVector b2 = ONE.broadcast(B2);
        for (int j = 0; j < squares; j++) {
            int from = at + j * SIDE * LANES;
            int put = to + j * LANES;
            FloatVector y0 = VECTOR.cast(fromArray(SPECIES, dy, from));
            FloatVector y1 = fromArray(SPECIES, dy, from + LANES);
            FloatVector y2 = fromArray(SPECIES, dy, from + 2 * LANES);
            FloatVector y3 = VECTOR.cast(fromArray(SPECIES, dy, from + 3 * LANES));
            y0.intoArray(m, put);
            FloatVector even = a2.fma(y2, y0);
            FloatVector odd = a.mul(a2.fma(y3, y1));
            even.add(odd).intoArray(m, put + plane);
            even.sub(odd).intoArray(m, put + 2 * plane);
            even = b2.fma(y2, y0);
            odd = b.mul(b2.fma(y3, y1));
            even.add(odd).intoArray(m, put + 3 * plane);
            even.sub(odd).intoArray(m, put + 4 * plane);
            y3.intoArray(m, put + 5 * plane);
        }
    }

    /** See {@link Squares#turnWeights}. */
    static void turnWeights(float[] g, int at, int[] tapAt, float[] u, int to, int plane) {
        for (int p = 0; p < 3; p++) {
            for (int q = 0; q < 3; q++) {
                System.arraycopy(g, at + tapAt[3 * p + q], u, to + (REACH * p + q) * plane, LANES);
            }
        }
        for (int line = 0; line < 3 + REACH; line++) { // columns, then rows, with one call: C2 inlines it once
            boolean column = line < 3;
            int from = column ? to + line * plane : to + (line - 3) * REACH * plane;
            turnThree(u, from, column ? REACH * plane : plane);
        }
    }

    /** {@code G g} of three numbers, in their place. */
    private static void turnThree(float[] u, int at, int step) {
        FloatVector g0 = VECTOR.cast(fromArray(SPECIES, u, at));
        FloatVector g1 = VECTOR.cast(fromArray(SPECIES, u, at + step));
        FloatVector g2 = VECTOR.cast(fromArray(SPECIES, u, at + 2 * step));
        g0.mul(G0).intoArray(u, at);
        FloatVector even = ONE.broadcast(A2).fma(g2, g0).mul(GA);
        FloatVector odd = g1.mul(A * GA);
        even.add(odd).intoArray(u, at + step);
        even.sub(odd).intoArray(u, at + 2 * step);
        even = ONE.broadcast(B2).fma(g2, g0).mul(GB);
        odd = g1.mul(B * GB);
        even.add(odd).intoArray(u, at + 3 * step);
        even.sub(odd).intoArray(u, at + 4 * step);
        g2.intoArray(u, at + 5 * step);
    }

    /** See {@link Squares#turnWeightsBack}. */
    static void turnWeightsBack(float[] u, int at, int plane, float[] dg, int dgAt, int step) {
        for (int line = 0; line < REACH + 3; line++) { // rows, then columns, with one call: C2 inlines it once
            boolean row = line < REACH;
            int from = row ? at + line * REACH * plane : at + (line - REACH) * plane;
            int to = row ? from : dgAt + (line - REACH) * step;
            turnSix(u, from, row ? plane : REACH * plane, row ? u : dg, to, row ? plane : 3 * step);
        }
    }

    /** {@code Gᵀ u} of six numbers. */
    private static void turnSix(float[] u, int at, int plane, float[] g, int to, int step) {
        FloatVector u1 = VECTOR.cast(fromArray(SPECIES, u, at + plane));
        FloatVector u2 = VECTOR.cast(fromArray(SPECIES, u, at + 2 * plane));
        FloatVector u3 = VECTOR.cast(fromArray(SPECIES, u, at + 3 * plane));
        FloatVector u4 = VECTOR.cast(fromArray(SPECIES, u, at + 4 * plane));
        FloatVector last = VECTOR.cast(fromArray(SPECIES, u, at + 5 * plane));
        FloatVector evenA = u1.add(u2).mul(GA);
        FloatVector evenB = u3.add(u4).mul(GB);
        FloatVector oddA = u1.sub(u2).mul(A * GA);
        FloatVector oddB = u3.sub(u4).mul(B * GB);
        ONE.broadcast(G0).fma(fromArray(SPECIES, u, at), evenA.add(evenB)).intoArray(g, to);
        oddA.add(oddB).intoArray(g, to + step);
        ONE.broadcast(A2).fma(evenA, ONE.broadcast(B2).fma(evenB, last)).intoArray(g, to + 2 * step);
    }
}
