package espalier.sparsity.admm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.nn.optim.Schedule;
import espalier.nn.train.TrainingListener.Position;
import espalier.nn.train.TrainingListener.StepReport;
import espalier.sparsity.Granularity;
import espalier.sparsity.Projection;
import espalier.sparsity.parametrize.Masked;
import espalier.sparsity.quant.Levels;
import espalier.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/**
 * The worked example: f = ½(w₁−1)² + ½(w₂−0.8)² with at most one non-zero, whose W step is exactly {@code w = (a + ρ(z
 * − u))/(1 + ρ)}.
 */
class AdmmTest {
    private static final float[] OPTIMUM = {1, 0.8f};

    private final Parameter weight = new Parameter("w", Role.WEIGHT, Tensor.of(OPTIMUM));

    private Constraint constraint(Pull pull) {
        return new Constraint("w", weight, Projection.largest(Granularity.ELEMENT, 1), pull);
    }

    private void exactStep(Constraint c) {
        Tensor pulled = c.target().sub(c.dual()).mul(c.rho()).add(Tensor.of(OPTIMUM));
        weight.set(pulled.div(1 + c.rho()));
    }

    @Test
    void aStrongPullConverges() {
        Constraint c = constraint(Pull.constant(2));
        double[] second = {0.266667, 0.088889, 0.029630, 0.009877};
        for (double expected : second) {
            exactStep(c);
            assertEquals(expected, weight.raw().value().get(1), 1e-6);
            c.round(1);
            assertArrayEquals(new float[] {1, 0}, c.target().toFloats(), 1e-6f);
        }
        for (int i = 0; i < 30; i++) {
            exactStep(c);
            c.round(1);
        }
        assertEquals(0.4, c.dual().get(1), 1e-5);
        assertTrue(c.isWithin(1e-5, 1e-5));
    }

    @Test
    void aWeakPullOscillates() {
        Constraint c = constraint(Pull.constant(0.5));
        float[][] targets = {{1, 0}, {1, 0}, {0, 1.125926f}, {1.333333f, 0}, {0, 1.139095f}};
        for (float[] target : targets) {
            exactStep(c);
            c.round(1);
            assertArrayEquals(target, c.target().toFloats(), 1e-5f);
        }
        assertFalse(c.isWithin(0.1, 0.1));
    }

    /** Why ρ grows: the same weak start settles once ρ is above 0.8, here at the other non-zero. */
    @Test
    void aGrowingPullSettles() {
        Constraint c = constraint(Pull.doubling(0.5));
        for (int i = 0; i < 30; i++) {
            exactStep(c);
            c.round(1);
        }
        assertTrue(c.isWithin(1e-5, 1e-5));
        assertEquals(1, c.target().countNonZero().item());
    }

    @Test
    void thePullIsTheGradientOfTheSquaredDistance() {
        Constraint c = constraint(Pull.constant(2));
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
        Constraint c = constraint(Pull.constant(2));
        exactStep(c);
        c.round(1);
        c.pull();
        assertEquals(1.066667, weight.raw().gradient().orElseThrow().get(1), 1e-5);
    }

    /** W = (1, 0.8) at first, so after a round without a step Z stays (1, 0) and U is (0, 0.8). */
    @Test
    void aStrongerRhoKeepsTheDualUnlessSwitchedOff() {
        Constraint kept = constraint(Pull.growing(1, 4, 100));
        kept.round(1);
        assertEquals(4, kept.rho());
        assertEquals(0.2, kept.dual().get(1), 1e-6);
        Constraint left = constraint(Pull.growing(1, 4, 100).withoutRescaling());
        left.round(1);
        assertEquals(4, left.rho());
        assertEquals(0.8, left.dual().get(1), 1e-6);
    }

    @Test
    void rhoStopsAtItsLimit() {
        Constraint c = constraint(Pull.growing(1, 4, 10));
        c.round(1);
        c.round(2);
        assertEquals(10, c.rho());
    }

    /** ‖W−Z‖² = 0.64 while Z has not moved: stronger. Then W = Z' far from the old Z: weaker. */
    @Test
    void theAdaptivePullGrowsWhileWIsFarFromZ() {
        Constraint c = constraint(Pull.adaptive(1, 10));
        c.round(1);
        assertEquals(1.2, c.rho(), 1e-12);
        weight.set(Tensor.of(new float[] {0, 3}));
        c.round(2);
        assertEquals(1.0, c.rho(), 1e-12);
    }

    @Test
    void theResidualsOfARound() {
        Residual residual = constraint(Pull.doubling(2)).round(7);
        assertEquals("w", residual.path());
        assertEquals(2, residual.rho());
        assertEquals(0.8 / Math.sqrt(1.64), residual.primal(), 1e-6); // ‖(0, 0.8)‖/‖(1, 0.8)‖
        assertEquals(0, residual.dual());
        assertEquals("7,w,2.00000,0.624695,0.00000", residual.csv());
    }

    @Test
    void aRoundIsSoManySteps() {
        Admm admm = new Admm(Map.of("w", weight), Map.of("w", x -> x.zerosLike()), Pull.doubling(0.1), 3);
        for (int step = 1; step <= 7; step++) {
            admm.onStep(new Position(0, step, step), new StepReport(0, 0, 1));
        }
        assertEquals(List.of(1, 2), admm.history().stream().map(Residual::round).toList());
        assertFalse(admm.isConverged(0.5, 0.5));
        weight.set(Tensor.zeros(2));
        admm.onStep(new Position(0, 9, 9), new StepReport(0, 0, 1));
        assertTrue(admm.isConverged(0.5, 0.5));
    }

    @Test
    void eachWeightMayHaveAPullOfItsOwn() {
        Parameter other = new Parameter("v", Role.WEIGHT, Tensor.of(OPTIMUM));
        Projection zero = Tensor::zerosLike;
        Admm admm = new Admm(
                Map.of("v", other, "w", weight),
                Map.of("v", zero, "w", zero),
                Pull.doubling(0.1),
                Map.of("v", Pull.doubling(0.7)),
                1);
        assertEquals(0.7, Objects.requireNonNull(admm.constraints().get("v")).rho());
        assertEquals(0.1, Objects.requireNonNull(admm.constraints().get("w")).rho());
    }

    /** Progressive: what the first step pruned stays zero, even in a set that has no zero. */
    @Test
    void aMaskStaysThroughASecondStep() {
        weight.set(Tensor.of(new float[] {0, 0.8f}));
        weight.parametrize(new Masked(Tensor.of(new float[] {0, 1})));
        weight.raw().value().copyInPlace(Tensor.of(new float[] {5, 0.8f})); // as momentum may leave it
        Admm admm = new Admm(Map.of("w", weight), Map.of("w", Levels.binary()), Pull.doubling(1), 1);
        Constraint c = Objects.requireNonNull(admm.constraints().get("w"));
        assertArrayEquals(new float[] {0, 0.8f}, weight.raw().value().toFloats());
        assertEquals(0, c.target().get(0));
        admm.projectAndMask();
        assertEquals(0, weight.get().value().get(0));
    }

    @Test
    void otherParametrizationsAreRefused() {
        weight.parametrize(raw -> raw.softThreshold(0.1));
        Exception refused = assertThrows(IllegalArgumentException.class, () -> constraint(Pull.doubling(1)));
        assertEquals("admm: w has a parametrization that is no mask; materialize it first", refused.getMessage());
    }

    @Test
    void anUnknownLayerIsNamed() {
        Exception refused = assertThrows(
                IllegalArgumentException.class,
                () -> new Admm(
                        Map.of("conv1.weight", weight),
                        Map.of("conv9.weight", Projection.largest(Granularity.ELEMENT, 1)),
                        Pull.doubling(0.1),
                        1));
        assertEquals("admm: there is no weight called conv9.weight; there are conv1.weight", refused.getMessage());
    }

    @Test
    void nonsenseIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> Pull.constant(0));
        assertThrows(IllegalArgumentException.class, () -> Pull.growing(1, 0.5, 2));
        assertThrows(IllegalArgumentException.class, () -> Pull.growing(1, 2, 0.5));
        assertThrows(IllegalArgumentException.class, () -> new Rounds(0, 5));
        assertThrows(IllegalArgumentException.class, () -> new Admm(Map.of(), Map.of(), Pull.doubling(1), 0));
    }

    /** A round of 9 steps: rates 1, 0.1 and 0.01 for 3 steps each, and again. */
    @Test
    void theLearningRateStartsAnewInEachRound() {
        Schedule rates = new Rounds(2, 9).rates();
        double[] expected = {1, 1, 1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 1, 1};
        for (int step = 0; step < expected.length; step++) {
            assertEquals(expected[step], rates.at(step), 1e-12, "step " + step);
        }
        assertEquals(new Rounds(20, 234), Rounds.ofEpochs(10, 469, 2));
    }
}
