package espalier.examples.compress;

import espalier.sparsity.Sparsity;
import espalier.sparsity.surgery.Surgeon;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** Tells when so much of a network was pruned that layers, or all of it, do nothing any more. */
final class Overpruned {
    private static final int NAMED = 4;

    private Overpruned() {}

    /** What is wrong, in a sentence that names the layers. */
    static Optional<String> sentence(Sparsity sparsity, Surgeon surgeon) {
        if (!surgeon.readsInput()) {
            String fewest = sparsity.layers().stream()
                    .sorted(Comparator.comparingLong(Sparsity.Layer::nonZeros))
                    .limit(NAMED)
                    .map(layer -> String.format(Locale.ROOT, "%s %,d", layer.path(), layer.nonZeros()))
                    .collect(Collectors.joining(", "));
            return Optional.of(
                    "nothing of the image reaches the output any more, so that every image gets the same answer;"
                            + " fewest weights are left in " + fewest
                            + ": prune less, or keep more of these by floor or allocation");
        }
        List<String> empty = sparsity.layers().stream()
                .filter(layer -> layer.weights() > 0 && layer.nonZeros() == 0)
                .map(Sparsity.Layer::path)
                .toList();
        return empty.isEmpty()
                ? Optional.empty()
                : Optional.of("no weight is left in " + String.join(", ", empty)
                        + ": if that was not meant, prune less, or keep some by floor or allocation");
    }
}
