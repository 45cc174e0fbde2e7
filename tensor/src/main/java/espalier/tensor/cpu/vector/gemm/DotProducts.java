package espalier.tensor.cpu.vector.gemm;

import espalier.tensor.cpu.MatrixView;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Product of two matrices whose rows along K both lie in one run, as dot products: {@code X [M, K]} times the transpose
 * of {@code W [N, K]}. Nothing is packed, so this is the way for few rows, such as a linear layer on one image.
 *
 * <p>A dot product has partial sums, one for each lane. There are 8 lanes, or 4, and the partial sums are added in a
 * fixed order, so that AVX2 and AVX-512 machines give the same bits.
 */
final class DotProducts {
    private static final VectorSpecies<Float> SPECIES = Lanes.COUNT > 8 ? FloatVector.SPECIES_256 : Lanes.FLOATS;

    /** As {@link Lanes#VECTOR}. */
    private static final Class<? extends FloatVector> VECTOR =
            FloatVector.zero(SPECIES).getClass();

    private static final int LANES = SPECIES.length();

    /** Rows of W that are taken at once. */
    private static final int TILE = 4;

    /** Multiply-adds of a task: 20 to 50 microseconds. */
    private static final long TASK_WORK = 1L << 19;

    private final MatrixView x;
    private final MatrixView w;
    private final MatrixView c;
    private final boolean accumulate;

    private DotProducts(MatrixView x, MatrixView w, MatrixView c, boolean accumulate) {
        this.x = x;
        this.w = w;
        this.c = c;
        this.accumulate = accumulate;
    }

    /**
     * {@code c = x·wᵀ}, or {@code c += x·wᵀ}. It is best if {@code x} is the one with fewer rows.
     *
     * @param x {@code [M, K]}, column stride 1
     * @param w {@code [N, K]}, column stride 1
     * @param c {@code [M, N]}, any strides
     */
    static void multiply(Parallel parallel, MatrixView x, MatrixView w, MatrixView c, boolean accumulate) {
        DotProducts product = new DotProducts(x, w, c, accumulate);
        long work = Math.max(1, (long) x.rows() * x.columns() * TILE);
        int rows = Math.clamp(TASK_WORK / work, 1, Math.ceilDiv(w.rows(), TILE)) * TILE;
        parallel.forEach(Math.ceilDiv(w.rows(), rows), task -> {
            int end = Math.min(w.rows(), (task + 1) * rows);
            for (int j = task * rows; j < end; j += TILE) {
                product.columns(j, Math.min(TILE, end - j));
            }
        });
    }

    /** Columns {@code j} to {@code j + count - 1} of c; of fewer than 4 the last is computed more than once. */
    private void columns(int j, int count) {
        float[] sums = Scratch.floats(Scratch.TILE, 2 * TILE * LANES);
        int last = j + count - 1;
        int w0 = w.at(j, 0);
        int w1 = w.at(Math.min(j + 1, last), 0);
        int w2 = w.at(Math.min(j + 2, last), 0);
        int w3 = w.at(Math.min(j + 3, last), 0);
        int n = x.columns() / LANES;
        int i = 0;
        for (; i + 2 <= x.rows(); i += 2) {
            twoRows(n, x.values(), x.at(i, 0), x.at(i + 1, 0), w.values(), w0, w1, w2, w3, sums);
            finish(i, j, count, sums, 0);
            finish(i + 1, j, count, sums, TILE * LANES);
        }
        if (i < x.rows()) {
            oneRow(n, x.values(), x.at(i, 0), w.values(), w0, w1, w2, w3, sums);
            finish(i, j, count, sums, 0);
        }
    }

    /** Adds up the lanes and the products beyond the last whole vector. */
    private void finish(int i, int j, int count, float[] sums, int at) {
        for (int q = 0; q < count; q++) {
            int s = at + q * LANES;
            float sum = (sums[s] + sums[s + 1]) + (sums[s + 2] + sums[s + 3]);
            if (LANES == 8) {
                sum += (sums[s + 4] + sums[s + 5]) + (sums[s + 6] + sums[s + 7]);
            }
            int xAt = x.at(i, 0);
            int wAt = w.at(j + q, 0);
            for (int k = x.columns() / LANES * LANES; k < x.columns(); k++) {
                sum = Math.fma(x.values()[xAt + k], w.values()[wAt + k], sum);
            }
            int to = c.at(i, j + q);
            c.values()[to] = accumulate ? c.values()[to] + sum : sum;
        }
    }

    private static void oneRow(int n, float[] x, int xAt, float[] w, int w0, int w1, int w2, int w3, float[] sums) {
        FloatVector s0 = FloatVector.zero(SPECIES);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        for (int k = 0; k < n; k++) {
            FloatVector x0 = VECTOR.cast(FloatVector.fromArray(SPECIES, x, xAt + k * LANES));
            s0 = x0.fma(FloatVector.fromArray(SPECIES, w, w0 + k * LANES), s0);
            s1 = x0.fma(FloatVector.fromArray(SPECIES, w, w1 + k * LANES), s1);
            s2 = x0.fma(FloatVector.fromArray(SPECIES, w, w2 + k * LANES), s2);
            s3 = x0.fma(FloatVector.fromArray(SPECIES, w, w3 + k * LANES), s3);
        }
        VECTOR.cast(s0).intoArray(sums, 0);
        VECTOR.cast(s1).intoArray(sums, LANES);
        VECTOR.cast(s2).intoArray(sums, 2 * LANES);
        VECTOR.cast(s3).intoArray(sums, 3 * LANES);
    }

    private static void twoRows(
            int n, float[] x, int xAt, int yAt, float[] w, int w0, int w1, int w2, int w3, float[] sums) {
        FloatVector s0 = FloatVector.zero(SPECIES);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        FloatVector t0 = s0;
        FloatVector t1 = s0;
        FloatVector t2 = s0;
        FloatVector t3 = s0;
        for (int k = 0; k < n; k++) {
            FloatVector x0 = VECTOR.cast(FloatVector.fromArray(SPECIES, x, xAt + k * LANES));
            FloatVector y0 = VECTOR.cast(FloatVector.fromArray(SPECIES, x, yAt + k * LANES));
            FloatVector b0 = FloatVector.fromArray(SPECIES, w, w0 + k * LANES);
            s0 = x0.fma(b0, s0);
            t0 = y0.fma(b0, t0);
            FloatVector b1 = FloatVector.fromArray(SPECIES, w, w1 + k * LANES);
            s1 = x0.fma(b1, s1);
            t1 = y0.fma(b1, t1);
            FloatVector b2 = FloatVector.fromArray(SPECIES, w, w2 + k * LANES);
            s2 = x0.fma(b2, s2);
            t2 = y0.fma(b2, t2);
            FloatVector b3 = FloatVector.fromArray(SPECIES, w, w3 + k * LANES);
            s3 = x0.fma(b3, s3);
            t3 = y0.fma(b3, t3);
        }
        VECTOR.cast(s0).intoArray(sums, 0);
        VECTOR.cast(s1).intoArray(sums, LANES);
        VECTOR.cast(s2).intoArray(sums, 2 * LANES);
        VECTOR.cast(s3).intoArray(sums, 3 * LANES);
        VECTOR.cast(t0).intoArray(sums, 4 * LANES);
        VECTOR.cast(t1).intoArray(sums, 5 * LANES);
        VECTOR.cast(t2).intoArray(sums, 6 * LANES);
        VECTOR.cast(t3).intoArray(sums, 7 * LANES);
    }
}
