package espalier.nn.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.nn.Close;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.tensor.ShapeException;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Three steps of every optimizer from w = 1, worked out by hand. */
class OptimizersTest {
    private static Parameter one(Role role) {
        return new Parameter("w", role, Tensor.full(1, 3));
    }

    /** The weight after each of the gradients. */
    private static void check(
            Function<Map<String, Parameter>, Optimizer<?>> make, double[] gradients, double... expected) {
        Parameter p = one(Role.WEIGHT);
        Optimizer<?> optimizer = make.apply(Map.of("w", p));
        for (int i = 0; i < gradients.length; i++) {
            try (TensorScope _ = TensorScope.open()) {
                p.raw().setGradient(Tensor.full((float) gradients[i], 3));
                optimizer.step();
                optimizer.clearGradients();
            }
            Close.near(1e-6, p.raw().value(), expected[i], expected[i], expected[i]);
        }
        assertEquals(gradients.length, optimizer.steps());
        assertTrue(p.raw().gradient().isEmpty());
    }

    private static final double[] ONES = {1, 1, 1};
    private static final double[] MIXED = {1, -1, 2};

    @Test
    void sgd() {
        Sgd.Options plain = Sgd.Options.of(0.1).withMomentum(0);
        check(p -> new Sgd(p, plain), MIXED, 0.9, 1.0, 0.8);
        // g + 0.1·w: 1.1, 1.089, 1.07811.
        check(p -> new Sgd(p, plain.withDecay(0.1)), ONES, 0.89, 0.7811, 0.673289);
    }

    @Test
    void momentum() {
        // v = 1, 1.9, 2.71.
        check(p -> new Sgd(p, Sgd.Options.of(0.1)), ONES, 0.9, 0.71, 0.439);
        // g = 1.1, 1.089, 1.061; v = 1.1, 2.079, 2.9392 (of w = 0.89, 0.6821).
        check(
                p -> new Sgd(p, Sgd.Options.of(0.1).withDecay(0.1)),
                ONES,
                0.89,
                0.6821,
                0.6821 - 0.1 * (0.9 * 2.079 + 1.06821));
    }

    @Test
    void nesterov() {
        // g + 0.9·v: 1.9, 2.71, 3.439.
        check(p -> new Sgd(p, Sgd.Options.of(0.1).withNesterov()), ONES, 0.81, 0.539, 0.1951);
    }

    @Test
    void aNewRateActsAtOnce() {
        Parameter p = one(Role.WEIGHT);
        Sgd sgd = new Sgd(Map.of("w", p), Sgd.Options.of(0.1));
        p.raw().setGradient(Tensor.full(1, 3));
        sgd.step(1);
        sgd.step(0.1); // v = 1.9 at a rate of 0.01
        Close.near(1e-6, p.raw().value(), 0.881, 0.881, 0.881);
    }

    @Test
    void adam() {
        // m = 0.1, −0.01, 0.191; u = 0.001, 0.001999, 0.005997001; corrected by 1 − 0.9ᵗ and 1 − 0.999ᵗ.
        check(p -> new Adam(p, Adam.Options.of(0.1)), MIXED, 0.9, 0.90526316, 0.85543895);
        check(p -> new Adam(p, Adam.Options.of(0.1)), ONES, 0.9, 0.8, 0.7);
    }

    @Test
    void decayInAdamAndAdamW() {
        // Added to a gradient that is always 1 or more, decay cannot be seen: a step is one rate.
        check(p -> new Adam(p, Adam.Options.of(0.1).withDecay(0.1)), new double[] {1}, 0.9);
        // Decoupled, it takes 1 % first.
        check(p -> new Adam(p, Adam.Options.of(0.1).withDecoupledDecay(0.1)), ONES, 0.89, 0.7811, 0.673289);
    }

    @Test
    void rmsProp() {
        RmsProp.Options options = new RmsProp.Options(0.1, 0.9, 1e-8, 0);
        // u = 0.1, 0.19, 0.571.
        check(p -> new RmsProp(p, options), new double[] {1, 1, 2}, 0.6837722, 0.4543565, 0.1896821);
        check(p -> new RmsProp(p, new RmsProp.Options(0.1, 0, 0, 0.5)), ONES, 0.9, 0.8, 0.7);
    }

    @Test
    void optionsByRole() {
        Parameter weight = one(Role.WEIGHT);
        Parameter bias = one(Role.BIAS);
        Parameter idle = one(Role.GATE);
        Map<String, Parameter> all = new LinkedHashMap<>();
        all.put("weight", weight);
        all.put("bias", bias);
        all.put("idle", idle);
        Sgd.Options options = Sgd.Options.of(0.1).withMomentum(0).withDecay(0.1);
        Optimizer<Sgd.Options> sgd = new Sgd(all, options)
                .forRoles(
                        Set.of(Role.BIAS, Role.NORM_SHIFT), options.withDecay(0).withRate(0.2));
        weight.raw().setGradient(Tensor.full(1, 3));
        bias.raw().setGradient(Tensor.full(1, 3));
        sgd.step();
        Close.near(1e-6, weight.raw().value(), 0.89, 0.89, 0.89);
        Close.near(1e-6, bias.raw().value(), 0.8, 0.8, 0.8);
        Close.near(0, idle.raw().value(), 1, 1, 1); // no gradient, so not even decay
    }

    @Test
    void aSharedParameterIsUpdatedOnce() {
        Parameter shared = one(Role.THRESHOLD);
        Map<String, Parameter> twice = new LinkedHashMap<>();
        twice.put("a.threshold", shared);
        twice.put("b.threshold", shared);
        Sgd sgd = new Sgd(twice, Sgd.Options.of(0.1));
        shared.raw().setGradient(Tensor.full(1, 3));
        sgd.step();
        Close.near(1e-6, shared.raw().value(), 0.9, 0.9, 0.9);
        assertEquals(Set.of("velocity.a.threshold"), sgd.state().keySet());
    }

    @Test
    void stateOutlivesScopesAndIsRestored() {
        for (int kind = 0; kind < 3; kind++) {
            Parameter straight = one(Role.WEIGHT);
            Parameter stopped = one(Role.WEIGHT);
            Optimizer<?> whole = optimizer(kind, straight);
            Optimizer<?> first = optimizer(kind, stopped);
            run(whole, straight, 0, 5);
            run(first, stopped, 0, 2);
            Map<String, Tensor> saved = new LinkedHashMap<>();
            first.state().forEach((key, value) -> saved.put(key, value.copy()));
            Optimizer<?> second = optimizer(kind, stopped);
            try (TensorScope _ = TensorScope.open()) {
                second.resume(saved, first.steps());
            }
            run(second, stopped, 2, 5);
            float[] expected = straight.raw().value().toFloats();
            Close.near(0, stopped.raw().value(), expected[0], expected[1], expected[2]);
        }
    }

    private static Optimizer<?> optimizer(int kind, Parameter parameter) {
        Map<String, Parameter> all = Map.of("w", parameter);
        return switch (kind) {
            case 0 -> new Sgd(all, Sgd.Options.of(0.1));
            case 1 -> new Adam(all, Adam.Options.of(0.1));
            default -> new RmsProp(all, RmsProp.Options.of(0.1));
        };
    }

    private static void run(Optimizer<?> optimizer, Parameter parameter, int from, int to) {
        for (int step = from; step < to; step++) {
            try (TensorScope _ = TensorScope.open()) {
                parameter.raw().setGradient(Tensor.of(new float[] {step, 1 - step, 0.5f}));
                optimizer.step();
                optimizer.clearGradients();
            }
        }
    }

    @Test
    void stateOfAnotherModelIsRefusedAndNothingChanges() {
        Parameter p = one(Role.WEIGHT);
        Sgd sgd = new Sgd(Map.of("w", p), Sgd.Options.of(0.1));
        run(sgd, p, 0, 1);
        for (Map<String, Tensor> wrong : java.util.List.of(
                Map.of("velocity.v", Tensor.ones(3)),
                Map.of("velocity.w", Tensor.ones(4)),
                Map.of("velocity", Tensor.ones(3)))) {
            String key = wrong.keySet().iterator().next();
            var thrown = assertThrows(ShapeException.class, () -> sgd.resume(wrong, 7));
            assertEquals(
                    "resume: the optimizer has no place for " + key + " "
                            + wrong.get(key).shape(),
                    thrown.getMessage());
            assertEquals(1, sgd.steps());
            assertEquals(Set.of("velocity.w"), sgd.state().keySet());
        }
    }

    @Test
    void rangesAreChecked() {
        assertThrows(IllegalArgumentException.class, () -> Sgd.Options.of(-1));
        for (double endless : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThrows(IllegalArgumentException.class, () -> Sgd.Options.of(endless));
            assertThrows(IllegalArgumentException.class, () -> Sgd.Options.of(1).withDecay(endless));
            assertThrows(IllegalArgumentException.class, () -> Adam.Options.of(endless));
            assertThrows(
                    IllegalArgumentException.class, () -> Adam.Options.of(1).withDecay(endless));
            assertThrows(IllegalArgumentException.class, () -> RmsProp.Options.of(endless));
        }
        assertThrows(IllegalArgumentException.class, () -> Sgd.Options.of(1).withMomentum(1));
        assertThrows(IllegalArgumentException.class, () -> Sgd.Options.of(1).withDecay(-1));
        assertThrows(IllegalArgumentException.class, () -> new Adam.Options(1, 1, 0.9, 1e-8, 0, false));
        assertThrows(IllegalArgumentException.class, () -> new Adam.Options(1, 0.9, 1, 1e-8, 0, false));
        assertThrows(IllegalArgumentException.class, () -> new RmsProp.Options(1, 1, 1e-8, 0));
    }
}
