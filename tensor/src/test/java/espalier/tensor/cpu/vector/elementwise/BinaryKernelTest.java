package espalier.tensor.cpu.vector.elementwise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.spi.BinaryOp;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BinaryKernelTest {
    private static final float[] SPECIAL = {
        0f, -0f, 1f, -1f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.MIN_VALUE, Float.MAX_VALUE
    };

    private static int[] lengths() {
        int lanes = Lanes.COUNT;
        return new int[] {0, 1, lanes - 1, lanes, lanes + 1, 4 * lanes + 3, VectorMath.BLOCK, VectorMath.BLOCK + 9};
    }

    private static float[] values(int n, int seed) {
        var random = new Random(seed);
        float[] x = new float[n];
        for (int i = 0; i < n; i++) {
            x[i] = random.nextInt(3) == 0 ? SPECIAL[random.nextInt(SPECIAL.length)] : (float) random.nextGaussian();
        }
        return x;
    }

    @ParameterizedTest
    @EnumSource(BinaryOp.class)
    void everyStrideAndLength(BinaryOp op) {
        for (int n : lengths()) {
            for (int strides = 0; strides < 4; strides++) {
                int as = strides & 1;
                int bs = strides >> 1;
                float[] a = values(n + 4, n + 1);
                float[] b = values(n + 4, n + 2);
                if (op.isPredicate()) {
                    byte[] y = new byte[n + 4];
                    PredicateKernel.run(op, a, 1, as, b, 2, bs, y, 3, n);
                    assertEquals(0, y[0] + y[1] + y[2] + y[n + 3], "outside the run");
                    for (int i = 0; i < n; i++) {
                        assertEquals(op.apply(a[1 + as * i], b[2 + bs * i]), y[3 + i], op + " at " + i + " of " + n);
                    }
                } else {
                    float[] y = new float[n + 4];
                    BinaryKernel.run(op, a, 1, as, b, 2, bs, y, 3, n);
                    assertEquals(0f, y[0] + y[1] + y[2] + y[n + 3], "outside the run");
                    for (int i = 0; i < n; i++) {
                        assertClose(op, a[1 + as * i], b[2 + bs * i], y[3 + i]);
                    }
                }
            }
        }
    }

    private static void assertClose(BinaryOp op, float a, float b, float y) {
        double exact = op.apply(a, b);
        float rounded = (float) exact;
        String what = op + " of " + a + ", " + b + " is " + y + ", should be " + rounded;
        boolean exactlyRounded = switch (op) {
            case ADD, SUB, MUL, DIV, POW, MIN, MAX, SOFT_THRESHOLD, RELU_GRADIENT -> true;
            default -> false;
        };
        boolean overflowsOnTheWay = Math.abs(a) == Float.MAX_VALUE || Math.abs(b) == Float.MAX_VALUE;
        if (exactlyRounded) {
            assertTrue(rounded == y || (Float.isNaN(rounded) && Float.isNaN(y)), what);
        } else if (!overflowsOnTheWay && Float.isFinite(rounded)) {
            // the factors of a gradient may cancel, so the error goes with the incoming gradient
            assertEquals(exact, y, 1e-6 * Math.abs(exact) + 5e-7 * Math.abs(a) + 3 * Float.MIN_VALUE, what);
        } else if (!overflowsOnTheWay) {
            assertEquals(rounded, y, what);
        }
    }

    @Test
    void kernelsRefuseTheOthersOperations() {
        float[] x = new float[1];
        assertThrows(IllegalArgumentException.class, () -> BinaryKernel.run(BinaryOp.EQ, x, 0, 1, x, 0, 1, x, 0, 1));
        byte[] y = new byte[1];
        assertThrows(
                IllegalArgumentException.class, () -> PredicateKernel.run(BinaryOp.ADD, x, 0, 1, x, 0, 1, y, 0, 1));
    }

    @Test
    void anOperandMayBeTheResult() {
        for (int n : lengths()) {
            float[] a = values(n, 3);
            float[] expected = new float[n];
            BinaryKernel.run(BinaryOp.GELU_GRADIENT, a, 0, 1, a, 0, 1, expected, 0, n);
            BinaryKernel.run(BinaryOp.GELU_GRADIENT, a, 0, 1, a, 0, 1, a, 0, n);
            for (int i = 0; i < n; i++) {
                assertEquals(expected[i], a[i]);
            }
        }
    }

    @Test
    void whereChoosesByBytesOfAnyValue() {
        for (int n : lengths()) {
            byte[] condition = new byte[n + 1];
            new Random(n).nextBytes(condition);
            for (int i = 0; i < n; i += 2) {
                condition[1 + i] = 0;
            }
            for (int strides = 0; strides < 4; strides++) {
                int as = strides & 1;
                int bs = strides >> 1;
                float[] a = values(n + 2, 4);
                float[] b = values(n + 2, 5);
                float[] y = new float[n + 2];
                SelectKernel.run(condition, 1, a, 1, as, b, 2 - bs, bs, y, 1, n);
                for (int i = 0; i < n; i++) {
                    float expected = condition[1 + i] != 0 ? a[1 + as * i] : b[2 - bs + bs * i];
                    assertEquals(Float.floatToRawIntBits(expected), Float.floatToRawIntBits(y[1 + i]));
                }
                assertTrue(y[0] == 0 && y[n + 1] == 0, "outside the run");
            }
        }
    }
}
