package espalier.examples.compress;

import espalier.nn.Module;
import espalier.nn.Role;
import espalier.sparsity.Prunable;
import espalier.sparsity.admm.LayerRates;
import espalier.sparsity.prune.Allocation;
import espalier.sparsity.prune.Budget;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * How many units stay and how the layers share them, as a section says: {@code sparsity = 95%} or {@code rate = 20},
 * and {@code allocation = uniform}, {@code global}, {@code erk}, {@code root}, or the {@code budget.csv} that
 * {@code [str]} left or a person wrote; if that stands alone, as many stay as it says.
 *
 * @param allocation among layers
 * @param sparsity the part of all units that goes
 */
record Quota(Allocation allocation, double sparsity) {
    /**
     * What a section says of these layers.
     *
     * @param piece with the network they are of
     * @param otherwise how they share if it does not say
     * @param floor units that stay in each, at least
     * @throws IllegalArgumentException if it says nothing, or what cannot be done
     */
    static Quota of(Settings settings, Workpiece piece, List<Prunable> layers, String otherwise, int floor) {
        if (floor < 0) {
            throw settings.wrong("floor", floor + " units are less than none");
        }
        Allocation allocation = allocation(settings, piece, layers, settings.text("allocation", otherwise));
        boolean given =
                settings.text("sparsity").isPresent() || settings.text("rate").isPresent();
        if (allocation instanceof Budget budget && !given) {
            return new Quota(budget, 1 - budget.density(layers));
        }
        Quota quota = new Quota(allocation, Units.sparsity(settings));
        quota.allocation.keeps(layers, 1 - quota.sparsity, floor); // a mistake is found before anything is run
        return quota;
    }

    private static Allocation allocation(Settings settings, Workpiece piece, List<Prunable> layers, String name) {
        return switch (name) {
            case "uniform" -> Allocation.UNIFORM;
            case "global" -> Allocation.GLOBAL;
            case "erk" -> Allocation.ERK;
            case "root" -> LayerRates.ROOT_OF_SIZE;
            default -> {
                if (!name.endsWith(".csv")) {
                    throw settings.wrong(
                            "allocation", name + " is none of uniform, global, erk, root, or a budget's .csv file");
                }
                try {
                    yield Budget.read(Path.of(name), prunable(piece.net()), layers);
                } catch (IOException problem) {
                    throw new UncheckedIOException(problem);
                }
            }
        };
    }

    /** The layers that a budget may name: those of this stage, or of another one that the same file is for. */
    private static List<String> prunable(Module net) {
        return net.parameters().entrySet().stream()
                .filter(entry -> entry.getValue().role() == Role.WEIGHT
                        || entry.getValue().role() == Role.NORM_SCALE)
                .map(Map.Entry::getKey)
                .toList();
    }

    /** How many times fewer units are left. */
    double rate() {
        return 1 / (1 - sparsity);
    }
}
