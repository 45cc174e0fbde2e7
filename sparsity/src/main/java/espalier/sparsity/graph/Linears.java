package espalier.sparsity.graph;

import espalier.autograd.Spec;
import espalier.sparsity.graph.Operand.Result;
import espalier.sparsity.graph.Operand.Stored;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Joins the three operations of a linear layer into one: {@code t} of a stored weight, {@code matmul}, and {@code add}
 * of a stored bias become {@code linear(x, W, b)}.
 */
final class Linears {
    private final Network network;
    private final int[] uses;
    private final Map<Integer, Operand> moved = new HashMap<>();
    private final List<Operation> joined = new ArrayList<>();

    private Linears(Network network) {
        this.network = network;
        this.uses = new int[network.operations().size()];
        network.operations().stream().flatMap(o -> o.operands().stream()).forEach(operand -> {
            if (operand instanceof Result result) {
                uses[result.operation()]++;
            }
        });
    }

    static Network joined(Network network) {
        Linears linears = new Linears(network);
        network.operations().forEach(linears::take);
        return new Network(network.input(), linears.joined, linears.moved(network.output()));
    }

    private void take(Operation operation) {
        Optional<Stored> weight = weightOf(operation);
        if (weight.isPresent()) {
            Operand x = moved(operation.operands().getFirst());
            put(operation, "linear", List.of(x, weight.get()));
        } else if (operation.name().equals("t") && isRead(operation)) {
            moved.put(operation.index(), operation.operands().getFirst()); // only linear layers read it
        } else if (linearBefore(operation).isPresent()) {
            Operation product = linearBefore(operation).get();
            joined.removeLast();
            put(
                    operation,
                    "linear",
                    Stream.concat(
                                    product.operands().stream(),
                                    operation.operands().stream().skip(1))
                            .toList());
        } else {
            put(
                    operation,
                    operation.name(),
                    operation.operands().stream().map(this::moved).toList());
        }
    }

    /** The stored weight {@code [out, in]} of a product with its transpose. */
    private Optional<Stored> weightOf(Operation operation) {
        return operation.name().equals("matmul")
                        && operation.operands().get(1) instanceof Result result
                        && isRead(network.operation(result))
                ? Optional.of((Stored) network.operation(result).operands().getFirst())
                : Optional.empty();
    }

    /** Whether this is the transpose of a stored matrix, which nothing reads but products from the left. */
    private boolean isRead(Operation transpose) {
        return transpose.name().equals("t")
                && transpose.shape().rank() == 2
                && transpose.operands().getFirst() instanceof Stored
                && !network.output().equals(transpose.result())
                && network.consumers(transpose).stream()
                        .allMatch(reader -> reader.name().equals("matmul")
                                && !reader.operands().getFirst().equals(transpose.result()));
    }

    /** The product to which this adds a stored bias, if it was listed last and nothing else reads it. */
    private Optional<Operation> linearBefore(Operation operation) {
        if (!operation.name().equals("add") || operation.operands().size() != 2 || joined.isEmpty()) {
            return Optional.empty();
        }
        Operation last = joined.getLast();
        return operation.operands().get(0) instanceof Result product
                        && operation.operands().get(1) instanceof Stored bias
                        && uses[product.operation()] == 1
                        && moved(product).equals(last.result())
                        && last.name().equals("linear")
                        && last.operands().size() == 2
                        && last.place().equals(operation.place())
                        && bias.shape().rank() == 1
                        && bias.shape().dim(0) == last.shape().dim(-1)
                ? Optional.of(last)
                : Optional.empty();
    }

    private void put(Operation from, String name, List<Operand> operands) {
        Spec spec = name.equals("linear") ? Spec.NONE : from.spec();
        Operation operation = new Operation(joined.size(), name, spec, from.place(), operands, from.shape());
        joined.add(operation);
        moved.put(from.index(), operation.result());
    }

    private Operand moved(Operand operand) {
        return operand instanceof Result result ? moved.getOrDefault(result.operation(), operand) : operand;
    }
}
