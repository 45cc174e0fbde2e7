package espalier.tensor.cpu.vector.reduce;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.Shape;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.spi.ReduceOp;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ReductionKernelTest {
    private static final int[] LENGTHS = {0, 1, 2, 7, 8, 9, 31, 32, 33, 63, 64, 67, 1000, 4096, 4097, 4128, 9001};

    private static float[] values(int n, int seed) {
        var random = new Random(seed);
        float[] x = new float[n];
        for (int i = 0; i < n; i++) {
            x[i] = random.nextInt(4) == 0 ? 0f : (float) random.nextGaussian();
        }
        return x;
    }

    @ParameterizedTest
    @EnumSource(ReduceOp.class)
    void rowsAgainstThePlainLoop(ReduceOp op) {
        for (int n : LENGTHS) {
            if (op == ReduceOp.PROD && n > 67) {
                continue; // underflows
            }
            float[] x = values(n + 3, n);
            double exact = op.identity();
            double scale = 0;
            for (int i = 0; i < n; i++) {
                exact = op.accumulate(exact, x[3 + i]);
                scale += op == ReduceOp.SUM ? Math.abs(x[3 + i]) : 0;
            }
            scale = op == ReduceOp.SUM ? scale : Math.abs(exact);
            double result = RowReduction.run(op, x, 3, n);
            assertTrue(result == exact || Math.abs(result - exact) <= 1e-6 * scale, op + " of " + n + ": " + result);
        }
    }

    /** The order the documentation promises, as plain code: 32 partial sums folded in halves, block by block. */
    @Test
    void sumsAreAddedInTheDocumentedOrder() {
        for (int n : LENGTHS) {
            float[] x = values(n, n);
            int whole = n / 32 * 32;
            double expected = 0;
            for (int block = 0; block < whole; block += 4096) {
                float[] partial = new float[32];
                for (int i = block; i < Math.min(whole, block + 4096); i++) {
                    partial[i % 32] += x[i];
                }
                for (int half = 16; half > 0; half /= 2) {
                    for (int i = 0; i < half; i++) {
                        partial[i] += partial[i + half];
                    }
                }
                expected += partial[0];
            }
            double[] strand = new double[4];
            for (int i = whole; i < n; i++) {
                strand[i < whole + (n - whole) / 4 * 4 ? (i - whole) % 4 : 0] += x[i];
            }
            expected += (strand[0] + strand[1]) + (strand[2] + strand[3]);
            if (Lanes.COUNT >= 8) {
                assertEquals(expected, RowReduction.sum(x, 0, n), "sum of " + n);
            }
        }
    }

    @Test
    void sumOfAMillionIsAccurate() {
        float[] x = new float[1 << 20];
        Arrays.fill(x, 0.1f);
        assertEquals(0.1f * (double) x.length, RowReduction.sum(x, 0, x.length), 1e-6 * 0.1 * x.length);
    }

    @Test
    void extremesFeelNaNAndInfinityAnywhere() {
        for (int n : new int[] {1, 8, 33, 70}) {
            for (int at = 0; at < n; at++) {
                float[] x = values(n, n);
                x[at] = Float.NaN;
                assertTrue(Double.isNaN(RowReduction.run(ReduceOp.MAX, x, 0, n)));
                assertTrue(Double.isNaN(RowReduction.run(ReduceOp.MIN, x, 0, n)));
                assertEquals(at, ExtremumIndex.ofRow(true, x, 0, n));
                x[at] = Float.POSITIVE_INFINITY;
                assertEquals(Double.POSITIVE_INFINITY, RowReduction.run(ReduceOp.MAX, x, 0, n));
                assertEquals(at, ExtremumIndex.ofRow(true, x, 0, n));
                x[at] = Float.NEGATIVE_INFINITY;
                assertEquals(at, ExtremumIndex.ofRow(false, x, 0, n));
            }
        }
        assertEquals(2, ExtremumIndex.ofRow(true, new float[] {1, 2, 3, 3, 3}, 0, 5), "the first of equals");
    }

    @Test
    void distancesAndDots() {
        for (int n : LENGTHS) {
            float[] x = values(n, n);
            float[] y = values(n, n + 1);
            double distances = 0;
            double dot = 0;
            double scale = 0;
            for (int i = 0; i < n; i++) {
                distances += (x[i] - 0.3) * (x[i] - 0.3);
                dot += (x[i] - 0.3) * y[i];
                scale += Math.abs((x[i] - 0.3) * y[i]);
            }
            assertEquals(distances, RowReduction.squaredDistances(x, 0, n, 0.3f), 1e-6 * distances);
            assertEquals(dot, RowReduction.dot(x, 0, 0.3f, y, 0, n), 1e-6 * scale);
        }
    }

    /** Any axes, against one loop; and the same bits for any number of threads, also where tasks are shared out. */
    @ParameterizedTest
    @EnumSource(ReduceOp.class)
    void anyAxesWithAnyNumberOfThreads(ReduceOp op) {
        int[][] shapes = {
            {5, 3, 7, 2}, {0, 3}, {3, 0, 2}, {1, 9, 1, 5}, {70, 9, 33}, {1200, 300}, {3, 50_000}, {2, 5000, 40}
        };
        int[][] choices = {{0}, {1}, {0, 1}, {1, 2}, {0, 2}, {0, 2, 3}, {0, 1, 2, 3}};
        for (int[] dims : shapes) {
            Shape shape = Shape.of(dims);
            float[] x = values(shape.size(), 9);
            if (op == ReduceOp.PROD) {
                for (int i = 0; i < x.length; i++) {
                    x[i] = i % 97 == 0 ? -1f : 1f;
                }
            }
            for (int[] axes : choices) {
                if (axes[axes.length - 1] < dims.length) {
                    double[] expected = plain(op, x, shape, axes);
                    double[] first = {};
                    for (int threads : new int[] {1, 2, 3, 8}) {
                        try (var parallel = new Parallel(threads)) {
                            double[] result = VectorReduction.run(parallel, op, x, 0, shape, axes);
                            if (threads == 1) {
                                first = result;
                                double scale = op == ReduceOp.SUM ? 1e-6 * x.length : 0;
                                for (int i = 0; i < expected.length; i++) {
                                    double slack = 1e-6 * Math.abs(expected[i]) + scale;
                                    assertTrue(
                                            result[i] == expected[i] || Math.abs(result[i] - expected[i]) <= slack,
                                            op + " of " + shape + " over " + Arrays.toString(axes) + ": " + result[i]
                                                    + ", should be " + expected[i]);
                                }
                            }
                            assertArrayEquals(first, result, op + " of " + shape + " with " + threads + " threads");
                        }
                    }
                }
            }
        }
    }

    private static double[] plain(ReduceOp op, float[] x, Shape shape, int[] axes) {
        double[] so = new double[shape.reduced(axes).size()];
        Arrays.fill(so, op.identity());
        for (int i = 0; i < x.length; i++) {
            int rest = i;
            int to = 0;
            int step = 1;
            for (int axis = shape.rank() - 1; axis >= 0; axis--) {
                int index = rest % shape.dim(axis);
                rest /= shape.dim(axis);
                if (Arrays.binarySearch(axes, axis) < 0) {
                    to += index * step;
                    step *= shape.dim(axis);
                }
            }
            so[to] = op.accumulate(so[to], x[i]);
        }
        return so;
    }
}
