package espalier.sparsity.surgery;

import espalier.sparsity.graph.Operand;
import espalier.sparsity.graph.Operation;
import espalier.tensor.Shape;
import java.util.Optional;

/**
 * An operation whose every output channel is made from many input channels, by a stored weight: a convolution or a
 * linear layer.
 *
 * @param operation which
 * @param data what it reads
 * @param weight path of the weight, {@code [O, C/groups, ..]}, or {@code [C, O, ..]} if {@code inputFirst}
 * @param shape of the weight
 * @param groups blocks of channels that do not mix
 * @param inputFirst whether the weight's first axis is the input's
 * @param everywhereSame whether an input of one constant gives one constant: so without padding
 * @param bias path of the bias, if there is one
 */
record Mixer(
        Operation operation,
        Operand data,
        String weight,
        Shape shape,
        int groups,
        boolean inputFirst,
        boolean everywhereSame,
        Optional<String> bias) {
    int outputs() {
        return shape.dim(inputFirst ? 1 : 0);
    }

    int inputs() {
        return inputFirst ? shape.dim(0) : shape.dim(1) * groups;
    }

    /** Whether each input channel makes output channels of its own. */
    boolean isDepthwise() {
        return groups > 1 && groups == inputs();
    }

    /** Whether several channels mix in each of several groups. */
    boolean isGrouped() {
        return groups > 1 && !isDepthwise();
    }

    /** Weights between one input and one output channel: the kernel's places. */
    int taps() {
        return shape.size() / Math.max(1, shape.dim(0) * shape.dim(1));
    }

    /** Whether an output channel can read an input channel. */
    boolean connects(int output, int input) {
        return output / (outputs() / groups) == input / (inputs() / groups);
    }

    /** Where the taps between two channels begin. */
    int offset(int output, int input) {
        int row = inputFirst ? input : output;
        int column = inputFirst ? output : input % (inputs() / groups);
        return (row * shape.dim(1) + column) * taps();
    }

    /** Whether all weights between two channels of one group are zero. */
    boolean isZero(float[] values, int output, int input) {
        int start = offset(output, input);
        for (int i = start; i < start + taps(); i++) {
            if (values[i] != 0) {
                return false;
            }
        }
        return true;
    }

    /** The sum of the weights between two channels: what a constant input of 1 adds to the output. */
    double sum(float[] values, int output, int input) {
        double sum = 0;
        if (connects(output, input)) {
            int start = offset(output, input);
            for (int i = start; i < start + taps(); i++) {
                sum += values[i];
            }
        }
        return sum;
    }
}
