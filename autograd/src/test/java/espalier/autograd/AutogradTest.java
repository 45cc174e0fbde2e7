package espalier.autograd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Settings that hold for a block. */
class AutogradTest {
    private final Variable x = Variable.parameter(Tensor.of(new float[] {1, 0}));

    @Test
    void nothingIsRecordedWithoutGrad() {
        Variable y = Autograd.withoutGrad(() -> x.mul(2));
        assertFalse(y.needsGradient());
        assertTrue(y.node().isEmpty());
        assertTrue(Autograd.isRecording());
        assertThrows(IllegalStateException.class, () -> y.sum().backward());
    }

    @Test
    void recordingCanBeTurnedOnInside() {
        Variable y = Autograd.withoutGrad(() -> Autograd.withGrad(() -> x.mul(2)));
        assertTrue(y.needsGradient());
    }

    @Test
    void settingsEndWithAnException() {
        assertThrows(
                ArithmeticException.class,
                () -> Autograd.withoutGrad(() -> {
                    throw new ArithmeticException("x");
                }));
        assertTrue(Autograd.isRecording());
    }

    @Test
    void placesNestAndAreRecorded() {
        Variable y = Autograd.in("features", () -> Autograd.in("3", () -> x.mul(2)));
        assertEquals("features.3", y.node().orElseThrow().place());
        assertEquals("mul in features.3", y.node().orElseThrow().toString());
        assertEquals("", Autograd.place());
    }

    @Test
    void guardNamesOperationAndPlace() {
        ArithmeticException e = assertThrows(
                ArithmeticException.class, () -> Autograd.guarded(() -> Autograd.in("classifier.0", () -> x.log())));
        assertEquals("log in classifier.0: 1 of 2 values are NaN or infinite, shape [2]", e.getMessage());
        Variable unguarded = x.log();
        assertEquals(Double.NEGATIVE_INFINITY, unguarded.value().get(1));
    }

    @Test
    void guardSeesGradientsToo() {
        Variable root = Autograd.in("norm", () -> x.sqrt());
        ArithmeticException e = assertThrows(
                ArithmeticException.class,
                () -> Autograd.guarded(() -> {
                    root.sum().backward();
                    return 0;
                }));
        assertEquals("backward of sqrt in norm: 1 of 2 values are NaN or infinite, shape [2]", e.getMessage());
    }

    @Test
    void guardWorksWithoutRecording() {
        assertThrows(ArithmeticException.class, () -> Autograd.guarded(() -> Autograd.withoutGrad(() -> x.log())));
    }
}
