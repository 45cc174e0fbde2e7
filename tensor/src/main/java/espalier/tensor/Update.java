package espalier.tensor;

import espalier.tensor.spi.AdamSpec;
import espalier.tensor.spi.SgdSpec;
import java.util.Optional;

/**
 * The steps of optimizers: a weight and the state kept beside it, changed in place in one pass over memory.
 *
 * <pre>{@code
 * Tensor w = Tensor.of(new float[] {1, 2});
 * Tensor g = Tensor.of(new float[] {10, 10});
 * Update.sgd(new SgdSpec(0.1, 0, 0, false), w, g, Optional.empty());   // w = [0, 1]
 * }</pre>
 */
public final class Update {
    private Update() {}

    /**
     * One step of {@link SgdSpec}; all tensors have one shape.
     *
     * @param velocity changed too; none if and only if there is no momentum
     */
    public static void sgd(SgdSpec spec, Tensor w, Tensor g, Optional<Tensor> velocity) {
        if (velocity.isPresent() != spec.momentum() > 0) {
            throw new IllegalArgumentException("sgd: momentum " + spec.momentum()
                    + (velocity.isPresent() ? " needs no" : " needs a") + " velocity");
        }
        w.requireWritable("sgd");
        require("sgd", w, g, "gradient");
        velocity.ifPresent(v -> require("sgd", w, v, "velocity"));
        w.backend().sgdStep(spec, w, g, velocity);
    }

    /** One step of {@link AdamSpec}, which changes the weight and both moments; all tensors have one shape. */
    public static void adam(AdamSpec spec, Tensor w, Tensor g, Tensor first, Tensor second) {
        w.requireWritable("adam");
        require("adam", w, g, "gradient");
        require("adam", w, first, "first moment");
        require("adam", w, second, "second moment");
        w.backend().adamStep(spec, w, g, first, second);
    }

    private static void require(String op, Tensor w, Tensor other, String name) {
        w.requireSameType(op, other);
        if (!w.dtype().isFloating()) {
            throw new ShapeException(op + ": weights of " + w.dtype() + " cannot descend; convert them to F32");
        }
        if (!w.shape().equals(other.shape())) {
            throw new ShapeException(op + ": weight " + w.shape() + " and " + name + " " + other.shape() + " differ");
        }
    }
}
