package espalier.sparsity.ledger;

import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.Summary;
import espalier.sparsity.Sparsity;
import espalier.tensor.Shape;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a network costs, a layer at a time: weights and what is left of them, bits a weight, bytes by every
 * {@link Scheme}, and multiply-adds. It is read off the weights as layers see them, so through masks and thresholds,
 * and needs no word of how they came about.
 *
 * <pre>{@code
 * Ledger ledger = Ledger.of(model, Shape.of(1, 1, 28, 28));
 * long bytes = ledger.storage(Scheme.RELATIVE).bytes();
 * System.out.print(ledger);                                 // the table
 * }</pre>
 *
 * @param layers one a weight, in the order of the model
 * @param others parameters and statistics that are not weights, each counted as a float by {@link #otherBytes}
 */
public record Ledger(List<Layer> layers, long others) {
    /**
     * One weight.
     *
     * @param path where it stands in the model
     * @param shape {@code [O, I, kH, kW]} or {@code [out, in]}
     * @param nonZeros weights that differ from 0
     * @param keptRows outputs of which a weight is left
     * @param keptColumns positions (channel, row, column) of which a weight is left
     * @param codebook how the non-zeros are told apart
     * @param storage what it takes by each scheme
     * @param macs multiply-adds for the example input with all weights
     * @param remainingMacs those whose weight is not zero
     */
    public record Layer(
            String path,
            Shape shape,
            long nonZeros,
            int keptRows,
            int keptColumns,
            Codebook codebook,
            Map<Scheme, Storage> storage,
            long macs,
            long remainingMacs) {
        /** How many weights. */
        public long weights() {
            return shape.size();
        }

        /** Part of the weights that is not zero. */
        public double density() {
            return weights() == 0 ? 1 : (double) nonZeros / weights();
        }

        /** What it takes by one scheme. */
        public Storage storage(Scheme scheme) {
            return storage.getOrDefault(scheme, Storage.NONE);
        }
    }

    /**
     * The ledger of a model for inputs of a shape, the batch included: {@code [1, 3, 32, 32]}. It runs the model once,
     * on zeros, for the multiply-adds.
     */
    public static Ledger of(Module model, Shape input) {
        Map<String, Long> macs = new HashMap<>();
        Summary.of(model, input).rows().forEach(row -> macs.merge(row.path(), row.macs(), Long::sum));
        Map<String, Long> weightsOfModule = new HashMap<>();
        Map<String, Parameter> weights = Sparsity.weights(model);
        weights.forEach((path, parameter) ->
                weightsOfModule.merge(parent(path), (long) parameter.shape().size(), Long::sum));
        List<Layer> layers = new ArrayList<>();
        weights.forEach((path, parameter) -> {
            long all = Math.max(1, weightsOfModule.getOrDefault(parent(path), 1L));
            double uses = (double) macs.getOrDefault(parent(path), 0L) / all; // of one weight
            layers.add(layer(path, parameter.shape(), parameter.get().value().toFloats(), uses));
        });
        long numbers = model.state().values().stream().mapToLong(t -> t.size()).sum();
        return new Ledger(
                List.copyOf(layers),
                numbers - layers.stream().mapToLong(Layer::weights).sum());
    }

    /**
     * One layer's line from its weights.
     *
     * @param uses in how many multiply-adds each weight takes part
     */
    public static Layer layer(String path, Shape shape, float[] weights, double uses) {
        WeightMatrix matrix = WeightMatrix.of(shape, weights);
        Map<Scheme, Storage> storage = new EnumMap<>(Scheme.class);
        for (Scheme scheme : Scheme.values()) {
            storage.put(scheme, scheme.of(matrix));
        }
        return new Layer(
                path,
                shape,
                matrix.nonZeros(),
                matrix.keptRows(),
                matrix.keptColumns(),
                matrix.codebook(),
                Map.copyOf(storage),
                Math.round(uses * weights.length),
                Math.round(uses * matrix.nonZeros()));
    }

    private static String parent(String path) {
        return path.substring(0, Math.max(0, path.lastIndexOf('.')));
    }

    /** The layer of a path, such as {@code conv1.weight}. */
    public Optional<Layer> layer(String path) {
        return layers.stream().filter(layer -> layer.path.equals(path)).findFirst();
    }

    /** All weights. */
    public long weights() {
        return layers.stream().mapToLong(Layer::weights).sum();
    }

    /** All weights that are not zero. */
    public long nonZeros() {
        return layers.stream().mapToLong(Layer::nonZeros).sum();
    }

    /** How many times fewer weights there are than in the dense model. */
    public double rate() {
        return (double) weights() / nonZeros();
    }

    /** Multiply-adds with all weights. */
    public long macs() {
        return layers.stream().mapToLong(Layer::macs).sum();
    }

    /** Multiply-adds whose weight is not zero. */
    public long remainingMacs() {
        return layers.stream().mapToLong(Layer::remainingMacs).sum();
    }

    /** What all weights take by one scheme. */
    public Storage storage(Scheme scheme) {
        return layers.stream().map(layer -> layer.storage(scheme)).reduce(Storage.NONE, Storage::plus);
    }

    /** The scheme with the fewest bits; of two the first. */
    public Scheme smallest() {
        Scheme best = Scheme.DENSE;
        for (Scheme scheme : Scheme.values()) {
            best = storage(scheme).bits() < storage(best).bits() ? scheme : best;
        }
        return best;
    }

    /** Bits a non-zero takes on average, without index. */
    public double meanBits() {
        long bits = layers.stream()
                .mapToLong(layer -> layer.nonZeros * layer.codebook.bits())
                .sum();
        return nonZeros() == 0 ? 0 : (double) bits / nonZeros();
    }

    /** Bytes of biases, norms and statistics as floats, which no scheme makes smaller. */
    public long otherBytes() {
        return Float.BYTES * others;
    }

    /** A line a layer and the total, with commas between the fields and the names of the fields first. */
    public String csv() {
        return LedgerText.csv(this);
    }

    /** A line a layer, and the totals. */
    @Override
    public String toString() {
        return LedgerText.table(this);
    }
}
