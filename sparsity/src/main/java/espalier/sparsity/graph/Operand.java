package espalier.sparsity.graph;

import espalier.tensor.Shape;
import espalier.tensor.Tensor;

/** What an operation of a {@link Network} reads. */
public sealed interface Operand {
    /** Its shape, in the pass that was traced. */
    Shape shape();

    /**
     * The input of the network.
     *
     * @param shape the batch included
     */
    record Input(Shape shape) implements Operand {}

    /**
     * What an earlier operation made.
     *
     * @param operation its index in {@link Network#operations}
     * @param shape its shape
     */
    record Result(int operation, Shape shape) implements Operand {}

    /**
     * A parameter or buffer of the model. Of a parametrized parameter this is what layers compute with, so for the
     * value ask {@code Parameter.get()}.
     *
     * @param path its key in the model's state, such as {@code features.3.weight}
     * @param shape its shape
     */
    record Stored(String path, Shape shape) implements Operand {}

    /**
     * Any other tensor.
     *
     * @param value a copy
     */
    record Constant(Tensor value) implements Operand {
        @Override
        public Shape shape() {
            return value.shape();
        }
    }
}
