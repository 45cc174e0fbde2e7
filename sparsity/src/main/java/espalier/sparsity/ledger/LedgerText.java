package espalier.sparsity.ledger;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A ledger in writing. */
final class LedgerText {
    private LedgerText() {}

    static String table(Ledger ledger) {
        StringBuilder text = new StringBuilder();
        text.append(format("%-26s %12s %11s %9s %5s", "layer", "weights", "non-zeros", "density", "bits"));
        text.append(format(" %10s %10s", "rows", "columns"));
        text.append(format(" %14s %14s%n", "MACs", "left"));
        for (Ledger.Layer layer : ledger.layers()) {
            text.append(format(
                    "%-26s %,12d %,11d %7.2f %% %5d",
                    layer.path(),
                    layer.weights(),
                    layer.nonZeros(),
                    100 * layer.density(),
                    layer.codebook().bits()));
            int rows = layer.shape().rank() == 0 ? 1 : layer.shape().dim(0);
            text.append(format(" %10s", layer.keptRows() + "/" + rows));
            text.append(format(" %10s", layer.keptColumns() + "/" + layer.weights() / Math.max(1, rows)));
            text.append(format(" %,14d %,14d%n", layer.macs(), layer.remainingMacs()));
        }
        text.append(format(
                "%-26s %,12d %,11d %7.2f %% %5.1f %10s %10s %,14d %,14d%n%n",
                "total",
                ledger.weights(),
                ledger.nonZeros(),
                100.0 * ledger.nonZeros() / Math.max(1, ledger.weights()),
                ledger.meanBits(),
                "",
                "",
                ledger.macs(),
                ledger.remainingMacs()));
        bytes(text, ledger);
        return text.toString();
    }

    private static void bytes(StringBuilder text, Ledger ledger) {
        text.append(format("%-26s", "bytes"));
        for (Scheme scheme : Scheme.values()) {
            text.append(format(" %11s", scheme.label()));
        }
        text.append(format("%n"));
        for (Ledger.Layer layer : ledger.layers()) {
            text.append(format("%-26s", layer.path()));
            for (Scheme scheme : Scheme.values()) {
                text.append(format(" %,11d", layer.storage(scheme).bytes()));
            }
            text.append(format("%n"));
        }
        row(text, ledger, "total", storage -> format("%,d", storage.bytes()));
        row(text, ledger, "  values only", storage -> format("%,d", storage.dataBytes()));
        row(text, ledger, "  index", storage -> format("%,d", Math.ceilDiv(storage.indexBits(), 8L)));
        row(text, ledger, "  codebooks", storage -> format("%,d", Math.ceilDiv(storage.tableBits(), 8L)));
        row(text, ledger, "smaller than floats", storage -> format("%.1fx", storage.reduction(ledger.weights())));
        text.append(format("and %,d bytes of biases, norms and statistics as floats%n", ledger.otherBytes()));
    }

    @FunctionalInterface
    private interface Cell {
        String of(Storage storage);
    }

    private static void row(StringBuilder text, Ledger ledger, String name, Cell cell) {
        text.append(format("%-26s", name));
        for (Scheme scheme : Scheme.values()) {
            text.append(format(" %11s", cell.of(ledger.storage(scheme))));
        }
        text.append(format("%n"));
    }

    static String csv(Ledger ledger) {
        List<String> head = new ArrayList<>(List.of(
                "layer", "weights", "non_zeros", "bits", "kept_rows", "kept_columns", "macs", "remaining_macs"));
        for (Scheme scheme : Scheme.values()) {
            String name = scheme.name().toLowerCase(Locale.ROOT);
            head.addAll(List.of(name + "_value_bits", name + "_index_bits", name + "_table_bits"));
        }
        StringBuilder text = new StringBuilder(String.join(",", head)).append('\n');
        for (Ledger.Layer layer : ledger.layers()) {
            text.append(layer.path()).append(format(",%d,%d", layer.weights(), layer.nonZeros()));
            text.append(format(",%d,%d,%d", layer.codebook().bits(), layer.keptRows(), layer.keptColumns()));
            text.append(format(",%d,%d", layer.macs(), layer.remainingMacs()));
            for (Scheme scheme : Scheme.values()) {
                text.append(bits(layer.storage(scheme)));
            }
            text.append('\n');
        }
        text.append(format("total,%d,%d", ledger.weights(), ledger.nonZeros()));
        text.append(format(",%.3f,,,%d,%d", ledger.meanBits(), ledger.macs(), ledger.remainingMacs()));
        for (Scheme scheme : Scheme.values()) {
            text.append(bits(ledger.storage(scheme)));
        }
        return text.append('\n').toString();
    }

    private static String bits(Storage storage) {
        return format(",%d,%d,%d", storage.valueBits(), storage.indexBits(), storage.tableBits());
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
