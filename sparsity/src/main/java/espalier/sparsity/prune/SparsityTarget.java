package espalier.sparsity.prune;

import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.Parametrization;
import espalier.nn.train.TrainingListener;
import espalier.sparsity.Prunable;
import espalier.sparsity.TopK;
import espalier.sparsity.parametrize.Masked;
import espalier.sparsity.parametrize.SoftThreshold;
import espalier.tensor.DType;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * STR to a given sparsity: finds the decay λ of the thresholds by feedback while the network trains, so that sparsity
 * follows a ramp, and then holds it.
 *
 * <p>STR has no knob for sparsity, only λ, which is usually found by training again and again. Here sparsity is
 * measured every few steps and extrapolated: the further it is going to be behind the ramp, the larger λ, down to 0 if
 * it is going to be far ahead. All layers share one λ, so how sparse each becomes is still learned. At the end of the
 * ramp the thresholds are baked in and masks hold exactly as many units as the target leaves, those that are farthest
 * above their thresholds ({@link Hold#MASK}), or the feedback goes on ({@link Hold#FEEDBACK}).
 *
 * <p>Thresholds move in proportion to the learning rate: if that has fallen to nothing before the target is reached, no
 * λ leads there. So half a ramp's length after the ramp, or at the latest when training ends, the masks take what is
 * missing: the same as to raise every threshold by one number, the least that suffices. {@link #learned} says how much
 * of the target was reached by thresholds.
 *
 * <pre>{@code
 * var layers = Prunable.weights(model, Granularity.ELEMENT);
 * SoftThreshold.on(layers, SoftThreshold.Options.of(-10));
 * var optimizer = new Sgd(model.parameters(), sgd).forRoles(Set.of(Role.THRESHOLD), sgd.withDecay(0));
 * var target = new SparsityTarget(layers, 0.95, steps);
 * trainer.with(target).train(loader, epochs);          // target.meanDecay() is the λ that was found
 * }</pre>
 *
 * <p>The optimizer's own decay of thresholds must be 0: this adds {@code λ·min(s, −1)} to their gradients instead. That
 * is decay until s = −1 and then goes on at that strength, where decay alone would stop at s = 0: scales of batch norm
 * start at 1 and may need thresholds beyond.
 */
public final class SparsityTarget implements TrainingListener {
    /** What keeps the sparsity once it is reached. */
    public enum Hold {
        /** The soft-thresholded weights become the weights, and masks hold the zeros: exact. */
        MASK,
        /** λ goes on being adjusted until the end: within a point or so, for what is gone comes back slowly. */
        FEEDBACK
    }

    /**
     * How it goes about it.
     *
     * @param ramp the sparsity to follow; it ends at the target
     * @param measure what sparsity is a part of
     * @param hold what keeps it
     * @param first the λ to begin with, above 0
     */
    public record Options(CubicRamp ramp, Measure measure, Hold hold, double first) {
        /** Checks λ. */
        public Options {
            if (!(first > 0)) {
                throw new IllegalArgumentException("target: a first decay of " + first + " is not above 0");
            }
        }

        /**
         * From 0 to a sparsity of the units within the first half of the steps, checked 120 times on the way; then
         * masks.
         */
        public static Options of(double sparsity, long steps) {
            CubicRamp ramp = new CubicRamp(0, sparsity, 0, Math.max(1, steps / 2), Math.max(1, steps / (2 * CHECKS)));
            return new Options(ramp, Measure.UNITS, Hold.MASK, 1e-2);
        }

        /** These with another ramp. */
        public Options with(CubicRamp other) {
            return new Options(other, measure, hold, first);
        }

        /** These with another measure. */
        public Options with(Measure other) {
            return new Options(ramp, other, hold, first);
        }

        /** These with another hold. */
        public Options with(Hold other) {
            return new Options(ramp, measure, other, first);
        }
    }

    /** The pull on s is at least that on an s of this size. */
    private static final double NEVER_WEAKER = -1;

    /** Checks within the ramp of {@link Options#of}. */
    private static final int CHECKS = 120;

    /** Checks that sparsity is extrapolated over. */
    private static final int AHEAD = 3;

    /**
     * The part of λ's level that an error (in log density) of 1 adds at once, and what it adds to the level's log a
     * check.
     */
    private static final double AT_ONCE = 3;

    private static final double OVER_TIME = 0.1;

    private static final double STRONGEST = 3;

    /** How far sparsity may be short of the target when masks take over. */
    private static final double NEAR = 0.01;

    private static final System.Logger LOG = System.getLogger(SparsityTarget.class.getName());

    private final List<Prunable> layers;
    private final Options options;
    private double level;
    private double decay;
    private double removed;
    private double learned = Double.NaN;
    private boolean held;
    private double sum;
    private long count;

    /** To a sparsity of the units, in a training of so many steps. */
    public SparsityTarget(List<Prunable> layers, double sparsity, long steps) {
        this(layers, Options.of(sparsity, steps));
    }

    /**
     * With options.
     *
     * @throws IllegalArgumentException if a layer has no soft threshold, or the floors leave more than the target
     */
    public SparsityTarget(List<Prunable> layers, Options options) {
        this.layers = List.copyOf(layers);
        this.options = options;
        this.level = options.first;
        this.decay = options.first;
        requireReachable();
    }

    private void requireReachable() {
        int units = layers.stream().mapToInt(Prunable::units).sum();
        int least = IntStream.range(0, layers.size())
                .map(i -> Math.min(layers.get(i).units(), floors()[i]))
                .sum();
        double most = 1 - (double) least / units;
        if (options.measure == Measure.UNITS && options.ramp.target() > most) {
            throw new IllegalArgumentException("target: a sparsity of " + options.ramp.target() + " cannot be met: "
                    + least + " of " + units + " units stay by the floors, so at most " + most + " can go");
        }
    }

    private int[] floors() {
        return layers.stream().mapToInt(layer -> threshold(layer).floor()).toArray();
    }

    /** The λ at work now, or when the target was reached. */
    public double decay() {
        return decay;
    }

    /**
     * The mean λ of the checks so far: of the size that a run with constant decay needs for this sparsity. Such a run
     * goes further the longer it is, so expect to correct it once.
     */
    public double meanDecay() {
        return count == 0 ? decay : sum / count;
    }

    /** The sparsity at the last check. */
    public double sparsity() {
        return removed;
    }

    /** Whether the target was reached and is held by masks. */
    public boolean isHeld() {
        return held;
    }

    /** The sparsity to which thresholds came before masks took over; that of the last check if they have not. */
    public double learned() {
        return Double.isNaN(learned) ? removed : learned;
    }

    @Override
    public void onBackward(Position at) {
        if (held) {
            return;
        }
        Set<Parameter> distinct = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Prunable layer : layers) {
            Parameter s = threshold(layer).s();
            if (distinct.add(s)) {
                Tensor pull = s.raw().value().min(NEVER_WEAKER).mulInPlace(decay);
                s.raw().setGradient(s.raw().gradient().map(pull::add).orElse(pull));
            }
        }
    }

    @Override
    public void onStep(Position at, StepReport report) {
        if (held || at.step() % options.ramp.every() != 0) {
            return;
        }
        double before = removed;
        removed = options.measure.removed(layers);
        adjust(at.step(), removed - before);
        long end = options.ramp.end();
        long latest = end + (end - options.ramp.begin()) / 2;
        if (options.hold == Hold.MASK && at.step() >= end && (isThere() || at.step() >= latest)) {
            hold();
        }
    }

    /** Short of the target by little, or beyond it: units just below their thresholds can be taken back. */
    private boolean isThere() {
        double unit = 1.0 / layers.stream().mapToInt(Prunable::units).sum();
        return removed >= options.ramp.target() - Math.max(NEAR, 1.5 * unit);
    }

    private void adjust(long step, double gained) {
        CubicRamp ramp = options.ramp;
        double wanted = ramp.at(step + AHEAD * ramp.every());
        double expected = Math.clamp(removed + AHEAD * gained, 0, 1);
        double error = Math.log((1 - expected + 1e-4) / (1 - wanted + 1e-4)); // above 0: will be too dense
        level *= Math.exp(OVER_TIME * Math.clamp(error, -0.3, 0.3));
        decay = level * Math.clamp(1 + AT_ONCE * error, 0, STRONGEST);
        sum += decay;
        count++;
    }

    /** Thresholds become masks: those that the target asks for, to the unit. */
    private void hold() {
        learned = removed;
        try (TensorScope _ = TensorScope.open()) {
            List<Tensor> margins = new ArrayList<>();
            layers.forEach(layer ->
                    margins.add(threshold(layer).margins(layer.parameter().raw().value())));
            List<Tensor> masks = options.measure == Measure.UNITS
                    ? masks(margins, 1 - options.ramp.target(), floors())
                    : masksByCost(margins, floors());
            for (int i = 0; i < masks.size(); i++) {
                layers.get(i).keepOnly(masks.get(i));
            }
        }
        removed = options.measure.removed(layers);
        held = true;
    }

    /** Of the units of all layers this part, those farthest above their thresholds. */
    private static List<Tensor> masks(List<Tensor> margins, double density, int[] floors) {
        int[] keeps = GlobalRanking.keeps(margins, density, floors);
        List<Tensor> masks = new ArrayList<>();
        for (int i = 0; i < keeps.length; i++) {
            masks.add(TopK.mask(margins.get(i), keeps[i]));
        }
        return masks;
    }

    /** The most units whose cost is within the target. Fewer units are a part of more units, so halving finds them. */
    private List<Tensor> masksByCost(List<Tensor> margins, int[] floors) {
        int units = layers.stream().mapToInt(Prunable::units).sum();
        int enough = 0; // so few units are within the target, or there is nothing below the floors
        int tooMany = units + 1;
        while (tooMany - enough > 1) {
            int middle = (enough + tooMany) / 2;
            boolean within = cost(masks(margins, (double) middle / units, floors)) >= options.ramp.target();
            enough = within ? middle : enough;
            tooMany = within ? tooMany : middle;
        }
        return masks(margins, (double) enough / units, floors);
    }

    /** What would be gone if just these units were not zero. */
    private double cost(List<Tensor> masks) {
        List<Tensor> stored = new ArrayList<>();
        List<Parametrization> thresholds = new ArrayList<>();
        for (int i = 0; i < masks.size(); i++) {
            Prunable layer = layers.get(i);
            Parameter parameter = layer.parameter();
            stored.add(parameter.raw().value().copy());
            thresholds.add(threshold(layer));
            parameter.raw().value().fillInPlace(1);
            Tensor mask = layer.importance().grouping().spread(masks.get(i), parameter.shape());
            parameter.parametrize(new Masked(mask.to(DType.F32)));
        }
        double gone = options.measure.removed(layers);
        for (int i = 0; i < masks.size(); i++) {
            Parameter parameter = layers.get(i).parameter();
            parameter.raw().value().copyInPlace(stored.get(i));
            parameter.parametrize(thresholds.get(i));
        }
        return gone;
    }

    @Override
    public void onFinish(Module model) {
        removed = options.measure.removed(layers);
        double slack = options.hold == Hold.MASK ? 0 : NEAR;
        if (!held && removed < options.ramp.target() - slack) {
            hold();
        }
        layers.forEach(Prunable::bake);
        if (!held && Math.abs(removed - options.ramp.target()) > 2 * NEAR) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    String.format(
                            Locale.ROOT,
                            "target: sparsity came to %.2f %%, not to %.2f %%; train longer, or let the ramp end earlier",
                            100 * removed,
                            100 * options.ramp.target()));
        }
    }

    private static SoftThreshold threshold(Prunable layer) {
        return layer.parameter()
                .parametrization()
                .filter(p -> p instanceof SoftThreshold)
                .map(p -> (SoftThreshold) p)
                .orElseThrow(() -> new IllegalArgumentException("target: " + layer.path()
                        + " has no soft threshold; put one in front of it by SoftThreshold.on"));
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "sparsity %.2f %% with decay %.3g", 100 * removed, meanDecay());
    }
}
