package espalier.sparsity.graph;

import espalier.autograd.Spec;
import espalier.tensor.Shape;
import java.util.List;

/**
 * One operation of a {@link Network}.
 *
 * @param index where it stands in {@link Network#operations}
 * @param name as autograd recorded it, such as {@code conv2d}; {@code linear} for {@code x·Wᵀ + b} of stored W and b
 * @param spec what it was told besides its operands, such as a stride
 * @param place the module it ran in, such as {@code features.3}; empty for the model itself
 * @param operands what it reads, in the order of the operation: {@code conv2d} and {@code linear} input, weight and, if
 *     there is one, bias; {@code batchNormInference} input, scale, shift, mean, variance
 * @param shape of its result
 */
public record Operation(int index, String name, Spec spec, String place, List<Operand> operands, Shape shape) {
    /** Keeps a copy of the list. */
    public Operation {
        operands = List.copyOf(operands);
    }

    /** Its result, as others read it. */
    public Operand.Result result() {
        return new Operand.Result(index, shape);
    }

    /** Its name and place, for messages: {@code conv2d in features.3}. */
    public String where() {
        return place.isEmpty() ? name : name + " in " + place;
    }
}
