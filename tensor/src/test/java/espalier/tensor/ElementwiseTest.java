package espalier.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import espalier.tensor.spi.BinaryOp;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** The methods of {@link Elementwise}: each calls the right operation, broadcasts, and says what does not fit. */
class ElementwiseTest {
    private static final Tensor A = Tensor.of(new float[] {-2, -0.5f, 0, 1, 4});
    private static final Tensor B = Tensor.of(new float[] {3, 0, 0, 1, -4});

    @Test
    void oneOperand() {
        values(A.neg(), 2, 0.5f, -0.0f, -1, -4);
        values(A.abs(), 2, 0.5f, 0, 1, 4);
        values(A.sign(), -1, -1, 0, 1, 1);
        values(A.square(), 4, 0.25f, 0, 1, 16);
        values(A.relu(), 0, 0, 0, 1, 4);
        values(A.floor(), -2, -1, 0, 1, 4);
        values(A.round(), -2, -0.0f, 0, 1, 4);
        values(A.abs().sqrt(), 1.4142135f, 0.70710677f, 0, 1, 2);
        values(A.square().rsqrt(), 0.5f, 2, Float.POSITIVE_INFINITY, 1, 0.25f);
        values(A.reciprocal(), -0.5f, -2, Float.POSITIVE_INFINITY, 1, 0.25f);
        values(A.clamp(-1, 2), -1, -0.5f, 0, 1, 2);
        values(A.leakyRelu(0.1), -0.2f, -0.05f, 0, 1, 4);
        values(A.not(), 0, 0, 1, 0, 0);
        values(Tensor.zeros(1).exp(), 1);
        values(Tensor.ones(1).log(), 0);
        values(Tensor.zeros(1).sigmoid(), 0.5f);
        values(Tensor.zeros(1).tanh(), 0);
        values(Tensor.zeros(1).gelu(), 0);
        values(Tensor.zeros(1).silu(), 0);
        values(Tensor.zeros(1).softplus(), 0.6931472f);
        values(Tensor.zeros(1).erf(), 0);
    }

    @Test
    void twoOperands() {
        values(A.add(B), 1, -0.5f, 0, 2, 0);
        values(A.sub(B), -5, -0.5f, 0, 0, 8);
        values(A.mul(B), -6, -0.0f, 0, 1, -16);
        values(A.div(Tensor.scalar(2)), -1, -0.25f, 0, 0.5f, 2);
        values(A.pow(2), 4, 0.25f, 0, 1, 16);
        values(A.min(B), -2, -0.5f, 0, 1, -4);
        values(A.max(B), 3, 0, 0, 1, 4);
        values(A.softThreshold(0.75), -1.25f, -0.0f, 0, 0.25f, 3.25f);
        values(A.softThreshold(Tensor.scalar(0.75f)), -1.25f, -0.0f, 0, 0.25f, 3.25f);
        values(A.gradient(BinaryOp.RELU_GRADIENT, B), -2, 0, 0, 1, 0);
    }

    @Test
    void aNumberIsTheRightOperand() {
        values(A.add(1), -1, 0.5f, 1, 2, 5);
        values(A.sub(1), -3, -1.5f, -1, 0, 3);
        values(A.mul(-2), 4, 1, -0.0f, -2, -8);
        values(A.div(4), -0.5f, -0.125f, 0, 0.25f, 1);
        values(A.min(0.5), -2, -0.5f, 0, 0.5f, 0.5f);
        values(A.max(0.5), 0.5f, 0.5f, 0.5f, 1, 4);
    }

    /** Nothing is multiplied by infinity that the result does not need. */
    @Test
    void leakyReluOfInfinities() {
        Tensor ends = Tensor.of(new float[] {Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN, -4});
        values(ends.leakyRelu(0), Float.POSITIVE_INFINITY, 0, Float.NaN, 0);
        values(ends.leakyRelu(0.25), Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN, -1);
        values(ends.leakyRelu(1), Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN, -4);
    }

    @Test
    void comparisonsAndLogicAreTruthValues() {
        assertEquals(DType.BOOL, A.eq(B).dtype());
        values(A.eq(B), 0, 0, 1, 1, 0);
        values(A.ne(B), 1, 1, 0, 0, 1);
        values(A.lt(B), 1, 1, 0, 0, 0);
        values(A.le(B), 1, 1, 1, 1, 0);
        values(A.gt(B), 0, 0, 0, 0, 1);
        values(A.ge(B), 0, 0, 1, 1, 1);
        values(A.eq(1), 0, 0, 0, 1, 0);
        values(A.ne(1), 1, 1, 1, 0, 1);
        values(A.lt(0), 1, 1, 0, 0, 0);
        values(A.le(0), 1, 1, 1, 0, 0);
        values(A.gt(0), 0, 0, 0, 1, 1);
        values(A.ge(0), 0, 0, 1, 1, 1);
        values(A.and(B), 1, 0, 0, 1, 1);
        values(A.or(B), 1, 1, 0, 1, 1);
        values(A.xor(B), 0, 1, 0, 0, 0);
        values(A.gt(0).where(A, B), 3, 0, 0, 1, 4);
        Tensor nan = Tensor.of(new float[] {Float.NaN, 1});
        values(nan.ne(nan), 1, 0);
    }

    @Test
    void broadcasting() {
        Tensor column = Tensor.of(new float[] {10, 20}, 2, 1);
        Tensor row = Tensor.of(new float[] {1, 2, 3});
        assertEquals(Shape.of(2, 3), column.add(row).shape());
        values(column.add(row), 11, 12, 13, 21, 22, 23);
        values(row.sub(column), -9, -8, -7, -19, -18, -17);
        values(column.gt(row.mul(7)).where(column, row), 10, 2, 3, 20, 20, 3);
        assertEquals(Shape.of(2, 0), column.mul(Tensor.zeros(0)).shape());
        values(Tensor.scalar(2).mul(row), 2, 4, 6);
    }

    @Test
    void inPlaceStretchesTheRightSideOnly() {
        Tensor x = Tensor.zeros(2, 3);
        assertSame(x, x.addInPlace(Tensor.of(new float[] {1, 2, 3})));
        assertSame(x, x.subInPlace(Tensor.of(new float[] {1, 0}, 2, 1)));
        values(x, 0, 1, 2, 1, 2, 3);
        values(x.mulInPlace(Tensor.scalar(2)).addInPlace(1).mulInPlace(0.5), 0.5f, 1.5f, 2.5f, 1.5f, 2.5f, 3.5f);
        values(x.divInPlace(Tensor.scalar(0.5f)), 1, 3, 5, 3, 5, 7);
        refused(
                "addInPlace: [2, 3] has more axes than [3] (2 > 1)",
                () -> Tensor.zeros(3).addInPlace(x));
        refused(
                "mulInPlace: [2, 1] cannot be stretched to [1, 3] (2 ≠ 1)",
                () -> Tensor.zeros(1, 3).mulInPlace(Tensor.zeros(2, 1)));
    }

    @Test
    void whatDoesNotFit() {
        refused(
                "add: shapes do not broadcast: lhs [2, 3], rhs [2] (3 ≠ 2)",
                () -> Tensor.zeros(2, 3).add(Tensor.zeros(2)));
        refused(
                "mul: lhs is F32, rhs I32; convert one with .to(dtype)",
                () -> Tensor.zeros(2).mul(Tensor.of(new int[2])));
        refused("where: needs BOOL, not F32 [5]", () -> A.where(A, B));
        refused(
                "where: shapes do not broadcast: lhs [5], rhs [2] (5 ≠ 2)",
                () -> A.gt(0).where(Tensor.zeros(2), Tensor.zeros(2)));
        illegal("leakyRelu: slope 1.5 is not from 0 to 1", () -> A.leakyRelu(1.5));
        illegal("leakyRelu: slope NaN is not from 0 to 1", () -> A.leakyRelu(Double.NaN));
    }

    /** 0.5 as an integer is 0: better no answer than that one. */
    @Test
    void integersTakeNoFraction() {
        Tensor x = Tensor.of(new int[] {1, 2});
        values(x.mul(3).sub(1), 2, 5);
        illegal(
                "mul: 0.5 is no whole number but the tensor is I32 [2]; convert it with .to(DType.F32)",
                () -> x.mul(0.5));
        illegal(
                "lt: 1.5 is no whole number but the tensor is I32 [2]; convert it with .to(DType.F32)",
                () -> x.lt(1.5));
        illegal(
                "mulInPlace: NaN is no whole number but the tensor is I32 [2]; convert it with .to(DType.F32)",
                () -> x.mulInPlace(Double.NaN));
    }

    private static void values(Tensor actual, float... expected) {
        assertArrayEquals(expected, actual.toFloats(), 1e-6f);
    }

    private static void refused(String message, Executable call) {
        assertEquals(message, assertThrows(ShapeException.class, call).getMessage());
    }

    private static void illegal(String message, Executable call) {
        assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
    }
}
