package espalier.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BatchedProductTest {
    private final Random random = new Random(11);

    @Test
    void oneMatrixForTheWholeBatchIsOneTallProduct() {
        Tensor a = wholeNumbers(2, 3, 5, 7);
        Tensor b = wholeNumbers(7, 4);
        Tensor flat = a.reshape(Shape.of(30, 7)).matmul(b);
        Tensor product = a.matmul(b);
        assertEquals(Shape.of(2, 3, 5, 4), product.shape());
        assertArrayEquals(flat.toFloats(), product.toFloats());
    }

    @Test
    void manySmallProductsAreTheProductsOfTheirParts() {
        Tensor a = wholeNumbers(40, 5, 7);
        Tensor b = wholeNumbers(40, 7, 3);
        Tensor product = a.matmul(b);
        for (int i = 0; i < 40; i++) {
            assertArrayEquals(
                    a.select(0, i).matmul(b.select(0, i)).toFloats(),
                    product.select(0, i).toFloats());
        }
    }

    @Test
    void aTransposedLeftBatchIsNotTakenForOneTallMatrix() {
        Tensor a = wholeNumbers(4, 7, 5).transpose(1, 2);
        Tensor b = wholeNumbers(7, 6);
        Tensor product = a.matmul(b);
        for (int i = 0; i < 4; i++) {
            assertArrayEquals(
                    a.select(0, i).matmul(b).toFloats(), product.select(0, i).toFloats());
        }
    }

    @Test
    void anEmptySumIsZero() {
        Tensor product = wholeNumbers(3, 2, 0).matmul(wholeNumbers(3, 0, 2));
        assertArrayEquals(new float[12], product.toFloats());
    }

    private Tensor wholeNumbers(int... dims) {
        float[] values = new float[Arrays.stream(dims).reduce(1, (x, y) -> x * y)];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextInt(17) - 8;
        }
        return Tensor.of(values, dims);
    }
}
