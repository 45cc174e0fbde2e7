package espalier.nn;

import espalier.autograd.Variable;
import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A table of a model's layers: shapes, parameters, multiply-adds and bytes, found by running it once on zeros.
 *
 * @param rows one a layer that has no parts, in the order in which they ran
 * @param parameters all parameters of the model, each counted once
 * @param macs multiply-adds for the example input
 * @param bytes of all parameters and buffers
 */
public record Summary(List<Row> rows, long parameters, long macs, long bytes) {
    /**
     * One layer.
     *
     * @param path where it stands in the model
     * @param kind its class
     * @param input shape of its input
     * @param output shape of its output
     * @param parameters how many numbers it trains
     * @param macs multiply-adds for the example input
     */
    public record Row(String path, String kind, Shape input, Shape output, long parameters, long macs) {}

    /** The table for inputs of a shape, the batch included: {@code [1, 3, 32, 32]}. */
    public static Summary of(Module model, Shape input) {
        Map<Module, String> paths = new IdentityHashMap<>();
        model.modules().forEach((path, module) -> paths.put(module, path));
        Device device = model.parameters().values().stream()
                .findFirst()
                .map(p -> p.raw().value().device())
                .orElseGet(Device::cpu);
        Variable zeros = Variable.constant(Tensor.zeros(device, DType.F32, input));
        List<Row> rows = new ArrayList<>();
        for (Trace.Visit visit : Trace.of(() -> model.apply(zeros))) {
            Module module = visit.module();
            if (module.children().isEmpty()) {
                long own = module.ownParameters().values().stream()
                        .mapToLong(p -> p.shape().size())
                        .sum();
                rows.add(new Row(
                        paths.getOrDefault(module, ""),
                        module.getClass().getSimpleName(),
                        visit.input(),
                        visit.output(),
                        own,
                        module.macs(visit.input(), visit.output())));
            }
        }
        long parameters = model.parameters().values().stream()
                .distinct()
                .mapToLong(p -> p.shape().size())
                .sum();
        long macs = rows.stream().mapToLong(Row::macs).sum();
        long bytes = model.state().values().stream()
                .mapToLong(t -> (long) t.size() * t.dtype().bytes())
                .sum();
        return new Summary(List.copyOf(rows), parameters, macs, bytes);
    }

    /** The table as text, a line a layer and one of totals. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        String format = "%-18s %-18s %-20s %-20s %12s %14s%n";
        text.append(String.format(Locale.ROOT, format, "layer", "kind", "input", "output", "parameters", "MACs"));
        for (Row row : rows) {
            text.append(String.format(
                    Locale.ROOT,
                    format,
                    row.path,
                    row.kind,
                    row.input,
                    row.output,
                    String.format(Locale.ROOT, "%,d", row.parameters),
                    String.format(Locale.ROOT, "%,d", row.macs)));
        }
        text.append(
                String.format(Locale.ROOT, "total: %,d parameters, %,d MACs, %,d bytes%n", parameters, macs, bytes));
        return text.toString();
    }
}
