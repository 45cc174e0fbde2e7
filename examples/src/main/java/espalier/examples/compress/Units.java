package espalier.examples.compress;

import espalier.nn.Module;
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

/**
 * What a stage may prune, as its section says: {@code granularity}, and {@code only} for some of the layers. Read
 * before the first stage is run, and tried on a network of the same shapes; looked up in the network itself when the
 * stage begins, for scales of batch norm bring their shifts into another form.
 *
 * @param grouping of weights; none if the units are scales
 * @param only some of the layers, by path
 */
record Units(Optional<Grouping> grouping, Optional<Set<String>> only) {
    /** The word for the scales of batch norm: whole channels. */
    static final String SCALES = "bn";

    /** All words, as help and messages list them. */
    static final String WORDS =
            Arrays.stream(Granularity.values()).map(Units::written).collect(Collectors.joining(", "))
                    + ", block 4x1 (or other sizes), " + SCALES;

    private static final Pattern BLOCK = Pattern.compile("block ?(\\d{1,4})x(\\d{1,4})");

    /**
     * What a section says.
     *
     * @throws IllegalArgumentException if the network has no such units or layers
     */
    static Units of(Settings settings, Workpiece piece, String otherwise) {
        Units all = all(settings, otherwise);
        Optional<Set<String>> paths = settings.text("only").map(only -> {
            Set<String> named = new LinkedHashSet<>();
            for (String layer : only.split(",", -1)) {
                named.add(all.areScales() ? layer.strip() + ".scale" : piece.path(layer.strip()));
            }
            return named;
        });
        Units units = new Units(all.grouping, paths);
        units.in(piece.blank());
        return units;
    }

    private static Units all(Settings settings, String otherwise) {
        try {
            return named(settings.text("granularity", otherwise));
        } catch (IllegalArgumentException unknown) {
            throw settings.wrong("granularity", String.valueOf(unknown.getMessage()));
        }
    }

    /**
     * The units of every layer, by the word for them: {@code filter}, {@code block 4x1}, {@code bn}.
     *
     * @throws IllegalArgumentException listing the words there are
     */
    static Units named(String word) {
        String name = word.strip().toLowerCase(Locale.ROOT);
        return new Units(name.equals(SCALES) ? Optional.empty() : Optional.of(grouping(name)), Optional.empty());
    }

    /** The word for them. */
    @Override
    public String toString() {
        return grouping.map(of -> of instanceof Granularity g ? written(g) : String.valueOf(of))
                .orElse(SCALES);
    }

    /** Whether they are scales of batch norm. */
    boolean areScales() {
        return grouping.isEmpty();
    }

    /** The same of every layer. */
    Units everywhere() {
        return new Units(grouping, Optional.empty());
    }

    /** The layers of a network with their units. */
    List<Prunable> in(Module net) {
        List<Prunable> all = grouping.map(units -> Prunable.weights(net, units)).orElseGet(() -> Prunable.scales(net));
        return only.map(paths -> Prunable.at(all, paths)).orElse(all);
    }

    private static Grouping grouping(String name) {
        Matcher block = BLOCK.matcher(name);
        if (block.matches()) {
            return new Block(Integer.parseInt(block.group(1)), Integer.parseInt(block.group(2)));
        }
        return Arrays.stream(Granularity.values())
                .filter(granularity -> written(granularity).equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(name + " is none of " + WORDS));
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
