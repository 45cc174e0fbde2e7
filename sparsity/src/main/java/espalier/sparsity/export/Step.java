package espalier.sparsity.export;

import java.util.List;

/**
 * One operation of a {@link Program}.
 *
 * @param place where in the model it came from, such as {@code conv1}; two steps may share a place
 * @param operation what it does
 * @param inputs the values it takes: 0 is the program's input, i the output of step i − 1
 * @param activation what is done to each element of the result
 */
public record Step(String place, Operation operation, List<Integer> inputs, Nonlinearity activation) {
    /** Copies the list. */
    public Step {
        inputs = List.copyOf(inputs);
    }

    /** The bytes of its tensors. */
    public long bytes() {
        return operation.tensors().stream().mapToLong(PackedTensor::bytes).sum();
    }

    /** As in {@code conv1: convolution of 0, relu}. */
    @Override
    public String toString() {
        return place + ": " + operation.name() + " of " + inputs
                + (activation == Nonlinearity.NONE
                        ? ""
                        : ", " + activation.toString().toLowerCase(java.util.Locale.ROOT));
    }
}
