package espalier.examples.bench;

import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import java.util.Objects;
import java.util.function.Supplier;

/** Inputs for workloads, the same in every run, and the way an operation is called in a training loop. */
final class Inputs {
    private static final long SEED = 1;

    private Inputs() {}

    /** Values from [-1, 1) on the device of these threads. */
    static Tensor uniform(Threads threads, int... dims) {
        return uniform(threads, Shape.of(dims));
    }

    /** Values from [-1, 1) on the device of these threads. */
    static Tensor uniform(Threads threads, Shape shape) {
        return RandomSource.of(SEED).uniform(threads.device(), shape, -1, 1);
    }

    /** Computes and gives the memory back to the pool, as a step of training does. */
    static Runnable scoped(Supplier<?> operation) {
        return () -> {
            try (TensorScope _ = TensorScope.open()) {
                Object result = Objects.requireNonNull(operation.get());
                if (result instanceof Tensor tensor) {
                    tensor.device().backend().flush(); // or a device may find that nobody wants it
                }
            }
        };
    }
}
