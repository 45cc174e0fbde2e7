package espalier.tensor.cpu.vector.gemm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import espalier.tensor.cpu.GemmCases;
import espalier.tensor.cpu.GemmCases.Case;
import espalier.tensor.cpu.Parallel;
import java.util.List;
import org.junit.jupiter.api.Test;

class VectorGemmTest {
    @Test
    void equalsThePlainProduct() {
        try (var parallel = new Parallel(2)) {
            GemmCases.cases(1_500).forEach(test -> GemmCases.assertExact(VectorGemm::multiply, parallel, test));
        }
    }

    @Test
    void isAsExactAsFloatAllows() {
        try (var parallel = new Parallel(1)) {
            GemmCases.cases(200).forEach(test -> GemmCases.assertClose(VectorGemm::multiply, parallel, test));
        }
    }

    @Test
    void aLeftMatrixMayBePackedBefore() {
        try (var parallel = new Parallel(2)) {
            GemmCases.Product packed =
                    (threads, a, b, c, add) -> VectorGemm.multiply(threads, PackedA.of(a), b, c, add);
            GemmCases.cases(500).forEach(test -> GemmCases.assertExact(packed, parallel, test));
        }
    }

    /** Rows are taken in strips, of which none may end inside a group. */
    @Test
    void anyNumberOfRowsBesideAStrip() {
        try (var parallel = new Parallel(1)) {
            for (int rows = 60; rows < 230; rows++) {
                GemmCases.assertExact(VectorGemm::multiply, parallel, new Case(rows, 3, 20, false, false, false, rows));
            }
        }
    }

    /** More than one block along each of M, K and N, with leftovers. */
    @Test
    void largeProductsHaveTheSameBitsForAnyNumberOfThreads() {
        var cases = List.of(
                new Case(150, 421, 203, false, false, false, 1),
                new Case(530, 7, 66, true, false, false, 2),
                new Case(40, 801, 139, false, true, false, 3),
                new Case(7, 300, 2_001, false, false, false, 4),
                new Case(1, 900, 1_500, false, false, false, 5),
                new Case(3, 700, 1_100, false, true, false, 6),
                new Case(1_300, 500, 1, false, false, false, 7));
        for (Case test : cases) {
            try (var alone = new Parallel(1)) {
                GemmCases.assertExact(VectorGemm::multiply, alone, test);
                float[] expected = GemmCases.result(VectorGemm::multiply, alone, test);
                for (int threads : new int[] {2, 3, 8}) {
                    try (var parallel = new Parallel(threads)) {
                        float[] result = GemmCases.result(VectorGemm::multiply, parallel, test);
                        assertArrayEquals(expected, result, test + ", " + threads + " threads");
                    }
                }
            }
        }
    }
}
