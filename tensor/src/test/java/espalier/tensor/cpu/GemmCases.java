package espalier.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;

/** Products that every matrix product must get right, whatever its tiles. */
public final class GemmCases {
    /** The product under test. */
    public interface Product {
        /** {@code c = a·b}, or {@code c += a·b}. */
        void multiply(Parallel parallel, MatrixView a, MatrixView b, MatrixView c, boolean accumulate);
    }

    /** Sizes beside all tile and vector lengths. */
    private static final int[] SIZES = {0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 13, 16, 17, 31, 32, 33, 48, 65};

    private static final float CANARY = -12345f;

    /** Sizes of one product and how its operands lie. */
    public record Case(int m, int k, int n, boolean transposeA, boolean transposeB, boolean accumulate, long seed) {}

    private GemmCases() {}

    /** Every pair of sizes appears often; seeded, so always the same. */
    public static Stream<Case> cases(int count) {
        Random random = new Random(7);
        return Stream.generate(() -> new Case(
                        SIZES[random.nextInt(SIZES.length)],
                        SIZES[random.nextInt(SIZES.length)],
                        SIZES[random.nextInt(SIZES.length)],
                        random.nextBoolean(),
                        random.nextBoolean(),
                        random.nextBoolean(),
                        random.nextLong()))
                .limit(count);
    }

    /**
     * Small whole numbers, so that sums are exact in any order; views with gaps, in front of and behind which c is left
     * alone.
     */
    public static void assertExact(Product product, Parallel parallel, Case test) {
        Random random = new Random(test.seed);
        MatrixView a = view(random, test.m, test.k, test.transposeA);
        MatrixView b = view(random, test.k, test.n, test.transposeB);
        MatrixView c = view(random, test.m, test.n, false);
        Arrays.fill(c.values(), CANARY);
        for (int i = 0; i < test.m; i++) {
            for (int j = 0; j < test.n; j++) {
                c.values()[c.at(i, j)] = test.accumulate ? random.nextInt(9) - 4 : Float.NaN;
            }
        }
        MatrixView expected = withValues(c, c.values().clone());
        PlainGemm.multiply(a, b, expected, test.accumulate);
        product.multiply(parallel, a, b, c, test.accumulate);
        assertArrayEquals(expected.values(), c.values(), test.toString());
    }

    /** Random reals against sums in double precision. */
    public static void assertClose(Product product, Parallel parallel, Case test) {
        Random random = new Random(test.seed);
        MatrixView a = reals(random, test.m, test.k, test.transposeA);
        MatrixView b = reals(random, test.k, test.n, test.transposeB);
        MatrixView c = MatrixView.of(new float[test.m * test.n], test.m, test.n);
        product.multiply(parallel, a, b, c, false);
        for (int i = 0; i < test.m; i++) {
            for (int j = 0; j < test.n; j++) {
                double sum = 0;
                for (int k = 0; k < test.k; k++) {
                    sum += (double) a.values()[a.at(i, k)] * b.values()[b.at(k, j)];
                }
                // each of k steps rounds a partial sum of at most k/4
                assertEquals(
                        sum, c.values()[c.at(i, j)], 6e-8 * test.k * test.k / 4 + 1e-9, test + " at " + i + ", " + j);
            }
        }
    }

    /** The result of a case of random reals, for comparing bits. */
    public static float[] result(Product product, Parallel parallel, Case test) {
        Random random = new Random(test.seed);
        MatrixView a = reals(random, test.m, test.k, test.transposeA);
        MatrixView b = reals(random, test.k, test.n, test.transposeB);
        MatrixView c = MatrixView.of(new float[test.m * test.n], test.m, test.n);
        product.multiply(parallel, a, b, c, false);
        return c.values();
    }

    private static MatrixView view(Random random, int rows, int columns, boolean transposed) {
        int offset = random.nextInt(5);
        int gap = random.nextInt(4);
        MatrixView view = transposed
                ? new MatrixView(new float[0], offset, rows, columns, 1, rows + gap)
                : new MatrixView(new float[0], offset, rows, columns, columns + gap, 1);
        float[] values = new float[offset + (rows + gap) * (columns + gap) + 3];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextInt(17) - 8;
        }
        return withValues(view, values);
    }

    private static MatrixView reals(Random random, int rows, int columns, boolean transposed) {
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat() - 0.5f;
        }
        return transposed ? MatrixView.of(values, columns, rows).transposed() : MatrixView.of(values, rows, columns);
    }

    private static MatrixView withValues(MatrixView view, float[] values) {
        return new MatrixView(
                values, view.offset(), view.rows(), view.columns(), view.rowStride(), view.columnStride());
    }
}
