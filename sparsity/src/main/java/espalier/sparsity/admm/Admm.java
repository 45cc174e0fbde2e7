package espalier.sparsity.admm;

import espalier.nn.Parameter;
import espalier.nn.train.TrainingListener;
import espalier.sparsity.Projection;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Pruning and quantization by the alternating direction method of multipliers (Zhang et al. 2018, section 3; Ma et al.
 * 2022): train while pulling each weight W towards a member Z of a set, and move Z now and then.
 *
 * <pre>{@code
 * W:  gradient += ρ·(W − Z + U)        in every step
 * Z ← nearest member to W + U           once a round
 * U ← U + W − Z
 * }</pre>
 *
 * <p>Pruning and quantization are one algorithm over different {@link Projection}s:
 *
 * <pre>{@code
 * List<Prunable> layers = Prunable.weights(model, Granularity.ELEMENT);
 * LayerRates rates = LayerRates.of(layers, Map.of("conv1", "100", "conv2", "2000", "fc1", "3600", "fc2", "350"));
 * Rounds rounds = Rounds.ofEpochs(10, loader.batches(), 2);      // two rounds an epoch
 * Admm admm = new Admm(model.parameters(), rates.sets(layers), Pull.doubling(0.01), rounds.steps());
 * Trainer trainer = new Trainer(model, optimizer, Losses::crossEntropy, random)
 *         .with(rounds.rates())
 *         .with(admm);
 * trainer.train(loader, 10);
 * admm.projectAndMask();                         // hard: W is a member now, its zeros stay while the rest is retrained
 * }</pre>
 *
 * <p>Progressive pruning is the same twice: the second time from the masked weights with a smaller set. Pruning and
 * then quantization: the second time with {@code Levels.bitsBesidePruned}; the masks stay. Filters and columns:
 * {@code filters.then(columns)}. Channels of batch norms: the layers are {@code Prunable.scales(model)}.
 */
public final class Admm implements TrainingListener {
    private final Map<String, Constraint> constraints = new LinkedHashMap<>();
    private final List<Residual> history = new ArrayList<>();
    private final long roundSteps;
    private int rounds;

    /**
     * With a set for each of some weights, by path.
     *
     * @param weights the model's, such as {@code model.parameters()}
     * @param roundSteps steps between updates of Z, at least 1
     * @throws IllegalArgumentException naming a set's path that no weight has, or a weight of another parametrization
     */
    public Admm(Map<String, Parameter> weights, Map<String, Projection> sets, Pull pull, long roundSteps) {
        this(weights, sets, pull, Map.of(), roundSteps);
    }

    /** As above, with a pull of their own for some of the weights. */
    public Admm(
            Map<String, Parameter> weights,
            Map<String, Projection> sets,
            Pull pull,
            Map<String, Pull> pulls,
            long roundSteps) {
        if (roundSteps < 1) {
            throw new IllegalArgumentException("admm: a round takes at least 1 step, not " + roundSteps);
        }
        this.roundSteps = roundSteps;
        LayerRates.requireKnown("admm", sets.keySet(), weights);
        LayerRates.requireKnown("admm: pull", pulls.keySet(), weights);
        weights.forEach((path, weight) -> {
            Projection set = sets.get(path);
            if (set != null) {
                constraints.put(path, new Constraint(path, weight, set, pulls.getOrDefault(path, pull)));
            }
        });
    }

    /** The constraints by path. */
    public Map<String, Constraint> constraints() {
        return Collections.unmodifiableMap(constraints);
    }

    /** The residuals of every weight in every round so far, oldest first. */
    public List<Residual> history() {
        return Collections.unmodifiableList(history);
    }

    /**
     * Whether every weight is so near its set, and every set's member so still, that another round is not needed; ask
     * between calls of {@code Trainer.train}.
     *
     * @param primalLimit of {@link Residual#primal}
     * @param dualLimit of {@link Residual#dual}
     */
    public boolean isConverged(double primalLimit, double dualLimit) {
        return rounds > 0 && constraints.values().stream().allMatch(c -> c.isWithin(primalLimit, dualLimit));
    }

    @Override
    public void onBackward(Position at) {
        constraints.values().forEach(Constraint::pull);
    }

    @Override
    public void onStep(Position at, StepReport report) {
        if (at.step() % roundSteps == 0) {
            rounds++;
            constraints.values().forEach(c -> history.add(c.round(rounds)));
        }
    }

    /** Leaves every weight a member of its set, its zeros held by a mask; the others may be retrained. */
    public void projectAndMask() {
        constraints.values().forEach(Constraint::projectAndMask);
    }

    /**
     * Leaves every weight a member of its set, all of it held: after quantization, biases and norms may be retrained.
     */
    public void projectAndFreeze() {
        constraints.values().forEach(Constraint::projectAndFreeze);
    }
}
