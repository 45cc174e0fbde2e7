package espalier.tensor.cpu.vector.channels;

import static espalier.tensor.cpu.vector.lanes.Lanes.ONE;
import static jdk.incubator.vector.FloatVector.fromArray;

import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * What {@link Squares} whose pixels reach over six rows and columns have in common: the points 0, ±a, ±b and infinity,
 * and how pixels are turned.
 *
 * <pre>
 *        a²b²  0   −a²−b²  0     1  0
 *         0   −ab²  −b²    a     1  0
 *   Bᵀ =  0    ab²  −b²   −a     1  0
 *         0   −a²b  −a²    b     1  0
 *         0    a²b  −a²   −b     1  0
 *         0    a²b²  0   −a²−b²  0  1
 * </pre>
 *
 * <p>What the points are decides how much rounding is amplified (Barabasz et al. 2020, "Error Analysis and Improving
 * the Accuracy of Winograd Convolution for Deep Neural Networks"). With a = ¾ and b = 3/2 all of A and B can be written
 * in floats, and sums over 64 channels with squares of 4 × 4 are about twice as far from the exact ones as plain sums
 * are; with 1 and 2, which Lavin and Gray have, they are four times as far. Gradients to weights: one and a half times,
 * those of 5 × 5 filters not quite three times.
 *
 * <p>A square is turned along one side and then along the other, for a row of squares at once. What the first pass
 * leaves stays in the nearest cache.
 */
final class SixPoints {
    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    private static final int LANES = Lanes.COUNT;

    /** Points along a side. */
    static final int REACH = 6;

    static final float A = 0.75f;
    static final float B = 1.5f;
    static final float A2 = A * A;
    static final float B2 = B * B;

    /** What the rows of G are divided by, first that of point 0. */
    static final float G0 = 1f / (A2 * B2);

    static final float GA = 1f / (2 * A2 * (A2 - B2));
    static final float GB = 1f / (2 * B2 * (B2 - A2));

    private SixPoints() {}

    /**
     * See {@link Squares#turnPixels}.
     *
     * @param side pixels from one square to the next
     */
    static void turnPixels(float[] d, int at, int pitch, int squares, int side, float[] v, int to, int plane) {
        int columns = side * squares + REACH - side;
        int row = columns * LANES;
        float[] half = Scratch.onLines(Scratch.HALF_TURNED, REACH * row);
        pixelsDown(d, at, pitch, columns, half, Scratch.LINE, row);
        for (int i = 0; i < REACH; i++) {
            pixelsAcross(half, Scratch.LINE + i * row, squares, side * LANES, v, to + i * REACH * plane, plane);
        }
    }

    /** {@code Bᵀ d}: six rows of pixels to six rows of numbers. */
    private static void pixelsDown(float[] d, int at, int pitch, int columns, float[] v, int to, int row) {
        FloatVector minusA2 = ONE.broadcast(-A2);
        FloatVector minusB2 = ONE.broadcast(-B2);
        FloatVector a = ONE.broadcast(A);
        FloatVector b = ONE.broadcast(B);
        FloatVector product = ONE.broadcast(A2 * B2);
        FloatVector minusSum = ONE.broadcast(-A2 - B2);
        for (int j = 0; j < columns; j++) {
            int from = at + j * LANES;
            int put = to + j * LANES;
            FloatVector d1 = fromArray(SPECIES, d, from + pitch);
            FloatVector d2 = fromArray(SPECIES, d, from + 2 * pitch);
            FloatVector d3 = fromArray(SPECIES, d, from + 3 * pitch);
            FloatVector d4 = fromArray(SPECIES, d, from + 4 * pitch);
            FloatVector even = minusB2.fma(d2, d4);
            FloatVector odd = a.mul(minusB2.fma(d1, d3));
            even.add(odd).intoArray(v, put + row);
            even.sub(odd).intoArray(v, put + 2 * row);
            even = minusA2.fma(d2, d4);
            odd = b.mul(minusA2.fma(d1, d3));
            even.add(odd).intoArray(v, put + 3 * row);
            even.sub(odd).intoArray(v, put + 4 * row);
            product.fma(fromArray(SPECIES, d, from), minusSum.fma(d2, d4)).intoArray(v, put);
            FloatVector last = minusSum.fma(d3, fromArray(SPECIES, d, from + 5 * pitch));
            product.fma(d1, last).intoArray(v, put + 5 * row);
        }
    }

    /** {@code v B}: of each six numbers of a row, {@code step} floats apart, the points. */
    private static void pixelsAcross(float[] v, int at, int squares, int step, float[] to, int toAt, int plane) {
        FloatVector minusA2 = ONE.broadcast(-A2);
        FloatVector minusB2 = ONE.broadcast(-B2);
        FloatVector a = ONE.broadcast(A);
        FloatVector b = ONE.broadcast(B);
        FloatVector product = ONE.broadcast(A2 * B2);
        FloatVector minusSum = ONE.broadcast(-A2 - B2);
        for (int j = 0; j < squares; j++) {
            int from = at + j * step;
            int put = toAt + j * LANES;
            FloatVector d1 = fromArray(SPECIES, v, from + LANES);
            FloatVector d2 = fromArray(SPECIES, v, from + 2 * LANES);
            FloatVector d3 = fromArray(SPECIES, v, from + 3 * LANES);
            FloatVector d4 = fromArray(SPECIES, v, from + 4 * LANES);
            FloatVector even = minusB2.fma(d2, d4);
            FloatVector odd = a.mul(minusB2.fma(d1, d3));
            even.add(odd).intoArray(to, put + plane);
            even.sub(odd).intoArray(to, put + 2 * plane);
            even = minusA2.fma(d2, d4);
            odd = b.mul(minusA2.fma(d1, d3));
            even.add(odd).intoArray(to, put + 3 * plane);
            even.sub(odd).intoArray(to, put + 4 * plane);
            product.fma(fromArray(SPECIES, v, from), minusSum.fma(d2, d4)).intoArray(to, put);
            FloatVector last = minusSum.fma(d3, fromArray(SPECIES, v, from + 5 * LANES));
            product.fma(d1, last).intoArray(to, put + 5 * plane);
        }
    }
}
