package espalier.sparsity.prune;

import espalier.sparsity.Prunable;
import espalier.tensor.io.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * A given density for each layer: what one method found, such as STR (Kusupati et al. 2020, section 5.1), for another
 * to use. Budgets are stored as CSV with the columns {@code layer,density}.
 *
 * <pre>{@code
 * Budget learned = Budget.of(Prunable.weights(model, Granularity.ELEMENT));
 * learned.write(Path.of("str-90.csv"));
 * CubicRamp ramp = new CubicRamp(0, 1 - learned.density(layers), 500, 4000, 100);
 * trainer.with(new MagnitudePruning(layers, learned, ramp));
 * }</pre>
 *
 * @param densities part of the units that each layer keeps, from 0 to 1, by path
 */
public record Budget(Map<String, Double> densities) implements Allocation {
    private static final String HEADER = "layer,density";
    private static final double ROUNDING = 1e-6;

    /** Checks the range of every density. */
    public Budget {
        densities = Collections.unmodifiableMap(new LinkedHashMap<>(densities));
        densities.forEach((path, density) -> {
            if (!(density >= 0 && density <= 1)) {
                throw new IllegalArgumentException(
                        "budget: the density of " + path + " is " + density + ", not from 0 to 1");
            }
        });
    }

    /** What is live in these layers now. */
    public static Budget of(List<Prunable> layers) {
        Map<String, Double> found = new LinkedHashMap<>();
        layers.forEach(layer -> found.put(layer.path(), (double) layer.liveUnits() / layer.units()));
        return new Budget(found);
    }

    /** The root of every density: a budget of weights as one of channels, for outputs and inputs both shrink. */
    public Budget ofChannels() {
        Map<String, Double> roots = new LinkedHashMap<>();
        densities.forEach((path, density) -> roots.put(path, Math.sqrt(density)));
        return new Budget(roots);
    }

    /** The density of these layers together. */
    public double density(List<Prunable> layers) {
        double kept = 0;
        double all = 0;
        for (Prunable layer : layers) {
            kept += of(layer) * layer.units();
            all += layer.units();
        }
        return kept / all;
    }

    /**
     * The given shares. For a density above that of the budget, as on the way there, every layer loses the same part of
     * what it has to lose.
     *
     * @throws IllegalArgumentException if a layer has no share, or the density is below the budget's
     */
    @Override
    public int[] keeps(List<Prunable> layers, double density, int floor) {
        double goal = density(layers);
        if (density < goal - ROUNDING) {
            throw new IllegalArgumentException("budget: leaves a density of " + goal + ", but " + density
                    + " is asked for; ask for a sparsity of at most " + (1 - goal));
        }
        double part = goal >= 1 ? 0 : Math.min(1, (1 - density) / (1 - goal));
        return Shares.of(layers, floor, i -> 1 - part * (1 - of(layers.get(i))));
    }

    /**
     * The share of a layer, which is named by its path or, as a person writes it, by what stands before the last dot.
     */
    private double of(Prunable layer) {
        String path = layer.path();
        Double whole = densities.get(path);
        Double density = whole != null ? whole : densities.get(owner(path));
        if (density == null) {
            throw new IllegalArgumentException("budget: has no share for " + path + "; it has shares for "
                    + String.join(", ", densities.keySet()));
        }
        return density;
    }

    // ---- files

    /** Writes a line a layer. */
    public void write(Path csv) throws IOException {
        StringBuilder lines = new StringBuilder(HEADER + "\n");
        densities.forEach((path, density) -> lines.append(path + "," + density + "\n"));
        AtomicFile.writeText(csv, lines.toString());
    }

    /**
     * Reads what {@link #write} wrote, or a person.
     *
     * @throws IOException in one sentence naming file and line, if it is no budget
     */
    public static Budget read(Path csv) throws IOException {
        return read(csv, Optional::of, "");
    }

    /**
     * Reads a budget for a network: every line must name one of its layers, by path or by what stands before the last
     * dot, and every layer that is to be pruned must have a line.
     *
     * @param network paths of all weights and scales of the network
     * @param layers those that are to be pruned
     * @throws IOException in one sentence naming file, line and layer, if it is no budget or not one of this network
     */
    public static Budget read(Path csv, Collection<String> network, List<Prunable> layers) throws IOException {
        Function<String, Optional<String>> paths = name -> network.stream()
                .filter(path -> path.equals(name) || owner(path).equals(name))
                .findFirst();
        Budget budget = read(csv, paths, "which is no layer of the network; there are " + String.join(", ", network));
        for (Prunable layer : layers) {
            if (!budget.densities.containsKey(layer.path())) {
                throw new IOException(csv + ": has no line for " + layer.path()
                        + ", which is to be pruned; give it one, with a density of 1 if it shall stay dense");
            }
        }
        return budget;
    }

    /** @param paths from a name in the file to the path it stands for; if there is none, the refusal ends as told */
    private static Budget read(Path csv, Function<String, Optional<String>> paths, String refusal) throws IOException {
        List<String> lines = Files.readAllLines(csv);
        if (lines.isEmpty() || !lines.getFirst().strip().equals(HEADER)) {
            throw new IOException(csv + ": is no budget: its first line must be '" + HEADER + "'");
        }
        Map<String, Double> densities = new LinkedHashMap<>();
        for (int i = 1; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (!line.isEmpty()) {
                String place = csv + ": line " + (i + 1);
                int comma = line.lastIndexOf(',');
                double density = comma < 0 ? Double.NaN : number(line.substring(comma + 1));
                if (!(density >= 0 && density <= 1)) {
                    throw new IOException(place + " is '" + line + "', not a layer, a comma and a density from 0 to 1");
                }
                String layer = line.substring(0, comma).strip();
                String path = paths.apply(layer)
                        .orElseThrow(() -> new IOException(place + " names " + layer + ", " + refusal));
                if (densities.put(path, density) != null) {
                    throw new IOException(place + " names " + layer + " a second time");
                }
            }
        }
        return new Budget(densities);
    }

    /** What stands before the last dot. */
    private static String owner(String path) {
        return path.substring(0, Math.max(0, path.lastIndexOf('.')));
    }

    private static double number(String text) {
        try {
            return Double.parseDouble(text.strip());
        } catch (NumberFormatException _) {
            return Double.NaN;
        }
    }
}
