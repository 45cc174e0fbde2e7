package espalier.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class ReductionsTest {
    private static final float INF = Float.POSITIVE_INFINITY;
    private static final float NAN = Float.NaN;
    /** Rows 1 2 3 and 4 5 6. */
    private static final Tensor X = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);

    @Test
    void overAxes() {
        values(X.sum(), 21);
        assertEquals(Shape.scalar(), X.sum().shape());
        values(X.sum(0), 5, 7, 9);
        values(X.sum(-1), 6, 15);
        assertEquals(Shape.of(2, 1), X.sum(true, 1).shape());
        assertEquals(Shape.of(1, 1), X.sum(true).shape());
        values(X.mean(1), 2, 5);
        values(X.prod(1), 6, 120);
        values(X.maxOver(0), 4, 5, 6);
        values(X.minOver(1), 1, 4);
        assertEquals(Shape.of(2, 1), X.maxOver(true, 1).shape());
        assertEquals(Shape.of(1, 3), X.minOver(true, 0).shape());
        values(X.norm(1), 3.7416575f, 8.774964f); // √14, √77
        values(X.sumOfSquares(false), 91);
        values(X.cumsum(0), 1, 2, 3, 5, 7, 9);
        values(X.cumsum(1), 1, 3, 6, 4, 9, 15);
    }

    @Test
    void variances() {
        values(X.var(0, false, 1), 2f / 3, 2f / 3);
        values(X.var(1, false, 1), 1, 1);
        assertEquals(Shape.of(2, 1), X.var(0, true, 1).shape());
        values(X.add(1e4).var(0, false), 35f / 12); // the mean takes nothing from the digits
        values(Tensor.scalar(3).var(0, false), 0);
        values(Tensor.scalar(3).var(1, false), NAN); // 0 divided by 0
    }

    @Test
    void ofNothing() {
        Tensor none = Tensor.zeros(2, 0);
        values(none.sum(1), 0, 0);
        values(none.sum(0));
        values(none.prod(), 1);
        values(none.mean(1), NAN, NAN);
        values(none.maxOver(1), -INF, -INF);
        values(none.minOver(1), INF, INF);
        values(none.logSumExp(false, 1), -INF, -INF);
        values(none.any(1), 0, 0);
        values(none.all(1), 1, 1);
        values(none.countNonZero(), 0);
        assertEquals(Shape.of(2, 0), none.cumsum(1).shape());
        assertEquals(Shape.of(0), none.argmax(0).shape());
        refused("argmax: axis 1 of [2, 0] is empty, there is no index", () -> none.argmax(1));
        refused("argmin: axis -1 of [2, 0] is empty, there is no index", () -> none.argmin(-1));
    }

    @Test
    void ofAScalar() {
        Tensor five = Tensor.scalar(5);
        values(five.sum(), 5);
        values(five.mean(true), 5);
        values(five.maxOver(), 5);
        values(five.norm(), 5);
        values(five.logSumExp(false), 5);
        refused("argmax: axis 0 is out of range for shape []", () -> five.argmax(0));
        refused("sum: axis 0 is out of range for shape []", () -> five.sum(0));
    }

    @Test
    void ofNaNAndInfinity() {
        Tensor x = Tensor.of(new float[] {1, NAN, INF, -INF, 2, INF}, 2, 3);
        values(x.sum(1), NAN, NAN); // ∞ − ∞ in the second row
        values(x.maxOver(1), NAN, INF);
        values(x.minOver(1), NAN, -INF);
        values(x.argmax(1), 1, 2);
        values(x.argmin(1), 1, 0);
        values(x.any(1), 1, 1);
        values(x.countNonZero(1), 3, 3);
    }

    @Test
    void equalOnesAreTakenInOrder() {
        Tensor x = Tensor.of(new float[] {2, 5, 5, 2, -0.0f, 0}, 3, 2);
        values(x.argmax(1), 1, 0, 0); // −0 and 0 are equal
        values(x.argmin(1), 0, 1, 0);
        values(x.argmax(0), 1, 0);
    }

    @Test
    void logSumExpIsSafe() {
        Tensor x = Tensor.of(new float[] {1000, 1000, -1000, -1000, -INF, -INF, INF, 0, NAN, 0}, 5, 2);
        float ln2 = 0.6931472f;
        values(x.logSumExp(false, 1), 1000 + ln2, -1000 + ln2, -INF, INF, NAN);
        assertEquals(Shape.of(5, 1), x.logSumExp(true, 1).shape());
        values(X.logSumExp(false), 6.4561934f); // ln(e + e² + … + e⁶)
    }

    @Test
    void countsAndTruths() {
        Tensor x = Tensor.of(new float[] {0, -0.0f, 3, 0}, 2, 2);
        values(x.countNonZero(), 1);
        values(x.countNonZero(1), 0, 1);
        values(x.any(1), 0, 1);
        values(x.all(1), 0, 0);
        assertEquals(DType.BOOL, x.any().dtype());
        assertEquals(DType.I32, x.countNonZero().dtype());
        values(x.eq(0).sum(), 3);
        assertEquals(DType.I32, x.eq(0).sum().dtype());
    }

    /** A sum of bytes does not fit a byte, and integers have no mean of their type. */
    @Test
    void ofIntegers() {
        Tensor bytes = Tensor.of(Device.cpu(), DType.U8, new byte[] {(byte) 200, (byte) 200, 50}, Shape.of(3));
        assertEquals(450, bytes.sum().item());
        assertEquals(DType.I32, bytes.sum().dtype());
        Tensor ints = Tensor.of(new int[] {3, -7, 5});
        values(ints.sum(), 1);
        values(ints.maxOver(), 5);
        values(ints.argmin(0), 1);
        values(ints.cumsum(0), 3, -4, 1);
        refused("mean: needs a type with fractions, not I32 [3]; convert it with .to(DType.F32)", ints::mean);
        refused(
                "var: needs a type with fractions, not I32 [3]; convert it with .to(DType.F32)",
                () -> ints.var(0, false));
    }

    @Test
    void axesThatAreNot() {
        refused("sum: axis 2 is out of range for shape [2, 3]", () -> X.sum(2));
        refused("mean: axis 1 is named twice in [-1, 1]", () -> X.mean(-1, 1));
        refused("cumsum: axis -3 is out of range for shape [2, 3]", () -> X.cumsum(-3));
    }

    private static void values(Tensor actual, float... expected) {
        assertArrayEquals(expected, actual.toFloats(), 1e-6f);
    }

    private static void refused(String message, Executable call) {
        assertEquals(message, assertThrows(ShapeException.class, call).getMessage());
    }
}
