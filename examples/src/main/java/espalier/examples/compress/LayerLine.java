package espalier.examples.compress;

import espalier.nn.train.TrainingListener;
import espalier.sparsity.prune.LayerHistory;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/**
 * Tells after each epoch how sparse each layer is and where its threshold stands, and once, if it comes to that, that
 * nothing has become sparse. Comes after the history that it reads.
 */
final class LayerLine implements TrainingListener {
    private final LayerHistory history;
    private final PrintWriter out;
    private boolean warned;

    LayerLine(LayerHistory history, PrintWriter out) {
        this.history = history;
        this.out = out;
    }

    @Override
    public void onEpoch(Position at, EpochReport report) {
        List<LayerHistory.Row> rows = history.lastEpoch();
        long units = rows.stream().mapToLong(LayerHistory.Row::units).sum();
        long live = rows.stream().mapToLong(LayerHistory.Row::live).sum();
        StringBuilder line =
                new StringBuilder(String.format(Locale.ROOT, "         zero %.2f %%:", 100.0 * (units - live) / units));
        for (LayerHistory.Row row : rows) {
            line.append(String.format(
                    Locale.ROOT,
                    " %s %.1f %%",
                    row.path().replaceFirst("\\.(weight|scale)$", ""),
                    100 * row.sparsity()));
            row.threshold().ifPresent(t -> line.append(String.format(Locale.ROOT, " (%.2g)", t)));
        }
        out.println(line);
        if (!warned && history.warning().isPresent()) {
            warned = true;
            out.println(history.warning().get());
        }
        out.flush();
    }
}
