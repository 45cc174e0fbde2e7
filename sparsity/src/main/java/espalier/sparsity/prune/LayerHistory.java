package espalier.sparsity.prune;

import espalier.nn.Module;
import espalier.nn.train.TrainingListener;
import espalier.sparsity.Prunable;
import espalier.sparsity.parametrize.SoftThreshold;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What becomes of each layer while a network is pruned: its live units and its threshold after every epoch, as rows for
 * tables and pictures.
 *
 * <pre>{@code
 * LayerHistory history = new LayerHistory(layers);
 * trainer.with(history).train(loader, 10);
 * history.lastEpoch().forEach(row -> System.out.println(row.csv()));
 * }</pre>
 *
 * <p>If after a few epochs nothing at all is zero, {@link #warning} says so, and the log does once.
 */
public final class LayerHistory implements TrainingListener {
    /** Epochs after which something should be sparse. */
    private static final int PATIENCE = 3;

    private static final System.Logger LOG = System.getLogger(LayerHistory.class.getName());

    /**
     * A layer after an epoch.
     *
     * @param epoch epochs finished
     * @param path of the layer
     * @param units all of them
     * @param live those that are not zero
     * @param threshold the soft threshold, if there is one
     */
    public record Row(int epoch, String path, int units, int live, OptionalDouble threshold) {
        /** The names of {@link #csv}'s columns. */
        public static final String CSV_HEADER = "epoch,layer,units,live,sparsity,threshold";

        /** Part of the units that is zero. */
        public double sparsity() {
            return 1 - (double) live / units;
        }

        /** One line without its end; the last column is empty where there is no threshold. */
        public String csv() {
            String last = threshold.isPresent() ? Double.toString(threshold.getAsDouble()) : "";
            return String.format(Locale.ROOT, "%d,%s,%d,%d,%.6f,%s", epoch, path, units, live, sparsity(), last);
        }
    }

    private final List<Prunable> layers;
    private final List<Row> rows = new ArrayList<>();
    private Optional<String> warning = Optional.empty();

    /** Of these layers. */
    public LayerHistory(List<Prunable> layers) {
        this.layers = List.copyOf(layers);
    }

    @Override
    public void onEpoch(Position at, EpochReport report) {
        for (Prunable layer : layers) {
            rows.add(new Row(at.epoch(), layer.path(), layer.units(), layer.liveUnits(), threshold(layer)));
        }
        boolean sparse = lastEpoch().stream().anyMatch(row -> row.live < row.units);
        if (sparse) {
            warning = Optional.empty();
        } else if (at.epoch() >= PATIENCE) {
            boolean first = warning.isEmpty();
            warning = Optional.of(sentence(at.epoch()));
            if (first) {
                warning.ifPresent(text -> LOG.log(System.Logger.Level.WARNING, text));
            }
        }
    }

    /** Some methods take units when training ends. */
    @Override
    public void onFinish(Module model) {
        recount();
    }

    /** Counts the live units of the last epoch anew, after a method has taken some beside the training. */
    public void recount() {
        List<Row> last = lastEpoch();
        for (int i = 0; i < last.size(); i++) {
            Row row = last.get(i);
            int live = layers.get(i).liveUnits();
            last.set(i, new Row(row.epoch, row.path, row.units, live, row.threshold));
        }
    }

    private String sentence(int epochs) {
        OptionalDouble largest = lastEpoch().stream()
                .map(Row::threshold)
                .filter(OptionalDouble::isPresent)
                .mapToDouble(OptionalDouble::getAsDouble)
                .max();
        String text = "prune: after " + epochs + " epochs nothing is sparse";
        return largest.isEmpty()
                ? text
                : text
                        + String.format(
                                Locale.ROOT,
                                "; the largest threshold is %.2g: raise the decay of the thresholds or start nearer to 0",
                                largest.getAsDouble());
    }

    private static OptionalDouble threshold(Prunable layer) {
        return layer.parameter()
                .parametrization()
                .filter(p -> p instanceof SoftThreshold)
                .map(p -> OptionalDouble.of(((SoftThreshold) p).threshold()))
                .orElse(OptionalDouble.empty());
    }

    /** Every layer after every epoch, in order. */
    public List<Row> rows() {
        return Collections.unmodifiableList(rows);
    }

    /** The rows of the last epoch; none before the first. */
    public List<Row> lastEpoch() {
        return rows.subList(Math.max(0, rows.size() - layers.size()), rows.size());
    }

    /** What is wrong if nothing has become sparse. */
    public Optional<String> warning() {
        return warning;
    }
}
