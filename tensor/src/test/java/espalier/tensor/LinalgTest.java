package espalier.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LinalgTest {
    private static final Device DEVICE = Device.reference();

    private static Tensor matrix(int m, int n, double... values) {
        return Tensor.of(DEVICE, values, Shape.of(m, n));
    }

    private static Tensor random(int m, int n, long seed) {
        Random random = new Random(seed);
        double[] values = new double[m * n];
        Arrays.setAll(values, _ -> random.nextGaussian());
        return Tensor.of(DEVICE, values, Shape.of(m, n));
    }

    private static void assertClose(Tensor expected, Tensor actual, double tolerance) {
        assertEquals(expected.shape(), actual.shape());
        assertArrayEquals(expected.toDoubles(), actual.toDoubles(), tolerance);
    }

    /** Plain triple loop, independent of the library's matmul. */
    private static Tensor product(Tensor a, Tensor b) {
        int m = a.dim(0);
        int k = a.dim(1);
        int n = b.dim(1);
        double[] x = a.toDoubles();
        double[] y = b.toDoubles();
        double[] z = new double[m * n];
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                for (int l = 0; l < k; l++) {
                    z[i * n + j] += x[i * k + l] * y[l * n + j];
                }
            }
        }
        return matrix(m, n, z);
    }

    private static Tensor identity(int n) {
        double[] values = new double[n * n];
        for (int i = 0; i < n; i++) {
            values[i * n + i] = 1;
        }
        return matrix(n, n, values);
    }

    @Test
    void theExampleOfTheDocumentation() {
        Tensor a = Tensor.of(new float[] {3, 0, 0, 2, 0, 0}, 3, 2);
        Linalg.Svd svd = Linalg.svd(a);
        assertArrayEquals(new float[] {3, 2}, svd.s().toFloats());
        Tensor again = svd.u().mul(svd.s()).matmul(svd.v().t());
        assertArrayEquals(a.toFloats(), again.toFloats(), 1e-6f);
        // 3·x₀ = 1 and 2·x₁ = 1, a little shrunk
        Tensor x = Linalg.leastSquares(a, Tensor.ones(3), 1e-6);
        assertArrayEquals(new float[] {1 / 3f, 1 / 2f}, x.toFloats(), 1e-6f);
    }

    @Nested
    class SingularValues {
        /** The laws of a decomposition, whatever the matrix. */
        private void assertDecomposes(Tensor a, Linalg.Svd svd, double tolerance) {
            int m = a.dim(0);
            int n = a.dim(1);
            int r = Math.min(m, n);
            assertEquals(Shape.of(m, r), svd.u().shape());
            assertEquals(Shape.of(r), svd.s().shape());
            assertEquals(Shape.of(n, r), svd.v().shape());
            double[] s = svd.s().toDoubles();
            for (int i = 0; i < r; i++) {
                assertTrue(s[i] >= 0 && (i == 0 || s[i] <= s[i - 1]), () -> "not sorted: " + Arrays.toString(s));
            }
            double scale = r == 0 || s[0] == 0 ? 1 : s[0];
            assertClose(identity(r), product(svd.u().t(), svd.u()), tolerance);
            assertClose(identity(r), product(svd.v().t(), svd.v()), tolerance);
            double[] diagonal = new double[r * r];
            for (int i = 0; i < r; i++) {
                diagonal[i * r + i] = s[i];
            }
            Tensor again =
                    product(product(svd.u(), matrix(r, r, diagonal)), svd.v().t());
            assertClose(matrix(m, n, a.toDoubles()), again, tolerance * scale);
        }

        @ParameterizedTest
        @CsvSource({
            "1,1", "1,7", "7,1", "2,2", "3,2", "2,3", "5,5", "8,13", "13,8", "40,40", "17,64", "0,3", "3,0", "0,0"
        })
        void obeysTheLawsForEveryShape(int m, int n) {
            Tensor a = random(m, n, 31L * m + n);
            assertDecomposes(a, Linalg.svd(a), 1e-12);
        }

        @Test
        void valuesOfMatricesWorkedByHand() {
            // [3 0; 4 5]: aᵀa = [25 20; 20 25] has eigenvalues 45 and 5.
            Linalg.Svd svd = Linalg.svd(matrix(2, 2, 3, 0, 4, 5));
            assertArrayEquals(
                    new double[] {Math.sqrt(45), Math.sqrt(5)}, svd.s().toDoubles(), 1e-14);
            // v = (1, 1)/√2 and (−1, 1)/√2, u = (1, 3)/√10 and (3, −1)/√10, largest entry of u positive
            double h = Math.sqrt(0.5);
            assertArrayEquals(new double[] {h, h, h, -h}, svd.v().toDoubles(), 1e-14);
            double t = 1 / Math.sqrt(10);
            assertArrayEquals(new double[] {t, 3 * t, 3 * t, -t}, svd.u().toDoubles(), 1e-14);
        }

        @Test
        void aDiagonalMatrixIsSortedAndItsSignGoesToV() {
            Linalg.Svd svd = Linalg.svd(matrix(3, 3, 1, 0, 0, 0, -7, 0, 0, 0, 2));
            assertArrayEquals(new double[] {7, 2, 1}, svd.s().toDoubles(), 1e-15);
            assertArrayEquals(new double[] {0, 0, 1, 1, 0, 0, 0, 1, 0}, svd.u().toDoubles(), 1e-15);
            assertArrayEquals(new double[] {0, 0, 1, -1, 0, 0, 0, 1, 0}, svd.v().toDoubles(), 1e-15);
        }

        @Test
        void theTransposeSwapsUAndV() {
            Tensor a = random(9, 5, 3);
            Linalg.Svd tall = Linalg.svd(a);
            Linalg.Svd wide = Linalg.svd(a.t());
            assertClose(tall.u(), wide.v(), 0);
            assertClose(tall.v(), wide.u(), 0);
            assertClose(tall.s(), wide.s(), 0);
        }

        @Test
        void theHilbertMatrixKeepsItsSmallestValue() {
            double[] h = new double[25];
            for (int i = 0; i < 25; i++) {
                h[i] = 1.0 / (i / 5 + i % 5 + 1);
            }
            double[] s = Linalg.svd(matrix(5, 5, h)).s().toDoubles();
            // Eigenvalues of the Hilbert matrix of order 5, as tabulated in the literature.
            double[] known = {
                1.5670506910982307,
                0.20853421861101333,
                0.011407491623419805,
                3.058980401511971e-4,
                3.287928772171862e-6
            };
            for (int i = 0; i < 5; i++) {
                assertEquals(1, s[i] / known[i], 1e-10, "value " + i);
            }
        }

        @Test
        void aMatrixOfLowRankHasOrthonormalVectorsForItsZeros() {
            Tensor a = product(random(12, 3, 1), random(3, 7, 2));
            Linalg.Svd svd = Linalg.svd(a);
            assertDecomposes(a, svd, 1e-12);
            assertEquals(0, svd.s().get(3) / svd.s().get(0), 1e-14);
            assertTrue(svd.s().get(2) > 0.1);
            Tensor column = matrix(4, 3, 1, 1, 1, 2, 2, 2, 0, 0, 0, -2, -2, -2); // sum of squares 27
            Linalg.Svd one = Linalg.svd(column);
            assertDecomposes(column, one, 1e-12);
            assertEquals(Math.sqrt(27), one.s().get(0), 1e-13);
        }

        @Test
        void theZeroMatrixHasSomeOrthonormalVectors() {
            for (int[] shape : new int[][] {{4, 3}, {3, 4}, {1, 1}}) {
                Tensor zero = matrix(shape[0], shape[1], new double[shape[0] * shape[1]]);
                assertDecomposes(zero, Linalg.svd(zero), 1e-15);
            }
        }

        @Test
        void hugeAndTinyNumbersNeitherOverflowNorVanish() {
            for (double scale : new double[] {1e300, 1e-300, 4e-320}) {
                double[] s = Linalg.svd(matrix(2, 2, 3 * scale, 0, 4 * scale, 5 * scale))
                        .s()
                        .toDoubles();
                // 4e-320 is subnormal: a few bits are left
                assertEquals(Math.sqrt(45), s[0] / scale, scale > 1e-310 ? 1e-13 : 1e-3);
            }
        }

        @Test
        void valuesFarApartAreAllRight() {
            Tensor a = product(random(6, 6, 4), matrix(6, 6, identity(6).toDoubles()));
            double[] values = a.toDoubles();
            for (int i = 0; i < values.length; i++) {
                values[i] *= Math.pow(10, -4 * (i % 6)); // columns of length about 1 to 1e-20
            }
            Tensor graded = matrix(6, 6, values);
            double[] s = Linalg.svd(graded).s().toDoubles();
            // |det| is the product of the singular values; scaling columns scales it exactly.
            double det = 1;
            for (double value : Linalg.svd(a).s().toDoubles()) {
                det *= value;
            }
            double product = 1;
            for (double value : s) {
                product *= value;
            }
            assertEquals(1, product / (det * Math.pow(10, -60)), 1e-10);
        }

        @Test
        void floatsAreDecomposedToTheirOwnRounding() {
            Tensor a = random(30, 20, 8).to(DType.F32);
            Linalg.Svd svd = Linalg.svd(a);
            assertEquals(DType.F32, svd.u().dtype());
            assertEquals(DType.F32, svd.s().dtype());
            assertDecomposes(a, svd, 2e-6);
            double[] exact = Linalg.svd(a.to(DType.F64)).s().toDoubles();
            for (int i = 0; i < exact.length; i++) {
                assertEquals((float) exact[i], (float) svd.s().get(i));
            }
        }

        @Test
        void viewsAreReadAsTheyLook() {
            Tensor a = random(6, 10, 5);
            Tensor view = a.slice(1, 0, 10, 2).t();
            assertClose(Linalg.svd(view.copy()).u(), Linalg.svd(view).u(), 0);
        }

        @Test
        void refusesWhatIsNoMatrixOfFiniteFloats() {
            assertSays(
                    ShapeException.class,
                    "svd: needs a matrix [M, N], not shape [3]",
                    () -> Linalg.svd(Tensor.ones(3)));
            assertSays(
                    IllegalArgumentException.class,
                    "svd: needs F32 or F64, not I32",
                    () -> Linalg.svd(Tensor.of(new int[] {1}, 1, 1)));
            assertSays(
                    IllegalArgumentException.class,
                    "svd: the value at [1, 0] of [2, 2] is NaN",
                    () -> Linalg.svd(matrix(2, 2, 1, 2, Double.NaN, 4)));
            assertSays(
                    IllegalArgumentException.class,
                    "at [0, 1] of [1, 2] is -Infinity",
                    () -> Linalg.svd(matrix(1, 2, 1, Double.NEGATIVE_INFINITY)));
        }
    }

    @Nested
    class Cholesky {
        @Test
        void factorOfAMatrixWorkedByHand() {
            // L = [2 0 0; 6 1 0; -8 5 3]
            Tensor a = matrix(3, 3, 4, 12, -16, 12, 37, -43, -16, -43, 98);
            assertArrayEquals(
                    new double[] {2, 0, 0, 6, 1, 0, -8, 5, 3},
                    Linalg.cholesky(a).toDoubles());
        }

        @Test
        void onlyTheLowerTriangleIsRead() {
            Tensor a = matrix(2, 2, 4, 999, 2, 2);
            assertArrayEquals(new double[] {2, 0, 1, 1}, Linalg.cholesky(a).toDoubles());
        }

        @ParameterizedTest
        @CsvSource({"0,2", "1,1", "2,3", "7,1", "33,5"})
        void solvesWhatItWasMadeFrom(int n, int k) {
            Tensor b = random(n, n, n);
            Tensor spd = product(b, b.t());
            for (int i = 0; i < n; i++) {
                spd.select(0, i).select(0, i).addInPlace(1);
            }
            Tensor x = random(n, k, 99);
            assertClose(x, Linalg.choleskySolve(spd, product(spd, x)), 1e-9);
            Tensor l = Linalg.cholesky(spd);
            assertClose(spd, product(l, l.t()), 1e-12 * Math.max(1, n * n));
        }

        @Test
        void aVectorOnTheRightGivesAVector() {
            Tensor x = Linalg.choleskySolve(
                    matrix(2, 2, 4, 2, 2, 5), Tensor.of(DEVICE, new double[] {8, 12}, Shape.of(2)));
            assertArrayEquals(new double[] {1, 2}, x.toDoubles(), 1e-15); // 4 + 4 = 8, 2 + 10 = 12
            assertEquals(Shape.of(2), x.shape());
        }

        @Test
        void thePivotThatIsNotPositiveIsNamed() {
            assertSays(
                    ArithmeticException.class,
                    "cholesky: pivot 1 of 2 is -3.0",
                    () -> Linalg.cholesky(matrix(2, 2, 1, 2, 2, 1)));
            assertSays(
                    ArithmeticException.class,
                    "choleskySolve: pivot 0 of 1 is 0.0",
                    () -> Linalg.choleskySolve(matrix(1, 1, 0), matrix(1, 1, 1)));
            // Rank one: the second pivot is what rounding left of zero.
            assertSays(
                    ArithmeticException.class,
                    "pivot 1 of 2",
                    () -> Linalg.cholesky(matrix(2, 2, 0.01, 0.03, 0.03, 0.09000000000000002)));
        }

        @Test
        void shapesThatDoNotFitAreNamed() {
            assertSays(
                    ShapeException.class,
                    "cholesky: needs a square matrix, not shape [2, 3]",
                    () -> Linalg.cholesky(matrix(2, 3, 1, 2, 3, 4, 5, 6)));
            assertSays(
                    ShapeException.class,
                    "choleskySolve: numbers of rows differ: lhs [1, 1], rhs [2] (1 ≠ 2)",
                    () -> Linalg.choleskySolve(matrix(1, 1, 1), Tensor.of(DEVICE, new double[2], Shape.of(2))));
        }
    }

    @Nested
    class LeastSquares {
        @Test
        void theSlopeThroughThreePoints() {
            // x = (1, 2, 3), y = (1, 2.5, 3): Σxy/Σx² = 15/14
            Tensor x = Linalg.leastSquares(
                    matrix(3, 1, 1, 2, 3), Tensor.of(DEVICE, new double[] {1, 2.5, 3}, Shape.of(3)), 0);
            assertEquals(Shape.of(1), x.shape());
            assertEquals(15.0 / 14.0, x.item(), 1e-15);
        }

        @Test
        void aLineThroughFourPoints() {
            // y = 3.5 + 1.4 t for (1, 6), (2, 5), (3, 7), (4, 10)
            Tensor a = matrix(4, 2, 1, 1, 1, 2, 1, 3, 1, 4);
            Tensor b = matrix(4, 1, 6, 5, 7, 10);
            assertArrayEquals(
                    new double[] {3.5, 1.4}, Linalg.leastSquares(a, b, 0).toDoubles(), 1e-13);
        }

        @Test
        void theRidgeShrinks() {
            // (Σx² + 1)·w = Σxy: 15/(14 + 1)
            Tensor b = Tensor.of(DEVICE, new double[] {1, 2.5, 3}, Shape.of(3));
            assertEquals(1, Linalg.leastSquares(matrix(3, 1, 1, 2, 3), b, 1).item(), 1e-15);
        }

        @Test
        void theResidualIsOrthogonalToTheColumns() {
            Tensor a = random(50, 6, 11);
            Tensor b = random(50, 3, 12);
            Tensor x = Linalg.leastSquares(a, b, 0);
            assertEquals(Shape.of(6, 3), x.shape());
            Tensor residual = b.sub(product(a, x));
            assertClose(matrix(6, 3, new double[18]), product(a.t(), residual), 1e-12);
        }

        @Test
        void columnsThatDependOnEachOtherNeedARidge() {
            Tensor a = matrix(3, 2, 0.1, 0.3, 0.2, 0.6, 0.7, 2.1);
            Tensor b = matrix(3, 1, 1, 2, 7);
            assertSays(ArithmeticException.class, "leastSquares: pivot 1 of 2 is", () -> Linalg.leastSquares(a, b, 0));
            // With a little: the shortest solution, 10·(0.1, 0.3) in each row sums to 1 → x = (1, 3)
            assertArrayEquals(
                    new double[] {1, 3}, Linalg.leastSquares(a, b, 1e-9).toDoubles(), 1e-6);
        }

        @Test
        void refusesANegativeRidge() {
            for (double ridge : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
                assertSays(
                        IllegalArgumentException.class,
                        "leastSquares: ridge " + ridge,
                        () -> Linalg.leastSquares(matrix(1, 1, 1), matrix(1, 1, 1), ridge));
            }
        }
    }

    private static <T extends Throwable> void assertSays(
            Class<T> type, String words, org.junit.jupiter.api.function.Executable call) {
        String message = String.valueOf(assertThrows(type, call).getMessage());
        assertTrue(message.contains(words), message);
    }
}
