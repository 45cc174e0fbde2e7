package espalier.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class ScalarGemmTest {
    @Test
    void plainProductWorkedByHand() {
        MatrixView a = MatrixView.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
        MatrixView b = MatrixView.of(new float[] {7, 8, 9, 10, 11, 12}, 3, 2);
        MatrixView c = MatrixView.of(new float[] {Float.NaN, Float.NaN, Float.NaN, Float.NaN}, 2, 2);
        PlainGemm.multiply(a, b, c, false);
        assertArrayEquals(new float[] {58, 64, 139, 154}, c.values());
        PlainGemm.multiply(a, b, c, true);
        assertArrayEquals(new float[] {116, 128, 278, 308}, c.values());
        MatrixView gram = MatrixView.of(new float[9], 3, 3);
        PlainGemm.multiply(a.transposed(), a, gram, false);
        assertArrayEquals(new float[] {17, 22, 27, 22, 29, 36, 27, 36, 45}, gram.values());
    }

    @Test
    void equalsThePlainProduct() {
        try (var parallel = new Parallel(2)) {
            GemmCases.cases(600).forEach(test -> GemmCases.assertExact(ScalarGemm::multiply, parallel, test));
        }
    }

    @Test
    void hasTheBitsOfThePlainProductForAnyNumberOfThreads() {
        var test = new GemmCases.Case(70, 300, 530, false, true, false, 3);
        float[] expected =
                GemmCases.result((_, a, b, c, add) -> PlainGemm.multiply(a, b, c, add), new Parallel(1), test);
        for (int threads : new int[] {1, 2, 3, 8}) {
            try (var parallel = new Parallel(threads)) {
                assertArrayEquals(
                        expected, GemmCases.result(ScalarGemm::multiply, parallel, test), threads + " threads");
            }
        }
    }

    @Test
    void sizesThatDoNotFitAreNamed() {
        MatrixView a = MatrixView.of(new float[6], 2, 3);
        MatrixView b = MatrixView.of(new float[20], 4, 5);
        MatrixView c = MatrixView.of(new float[10], 2, 5);
        var refused = assertThrows(
                IllegalArgumentException.class, () -> ScalarGemm.multiply(new Parallel(1), a, b, c, false));
        assertEquals("matmul: sizes do not fit: lhs [2, 3], rhs [4, 5], result [2, 5]", refused.getMessage());
    }
}
