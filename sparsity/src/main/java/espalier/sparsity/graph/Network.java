package espalier.sparsity.graph;

import espalier.nn.Module;
import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a model computes in evaluation, as a list of operations in an order in which they can run: each with its name,
 * what it was told, the module it stands in, and where its operands come from.
 *
 * <p>Nobody describes the model twice: it runs once, and the network is read from the nodes that autograd recorded. So
 * any model can be traced, whatever its classes. Dropout leaves no trace, batch norm is one operation, a parametrized
 * weight is one operand.
 *
 * <pre>{@code
 * Network network = Network.trace(LeNet.lenet5(Init.of(1)), Shape.of(1, 1, 28, 28));
 * System.out.print(network);   // 0  conv2d in 0  [1, 20, 24, 24]  ← input, 0.weight, 0.bias …
 * }</pre>
 *
 * <p>A model that decides by values what to compute is seen as it computed for the example.
 *
 * @param input shape of the input, the batch included
 * @param operations each after those it reads
 * @param output what the model returns
 */
public record Network(Shape input, List<Operation> operations, Operand output) {
    /** Keeps a copy of the list. */
    public Network {
        operations = List.copyOf(operations);
    }

    /** Traces a model on zeros of a shape, the batch included: {@code [1, 3, 32, 32]}. */
    public static Network trace(Module model, Shape input) {
        Device device =
                model.state().values().stream().findFirst().map(Tensor::device).orElseGet(Device::cpu);
        return Tracer.trace(model, Tensor.zeros(device, DType.F32, input));
    }

    /** The operation that made a result. */
    public Operation operation(Operand.Result result) {
        return operations.get(result.operation());
    }

    /** The operations that read what an operation made, in order. */
    public List<Operation> consumers(Operation operation) {
        return operations.stream()
                .filter(other -> other.operands().contains(operation.result()))
                .toList();
    }

    /** The paths of all parameters and buffers that are read. */
    public Set<String> stored() {
        return operations.stream()
                .flatMap(operation -> operation.operands().stream())
                .filter(Operand.Stored.class::isInstance)
                .map(operand -> ((Operand.Stored) operand).path())
                .collect(Collectors.toUnmodifiableSet());
    }

    /** The list, a line an operation. */
    @Override
    public String toString() {
        return Drawing.of(this);
    }
}
