package espalier.sparsity.quant;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.Variable;
import espalier.nn.ForwardPass;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.data.DataLoader;
import espalier.nn.data.Dataset;
import espalier.nn.layer.Activation;
import espalier.nn.layer.Linear;
import espalier.nn.layer.Recomputed;
import espalier.nn.layer.Sequential;
import espalier.nn.optim.Sgd;
import espalier.nn.train.Evaluation;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Watching a model without disturbing it, and the arithmetic of bytes against plain integers. */
class ActivationsTest {
    private static Sequential network() {
        return new Sequential(
                new Linear(Init.of(1).in("a"), 6, 5),
                Activation.relu(),
                new Linear(Init.of(1).in("b"), 5, 3));
    }

    private static Tensor images(int n) {
        return RandomSource.of(8).uniform(Device.cpu(), Shape.of(n, 6), -1, 2);
    }

    /** Rows of a tensor. */
    private record Rows(Tensor values) implements Dataset {
        @Override
        public int size() {
            return values.dim(0);
        }

        @Override
        public Shape sampleShape() {
            return Shape.of(values.dim(1));
        }

        @Override
        public List<String> classes() {
            return List.of("a", "b", "c");
        }

        @Override
        public void copySample(int index, float[] into, int at) {
            System.arraycopy(values.toFloats(), index * values.dim(1), into, at, values.dim(1));
        }

        @Override
        public int label(int index) {
            return 0;
        }
    }

    private static DataLoader loader(Tensor images, int batch) {
        return DataLoader.of(new Rows(images), batch);
    }

    @Test
    void observingSeesTheInputsOfLayersAndChangesNothing() {
        Sequential model = network();
        Tensor x = images(11);
        float[] before = Evaluation.outputs(model, x).toFloats();
        Map<String, ActivationRange> seen = Activations.observe(model, loader(x, 4));
        assertArrayEquals(before, Evaluation.outputs(model, x).toFloats());
        assertEquals(Set.of("0", "2"), seen.keySet());
        Tensor hidden =
                model.layers().get(0).apply(Variable.constant(x)).value().relu();
        assertEquals(66, seen.get("0").histogram().count());
        assertEquals(x.minOver().item(), seen.get("0").histogram().min());
        assertEquals(55, seen.get("2").histogram().count());
        assertEquals(hidden.maxOver().item(), seen.get("2").histogram().max(), 1e-6);
        assertEquals(
                55 - (long) hidden.countNonZero().item(),
                seen.get("2").histogram().zeros());
    }

    @Test
    void quantizedLayersComputeWhatIntegersCompute() {
        Sequential model = network();
        Tensor x = images(7);
        Linear layer = (Linear) model.layers().getFirst();
        UniformGrid in = UniformGrid.affine(-1, 2, 8);
        Grids weights = WeightScheme.perChannel(8).grids(layer.weight().get().value());
        int[] qx = in.codes(x).toInts();
        int[] qw = weights.codes(layer.weight().get().value()).toInts();
        layer.weight().set(weights.nearest(layer.weight().get().value()));
        Activations bytes = new Activations(model, Map.of("0", in));
        Tensor y = bytes.during(() ->
                ForwardPass.evaluation(() -> layer.apply(Variable.constant(x)).value()));
        for (int n = 0; n < 7; n++) {
            for (int out = 0; out < 5; out++) {
                int sum = 0;
                for (int i = 0; i < 6; i++) {
                    sum += qw[out * 6 + i] * (qx[n * 6 + i] - in.zeroPoint());
                }
                assertEquals(sum * (double) in.scale() * weights.scales()[out], y.get(n, out), 1e-5);
            }
        }
    }

    @Test
    void eightBitsAreNearlyExactAndTwoAreNot() {
        Sequential model = network();
        Tensor x = images(40);
        Tensor exact = Evaluation.outputs(model, x);
        Map<String, ActivationRange> seen = Activations.observe(model, loader(x, 10));
        double size = exact.norm().item();
        double eight = error(Activations.calibrated(model, seen, new Calibration.MinMax(), 8), model, x, exact);
        double two = error(Activations.calibrated(model, seen, new Calibration.MinMax(), 2), model, x, exact);
        assertTrue(eight < 0.01 * size, "8 bits: " + eight / size);
        assertTrue(two > 0.1 * size, "2 bits: " + two / size);
        assertArrayEquals(exact.toFloats(), Evaluation.outputs(model, x).toFloats()); // nothing is left behind
    }

    private static double error(Activations grids, Module model, Tensor x, Tensor exact) {
        return grids.during(() -> Evaluation.outputs(model, x))
                .sub(exact)
                .norm()
                .item();
    }

    @Test
    void gradientsStopWhereAnInputWasCutOff() {
        Sequential model = network();
        Variable x = Variable.parameter(Tensor.of(new float[] {-3, -1, 0, 0.5f, 1, 3}, 1, 6));
        Activations grids = new Activations(model, Map.of("0", UniformGrid.affine(-1, 1, 8)));
        grids.during(() -> model.apply(x).sum()).backward();
        float[] g = x.gradient().orElseThrow().toFloats();
        assertEquals(0, g[0]);
        assertEquals(0, g[5]);
        assertTrue(g[2] != 0 && g[3] != 0);
    }

    @Test
    void whatIsRecomputedIsQuantizedAgain() {
        Linear inner = new Linear(Init.of(1).in("a"), 6, 5);
        Sequential model = new Sequential(new Recomputed(inner));
        Activations grids = new Activations(model, Map.of("0.body", UniformGrid.affine(-1, 1, 2)));
        Variable x = Variable.parameter(Tensor.of(new float[] {-3, -1, 0, 0.5f, 1, 3}, 1, 6));
        grids.during(() -> model.apply(x).sum()).backward();
        float[] g = x.gradient().orElseThrow().toFloats();
        assertEquals(0, g[0]);
        assertEquals(0, g[5]);
        // the weight's gradient is the quantized input: every value one of the grid's four
        for (float value : inner.weight().raw().gradient().orElseThrow().toFloats()) {
            assertEquals(value, grids.grids().get("0.body").nearest(value), 1e-6);
        }
    }

    @Test
    void aQuantizedModelIsTrainedAsOne() {
        Sequential model = network();
        Tensor x = images(16);
        float[] exact = Evaluation.outputs(model, x).toFloats();
        Map<String, UniformGrid> three = Map.of("0", UniformGrid.affine(-1, 2, 3), "2", UniformGrid.affine(0, 3, 3));
        Activations grids = new Activations(model, three);
        float[] coarse = grids.during(() -> Evaluation.outputs(model, x)).toFloats();
        QuantizedModel quantized = new QuantizedModel(model, grids);
        assertArrayEquals(coarse, Evaluation.outputs(quantized, x).toFloats());
        assertArrayEquals(exact, Evaluation.outputs(quantized.body(), x).toFloats());
        assertTrue(quantized.parameters().containsKey("body.0.weight"));
        Sgd optimizer = new Sgd(quantized.parameters(), Sgd.Options.of(0.02));
        double before = 0;
        double loss = 0;
        for (int step = 0; step < 30; step++) {
            optimizer.clearGradients();
            Variable square =
                    quantized.apply(Variable.constant(x)).sub(1).square().mean();
            square.backward();
            optimizer.step();
            loss = square.value().item();
            before = step == 0 ? loss : before;
        }
        assertTrue(loss < 0.5 * before, before + " to " + loss);
    }

    @Test
    void anUnknownLayerIsNamed() {
        Module model = network();
        String words = assertThrows(
                        IllegalArgumentException.class,
                        () -> new Activations(model, Map.of("conv9", UniformGrid.affine(0, 1, 8))))
                .getMessage();
        assertEquals("activations: the model has no layer called conv9", words);
    }
}
