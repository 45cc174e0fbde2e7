package espalier.sparsity.prune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.op.Losses;
import espalier.nn.Module;
import espalier.nn.Role;
import espalier.nn.Summary;
import espalier.nn.optim.Schedule;
import espalier.nn.optim.Sgd;
import espalier.nn.train.Evaluation;
import espalier.nn.train.Trainer;
import espalier.nn.train.TrainingListener;
import espalier.sparsity.Granularity;
import espalier.sparsity.Prunable;
import espalier.sparsity.SmallTask;
import espalier.sparsity.Sparsity;
import espalier.sparsity.parametrize.SoftThreshold;
import espalier.sparsity.parametrize.ThresholdMap;
import espalier.sparsity.surgery.CutMeasure;
import espalier.sparsity.surgery.Surgeon;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SparsityTargetTest {
    private static final int EPOCHS = 60;
    private static final long STEPS = (long) EPOCHS * SmallTask.BATCHES;

    /** The law: what is asked for is what comes out, within 0.3 points, and the network still works. */
    @ParameterizedTest
    @ValueSource(doubles = {0.5, 0.9, 0.95})
    void reachesItsTarget(double sparsity) {
        Module model = SmallTask.network();
        List<Prunable> layers = Prunable.weights(model, Granularity.ELEMENT);
        SoftThreshold.on(layers, SoftThreshold.Options.of(-6));
        SparsityTarget target = new SparsityTarget(layers, sparsity, STEPS);
        LayerHistory history = new LayerHistory(layers);
        SmallTask.train(model, EPOCHS, 0, target, history);
        assertTrue(target.isHeld());
        assertEquals(sparsity, Sparsity.of(model).sparsity(), 0.0005);
        assertTrue(target.decay() >= 0);
        assertTrue(target.meanDecay() > 0);
        assertTrue(layers.stream().allMatch(l -> l.parameter().parametrization().isEmpty()));
        assertTrue(history.warning().isEmpty());
        assertTrue(Evaluation.of(model, SmallTask.data()).accuracy() > 0.9);
    }

    /** Thresholds do not move where the rate is 0; what they leave of the target is taken at the end of the wait. */
    @ParameterizedTest
    @ValueSource(doubles = {0.1, 0.4})
    void reachesItsTargetThoughTheRateFallsToNothing(double trains) {
        Module model = SmallTask.network();
        List<Prunable> layers = Prunable.weights(model, Granularity.ELEMENT);
        SoftThreshold.on(layers, SoftThreshold.Options.of(-6));
        SparsityTarget target = new SparsityTarget(layers, 0.9, STEPS);
        boolean[] early = new boolean[1];
        TrainingListener watch = new TrainingListener() {
            @Override
            public void onEpoch(Position at, EpochReport report) {
                early[0] |= at.epoch() == EPOCHS * 4 / 5 && target.isHeld();
            }
        };
        train(model, EPOCHS, step -> step < trains * STEPS ? 1 : 0, target, watch);
        assertTrue(early[0], "what is left can mend in the last part of the training");
        assertTrue(target.isHeld());
        assertTrue(target.learned() < 0.88, "thresholds alone came to " + target.learned());
        assertEquals(0.9, Sparsity.of(model).sparsity(), 0.0005);
    }

    /** A training that ends before the ramp does. */
    @ParameterizedTest
    @EnumSource(SparsityTarget.Hold.class)
    void reachesItsTargetThoughTrainingEndsBefore(SparsityTarget.Hold hold) {
        Module model = SmallTask.network();
        List<Prunable> layers = Prunable.weights(model, Granularity.ELEMENT);
        SoftThreshold.on(layers, SoftThreshold.Options.of(-6));
        SparsityTarget target =
                new SparsityTarget(layers, SparsityTarget.Options.of(0.9, STEPS).with(hold));
        SmallTask.train(model, 6, 0, target);
        assertTrue(target.learned() < 0.88);
        assertEquals(0.9, Sparsity.of(model).sparsity(), 0.0005);
    }

    private static void train(Module model, int epochs, Schedule schedule, TrainingListener... listeners) {
        Sgd.Options sgd = Sgd.Options.of(0.02);
        var optimizer = new Sgd(model.parameters(), sgd).forRoles(Set.of(Role.THRESHOLD), sgd.withDecay(0));
        Trainer trainer = new Trainer(model, optimizer, Losses::crossEntropy, RandomSource.of(1)).with(schedule);
        for (TrainingListener listener : listeners) {
            trainer.with(listener);
        }
        trainer.train(SmallTask.data(), epochs);
    }

    /** The most channels whose multiply-adds are within the target: one more would not be. */
    @Test
    void ofMultiplyAdds() {
        Module model = SmallTask.network();
        Shape input = Shape.of(1, 1, 8, 8);
        long before = Summary.of(model, input).macs();
        List<Prunable> layers = Prunable.scales(model);
        for (Prunable layer : layers) {
            layer.parameter().set(RandomSource.of(2).uniform(Device.cpu(), Shape.of(8), 0.3, 1));
        }
        SoftThreshold.on(layers, SoftThreshold.Options.of(-3).with(ThresholdMap.EXP));
        SparsityTarget target =
                new SparsityTarget(layers, SparsityTarget.Options.of(0.5, STEPS).with(CutMeasure.macs(model, input)));
        SmallTask.train(model, EPOCHS, 0, target);
        Surgeon surgeon = Surgeon.of(model, input);
        surgeon.cut(surgeon.dead());
        double gone = 1 - (double) Summary.of(model, input).macs() / before;
        assertEquals(gone, target.sparsity(), 1e-9);
        assertTrue(gone >= 0.5, "gone: " + gone);
        assertTrue(gone < 0.5 + 1.0 / 8, "a channel of this network is an eighth: " + gone);
    }

    @Test
    void feedbackHoldsToo() {
        Module model = SmallTask.network();
        List<Prunable> layers = Prunable.weights(model, Granularity.ELEMENT);
        SoftThreshold.on(layers, SoftThreshold.Options.of(-6));
        SparsityTarget target =
                new SparsityTarget(layers, SparsityTarget.Options.of(0.9, STEPS).with(SparsityTarget.Hold.FEEDBACK));
        SmallTask.train(model, EPOCHS, 0, target);
        assertFalse(target.isHeld());
        assertEquals(0.9, target.sparsity(), 0.02);
    }

    /** STR-BN: 8 of 16 channels are to go, and no layer may have fewer than 3 left. */
    @Test
    void ofChannelsWithAFloor() {
        Module model = SmallTask.network();
        List<Prunable> layers = Prunable.scales(model);
        for (Prunable layer : layers) { // spread out, as training on more than four patterns would spread them
            layer.parameter().set(RandomSource.of(2).uniform(Device.cpu(), Shape.of(8), 0.3, 1));
        }
        SoftThreshold.on(
                layers, SoftThreshold.Options.of(-3).with(ThresholdMap.EXP).withFloor(3));
        SparsityTarget target = new SparsityTarget(layers, 0.5, STEPS);
        SmallTask.train(model, EPOCHS, 0, target);
        assertEquals(0.5, Measure.UNITS.removed(layers), 0.07);
        assertTrue(layers.stream().allMatch(layer -> layer.liveUnits() >= 3));
    }

    /** Where a unit of one layer costs three and of the other one, cost is what counts: (3·2 + 1·4)/(3·8 + 1·8). */
    @Test
    void costsAreWeighed() {
        List<Prunable> layers = Prunable.scales(SmallTask.network());
        layers.get(0).keepOnly(layers.get(0).live());
        layers.get(0).parameter().raw().value().narrow(0, 0, 2).fillInPlace(0);
        layers.get(1).parameter().raw().value().narrow(0, 0, 4).fillInPlace(0);
        Measure measure = Measure.costs(layer -> layer.equals(layers.getFirst()) ? 3 : 1);
        assertEquals(10 / 32.0, measure.removed(layers), 1e-12);
        assertEquals(6 / 16.0, Measure.UNITS.removed(layers), 1e-12);
    }

    @Test
    void aLayerWithoutThresholdIsNamed() {
        List<Prunable> layers = Prunable.weights(SmallTask.network(), Granularity.ELEMENT);
        Exception refused = assertThrows(IllegalArgumentException.class, () -> new SparsityTarget(layers, 0.9, 100));
        assertEquals(
                "target: 0.weight has no soft threshold; put one in front of it by SoftThreshold.on",
                refused.getMessage());
    }

    @Test
    void aTargetBeyondTheFloorIsRefused() {
        List<Prunable> layers = Prunable.scales(SmallTask.network());
        SoftThreshold.on(layers, SoftThreshold.Options.of(-3).withFloor(6));
        Exception refused = assertThrows(IllegalArgumentException.class, () -> new SparsityTarget(layers, 0.5, 100));
        assertEquals(
                "target: a sparsity of 0.5 cannot be met: 12 of 16 units stay by the floors, so at most 0.25 can go",
                refused.getMessage());
    }

    @Test
    void nothingSparseIsSaid() {
        Module model = SmallTask.network();
        List<Prunable> layers = Prunable.weights(model, Granularity.ELEMENT);
        SoftThreshold.on(layers, SoftThreshold.Options.of(-3200));
        LayerHistory history = new LayerHistory(layers);
        SmallTask.train(model, 3, 0, history);
        assertEquals(
                "prune: after 3 epochs nothing is sparse; the largest threshold is 0.0: raise the decay of the thresholds "
                        + "or start nearer to 0",
                history.warning().orElseThrow());
        assertEquals(12, history.rows().size());
        assertEquals("1,0.weight,72,72,0.000000,0.0", history.rows().getFirst().csv());
        layers.getFirst().parameter().raw().value().fillInPlace(0);
        history.recount();
        assertEquals(
                "3,0.weight,72,0,1.000000,0.0", history.lastEpoch().getFirst().csv());
        assertEquals(72, history.rows().getFirst().live(), "what was before stays");
    }
}
