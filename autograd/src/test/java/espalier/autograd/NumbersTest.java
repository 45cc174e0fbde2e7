package espalier.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import espalier.autograd.op.Losses;
import espalier.autograd.op.Normalizations;
import espalier.autograd.op.Poolings;
import espalier.autograd.op.Shrinkage;
import espalier.autograd.op.StraightThrough;
import espalier.tensor.DType;
import espalier.tensor.ShapeException;
import espalier.tensor.Tensor;
import espalier.tensor.spi.PoolSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Numbers worked by hand: of STR, of STR-BN, of losses, and what happens at kinks and ties. */
class NumbersTest {
    private static Variable parameter(float... values) {
        return Variable.parameter(Tensor.of(values));
    }

    private static float[] gradient(Variable x) {
        return x.gradient().orElseThrow().toFloats();
    }

    /** Weights, thresholds σ(s) or e^s, and gradients: with G = [1, 2, 3, −4], dL/dt is −3 and dL/ds is −3·g′(s). */
    @ParameterizedTest
    @CsvSource({
        "sigmoid, -1, 0.2310586, -0.0310586, 0, -0.5310586, -0.5898358",
        "sigmoid, -2, 0.3807971, -0.1807971, 0, -0.6807971, -0.3149808",
        "exp,     -2, 0.3646647, -0.1646647, 0, -0.6646647, -0.4060058"
    })
    void softThresholdReparameterization(String g, float at, float y0, float y1, float y2, float y3, float ds) {
        Variable w = parameter(0.5f, -0.3f, 0.05f, -0.8f);
        Variable s = Variable.parameter(Tensor.scalar(at));
        Variable sparse = w.softThreshold(g.equals("exp") ? s.exp() : s.sigmoid());
        assertArrayEquals(new float[] {y0, y1, y2, y3}, sparse.value().toFloats(), 1e-6f);
        sparse.backward(Tensor.of(new float[] {1, 2, 3, -4}));
        assertArrayEquals(new float[] {1, 2, 0, -4}, gradient(w), 1e-6f);
        assertArrayEquals(new float[] {ds}, gradient(s), 1e-6f);
    }

    @Test
    void aVeryNegativeThresholdLeavesWeightsAlone() {
        Variable w = parameter(0.5f, -0.3f, 0, -1e-30f);
        Variable s = Variable.parameter(Tensor.scalar(-3200));
        Variable sparse = w.softThreshold(s.sigmoid());
        assertArrayEquals(w.value().toFloats(), sparse.value().toFloats());
        sparse.backward(Tensor.ones(4));
        assertArrayEquals(new float[] {0}, gradient(s));
        assertArrayEquals(new float[] {1, 1, 0, 1}, gradient(w));
    }

    /** γ̂ = S(γ, σ(s)) and y = γ̂·(x̂ + β̂): channel 3 is dead and puts out exactly 0. */
    @Test
    void softThresholdedBatchNorm() {
        Variable gamma = parameter(1.0f, 0.3f, -0.6f, 0.2f);
        Variable betaHat = parameter(0.5f, 0.4f, -0.2f, 0.3f);
        Variable s = Variable.parameter(Tensor.scalar(-1));
        Variable scale = gamma.softThreshold(s.sigmoid());
        Variable shift = scale.mul(betaHat);
        assertArrayEquals(
                new float[] {0.7310586f, 0.0310586f, -0.3310586f, 0},
                scale.value().toFloats(),
                1e-6f);
        assertArrayEquals(
                new float[] {0.3655293f, 0.0124234f, 0.0662117f, 0},
                shift.value().toFloats(),
                1e-6f);
        Variable normalized = Variable.constant(Tensor.full(2, 1, 4));
        Variable y = Normalizations.scaleShift(normalized, scale, shift);
        assertArrayEquals(
                new float[] {1.8276464f, 0.0745406f, -0.5959054f, 0}, y.value().toFloats(), 1e-6f);
        y.sum().backward();
        assertEquals(0, gradient(gamma)[3]);
        assertEquals(0, gradient(betaHat)[3]);
        assertEquals(1.8, gradient(gamma)[2], 1e-6); // x̂ + β̂
    }

    /** One filter of norm 5 and one of norm 0.5, threshold 1: the first is cut to 4/5, the second dies. */
    @Test
    void groupShrinkage() {
        Variable w = Variable.parameter(Tensor.of(new float[] {3, 4, 0.3f, 0.4f, 0, 0}, 3, 2));
        Variable t = Variable.parameter(Tensor.scalar(1));
        Variable y = Shrinkage.groups(w, t, 1);
        assertArrayEquals(new float[] {2.4f, 3.2f, 0, 0, 0, 0}, y.value().toFloats(), 1e-6f);
        y.backward(Tensor.of(new float[] {1, 0, 1, 0, 1, 0}, 3, 2));
        // (1 − 1/5)·[1, 0] + 1/125·[3, 4]·3, and dt = −3/5
        assertArrayEquals(new float[] {0.872f, 0.096f, 0, 0, 0, 0}, gradient(w), 1e-6f);
        assertArrayEquals(new float[] {-0.6f}, gradient(t), 1e-6f);
    }

    @Test
    void groupsOfOneAreTheSoftThreshold() {
        Variable w = parameter(0.5f, -0.3f, 0.05f, -0.8f, 0);
        Variable t = Variable.constant(Tensor.scalar(0.25f));
        Tensor grouped = Shrinkage.groups(w.reshape(5, 1), t, 1).value().reshape(5);
        assertArrayEquals(w.softThreshold(t).value().toFloats(), grouped.toFloats(), 1e-6f);
    }

    @Test
    void straightThrough() {
        Variable x = parameter(-1.5f, -0.3f, 0.2f, 1.2f);
        Variable y = StraightThrough.clipped(
                "round", x, -1, 1, value -> value.clamp(-1, 1).round());
        assertArrayEquals(new float[] {-1, 0, 0, 1}, y.value().toFloats(), 1e-9f);
        y.sum().backward();
        assertArrayEquals(new float[] {0, 1, 1, 0}, gradient(x));
        x.clearGradient();
        StraightThrough.of("sign", x, Tensor::sign).mul(3).sum().backward();
        assertArrayEquals(new float[] {3, 3, 3, 3}, gradient(x));
        // One number for all would be stretched over x on its way back.
        assertEquals(
                "mean: a straight-through function must keep shape and type: F32 [4] became F32 []",
                assertThrows(ShapeException.class, () -> StraightThrough.of("mean", x, v -> v.mean()))
                        .getMessage());
        assertEquals(
                "code: a straight-through function must keep shape and type: F32 [4] became I32 [4]",
                assertThrows(
                                ShapeException.class,
                                () -> StraightThrough.clipped("code", x, -1, 1, value -> value.to(DType.I32)))
                        .getMessage());
    }

    @Test
    void crossEntropyOfEqualLogitsIsLogOfClasses() {
        Variable logits = Variable.parameter(Tensor.zeros(2, 4));
        Variable loss = Losses.crossEntropy(logits, Tensor.of(new int[] {1, 3}));
        assertEquals(Math.log(4), loss.value().item(), 1e-6);
        loss.backward(); // (p − target)/N
        assertArrayEquals(
                new float[] {0.125f, -0.375f, 0.125f, 0.125f, 0.125f, 0.125f, 0.125f, -0.375f},
                gradient(logits),
                1e-6f);
    }

    @Test
    void crossEntropyIsNllOfLogSoftmax() {
        Tensor logits = Tensor.of(new float[] {1, -2, 0.5f, 100, 0, -100}, 2, 3);
        Tensor labels = Tensor.of(new int[] {2, 0});
        Variable a = Variable.parameter(logits);
        Variable b = Variable.parameter(logits);
        Variable fused = Losses.crossEntropy(a, labels);
        Variable composed = Losses.nll(Losses.logSoftmax(b), labels);
        assertEquals(composed.value().item(), fused.value().item(), 1e-6);
        fused.backward();
        composed.backward();
        assertArrayEquals(gradient(b), gradient(a), 1e-6f);
    }

    @Test
    void lossesByHand() {
        Variable p = parameter(1, 2, 5);
        Variable t = parameter(1, 4, 2);
        assertEquals(13.0 / 3, Losses.mse(p, t).value().item(), 1e-6);
        assertEquals(5.0 / 3, Losses.l1(p, t).value().item(), 1e-6);
        assertEquals((0 + 1.5 + 2.5) / 3, Losses.huber(p, t, 1).value().item(), 1e-6);
        Variable logits = parameter(0, 1000, -1000);
        Variable targets = Variable.constant(Tensor.of(new float[] {1, 1, 0}));
        assertEquals(
                Math.log(2) / 3, Losses.bceWithLogits(logits, targets).value().item(), 1e-6);
        Variable student = Variable.parameter(Tensor.of(new float[] {0, 2}, 1, 2));
        Tensor teacher = Tensor.of(new float[] {0, 2}, 1, 2);
        Variable none = Losses.distillation(student, teacher, 3);
        assertEquals(0, none.value().item(), 1e-6);
        none.backward();
        assertArrayEquals(new float[] {0, 0}, gradient(student), 1e-6f);
    }

    @Test
    void elementwiseTiesShareInHalves() {
        Variable a = parameter(1, 2, 3);
        Variable b = parameter(2, 2, 2);
        a.max(b).sum().backward();
        assertArrayEquals(new float[] {0, 0.5f, 1}, gradient(a));
        assertArrayEquals(new float[] {1, 0.5f, 0}, gradient(b));
        a.clearGradient();
        b.clearGradient();
        a.min(b).sum().backward();
        assertArrayEquals(new float[] {1, 0.5f, 0}, gradient(a));
        assertArrayEquals(new float[] {0, 0.5f, 1}, gradient(b));
    }

    @Test
    void reducedTiesShareEvenly() {
        Variable x = parameter(3, 1, 3, 3);
        x.maxOver(false).backward();
        assertArrayEquals(new float[] {1 / 3f, 0, 1 / 3f, 1 / 3f}, gradient(x));
        x.clearGradient();
        x.minOver(false).backward();
        assertArrayEquals(new float[] {0, 1, 0, 0}, gradient(x));
    }

    @Test
    void pooledTiesGoToTheFirst() {
        Variable x = Variable.parameter(Tensor.ones(1, 1, 2, 2));
        Poolings.max(PoolSpec.of(2, 2), x).sum().backward();
        assertArrayEquals(new float[] {1, 0, 0, 0}, gradient(x));
    }

    @Test
    void kinks() {
        Variable x = parameter(0, -1, 1);
        x.relu().sum().backward();
        assertArrayEquals(new float[] {0, 0, 1}, gradient(x));
        x.clearGradient();
        x.abs().sum().backward();
        assertArrayEquals(new float[] {0, -1, 1}, gradient(x));
        x.clearGradient();
        x.clamp(-1, 0).sum().backward();
        assertArrayEquals(new float[] {1, 1, 0}, gradient(x));
        x.clearGradient();
        x.max(0).sum().backward();
        assertArrayEquals(new float[] {1, 0, 1}, gradient(x));
        x.clearGradient();
        x.softThreshold(1).sum().backward();
        assertArrayEquals(new float[] {0, 0, 0}, gradient(x));
    }

    @Test
    void noNaNWhereANormOrAPowerIsZero() {
        Variable x = parameter(0, 0);
        x.norm(false).backward();
        assertArrayEquals(new float[] {0, 0}, gradient(x));
        x.clearGradient();
        x.pow(0).sum().backward();
        assertArrayEquals(new float[] {0, 0}, gradient(x));
        x.clearGradient();
        x.pow(Variable.parameter(Tensor.of(new float[] {0, 2}))).sum().backward();
        assertArrayEquals(new float[] {0, 0}, gradient(x));
        Variable none = parameter(Float.NEGATIVE_INFINITY, Float.NEGATIVE_INFINITY);
        none.logSumExp(false).backward();
        assertArrayEquals(new float[] {0, 0}, gradient(none));
    }
}
