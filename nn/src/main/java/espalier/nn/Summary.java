package espalier.nn;

import espalier.autograd.Variable;
import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
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
     * @param bytes of its parameters and buffers
     */
    public record Row(String path, String kind, Shape input, Shape output, long parameters, long macs, long bytes) {}

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
                        module.macs(visit.input(), visit.output()),
                        bytes(module)));
            }
        }
        long parameters = model.parameters().values().stream()
                .distinct()
                .mapToLong(p -> p.shape().size())
                .sum();
        long macs = rows.stream().mapToLong(Row::macs).sum();
        return new Summary(List.copyOf(rows), parameters, macs, bytes(model));
    }

    private static long bytes(Module module) {
        return module.state().values().stream()
                .mapToLong(t -> (long) t.size() * t.dtype().bytes())
                .sum();
    }

    /** Columns of text, which begin on the left; the others end on the right, as numbers do. */
    private static final int WORDS = 4;

    /** The table as text, a line a layer and one of totals. */
    @Override
    public String toString() {
        List<List<String>> lines = new ArrayList<>();
        lines.add(List.of("layer", "kind", "input", "output", "parameters", "MACs", "bytes"));
        for (Row row : rows) {
            lines.add(List.of(
                    row.path,
                    row.kind,
                    row.input.toString(),
                    row.output.toString(),
                    count(row.parameters),
                    count(row.macs),
                    count(row.bytes)));
        }
        int[] widths = new int[lines.getFirst().size()];
        for (List<String> line : lines) {
            Arrays.setAll(widths, i -> Math.max(widths[i], line.get(i).length()));
        }
        StringBuilder text = new StringBuilder();
        for (List<String> line : lines) {
            for (int i = 0; i < widths.length; i++) {
                String gap = " ".repeat(widths[i] - line.get(i).length());
                text.append(i == 0 ? "" : "  ").append(i < WORDS ? line.get(i) + gap : gap + line.get(i));
            }
            text.append(System.lineSeparator());
        }
        return text
                + String.format(
                        "total: %s parameters, %s MACs, %s bytes%n", count(parameters), count(macs), count(bytes));
    }

    private static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }
}
