package espalier.tensor.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The definitions in the enums, which every back end is held to: against tables, hand arithmetic and laws. */
class DefinitionsTest {
    private static final double NONE = Double.NaN;

    /** From the tables of Abramowitz and Stegun (7.1, 26.2) and 16-digit evaluations. */
    @ParameterizedTest
    @CsvSource({
        "ERF, 0, 0",
        "ERF, 1e-10, 1.1283791670955126e-10",
        "ERF, 0.5, 0.5204998778130465",
        "ERF, 1, 0.8427007929497149",
        "ERF, -1, -0.8427007929497149",
        "ERF, 2, 0.9953222650189527",
        "ERF, 3, 0.9999779095030014",
        "ERF, 40, 1",
        "GELU, 0, 0",
        "GELU, 1, 0.8413447460685429",
        "GELU, -1, -0.15865525393145707",
        "GELU, -10, -7.619853024160527e-23",
        "SIGMOID, 0, 0.5",
        "SIGMOID, 1, 0.7310585786300049",
        "SIGMOID, -1, 0.2689414213699951",
        "SIGMOID, -700, 9.859676543759770e-305",
        "SILU, 1, 0.7310585786300049",
        "SILU, -2, -0.2384058440442351",
        "SILU, -Infinity, 0",
        "SOFTPLUS, 0, 0.6931471805599453",
        "SOFTPLUS, 1000, 1000",
        "SOFTPLUS, -40, 4.248354255291589e-18",
        "TANH, 0.5, 0.46211715726000979",
        "RSQRT, 4, 0.5",
        "RSQRT, 0, Infinity",
        "RECIPROCAL, -0.0, -Infinity",
        "SIGN, -3, -1",
        "SIGN, NaN, NaN",
        "FLOOR, -0.5, -1",
        "ROUND, 2.5, 2",
        "ROUND, -3.5, -4",
        "RELU, -2, 0",
        "RELU, NaN, NaN",
        "LOG, 0, -Infinity",
        "LOG, -1, NaN",
        "NOT, 0, 1",
        "NOT, -0.0, 1",
        "NOT, NaN, 0",
    })
    void oneOperand(UnaryOp op, double x, double expected) {
        double tolerance = Double.isFinite(expected) && expected != 0 ? 1e-14 * Math.abs(expected) : 1e-300;
        assertEquals(expected, op.apply(x), tolerance, op + "(" + x + ")");
    }

    @ParameterizedTest
    @CsvSource({
        "DIV, 1, 0, Infinity",
        "POW, 2, -2, 0.25",
        "MIN, NaN, 1, NaN",
        "MAX, 1, NaN, NaN",
        "EQ, NaN, NaN, 0",
        "NE, NaN, NaN, 1",
        "LE, 2, 2, 1",
        "LT, 2, 2, 0",
        "GE, -0.0, 0, 1",
        "GT, NaN, 0, 0",
        "AND, 2, -1, 1",
        "AND, 2, -0.0, 0",
        "OR, 0, 0, 0",
        "OR, 0, NaN, 1",
        "XOR, 3, 5, 0",
        "XOR, 3, 0, 1",
        "SOFT_THRESHOLD, 0.9, 0.2689414, 0.6310586",
        "SOFT_THRESHOLD, -0.9, 0.2689414, -0.6310586",
        "SOFT_THRESHOLD, 0.1, 0.2689414, 0",
        "SOFT_THRESHOLD, -0.1, 0.2689414, 0",
        "RELU_GRADIENT, 3, 0, 0",
        "RELU_GRADIENT, 3, 0.1, 3",
    })
    void twoOperands(BinaryOp op, double a, double b, double expected) {
        assertEquals(expected, op.apply(a, b), 1e-12, op + "(" + a + ", " + b + ")");
    }

    @Test
    void gradientsAreDerivativesOfTheirFunctions() {
        for (double x : new double[] {-9, -3, -1.1, -0.4, 0.3, 0.75, 1.6, 4, 8}) {
            double y = UnaryOp.SIGMOID.apply(x);
            assertDerivative(UnaryOp.SIGMOID::apply, x, BinaryOp.SIGMOID_GRADIENT.apply(1, y));
            assertDerivative(UnaryOp.TANH::apply, x, BinaryOp.TANH_GRADIENT.apply(1, Math.tanh(x)));
            assertDerivative(UnaryOp.GELU::apply, x, BinaryOp.GELU_GRADIENT.apply(1, x));
            assertDerivative(UnaryOp.SILU::apply, x, BinaryOp.SILU_GRADIENT.apply(1, x));
            assertDerivative(UnaryOp.RELU::apply, x, BinaryOp.RELU_GRADIENT.apply(1, Math.max(x, 0)));
            assertEquals(-2.5 * y * (1 - y), BinaryOp.SIGMOID_GRADIENT.apply(-2.5, y), 1e-15);
        }
    }

    private static void assertDerivative(DoubleUnaryOperator f, double x, double actual) {
        double h = 1e-5;
        double expected = (f.applyAsDouble(x + h) - f.applyAsDouble(x - h)) / (2 * h);
        assertEquals(expected, actual, 1e-9, "at " + x);
    }

    @ParameterizedTest
    @EnumSource
    void predicatesAnswerOneOrZero(BinaryOp op) {
        for (double a : new double[] {-2, -0.0, 0, 1, NONE}) {
            for (double b : new double[] {-2, 0, 1, NONE}) {
                double answer = op.apply(a, b);
                assertTrue(!op.isPredicate() || answer == 0 || answer == 1, op + "(" + a + ", " + b + ")");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "SUM, 0, 0.5",
        "SUM_OF_SQUARES, 0, 14.25",
        "PROD, 1, 3",
        "MIN, Infinity, -2",
        "MAX, -Infinity, 3",
        "ANY, 0, 1",
        "ALL, 1, 1",
        "COUNT_NONZERO, 0, 4",
    })
    void reductions(ReduceOp op, double ofNone, double ofFour) {
        assertEquals(ofNone, op.identity());
        double so = op.identity();
        for (double x : new double[] {3, -2, 0.5, -1}) {
            so = op.accumulate(so, x);
        }
        // 9 + 4 + 0.25 + 1; 3·−2·0.5·−1 = 3
        assertEquals(ofFour, so);
        assertEquals(0, ReduceOp.COUNT_NONZERO.accumulate(0, -0.0));
        assertEquals(NONE, ReduceOp.MAX.accumulate(5, NONE));
    }
}
