/**
 * Tensors, their memory, and the CPU back ends.
 *
 * <p>The Vector API is optional: with {@code --add-modules jdk.incubator.vector} the fast kernels run, without it the
 * plain ones do.
 */
module espalier.tensor {
    requires static jdk.incubator.vector;
    requires static org.jspecify;

    exports espalier.tensor;
    exports espalier.tensor.io;
    exports espalier.tensor.packed;
    exports espalier.tensor.spi;

    uses espalier.tensor.spi.BackendProvider;
}
