package espalier.examples.compress;

import espalier.sparsity.export.Operation;
import espalier.sparsity.export.PackedModel;
import espalier.sparsity.export.PackedTensor;
import espalier.sparsity.export.Program;
import espalier.sparsity.export.Step;
import espalier.sparsity.ledger.Ledger;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The ledger of a packed file: what its tensors would take by every scheme, beside the form and bytes that they have.
 */
final class PackedLedger {
    private PackedLedger() {}

    static Ledger of(PackedModel packed) {
        Program program = packed.program();
        List<Ledger.Layer> layers = new ArrayList<>();
        long numbers = 0;
        for (int i = 0; i < program.steps().size(); i++) {
            Step step = program.steps().get(i);
            for (PackedTensor tensor : step.operation().tensors()) {
                numbers += tensor.shape().size();
            }
            Optional<PackedTensor> weight = weight(step.operation());
            if (weight.isPresent()) {
                long macs = step.operation().macs(program.shape(i + 1));
                float[] values = weight.get().unpack();
                double uses = (double) macs / Math.max(1, values.length);
                layers.add(Ledger.layer(step.place() + ".weight", weight.get().shape(), values, uses));
            }
        }
        long weights = layers.stream().mapToLong(Ledger.Layer::weights).sum();
        return new Ledger(List.copyOf(layers), numbers - weights);
    }

    private static Optional<PackedTensor> weight(Operation operation) {
        return switch (operation) {
            case Operation.Convolution c -> Optional.of(c.weight());
            case Operation.Linear l -> Optional.of(l.weight());
            default -> Optional.empty();
        };
    }

    /** A line for each tensor of weights: its form and its bytes in the file. */
    static String forms(PackedModel packed) {
        StringBuilder text = new StringBuilder(String.format("%-26s %-18s %12s%n", "in the file", "form", "bytes"));
        for (Step step : packed.program().steps()) {
            weight(step.operation())
                    .ifPresent(weight -> text.append(String.format(
                            Locale.ROOT,
                            "%-26s %-18s %,12d%n",
                            step.place() + ".weight",
                            weight.form(),
                            weight.bytes())));
        }
        long all = packed.toBytes().length;
        return text.append(String.format(Locale.ROOT, "%-26s %-18s %,12d%n", "all of it", "header to checksum", all))
                .toString();
    }
}
