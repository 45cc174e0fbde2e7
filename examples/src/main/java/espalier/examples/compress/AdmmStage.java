package espalier.examples.compress;

import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.optim.Schedule;
import espalier.sparsity.Granularity;
import espalier.sparsity.Projection;
import espalier.sparsity.Prunable;
import espalier.sparsity.Sparsity;
import espalier.sparsity.admm.Admm;
import espalier.sparsity.admm.LayerBits;
import espalier.sparsity.admm.LayerRates;
import espalier.sparsity.admm.Pull;
import espalier.sparsity.admm.Rounds;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * ADMM: weights are pulled towards a set while they learn, and put into it at the end (Ma et al. 2022).
 *
 * <p>To prune, {@code keep = conv1 100, conv2 8%, fc1 111x} or {@code rate = 71} says how many units stay, or a
 * budget's CSV file ({@link Quota}); lines {@code filters}, {@code columns} and {@code channels} do so for those, one
 * after the other. To quantize, {@code bits = 3}, {@code bits = binary} or {@code bits = conv1 4, fc1 2} says on how
 * many levels the weights are put, pruned zeros staying what they are.
 */
final class AdmmStage implements Stage {
    /** What is done at the end. */
    private enum Hold {
        /** The weights are put into the set; their zeros stay, the rest may be trained. */
        MASK,
        /** The weights are put into the set, and stay. */
        FREEZE,
        /** The weights stay near the set, for {@code [freeze]} to put them there a part at a time. */
        NOTHING
    }

    private final TrainingPlan plan;
    private final Function<Module, Map<String, Projection>> sets;
    private final Pull pull;
    private final int roundsAnEpoch;
    private final double drop;
    private final boolean cosine;
    private final Hold hold;

    /** @param sets of a network, by path; tried before anything is run, and asked for when the stage begins */
    private AdmmStage(Settings settings, Workpiece piece, Function<Module, Map<String, Projection>> sets, Hold usual) {
        this.sets = sets;
        sets.apply(piece.blank());
        hold = settings.choice("hold", usual);
        plan = TrainingPlan.of(settings, 8, 0.01);
        double rho = settings.number("rho", 0.01);
        pull = Pull.growing(rho, settings.number("growth", 1.5), settings.number("limit", Math.max(10, rho)));
        roundsAnEpoch = settings.whole("rounds-an-epoch", 2);
        drop = settings.number("drop", 0.1);
        cosine = settings.flag("cosine", false);
        if (roundsAnEpoch < 1 || roundsAnEpoch > piece.batches()) {
            throw settings.wrong(
                    "rounds-an-epoch", roundsAnEpoch + " is not from 1 to the " + piece.batches() + " batches of one");
        }
    }

    /** Pruning. */
    static Stage pruning(Settings settings, Workpiece piece) {
        Map<Granularity, Map<String, String>> structured = new EnumMap<>(Granularity.class);
        for (Granularity kind : List.of(Granularity.FILTER, Granularity.COLUMN, Granularity.CHANNEL)) {
            settings.layers(kind.name().toLowerCase(Locale.ROOT) + "s")
                    .ifPresent(amounts -> structured.put(kind, amounts));
        }
        Optional<Map<String, String>> keep = settings.layers("keep");
        Units units = Units.of(settings, piece, "element");
        Criterion.requireNorm(
                settings, "ADMM moves weights to the nearest ones that are sparse, and near is a matter of their norm");
        boolean named = keep.isPresent() || !structured.isEmpty();
        Optional<Quota> quota =
                named ? Optional.empty() : Optional.of(Quota.of(settings, piece, units.in(piece.blank()), "root", 1));
        return new AdmmStage(
                settings,
                piece,
                net -> {
                    Map<String, Projection> sets = new LinkedHashMap<>();
                    structured.forEach((kind, amounts) -> merge(sets, every(net, kind), amounts));
                    List<Prunable> layers = units.in(net);
                    keep.ifPresent(amounts -> merge(sets, layers, amounts));
                    return quota.map(all -> LayerRates.by(all.allocation(), layers, all.rate())
                                    .sets(layers))
                            .orElse(sets);
                },
                Hold.MASK);
    }

    /** Quantization. */
    static Stage quantization(Settings settings, Workpiece piece) {
        LayerBits levels = levels(settings, piece);
        return new AdmmStage(settings, piece, _ -> levels.projections(), Hold.FREEZE);
    }

    /** The levels that the key {@code bits} names. */
    static LayerBits levels(Settings settings, Workpiece piece) {
        Map<String, Parameter> weights = piece.weights();
        String text = settings.text("bits")
                .orElseThrow(() -> settings.wrong("bits", "say on how many bits: 3, binary, or conv1 4, fc1 2"));
        boolean pruned = settings.flag("zeros-are-pruned", true);
        return text.strip().contains(" ") || text.contains(",")
                ? LayerBits.of(weights, pruned, settings.layers("bits").orElseThrow())
                : LayerBits.uniform(weights, pruned, text);
    }

    private static List<Prunable> every(Module net, Granularity granularity) {
        return Sparsity.weights(net).entrySet().stream()
                .map(weight -> new Prunable(weight.getKey(), weight.getValue(), granularity))
                .toList();
    }

    private static void merge(Map<String, Projection> sets, List<Prunable> layers, Map<String, String> amounts) {
        LayerRates.of(layers, amounts).sets(layers).forEach((path, set) -> sets.merge(path, set, Projection::then));
    }

    @Override
    public void run(Workpiece piece) {
        Rounds rounds = Rounds.ofEpochs(plan.epochs(), piece.batches(), roundsAnEpoch);
        Admm admm = new Admm(piece.net().parameters(), sets.apply(piece.net()), pull, rounds.steps());
        Schedule schedule = rounds.rates(drop);
        if (cosine) {
            schedule = schedule.times(Schedule.cosine((long) plan.epochs() * piece.batches()));
        }
        piece.train(plan, schedule, List.of(admm));
        switch (hold) {
            case MASK -> admm.projectAndMask();
            case FREEZE -> admm.projectAndFreeze();
            case NOTHING -> {}
        }
        piece.note(admm.history());
    }
}
