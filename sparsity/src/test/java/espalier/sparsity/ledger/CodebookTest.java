package espalier.sparsity.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.packed.BinaryMatrix;
import espalier.tensor.packed.Int8Matrix;
import espalier.tensor.packed.TernaryMatrix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a layer's values look like, told from the values. */
class CodebookTest {
    private static float[] normal(int size, long seed) {
        return RandomSource.of(seed).normal(Device.cpu(), Shape.of(size)).toFloats();
    }

    /** n values on levels ±scale·i, i = 1..m, each of them used. */
    private static float[] levels(int n, int m, float scale) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = scale * (i % m + 1) * (i / m % 2 == 0 ? 1 : -1);
        }
        return values;
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 2", "4, 3", "8, 4", "64, 7", "127, 8"})
    void evenLevelsWithoutZeroNeedTheBitsOfTheirNumberAndOneScale(int m, int bits) {
        for (float scale : new float[] {0.1f, 1f / 3, 7e-5f, 1234.5f}) {
            assertEquals(new Codebook(Codebook.Form.SCALED, bits, 32), Codebook.of(levels(4_000, m, scale), 4, false));
        }
    }

    @Test
    void zeroIsOneMoreValueWhereItIsStored() {
        float[] three = {0.3f, 0, -0.3f, 0.3f, 0, -0.0f, 0.3f, -0.3f, 0, 0, 0, 0.3f};
        assertEquals(new Codebook(Codebook.Form.SCALED, 1, 32), Codebook.of(three, 1, false));
        assertEquals(new Codebook(Codebook.Form.SCALED, 2, 32), Codebook.of(three, 1, true));
    }

    @Test
    void floatsStayFloats() {
        assertEquals(new Codebook(Codebook.Form.FLOAT, 32, 0), Codebook.of(normal(10_000, 1), 100, false));
        assertEquals(
                new Codebook(Codebook.Form.FLOAT, 32, 0),
                Codebook.of(new float[] {(float) Math.PI, (float) Math.E}, 1, false));
        assertEquals(new Codebook(Codebook.Form.FLOAT, 32, 0), Codebook.of(new float[8], 2, false));
        assertEquals(new Codebook(Codebook.Form.FLOAT, 32, 0), Codebook.of(new float[0], 1, true));
    }

    @Test
    void manyZerosMakeNoQuantization() {
        float[] half = normal(2_000, 4);
        java.util.Arrays.fill(half, 400, 2_000, 0);
        assertEquals(new Codebook(Codebook.Form.FLOAT, 32, 0), Codebook.of(half, 1, true));
    }

    @Test
    void fewFloatsAreShared() {
        float[] means = normal(16, 3);
        float[] weights = new float[1_000];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = means[i * 7 % 16];
        }
        assertEquals(new Codebook(Codebook.Form.SHARED, 4, 16 * 32), Codebook.of(weights, 10, false));
    }

    @Test
    void packedMatricesAreRecognizedByTheirRows() {
        float[] dense = normal(64 * 512, 5);
        assertEquals(
                new Codebook(Codebook.Form.SCALED_BY_ROW, 8, 64 * 32),
                Codebook.of(Int8Matrix.of(dense, 64, 512).toDense(), 64, true));
        assertEquals(
                new Codebook(Codebook.Form.SCALED_BY_ROW, 2, 64 * 32),
                Codebook.of(TernaryMatrix.of(dense, 64, 512).toDense(), 64, true));
        assertEquals(
                new Codebook(Codebook.Form.SCALED_BY_ROW, 1, 64 * 32),
                Codebook.of(BinaryMatrix.of(dense, 64, 512).toDense(), 64, true));
    }

    @Test
    void rowsMustDivideTheWeights() {
        assertThrows(IllegalArgumentException.class, () -> Codebook.of(new float[5], 2, true));
    }
}
