package espalier.sparsity.admm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.Variable;
import espalier.autograd.op.Losses;
import espalier.nn.ForwardPass;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.nn.layer.Linear;
import espalier.nn.model.LeNet;
import espalier.nn.optim.Adam;
import espalier.nn.optim.Optimizer;
import espalier.nn.optim.Sgd;
import espalier.nn.train.TrainingListener.Position;
import espalier.nn.train.TrainingListener.StepReport;
import espalier.sparsity.Block;
import espalier.sparsity.Granularity;
import espalier.sparsity.Grouping;
import espalier.sparsity.Projection;
import espalier.sparsity.Prunable;
import espalier.sparsity.Sparsity;
import espalier.sparsity.prune.Allocation;
import espalier.sparsity.quant.Levels;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What ADMM leaves holds exactly while training goes on, with everything an optimizer remembers. */
class RetrainingTest {
    private final Module model = new Linear(Init.of(3), 7, 5);
    private final Map<String, Parameter> weights = Sparsity.weights(model);
    private final Parameter weight = Objects.requireNonNull(weights.get("weight"));
    private final Tensor images = RandomSource.of(1).normal(Device.cpu(), Shape.of(11, 7));
    private final Tensor labels = Tensor.of(new int[] {0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0}, 11);

    private void train(Optimizer<?> optimizer, int steps) {
        for (int i = 0; i < steps; i++) {
            optimizer.clearGradients();
            Variable loss = ForwardPass.training(
                    RandomSource.of(i), () -> Losses.crossEntropy(model.apply(Variable.constant(images)), labels));
            loss.backward();
            optimizer.step();
        }
    }

    private List<Optimizer<?>> optimizers() {
        return List.of(
                new Sgd(model.parameters(), new Sgd.Options(0.1, 0.9, 0.01, true)),
                new Adam(model.parameters(), Adam.Options.of(0.05).withDecay(0.01)),
                new Adam(model.parameters(), Adam.Options.of(0.05).withDecoupledDecay(0.01)));
    }

    @Test
    void prunedWeightsStayZeroWithMomentumAdamAndDecay() {
        for (Optimizer<?> optimizer : optimizers()) {
            weight.materialize();
            weight.set(RandomSource.of(2).normal(Device.cpu(), weight.shape()));
            train(optimizer, 5); // it has momentum now, also for what is pruned next
            Admm admm = new Admm(
                    weights, Map.of("weight", Projection.largest(Granularity.ELEMENT, 8)), Pull.doubling(0.1), 1);
            admm.projectAndMask();
            float[] before = weight.get().value().toFloats();
            train(optimizer, 20);
            float[] after = weight.get().value().toFloats();
            int moved = 0;
            for (int i = 0; i < after.length; i++) {
                assertEquals(before[i] == 0, after[i] == 0, optimizer + " at " + i);
                moved += before[i] != after[i] ? 1 : 0;
            }
            assertEquals(8, moved);
            weight.materialize();
            assertEquals(8, weight.raw().value().countNonZero().item());
        }
    }

    @Test
    void frozenWeightsStayWhileBiasesLearn() {
        for (Optimizer<?> optimizer : optimizers()) {
            weight.materialize();
            weight.set(RandomSource.of(2).normal(Device.cpu(), weight.shape()));
            train(optimizer, 5);
            new Admm(weights, Map.of("weight", Levels.binary()), Pull.doubling(0.1), 1).projectAndFreeze();
            float[] before = weight.get().value().toFloats();
            float[] bias = bias();
            train(optimizer, 20);
            assertArrayEquals(before, weight.get().value().toFloats());
            assertFalse(Arrays.equals(bias, bias()));
        }
    }

    private float[] bias() {
        return Objects.requireNonNull(model.parameters().get("bias"))
                .get()
                .value()
                .toFloats();
    }

    /** Pruned first, then two bits for what is left: at every moment few, in the end few and on four values. */
    @Test
    void partialFreezingEndsOnTheLevelsAndKeepsTheZeros() {
        new Admm(weights, Map.of("weight", Projection.largest(Granularity.ELEMENT, 13)), Pull.doubling(0.1), 1)
                .projectAndMask();
        float[] pruned = weight.get().value().toFloats();
        LayerBits bits = LayerBits.uniform(weights, true, "2");
        PartialFreezing freezing = new PartialFreezing(weights, bits, 0.3);
        float[] levels = freezing.codebook("weight").values();
        assertEquals(4, levels.length);
        assertEquals(13, freezing.free());
        int free = 13;
        float[] last = pruned;
        for (int pass = 0; pass < 3; pass++) {
            freezing.pass();
            assertTrue(freezing.free() < free);
            free = freezing.free();
            train(optimizers().get(pass), 4);
            last = weight.get().value().toFloats();
            for (int i = 0; i < last.length; i++) {
                assertTrue(pruned[i] != 0 || last[i] == 0);
            }
        }
        freezing.finish();
        assertEquals(0, freezing.free());
        float[] after = weight.get().value().toFloats();
        int nonZeros = 0;
        int kept = 0;
        for (int i = 0; i < after.length; i++) {
            assertTrue(after[i] == 0 || Arrays.binarySearch(levels, after[i]) >= 0);
            nonZeros += after[i] != 0 ? 1 : 0;
            kept += after[i] != 0 && after[i] == last[i] ? 1 : 0;
        }
        assertEquals(13, nonZeros);
        assertEquals(13 - free, kept, "what was frozen before the end did not move");
        train(optimizers().getFirst(), 3);
        assertArrayEquals(after, weight.get().value().toFloats());
    }

    /** Of bins with 3 and 1 weights, 30 % are ceil(0.9) = 1 and ceil(0.3) = 1: the closest to the level. */
    @Test
    void ofEachLevelTheClosestPartIsFrozen() {
        Parameter w = new Parameter("w", Role.WEIGHT, Tensor.of(new float[] {0.9f, 1.3f, 1.1f, -1.1f, 0}));
        // scale (0.9 + 1.3 + 1.1 + 1.1)/4 = 1.1
        PartialFreezing freezing =
                new PartialFreezing(Map.of("w", w), LayerBits.uniform(Map.of("w", w), true, "1"), 0.3);
        freezing.pass();
        PartlyFrozen state = (PartlyFrozen) w.parametrization().orElseThrow();
        assertArrayEquals(new float[] {1, 1, 0, 0, 0}, state.trained().toFloats());
        assertArrayEquals(new float[] {0, 0, 1.1f, -1.1f, 0}, state.fixed().toFloats(), 1e-6f);
    }

    /** Pulled hard, the loss hardly matters: W ends at its set, and projecting it then changes little. */
    @Test
    void trainingEndsInTheSet() {
        List<Prunable> layers = Prunable.weights(model, Granularity.COLUMN);
        LayerRates rates = LayerRates.of(layers, Map.of("weight", "3"));
        Admm admm = new Admm(model.parameters(), rates.sets(layers), Pull.growing(0.5, 1.5, 8), 10);
        Sgd optimizer = new Sgd(model.parameters(), new Sgd.Options(0.05, 0, 0, false));
        for (int step = 1; step <= 200; step++) {
            optimizer.clearGradients();
            Losses.crossEntropy(model.apply(Variable.constant(images)), labels).backward();
            admm.onBackward(Position.START);
            optimizer.step();
            admm.onStep(new Position(0, 0, step), new StepReport(0, 0, 1));
        }
        Residual last = admm.history().getLast();
        assertEquals(20, last.round());
        assertTrue(last.primal() < 0.1, last.csv());
        assertTrue(admm.isConverged(0.1, 0.1));
        admm.projectAndMask();
        assertEquals(3, layers.getFirst().liveUnits());
    }

    /** Scales of a batch norm: as many channels live as asked for, and the dead ones are zero for every input. */
    @Test
    void batchNormScalesAreASetLikeAnyOther() {
        Module net = LeNet.lenet5WithBatchNorm(Init.of(1));
        List<Prunable> channels = Prunable.scales(net);
        LayerRates rates = LayerRates.by(Allocation.UNIFORM, channels, 2);
        assertEquals(35, rates.kept());
        Admm admm = new Admm(net.parameters(), rates.sets(channels), Pull.doubling(0.1), 1);
        assertEquals(channels.size(), admm.constraints().size());
        admm.projectAndMask();
        assertEquals(List.of(10, 25), channels.stream().map(Prunable::liveUnits).toList());
    }

    /** Every kind of group ends with as many live groups as asked for. */
    @Test
    void allGroupingsAreSets() {
        for (Grouping grouping : List.of(
                Granularity.FILTER, Granularity.CHANNEL, Granularity.COLUMN, Granularity.KERNEL, new Block(4, 1))) {
            Module net = LeNet.lenet5(Init.of(1));
            List<Prunable> layers = Prunable.at(Prunable.weights(net, grouping), Set.of("conv2.weight", "fc1.weight"));
            LayerRates rates = LayerRates.of(layers, Map.of("conv2", "30 %", "fc1", "7"));
            new Admm(net.parameters(), rates.sets(layers), Pull.doubling(0.1), 1).projectAndMask();
            for (Prunable layer : layers) {
                assertEquals(rates.keeps().get(layer.path()), layer.liveUnits(), grouping + " of " + layer.path());
            }
        }
    }

    /** The combined set: at most so many filters, and at most so many columns of those. */
    @Test
    void filtersThenColumns() {
        Projection both = Projection.largest(Granularity.FILTER, 3).then(Projection.largest(Granularity.COLUMN, 4));
        new Admm(weights, Map.of("weight", both), Pull.doubling(0.1), 1).projectAndMask();
        Tensor w = weight.get().value();
        assertEquals(12, w.countNonZero().item());
        assertEquals(3, new Prunable("weight", weight, Granularity.FILTER).liveUnits());
        assertEquals(4, new Prunable("weight", weight, Granularity.COLUMN).liveUnits());
    }
}
