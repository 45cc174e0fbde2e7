package espalier.examples.compress;

import espalier.sparsity.ledger.Ledger;
import espalier.sparsity.ledger.Scheme;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * A network that is compared with others: what it can do, and what it costs; or several that differ by their seed
 * alone, with the means of their figures.
 *
 * @param name how it is called
 * @param structure what was removed from it
 * @param accuracies part of the test images it gets right, in per cent, one for each seed
 * @param rate how many times fewer weights it has than the dense one
 * @param bits a non-zero takes without index, on average
 * @param scheme that takes the fewest bytes
 * @param bytes of its weights by that scheme, index and codebooks included
 * @param dataBytes of its non-zeros alone
 * @param fileBytes of the packed file, the real one
 * @param speed how much faster than dense it runs, if that was measured
 */
record Contestant(
        String name,
        Structure structure,
        List<Double> accuracies,
        double rate,
        double bits,
        Scheme scheme,
        long bytes,
        long dataBytes,
        long fileBytes,
        Optional<Speed> speed) {
    /** Copies the list. */
    Contestant {
        accuracies = List.copyOf(accuracies);
    }

    /** Part of the crossings of kept rows and columns that makes pruning structured. */
    private static final double FULL = 0.9;

    /** What was removed. */
    enum Structure {
        /** Nothing. */
        DENSE("dense"),
        /** Weights anywhere. */
        NON_STRUCTURED("non-structured"),
        /** Rows and columns of the weights, so that a list of those says where the rest is. */
        STRUCTURED("structured");

        private final String word;

        Structure(String word) {
            this.word = word;
        }

        /** As in a sentence. */
        String word() {
            return word;
        }

        /** Told from the weights: structured, if little is zero where a row and a column that were kept cross. */
        static Structure of(Ledger ledger, long weights) {
            if (ledger.nonZeros() == weights) {
                return DENSE;
            }
            long crossings = ledger.layers().stream()
                    .mapToLong(layer -> (long) layer.keptRows() * layer.keptColumns())
                    .sum();
            return ledger.nonZeros() >= FULL * crossings ? STRUCTURED : NON_STRUCTURED;
        }
    }

    /**
     * What was measured at the larger batch.
     *
     * @param form the fastest with the same results
     * @param milliseconds of that form
     * @param times how many times faster than dense
     */
    record Speed(NetworkForm form, double milliseconds, double times) {}

    /**
     * From what was found out about a network.
     *
     * @param weights of the network before anything was cut out of it
     * @param whole its ledger
     * @param cut its ledger after dead channels were cut out, with whatever read them: what is to be stored
     * @param fileBytes of the packed file of that
     */
    static Contestant of(
            String name,
            double accuracy,
            long weights,
            Ledger whole,
            Ledger cut,
            long fileBytes,
            Optional<NetworkTimes> times) {
        Scheme scheme = cut.smallest();
        int batch = NetworkTimes.BATCHES.getLast();
        return new Contestant(
                name,
                Structure.of(whole, weights),
                List.of(accuracy),
                (double) weights / cut.nonZeros(),
                cut.meanBits(),
                scheme,
                cut.storage(scheme).bytes(),
                cut.storage(Scheme.RELATIVE).dataBytes(),
                fileBytes,
                times.map(t -> {
                    NetworkForm form = t.fastest(batch);
                    return new Speed(form, t.milliseconds(form, batch), t.speedUp(form, batch));
                }));
    }

    /** The mean of its seeds, in per cent. */
    double accuracy() {
        return accuracies.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }

    /** Pruning-to-performance ratio: how many times fewer weights for each time faster (Ma et al. 2022). 1 is ideal. */
    double ratio() {
        return rate / speed.map(Speed::times).orElse(Double.NaN);
    }

    /**
     * The means of networks that differ by their seed alone.
     *
     * @throws IllegalArgumentException if they differ in what was removed from them
     */
    static Contestant mean(String name, List<Contestant> seeds) {
        Contestant first = seeds.getFirst();
        for (Contestant other : seeds) {
            if (other.structure != first.structure) {
                throw new IllegalArgumentException("compare: " + name + " is to be one network with several seeds, but "
                        + first.name + " is " + first.structure.word + " and " + other.name + " "
                        + other.structure.word);
            }
        }
        return new Contestant(
                name,
                first.structure,
                seeds.stream().map(Contestant::accuracy).toList(),
                mean(seeds, Contestant::rate),
                mean(seeds, Contestant::bits),
                first.scheme,
                Math.round(mean(seeds, Contestant::bytes)),
                Math.round(mean(seeds, Contestant::dataBytes)),
                Math.round(mean(seeds, Contestant::fileBytes)),
                first.speed.map(speed -> new Speed(
                        speed.form,
                        mean(seeds, seed -> seed.speed.orElseThrow().milliseconds),
                        mean(seeds, seed -> seed.speed.orElseThrow().times))));
    }

    private static double mean(List<Contestant> seeds, ToDoubleFunction<Contestant> figure) {
        return seeds.stream().mapToDouble(figure).average().orElseThrow();
    }

    /** The smallest and the largest accuracy of the seeds. */
    String spread() {
        return accuracies.size() == 1
                ? "one seed"
                : String.format(Locale.ROOT, "%.2f-%.2f", Collections.min(accuracies), Collections.max(accuracies));
    }
}
