package espalier.sparsity.surgery;

import espalier.autograd.Autograd;
import espalier.autograd.Variable;
import espalier.nn.ForwardPass;
import espalier.nn.Module;
import espalier.nn.optim.Optimizer;
import espalier.sparsity.graph.Network;
import espalier.sparsity.graph.Operand;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Cuts channels out of a model: filters, neurons, and all that belongs to them in other layers. A method has made them
 * zero; this makes the model smaller, and faster, without a change of what it computes.
 *
 * <pre>{@code
 * Surgeon surgeon = Surgeon.of(model, Shape.of(1, 3, 32, 32));
 * Plan plan = surgeon.dead();
 * System.out.print(plan);              // what goes, why, and the size before and after
 * surgeon.cut(plan, optimizer);        // the same model, its parameters and their momentum smaller
 * surgeon.cutDead();                   // or without a look: cuts until nothing more is dead
 * }</pre>
 *
 * <p>A channel is dead if it is zero for every input; if it is another constant that can go into the bias of those who
 * read it, or into the mean of their batch norm, without error; or if nobody needs it. What stands between parameters
 * and layers (masks, thresholds) is baked in by a cut.
 *
 * <p>At least one channel stays everywhere. So if the last batch norm of a residual branch is all zero, the branch
 * stays too, one channel thin inside. Groups of a convolution stay equal. Operations that are not known here keep all
 * the channels they touch.
 */
public final class Surgeon {
    private static final double TOLERANCE = 1e-5;

    private final Module model;
    private final Shape input;
    private Wiring wiring;

    private Surgeon(Module model, Shape input) {
        this.model = model;
        this.input = input;
        this.wiring = Wirer.wire(model, Network.trace(model, input));
    }

    /**
     * Traces a model.
     *
     * @param input an example's shape, the batch included: {@code [1, 3, 32, 32]}
     */
    public static Surgeon of(Module model, Shape input) {
        return new Surgeon(model, input);
    }

    /** The network as it was traced last. */
    public Network network() {
        return wiring.network;
    }

    /**
     * Whether anything of the input reaches the output, through weights that are not zero. If not, the network gives
     * the same answer for every input: too much of it was pruned.
     */
    public boolean readsInput() {
        try (TensorScope _ = TensorScope.open()) {
            return inPass(() -> {
                Operand from = new Operand.Input(input);
                boolean isKnown = wiring.axis(from).isPresent()
                        && wiring.network.operations().stream()
                                .filter(o -> o.operands().contains(from))
                                .allMatch(o -> wiring.mixers.containsKey(o)
                                        || !wiring.into(o).isEmpty());
                boolean[] needed =
                        Needs.of(wiring, new StoredValues(model), Set.of()).at(from);
                return !isKnown || IntStream.range(0, needed.length).anyMatch(c -> needed[c]);
            });
        }
    }

    /** A plan to cut all that can go without a change of the output. */
    public Plan dead() {
        try (TensorScope _ = TensorScope.open()) {
            return inPass(this::search);
        }
    }

    /**
     * Cuts all that is dead, until nothing more is. Mostly that is one cut; of a convolution in groups a first one may
     * leave groups of a single input, and then whole groups can go, which before had to stay equal.
     *
     * @return the plans that were carried out, in order; none if nothing was dead
     */
    public List<Plan> cutDead() {
        List<Plan> done = new ArrayList<>();
        for (Plan plan = dead(); plan.channels() > 0; plan = dead()) {
            cut(plan);
            done.add(plan);
        }
        return List.copyOf(done);
    }

    /**
     * Switches off the batch norm of channels that come into it as a constant, as those of a pruned filter do: its
     * scale and its shift become zero, so that the channel is zero behind it and {@link #dead} may let it go. Without
     * this the shift makes another constant of it, which a convolution that pads with zeros cannot take into its bias.
     *
     * <p>This changes what the network computes, by that constant; it is for a network that goes on learning.
     *
     * @return how many channels it switched off
     */
    public int silence() {
        try (TensorScope _ = TensorScope.open()) {
            return inPass(() -> Silence.of(model, wiring));
        }
    }

    /** When channels leave, others may be left that only those needed: looks again until nothing more is found. */
    private Plan search() {
        StoredValues values = new StoredValues(model);
        Constants constants = Constants.of(wiring, values);
        Map<Integer, String> leaving = new TreeMap<>();
        while (true) {
            Findings findings = new Findings(wiring, values, constants, leaving.keySet());
            Balance balance = Balance.of(wiring, findings.dead().keySet(), leaving.keySet());
            if (balance.leaving().size() == leaving.size()) {
                Map<Integer, String> kept = new TreeMap<>(findings.kept());
                kept.putAll(balance.takenBack());
                Map<String, double[]> folds = findings.folds(leaving.keySet());
                return new Plan(wiring, leaving, kept, folds, true, new Sizes(model, wiring));
            }
            balance.leaving()
                    .forEach(channel ->
                            leaving.putIfAbsent(channel, findings.dead().getOrDefault(channel, "")));
        }
    }

    /**
     * A plan to cut channels that somebody chose, dead or not: the network will compute as if those who read them had
     * weights of zero for them.
     *
     * @throws IllegalArgumentException if one of them cannot be cut, saying where and why
     */
    public Plan without(List<Selection> selections) {
        Map<Integer, String> leaving = new TreeMap<>();
        Map<Integer, String> pinned = wiring.channels.pinned();
        for (Selection selection : selections) {
            int[] channels = wiring.sites.get(selection.site());
            if (channels == null) {
                throw new IllegalArgumentException("surgery: " + selection.site() + " has no channels; there are "
                        + String.join(
                                ", ",
                                wiring.sites.keySet().stream()
                                        .map(Site::toString)
                                        .toList()));
            }
            for (int index : selection.removed()) {
                if (index < 0 || index >= channels.length) {
                    throw new IllegalArgumentException("surgery: " + selection.site() + " has no index " + index
                            + ", only 0 to " + (channels.length - 1));
                }
                String pin = pinned.get(channels[index]);
                if (pin != null) {
                    throw new IllegalArgumentException(
                            "surgery: " + selection.site() + " index " + index + " cannot be cut: " + pin);
                }
                leaving.put(channels[index], "chosen");
            }
        }
        Map<Integer, String> back =
                Balance.of(wiring, leaving.keySet(), Set.of()).takenBack();
        if (!back.isEmpty()) {
            throw new IllegalArgumentException("surgery: not all of the chosen channels can be cut: "
                    + back.values().iterator().next());
        }
        return new Plan(wiring, leaving, Map.of(), Map.of(), false, new Sizes(model, wiring));
    }

    /** Cuts, as {@link #cut(Plan, Optimizer)}, a model that is not being trained. */
    public void cut(Plan plan) {
        cut(plan, Optional.empty());
    }

    /**
     * Cuts: replaces the model's parameters and buffers by smaller ones, and the optimizer's state of them, then runs
     * the example to see that the output is the same within {@code 1e-5·(1 + max|y|)}. Gradients are lost.
     *
     * @throws IllegalStateException if the plan is not one of the network as it is now, or the output changed; model
     *     and optimizer are as they were then
     */
    public void cut(Plan plan, Optimizer<?> optimizer) {
        cut(plan, Optional.of(optimizer));
    }

    private void cut(Plan plan, Optional<Optimizer<?>> optimizer) {
        if (plan.wiring != wiring) {
            throw new IllegalStateException("surgery: the plan was made for another network, or before the last cut");
        }
        if (plan.leaving.isEmpty()) {
            return;
        }
        try (TensorScope _ = TensorScope.open()) {
            Tensor example = RandomSource.of(1)
                    .normal(model.state().values().iterator().next().device(), input);
            Tensor before = output(example);
            Incision incision = inPass(() -> Incision.of(model, plan, optimizer));
            try {
                incision.make();
                requireSame(plan, before, output(example));
                wiring = Wirer.wire(model, Network.trace(model, input));
            } catch (RuntimeException problem) {
                incision.undo();
                throw new IllegalStateException(
                        "surgery: the network could not be cut and is as it was: " + problem.getMessage(), problem);
            }
        }
    }

    private Tensor output(Tensor example) {
        return inPass(() -> model.apply(Variable.constant(example)).value());
    }

    private static void requireSame(Plan plan, Tensor before, Tensor after) {
        double largest = Arrays.stream(before.toDoubles()).map(Math::abs).max().orElse(0);
        double difference = Arrays.stream(before.sub(after).toDoubles())
                .map(Math::abs)
                .max()
                .orElse(0);
        if (plan.exact && !(difference <= TOLERANCE * (1 + largest))) {
            throw new IllegalStateException("its output would change by " + difference);
        }
    }

    private static <T> T inPass(Supplier<T> block) {
        return Autograd.withoutGrad(() -> ForwardPass.evaluation(block));
    }

    /**
     * Cuts a model as another one of the same shapes was cut, so that the other's values can be loaded into it.
     *
     * @param cuts of {@link Plan#encoded}; of several cuts one after the other, joined by {@code |}
     * @throws IllegalArgumentException if the text is no such thing, or does not fit the model
     */
    public static void repeat(Module model, Shape input, String cuts) {
        Surgeon surgeon = of(model, input);
        for (String cut : cuts.split("\\|", -1)) {
            List<Selection> selections = new ArrayList<>();
            for (String part : cut.isBlank() ? new String[0] : cut.trim().split(" ", -1)) {
                selections.add(Selection.parse(part));
            }
            surgeon.cut(surgeon.without(selections));
        }
    }
}
