package espalier.sparsity.graph;

import espalier.autograd.Autograd;
import espalier.autograd.Node;
import espalier.autograd.Variable;
import espalier.nn.ForwardPass;
import espalier.nn.Module;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Runs a model once and walks from its output back to its input, to what is stored, and to constants.
 *
 * <p>The input asks for a gradient, though none is wanted, so that every operation on it is recorded. A parameter is
 * recognized by the variable that layers were given in the pass: behind a parametrization the walk does not go.
 */
final class Tracer {
    private final Variable input;
    private final Map<Variable, Operand> known = new IdentityHashMap<>();
    private final Map<Tensor, String> buffers = new IdentityHashMap<>();
    private final List<Operation> operations = new ArrayList<>();

    private Tracer(Variable input) {
        this.input = input;
        known.put(input, new Operand.Input(input.shape()));
    }

    static Network trace(Module model, Tensor example) {
        try (TensorScope _ = TensorScope.open()) {
            Tracer tracer = new Tracer(Variable.parameter(example));
            Variable output = Autograd.withGrad(() -> ForwardPass.evaluation(() -> tracer.run(model)));
            tracer.walk(output);
            Operand result = tracer.operand(output);
            return Linears.joined(new Network(example.shape(), tracer.operations, result));
        }
    }

    /** In one pass, so that each parameter's variable is the one that layers got. */
    private Variable run(Module model) {
        Variable output = model.apply(input);
        model.parameters().forEach((path, parameter) -> {
            Variable read = parameter.get();
            known.putIfAbsent(read, new Operand.Stored(path, read.shape()));
        });
        model.state().forEach((path, tensor) -> buffers.put(tensor, path));
        return output;
    }

    /** Lists every operation below a variable after those it reads, without recursion. */
    private void walk(Variable output) {
        Deque<Variable> open = new ArrayDeque<>(List.of(output));
        while (!open.isEmpty()) {
            Variable next = open.peek();
            Optional<Node> made = known.containsKey(next) ? Optional.empty() : next.node();
            List<Variable> missing = made.map(Node::inputs).orElse(List.of()).stream()
                    .filter(read -> read.node().isPresent() && !known.containsKey(read))
                    .toList();
            if (!missing.isEmpty()) {
                missing.reversed().forEach(open::push); // the first is walked first
                continue;
            }
            open.pop();
            made.ifPresent(node -> list(next, node));
        }
    }

    private void list(Variable result, Node node) {
        List<Operand> operands = node.inputs().stream().map(this::operand).toList();
        Operation operation =
                new Operation(operations.size(), node.op(), node.spec(), node.place(), operands, result.shape());
        operations.add(operation);
        known.put(result, operation.result());
    }

    private Operand operand(Variable variable) {
        Operand found = known.get(variable);
        if (found != null) {
            return found;
        }
        String buffer = buffers.get(variable.value());
        Operand leaf = buffer != null
                ? new Operand.Stored(buffer, variable.shape())
                : new Operand.Constant(outliving(variable.value()));
        known.put(variable, leaf);
        return leaf;
    }

    /** A copy that no scope takes back. */
    private static Tensor outliving(Tensor value) {
        Tensor copy = value.copy();
        copy.storage().moveTo(Optional.empty());
        return copy;
    }
}
