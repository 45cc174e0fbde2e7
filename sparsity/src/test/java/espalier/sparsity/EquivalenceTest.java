package espalier.sparsity;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.op.Losses;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.nn.optim.Sgd;
import espalier.nn.train.Trainer;
import espalier.nn.train.TrainingListener.Position;
import espalier.nn.train.TrainingListener.StepReport;
import espalier.sparsity.admm.Admm;
import espalier.sparsity.admm.Pull;
import espalier.sparsity.parametrize.SoftThreshold;
import espalier.sparsity.prune.Allocation;
import espalier.sparsity.prune.CubicRamp;
import espalier.sparsity.prune.MagnitudePruning;
import espalier.sparsity.prune.NormPenalty;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The thesis: a structured method is an unstructured one on a vector of importances. */
class EquivalenceTest {
    /** Filters of one weight each. */
    private static List<Prunable> columns(Grouping units) {
        List<Prunable> layers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Tensor w = RandomSource.of(i).normal(Device.cpu(), Shape.of(17 + i, 1, 1, 1));
            layers.add(new Prunable("layer" + i, new Parameter("weight", Role.WEIGHT, w), units));
        }
        return layers;
    }

    private static float[][] values(List<Prunable> layers) {
        return layers.stream().map(layer -> layer.value().toFloats()).toArray(float[][]::new);
    }

    /** (i) Where a unit is one weight, the structured method is the unstructured one. */
    @Test
    void filtersOfOneWeightAreSingleWeights() {
        for (Grouping units : List.of(Granularity.FILTER, Granularity.KERNEL, new Block(1, 1))) {
            for (Allocation allocation : List.of(Allocation.UNIFORM, Allocation.GLOBAL)) {
                List<Prunable> single = columns(Granularity.ELEMENT);
                List<Prunable> structured = columns(units);
                MagnitudePruning.prune(single, allocation, 0.6);
                MagnitudePruning.prune(structured, allocation, 0.6);
                assertArrayEquals(values(single), values(structured));
            }
            List<Prunable> single = columns(Granularity.ELEMENT);
            List<Prunable> structured = columns(units);
            CubicRamp ramp = new CubicRamp(0, 0.8, 0, 10, 2);
            MagnitudePruning one = new MagnitudePruning(single, Allocation.GLOBAL, ramp);
            MagnitudePruning other = new MagnitudePruning(structured, Allocation.GLOBAL, ramp);
            for (int step = 0; step <= 10; step++) {
                one.onStep(new Position(0, step, step), new StepReport(0, 0, 1));
                other.onStep(new Position(0, step, step), new StepReport(0, 0, 1));
                assertArrayEquals(values(single), values(structured));
            }
            List<Prunable> a = columns(Granularity.ELEMENT);
            List<Prunable> b = columns(units);
            SoftThreshold.on(a, SoftThreshold.Options.of(-1));
            SoftThreshold.on(b, SoftThreshold.Options.of(-1));
            for (int i = 0; i < a.size(); i++) {
                assertArrayEquals(values(a)[i], values(b)[i], 1e-6f);
                a.get(i).parameter().get().square().sum().backward();
                b.get(i).parameter().get().square().sum().backward();
                assertArrayEquals(gradient(a.get(i)), gradient(b.get(i)), 1e-5f);
            }
            Tensor w = RandomSource.of(9).normal(Device.cpu(), Shape.of(13, 1));
            assertArrayEquals(
                    Projection.largest(Granularity.ELEMENT, 5).nearest(w).toFloats(),
                    Projection.largest(units, 5).nearest(w).toFloats());
        }
    }

    private static float[] gradient(Prunable layer) {
        return layer.parameter().raw().gradient().orElseThrow().toFloats();
    }

    /**
     * (ii) Global magnitude on scales trained under L1 keeps what network slimming keeps: those above a sorted
     * threshold.
     */
    @Test
    void globalMagnitudeOnScalesIsNetworkSlimming() {
        Module model = SmallTask.network();
        List<Prunable> scales = Prunable.scales(model);
        SmallTask.train(model, 6, 0, new NormPenalty(scales, 1e-2));
        float[] first = scales.get(0).value().toFloats();
        float[] second = scales.get(1).value().toFloats();
        float[] sorted = new float[16];
        for (int i = 0; i < 8; i++) {
            sorted[i] = Math.abs(first[i]);
            sorted[8 + i] = Math.abs(second[i]);
        }
        Arrays.sort(sorted);
        assertTrue(sorted[0] < 0.97); // the penalty has pulled
        float threshold = sorted[(int) Math.floor(16 * 0.5)];
        MagnitudePruning.prune(scales, Allocation.GLOBAL, 9 / 16.0, 0);
        for (int layer = 0; layer < 2; layer++) {
            float[] before = layer == 0 ? first : second;
            float[] after = scales.get(layer).value().toFloats();
            for (int c = 0; c < 8; c++) {
                assertEquals(Math.abs(before[c]) > threshold ? before[c] : 0, after[c]);
            }
        }
    }

    /**
     * (iii) The projection of ADMM on filters is one-shot pruning by their norms, which is where ρ → ∞ leads at once.
     */
    @Test
    void theProjectionOnFiltersIsOneShotPruning() {
        Tensor w = RandomSource.of(6).normal(Device.cpu(), Shape.of(10, 3, 3, 3));
        for (Grouping units : List.of(Granularity.FILTER, Granularity.CHANNEL, Granularity.COLUMN, new Block(4, 1))) {
            Prunable layer = new Prunable("w", new Parameter("weight", Role.WEIGHT, w.copy()), units);
            int keep = (int) Math.round(0.3 * layer.units());
            MagnitudePruning.prune(List.of(layer), Allocation.UNIFORM, 0.7);
            assertEquals(keep, layer.liveUnits());
            assertArrayEquals(
                    Projection.largest(units, keep).nearest(w).toFloats(),
                    layer.value().toFloats());
        }
    }

    /**
     * The same by training: ρ so large that one step takes every weight to its set, and Z with it, keeps the units and,
     * but for the step of the loss, the values of one-shot pruning of the weights as they were. A small ρ does not.
     */
    @ParameterizedTest
    @EnumSource(
            value = Granularity.class,
            names = {"ELEMENT", "FILTER", "COLUMN", "CHANNEL"})
    void admmUnderALargeRhoIsOneShotPruning(Granularity units) {
        double rho = 1e4;
        Module model = SmallTask.network();
        Module pruned = SmallTask.network();
        admm(model, units, rho, 1 / rho);
        List<Prunable> oneShot = Prunable.weights(pruned, units);
        MagnitudePruning.prune(oneShot, Allocation.UNIFORM, 0.7);
        List<Prunable> layers = Prunable.weights(model, units);
        for (int i = 0; i < layers.size(); i++) {
            assertArrayEquals(
                    oneShot.get(i).live().toInts(),
                    layers.get(i).live().toInts(),
                    layers.get(i).path());
            assertArrayEquals(
                    oneShot.get(i).value().toFloats(), layers.get(i).value().toFloats(), 5e-3f);
        }
        if (units == Granularity.ELEMENT) {
            Module slow = SmallTask.network();
            admm(slow, units, 1e-3, 0.05);
            int[] trained = Prunable.weights(slow, units).getFirst().live().toInts();
            assertFalse(Arrays.equals(trained, layers.getFirst().live().toInts()), "a small ρ finds other weights");
        }
    }

    private static void admm(Module model, Granularity units, double rho, double rate) {
        Map<String, Projection> sets = new LinkedHashMap<>();
        for (Prunable layer : Prunable.weights(model, units)) {
            int keep = (int) Math.max(1, Math.round(0.3 * layer.units()));
            sets.put(layer.path(), Projection.largest(units, keep));
        }
        Admm admm = new Admm(model.parameters(), sets, Pull.growing(rho, 1, rho), SmallTask.BATCHES);
        new Trainer(
                        model,
                        new Sgd(model.parameters(), new Sgd.Options(rate, 0, 0, false)),
                        Losses::crossEntropy,
                        RandomSource.of(1))
                .with(admm)
                .train(SmallTask.data(), 3);
        admm.projectAndMask();
    }

    /** The penalty's slope: 3/5 and 4/5 of a filter [3, 4], nothing for a filter that is gone. */
    @Test
    void theGroupLassoPullsAlongTheFilter() {
        Parameter weight = new Parameter("weight", Role.WEIGHT, Tensor.of(new float[] {3, 4, 0, 0}, 2, 2));
        weight.raw().setGradient(Tensor.ones(2, 2));
        new NormPenalty(List.of(new Prunable("w", weight, Granularity.FILTER)), 0.5).onBackward(Position.START);
        assertArrayEquals(
                new float[] {1.3f, 1.4f, 1, 1},
                weight.raw().gradient().orElseThrow().toFloats(),
                1e-6f);
    }
}
