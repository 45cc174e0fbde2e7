package espalier.tensor.cpu.vector.elementwise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.spi.UnaryOp;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class UnaryKernelTest {
    private static final float[] SPECIAL = {
        0f,
        -0f,
        1f,
        -1f,
        0.5f,
        -0.5f,
        1.5f,
        -2.5f,
        Float.NaN,
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY,
        Float.MIN_VALUE,
        -Float.MIN_VALUE,
        Float.MIN_NORMAL,
        -Float.MIN_NORMAL,
        Float.MAX_VALUE,
        -Float.MAX_VALUE,
        8388607.5f,
        -8388607.5f,
        8388608f,
        1e10f,
        88.72283f,
        88.72284f,
        -87.33655f,
        -103.97f,
        -103.98f,
        200f,
        -200f
    };

    /** Every 2^16th float or so, from −NaN to NaN: all magnitudes, both signs. */
    @ParameterizedTest
    @EnumSource(UnaryOp.class)
    void resultsAreWithinUnitsInTheLastPlaceOfTheDefinition(UnaryOp op) {
        double limit = switch (op) {
            case NEG, ABS, SIGN, RELU, FLOOR, ROUND, NOT -> 0;
            case SQRT, RECIPROCAL, SQUARE -> 0.5;
            case EXP -> 1;
            case LOG -> 0.8;
            case RSQRT, ERF, SOFTPLUS -> 1.5;
            case SIGMOID, SILU -> 2.5;
            case TANH -> 2.3;
            case GELU -> 4;
        };
        int count = 65_521;
        float[] x = new float[count];
        for (int i = 0; i < count; i++) {
            x[i] = Float.intBitsToFloat(Integer.MIN_VALUE + i * 65_551);
        }
        float[] y = new float[count];
        UnaryKernel.run(op, x, 0, y, 0, count);
        for (int i = 0; i < count; i++) {
            assertClose(op, x[i], y[i], limit);
        }
    }

    @ParameterizedTest
    @EnumSource(UnaryOp.class)
    void specialValuesAreThoseOfTheDefinition(UnaryOp op) {
        float[] y = new float[SPECIAL.length];
        UnaryKernel.run(op, SPECIAL, 0, y, 0, y.length);
        for (int i = 0; i < y.length; i++) {
            assertClose(op, SPECIAL[i], y[i], 4);
        }
    }

    private static void assertClose(UnaryOp op, float x, float y, double limit) {
        double exact = op.apply(x);
        float rounded = (float) exact;
        String what = op + " of " + x + " is " + y + ", should be " + rounded;
        if (!Float.isFinite(rounded) || !Float.isFinite(y)) {
            assertEquals(rounded, y, what);
        } else if (exact == 0) {
            assertEquals(0f, y, 0f, what);
        } else {
            double subnormalFactor = op == UnaryOp.GELU ? Math.abs(x) * Float.MIN_VALUE : Float.MIN_VALUE / 2;
            assertTrue(Math.abs(y - exact) <= limit * Math.ulp(rounded) + subnormalFactor, what);
        }
    }

    @Test
    void zerosKeepTheirSignWhereTheDefinitionDoes() {
        for (UnaryOp op : new UnaryOp[] {UnaryOp.FLOOR, UnaryOp.ROUND, UnaryOp.SIGN, UnaryOp.TANH, UnaryOp.ERF}) {
            float[] y = {0f, -0f, -0.25f};
            UnaryKernel.run(op, y, 0, y, 0, 2);
            assertArrayEquals(new float[] {0f, -0f, -0.25f}, y, op.toString());
        }
        float[] y = {-0.25f, -0.5f, 0.5f, 1.5f, 2.5f};
        UnaryKernel.run(UnaryOp.ROUND, y, 0, y, 0, y.length);
        assertArrayEquals(new float[] {-0f, -0f, 0f, 2f, 2f}, y);
    }

    /** An element alone, and the same element anywhere in any run, give the same bits; nothing else is written. */
    @ParameterizedTest
    @EnumSource(UnaryOp.class)
    void theResultDoesNotDependOnTheElementsPlace(UnaryOp op) {
        int lanes = Lanes.COUNT;
        var random = new Random(5);
        float[] x = new float[6 * lanes + 3];
        for (int i = 0; i < x.length; i++) {
            x[i] = i < SPECIAL.length && i % 2 == 0 ? SPECIAL[i] : 4 * (float) random.nextGaussian();
        }
        float[] alone = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            UnaryKernel.run(op, x, i, alone, i, 1);
        }
        for (int n : new int[] {0, 1, lanes - 1, lanes, lanes + 1, 4 * lanes + 3}) {
            for (int offset = 0; offset < lanes; offset++) {
                float[] y = new float[x.length + 2];
                UnaryKernel.run(op, x, offset, y, 1, n);
                for (int i = 0; i < y.length; i++) {
                    float expected = i >= 1 && i <= n ? alone[offset + i - 1] : 0f;
                    assertEquals(Float.floatToIntBits(expected), Float.floatToIntBits(y[i]), op + " at " + i);
                }
            }
        }
        float[] inPlace = x.clone();
        UnaryKernel.run(op, inPlace, 0, inPlace, 0, x.length);
        assertArrayEquals(alone, inPlace);
    }

    @Test
    void runsLongerThanABlock() {
        int n = 3 * VectorMath.BLOCK + 5;
        float[] x = new float[n];
        for (int i = 0; i < n; i++) {
            x[i] = (i % 200 - 100) / 10f;
        }
        for (UnaryOp op : UnaryOp.values()) {
            float[] y = new float[n];
            UnaryKernel.run(op, x, 0, y, 0, n);
            for (int i = 200; i < n; i++) {
                assertEquals(y[i - 200], y[i], op + " at " + i);
            }
        }
    }
}
