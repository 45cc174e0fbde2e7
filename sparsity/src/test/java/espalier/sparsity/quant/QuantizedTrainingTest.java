package espalier.sparsity.quant;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.Variable;
import espalier.nn.Init;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.nn.layer.Linear;
import espalier.nn.layer.Sequential;
import espalier.nn.optim.Sgd;
import espalier.sparsity.Sparsity;
import espalier.sparsity.parametrize.Masked;
import espalier.tensor.RandomSource;
import espalier.tensor.Tensor;
import espalier.tensor.packed.Scaling;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Parametrizations that quantize: worked numbers, masks that hold, and training that reaches a grid. */
class QuantizedTrainingTest {
    private static final float[] V = {0.9f, -0.4f, 0.2f, -1.1f, 0.05f, 0.6f};

    private static Parameter weight(float[] values, int... dims) {
        return new Parameter("weight", Role.WEIGHT, Tensor.of(values, dims));
    }

    private static float[] gradient(Parameter p) {
        return p.raw().gradient().orElseThrow().toFloats();
    }

    @Test
    void binaryByHand() {
        Parameter w = weight(V, 1, 6);
        w.parametrize(new Binarized(Scaling.PER_ROW, Binarized.Estimator.PAPER, Binarized.Zero.PLUS));
        float a = 0.5416667f;
        Variable out = w.get();
        assertArrayEquals(new float[] {a, -a, a, -a, a, a}, out.value().toFloats(), 1e-6f);
        out.backward(Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 1, 6));
        float near = 1 / 6f + a; // within ±1; −1.1 is not
        assertArrayEquals(new float[] {near, 2 * near, 3 * near, 4 / 6f, 5 * near, 6 * near}, gradient(w), 1e-5f);
    }

    @Test
    void theClippedEstimatorAndZeros() {
        float[] values = {0, 2, -0.5f, -0.0f};
        Parameter plus = weight(values, 1, 4);
        plus.parametrize(new Binarized(Scaling.PER_ROW, Binarized.Estimator.CLIPPED, Binarized.Zero.PLUS));
        assertArrayEquals(
                new float[] {0.625f, 0.625f, -0.625f, 0.625f},
                plus.get().value().toFloats());
        plus.get().sum().backward();
        assertArrayEquals(new float[] {1, 0, 1, 1}, gradient(plus));
        Parameter minus = weight(values, 1, 4);
        minus.parametrize(new Binarized(Scaling.PER_ROW, Binarized.Estimator.CLIPPED, Binarized.Zero.MINUS));
        assertArrayEquals(
                new float[] {-0.625f, 0.625f, -0.625f, -0.625f},
                minus.get().value().toFloats());
        Parameter pruned = weight(values, 1, 4);
        pruned.parametrize(new Binarized(Scaling.PER_ROW, Binarized.Estimator.CLIPPED, Binarized.Zero.PRUNED));
        assertArrayEquals(
                new float[] {0, 1.25f, -1.25f, 0}, pruned.get().value().add(0).toFloats());
        pruned.get().sum().backward();
        assertArrayEquals(new float[] {0, 0, 1, 0}, gradient(pruned));
    }

    @Test
    void scalesOfFiltersOrOfTheLayer() {
        float[] values = {1, -1, 3, 5};
        Parameter w = weight(values, 2, 2);
        w.parametrize(new Binarized(Scaling.PER_ROW, Binarized.Estimator.PAPER, Binarized.Zero.PLUS));
        assertArrayEquals(new float[] {1, -1, 4, 4}, w.get().value().toFloats());
        w.parametrize(new Binarized(Scaling.PER_MATRIX, Binarized.Estimator.PAPER, Binarized.Zero.PLUS));
        assertArrayEquals(new float[] {2.5f, -2.5f, 2.5f, 2.5f}, w.get().value().toFloats());
        w.parametrize(new Ternarized(Scaling.PER_ROW)); // Δ 0.7 and 2.8
        assertArrayEquals(new float[] {1, -1, 4, 4}, w.get().value().toFloats());
        w.parametrize(new Ternarized(Scaling.PER_MATRIX)); // Δ 1.75
        assertArrayEquals(new float[] {0, 0, 4, 4}, w.get().value().add(0).toFloats());
    }

    @Test
    void ternaryByHand() {
        Parameter w = weight(V, 2, 3);
        w.parametrize(new Ternarized(Scaling.PER_MATRIX));
        Variable out = w.get();
        float a = 0.75f;
        assertArrayEquals(new float[] {a, -a, 0, -a, 0, a}, out.value().add(0).toFloats(), 1e-6f);
        out.backward(Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3));
        assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, gradient(w));
        Parameter none = weight(new float[4], 2, 2);
        none.parametrize(new Ternarized(Scaling.PER_MATRIX));
        assertArrayEquals(new float[4], none.get().value().toFloats());
    }

    @Test
    void aMaskBeforeAQuantizerHoldsWhileTraining() {
        Sequential model = new Sequential(
                new Linear(Init.of(2).in("a"), 8, 6), new Linear(Init.of(2).in("b"), 6, 2));
        float[] mask = new float[48];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = i % 3 == 0 ? 1 : 0;
        }
        Parameter first = Sparsity.weights(model).get("0.weight");
        first.parametrize(new Masked(Tensor.of(mask, 6, 8)));
        FakeQuantized.on(List.of(first), WeightScheme.perChannel(4));
        LearnedScale.on(List.of(Sparsity.weights(model).get("1.weight")), 3, Scaling.PER_MATRIX);
        Sgd optimizer = new Sgd(model.parameters(), Sgd.Options.of(0.05).withDecay(0.01));
        Variable x = Variable.constant(
                RandomSource.of(3).normal(espalier.tensor.Device.cpu(), espalier.tensor.Shape.of(5, 8)));
        for (int step = 0; step < 20; step++) {
            optimizer.clearGradients();
            model.apply(x).square().mean().backward();
            optimizer.step();
        }
        float[] seen = first.get().value().toFloats();
        for (int row = 0; row < 6; row++) {
            TreeSet<Float> levels = new TreeSet<>();
            for (int i = row * 8; i < (row + 1) * 8; i++) {
                assertTrue(mask[i] == 1 || seen[i] == 0);
                levels.add(seen[i] + 0.0f);
            }
            double step = Math.max(-levels.first(), levels.last()) / 7;
            for (float level : levels) {
                assertEquals(Math.rint(level / step), level / step, 1e-4);
            }
        }
        first.materialize();
        assertArrayEquals(seen, first.raw().value().toFloats());
    }

    @Test
    void learnedScalesStartFromTheMeanAndArePartOfTheModel() {
        Linear layer = new Linear(Init.of(1), 4, 2);
        layer.weight().set(Tensor.of(new float[] {1, -1, 0, 0, 2, -4, 0, 6}, 2, 4));
        LearnedScale.on(List.of(layer.weight()), 3, Scaling.PER_ROW);
        Map<String, Parameter> parameters = layer.parameters();
        Parameter scale = parameters.get("weight.scale");
        assertEquals(Role.QUANTIZER, scale.role());
        float root = (float) Math.sqrt(3);
        assertArrayEquals(new float[] {2 / root, 8 / root}, scale.raw().value().toFloats(), 1e-6f);
        LearnedScale learned = (LearnedScale) layer.weight().parametrization().orElseThrow();
        assertArrayEquals(new float[] {2 / root, 8 / root}, learned.grids().scales(), 1e-6f);
        // what the layer sees is what the grids say
        float[] seen = layer.weight().get().value().toFloats();
        Tensor raw = layer.weight().raw().value();
        assertArrayEquals(seen, learned.grids().nearest(raw).toFloats(), 1e-6f);
        // a scale pushed through zero still quantizes
        scale.raw().value().fillInPlace(-0.5);
        assertArrayEquals(
                new float[] {1, -1, 0, 0, 1.5f, -1.5f, 0, 1.5f},
                layer.weight().get().value().add(0).toFloats(),
                1e-6f);
        assertEquals(0.5f, learned.grids().scales()[0]);
    }

    @Test
    void theGradientOfALearnedScaleIsKeptInProportion() {
        Linear layer = new Linear(Init.of(1), 4, 1);
        layer.weight().set(Tensor.of(new float[] {9, 9, -9, 9}, 1, 4));
        LearnedScale.on(List.of(layer.weight()), 3, Scaling.PER_MATRIX);
        // the scale starts at 18/√3, so w is √3/2 steps, which rounds to 1: Σ = 2·(1 − √3/2), over √(4·3)
        layer.weight().get().sum().backward();
        float ds = layer.parameters()
                .get("weight.scale")
                .raw()
                .gradient()
                .orElseThrow()
                .toFloats()[0];
        assertEquals((2 - Math.sqrt(3)) / Math.sqrt(12), ds, 1e-6);
    }

    @Test
    void aQuantizerIsLearnedThrough() {
        // the second weight starts at 0.1, code 1 of 7, and can only move a code at a time
        Linear layer = new Linear(Init.of(1), 2, 1);
        layer.weight().set(Tensor.of(new float[] {1, 0.1f}, 1, 2));
        FakeQuantized.on(List.of(layer.weight()), WeightScheme.perTensor(4));
        Sgd optimizer = new Sgd(layer.parameters(), Sgd.Options.of(0.05));
        Variable x = Variable.constant(Tensor.of(new float[] {1, 0, 0, 1}, 2, 2));
        Variable y = Variable.constant(Tensor.of(new float[] {1, 0.7f}, 2, 1));
        for (int step = 0; step < 200; step++) {
            optimizer.clearGradients();
            layer.apply(x).sub(y).square().mean().backward();
            optimizer.step();
        }
        float[] out = layer.apply(x).value().toFloats();
        assertEquals(1, out[0], 0.1);
        assertEquals(0.7, out[1], 0.1);
        float[] seen = layer.weight().get().value().toFloats();
        double codes = 7 * seen[1] / Math.max(Math.abs(seen[0]), Math.abs(seen[1]));
        assertEquals(Math.rint(codes), codes, 1e-4);
        assertTrue(Math.rint(codes) != 1);
    }
}
