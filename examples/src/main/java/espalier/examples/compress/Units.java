package espalier.examples.compress;

import espalier.sparsity.Block;
import espalier.sparsity.Granularity;
import espalier.sparsity.Grouping;
import espalier.sparsity.Prunable;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What a stage may prune, as its section says: {@code granularity}, and {@code only} for some of the layers. */
final class Units {
    /** The word for the scales of batch norm: whole channels. */
    static final String SCALES = "bn";

    private static final Pattern BLOCK = Pattern.compile("block ?(\\d{1,4})x(\\d{1,4})");

    private Units() {}

    /** The layers of a network with their units. */
    static List<Prunable> of(Settings settings, Workpiece piece, String otherwise) {
        String name = settings.text("granularity", otherwise).toLowerCase(Locale.ROOT);
        List<Prunable> all = name.equals(SCALES)
                ? Prunable.scales(piece.net())
                : Prunable.weights(piece.net(), grouping(settings, name));
        Optional<String> only = settings.text("only");
        if (only.isEmpty()) {
            return all;
        }
        Set<String> paths = new LinkedHashSet<>();
        for (String layer : only.get().split(",", -1)) {
            String part = layer.strip();
            paths.add(name.equals(SCALES) ? part + ".scale" : piece.path(part));
        }
        return Prunable.at(all, paths);
    }

    private static Grouping grouping(Settings settings, String name) {
        Matcher block = BLOCK.matcher(name);
        if (block.matches()) {
            return new Block(Integer.parseInt(block.group(1)), Integer.parseInt(block.group(2)));
        }
        return Arrays.stream(Granularity.values())
                .filter(granularity -> written(granularity).equals(name))
                .findFirst()
                .orElseThrow(() -> settings.wrong(
                        "granularity",
                        name + " is none of "
                                + Arrays.stream(Granularity.values())
                                        .map(Units::written)
                                        .collect(Collectors.joining(", "))
                                + ", block 4x1 (or other sizes), " + SCALES));
    }

    private static String written(Granularity granularity) {
        return granularity.name().toLowerCase(Locale.ROOT);
    }

    /**
     * The part of the units to remove: {@code sparsity = 95%} or {@code rate = 20}.
     *
     * @throws IllegalArgumentException if neither is there, both are, or it is out of range
     */
    static double sparsity(Settings settings) {
        Optional<Double> sparsity = settings.number("sparsity");
        Optional<Double> rate = settings.number("rate");
        if (sparsity.isPresent() == rate.isPresent()) {
            throw settings.wrong("sparsity", "say either sparsity, such as 95%, or rate, such as 20");
        }
        double value = sparsity.orElseGet(() -> 1 - 1 / rate.orElseThrow());
        if (!(value >= 0 && value < 1)) {
            throw settings.wrong(
                    sparsity.isPresent() ? "sparsity" : "rate",
                    sparsity.isPresent() ? value + " is not from 0 to below 1" : rate.get() + " is not at least 1");
        }
        return value;
    }
}
