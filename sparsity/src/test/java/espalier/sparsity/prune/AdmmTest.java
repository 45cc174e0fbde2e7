package espalier.sparsity.prune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.sparsity.Granularity;
import espalier.sparsity.Projection;
import espalier.tensor.Tensor;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * The worked example: f = ½(w₁−1)² + ½(w₂−0.8)² with at most one non-zero, whose W step is exactly
 * {@code w = (a + ρ(z − u))/(1 + ρ)}.
 */
class AdmmTest {
    private static final float[] OPTIMUM = {1, 0.8f};

    private final Parameter weight = new Parameter("w", Role.WEIGHT, Tensor.of(OPTIMUM));

    private Admm.Constraint constraint(double rho) {
        return new Admm.Constraint(weight, Projection.largest(Granularity.ELEMENT, 1), rho);
    }

    private void exactStep(Admm.Constraint c) {
        Tensor pulled = c.target().sub(c.dual()).mul(c.rho()).add(Tensor.of(OPTIMUM));
        weight.set(pulled.div(1 + c.rho()));
    }

    @Test
    void aStrongPullConverges() {
        Admm.Constraint c = constraint(2);
        double[] second = {0.266667, 0.088889, 0.029630, 0.009877};
        for (double expected : second) {
            exactStep(c);
            assertEquals(expected, weight.raw().value().get(1), 1e-6);
            c.round(1, 2);
            assertArrayEquals(new float[] {1, 0}, c.target().toFloats(), 1e-6f);
        }
        for (int i = 0; i < 30; i++) {
            exactStep(c);
            c.round(1, 2);
        }
        assertEquals(0.4, c.dual().get(1), 1e-5);
    }

    @Test
    void aWeakPullOscillates() {
        Admm.Constraint c = constraint(0.5);
        float[][] targets = {{1, 0}, {1, 0}, {0, 1.125926f}, {1.333333f, 0}, {0, 1.139095f}};
        for (float[] target : targets) {
            exactStep(c);
            c.round(1, 0.5);
            assertArrayEquals(target, c.target().toFloats(), 1e-5f);
        }
    }

    @Test
    void thePullIsTheGradientOfTheSquaredDistance() {
        Admm.Constraint c = constraint(2);
        weight.raw().setGradient(Tensor.of(new float[] {10, 20}));
        c.pull();
        assertArrayEquals(
                new float[] {10, 20 + 2 * 0.8f},
                weight.raw().gradient().orElseThrow().toFloats(),
                1e-6f);
    }

    /** After one exact step and round at ρ = 2: w₂ = u₂ = 0.266667, z₂ = 0, so the pull is 2·(w₂ − z₂ + u₂). */
    @Test
    void theDualAddsToThePull() {
        Admm.Constraint c = constraint(2);
        exactStep(c);
        c.round(1, 2);
        c.pull();
        assertEquals(1.066667, weight.raw().gradient().orElseThrow().get(1), 1e-5);
    }

    @Test
    void aStrongerRhoKeepsTheDual() {
        Admm.Constraint c = constraint(1);
        exactStep(c);
        c.round(1, 1);
        double dual = c.dual().get(1) * c.rho();
        weight.set(c.target());
        c.round(4, 100);
        assertEquals(4, c.rho());
        assertEquals(dual, c.dual().get(1) * c.rho(), 1e-6);
    }

    @Test
    void anUnknownLayerIsNamed() {
        Exception refused = assertThrows(
                IllegalArgumentException.class,
                () -> new Admm(
                        Map.of("conv1.weight", weight),
                        Map.of("conv9.weight", Projection.largest(Granularity.ELEMENT, 1)),
                        new Admm.Options(0.1, 2, 10, 1)));
        assertEquals(
                "java.lang.IllegalArgumentException: admm: there is no weight called conv9.weight; there are conv1.weight",
                refused.toString());
    }
}
