package espalier.sparsity.parametrize;

import espalier.autograd.Variable;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.Parametrization;
import espalier.nn.Role;
import espalier.sparsity.Granularity;
import espalier.sparsity.Importance;
import espalier.sparsity.Prunable;
import espalier.sparsity.TopK;
import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * STR, soft threshold reparameterization (Kusupati et al. 2020, equation 1): the layer computes with
 * {@code sign(w)·max(|w| − g(s), 0)}, and s is trained like any other parameter.
 *
 * <p>Weight decay on s pulls the threshold up, the loss pulls it down where weights matter: each layer finds its own
 * sparsity. With coarser units the norm of a group stands in place of |w| and whole groups vanish; with the scales of
 * batch norm as units this is STR-BN (Kusupati 2020); scales start at 1, and a sigmoid stays below, so give them
 * {@link ThresholdMap#EXP}.
 *
 * <pre>{@code
 * SoftThreshold.on(Prunable.weights(model, Granularity.ELEMENT), SoftThreshold.Options.of(-10));
 * var optimizer = new Sgd(model.parameters(), sgd).forRoles(Set.of(Role.THRESHOLD), sgd.withDecay(1e-2));
 * }</pre>
 *
 * <p>The decay of s is the knob of the sparsity: give it one of its own by the role {@link Role#THRESHOLD}, or leave it
 * to {@link espalier.sparsity.prune.SparsityTarget}. Make the optimizer after the thresholds, or it does not know them.
 */
public final class SoftThreshold implements Parametrization {
    /** The threshold of a unit of the floor is at most this part of its importance. */
    private static final double ABOVE_ZERO = 0.5;

    /**
     * What can be chosen.
     *
     * @param map from s to the threshold
     * @param start the first s. Where the map and its slope are 0 in float, below −100 for the sigmoid, only decay
     *     moves s, and sparsity begins later: s(n) ≈ start·exp(−decay/(1−momentum)·Σ rate)
     * @param sharing how many thresholds there are
     * @param floor units that stay alive in every layer, at least: for the most important ones the threshold is never
     *     more than half their importance
     */
    public record Options(ThresholdMap map, double start, Sharing sharing, int floor) {
        /** Checks the floor. */
        public Options {
            if (floor < 0) {
                throw new IllegalArgumentException("str: a floor of " + floor + " units is below 0");
            }
        }

        /** Sigmoid, one threshold a layer, one unit left at least. */
        public static Options of(double start) {
            return new Options(ThresholdMap.SIGMOID, start, Sharing.LAYER, 1);
        }

        /** These with another map. */
        public Options with(ThresholdMap other) {
            return new Options(other, start, sharing, floor);
        }

        /** These with another sharing. */
        public Options with(Sharing other) {
            return new Options(map, start, other, floor);
        }

        /** These with another floor. */
        public Options withFloor(int other) {
            return new Options(map, start, sharing, other);
        }
    }

    /** What has one threshold in common. */
    public enum Sharing {
        /** A layer: the paper's choice. */
        LAYER,
        /** A filter, or where the units are filters or scales, each unit by itself. */
        FILTER,
        /** The whole network. */
        NETWORK
    }

    private final Parameter s;
    private final ThresholdMap map;
    private final Importance importance;
    private final int floor;

    /**
     * With a trained number, which several weights may share.
     *
     * @param s broadcasts against the importances: {@code []} for one threshold, {@code [O, 1, 1, 1]} for one a filter
     */
    public SoftThreshold(Parameter s, ThresholdMap map, Importance importance) {
        this(s, map, importance, 0);
    }

    /** With a floor of units that stay alive. */
    public SoftThreshold(Parameter s, ThresholdMap map, Importance importance, int floor) {
        this.s = s;
        this.map = map;
        this.importance = importance;
        this.floor = floor;
    }

    /**
     * In front of these layers.
     *
     * @throws IllegalArgumentException if a threshold on their importance cannot be learned, or not with this sharing;
     *     no layer is changed then
     */
    public static void on(List<Prunable> layers, Options options) {
        layers.forEach(layer -> requireLearnable(layer, options.sharing));
        Optional<Parameter> shared = layers.stream()
                .findFirst()
                .filter(_ -> options.sharing == Sharing.NETWORK)
                .map(first -> threshold(first, options.start, Shape.scalar()));
        for (Prunable layer : layers) {
            Shape own = options.sharing == Sharing.FILTER ? perFilter(layer.parameter()) : Shape.scalar();
            Parameter s = shared.orElseGet(() -> threshold(layer, options.start, own));
            layer.parameter().parametrize(new SoftThreshold(s, options.map, layer.importance(), options.floor));
        }
    }

    /** In front of every weight of a model, each with its own s that starts at {@code start}. */
    public static void onWeights(Module model, Importance importance, ThresholdMap map, double start) {
        on(Prunable.weights(model, importance), Options.of(start).with(map));
    }

    private static void requireLearnable(Prunable layer, Sharing sharing) {
        Variable raw = layer.parameter().raw().detach();
        layer.importance().shrink(raw, Variable.constant(raw.value().zerosLike().sum()));
        boolean acrossFilters = layer.importance().grouping() != Granularity.ELEMENT
                && layer.importance().grouping() != Granularity.FILTER
                && layer.importance().grouping() != Granularity.KERNEL;
        if (sharing == Sharing.FILTER && acrossFilters) {
            throw new IllegalArgumentException("str: " + layer.path() + " cannot have a threshold a filter, for "
                    + layer.importance() + " takes in more than one filter; have one a layer");
        }
    }

    private static Parameter threshold(Prunable layer, double start, Shape shape) {
        Device device = layer.parameter().raw().value().device();
        return new Parameter("threshold", Role.THRESHOLD, Tensor.full(device, DType.F32, shape, start));
    }

    /** A number for each entry of the first axis: {@code [O, 1, 1, 1]}. */
    private static Shape perFilter(Parameter weight) {
        int[] dims = new int[weight.shape().rank()];
        Arrays.fill(dims, 1);
        dims[0] = weight.shape().dim(0);
        return Shape.of(dims);
    }

    @Override
    public Variable apply(Variable raw) {
        return importance.shrink(raw, effective(raw.value()));
    }

    /** How far each unit is above its threshold; below 0 where it is not alive. */
    public Tensor margins(Tensor raw) {
        return importance.scores(raw).sub(effective(raw).value());
    }

    /** The threshold of each unit, or of all: lower for the units of the floor if it would remove one of them. */
    private Variable effective(Tensor raw) {
        Variable t = map.apply(s.get());
        if (floor == 0) {
            return t;
        }
        Tensor scores = importance.scores(raw);
        Tensor flat = scores.reshape(-1);
        int safe = Math.min(floor, flat.size());
        Tensor last = safe == 1 ? flat.maxOver() : flat.topK(0, safe).values().minOver();
        if (t.value().maxOver().item() <= ABOVE_ZERO * last.item()) {
            return t;
        }
        Tensor free = TopK.mask(scores, safe).not();
        return t.min(Variable.constant(scores.mul(ABOVE_ZERO).maskedFill(free, Double.POSITIVE_INFINITY)));
    }

    @Override
    public List<Parameter> parameters() {
        return List.of(s);
    }

    /** The trained number: one, or one a filter. */
    public Parameter s() {
        return s;
    }

    /** Units that stay alive, at least. */
    public int floor() {
        return floor;
    }

    /** The threshold now, before the floor; the mean of them if there is one a filter. */
    public double threshold() {
        return map.apply(s.get().detach()).value().mean().item();
    }
}
