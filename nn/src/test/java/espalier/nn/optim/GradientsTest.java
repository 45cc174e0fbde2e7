package espalier.nn.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.nn.Close;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Clipping: the norm of all gradients together, 13 for (3, 4, 12), and single elements. */
class GradientsTest {
    private final Parameter a = new Parameter("a", Role.WEIGHT, Tensor.ones(2));
    private final Parameter b = new Parameter("b", Role.BIAS, Tensor.ones(1));
    private final Parameter none = new Parameter("none", Role.BIAS, Tensor.ones(1));
    private final List<Parameter> all = List.of(a, b, none);

    GradientsTest() {
        a.raw().setGradient(Tensor.of(new float[] {3, -4}));
        b.raw().setGradient(Tensor.of(new float[] {12}));
    }

    @Test
    void byNorm() {
        assertEquals(13, Gradients.clipNorm(all, 1), 1e-5);
        Close.near(1e-6, a.raw().gradient().orElseThrow(), 3 / 13.0, -4 / 13.0);
        Close.near(1e-6, b.raw().gradient().orElseThrow(), 12 / 13.0);
        assertTrue(none.raw().gradient().isEmpty());
        assertEquals(1, Gradients.clipNorm(all, 1), 1e-5);
    }

    @Test
    void belowTheLimitNothingHappens() {
        Tensor before = a.raw().gradient().orElseThrow();
        assertEquals(13, Gradients.clipNorm(all, 13.1), 1e-5);
        assertSame(before, a.raw().gradient().orElseThrow());
    }

    @Test
    void aLimitBelowZeroWouldTurnGradientsRound() {
        for (double limit : new double[] {-1, Double.NaN}) {
            assertThrows(IllegalArgumentException.class, () -> Gradients.clipNorm(all, limit));
            var thrown = assertThrows(IllegalArgumentException.class, () -> Gradients.clipValue(all, limit));
            assertEquals("clipValue: limit " + limit + " must be at least 0", thrown.getMessage());
        }
        Close.near(0, a.raw().gradient().orElseThrow(), 3, -4);
    }

    @Test
    void byValue() {
        Gradients.clipValue(all, 3.5);
        Close.near(0, a.raw().gradient().orElseThrow(), 3, -3.5);
        Close.near(0, b.raw().gradient().orElseThrow(), 3.5);
    }
}
