package espalier.autograd;

import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.BinaryOp;

/** Gradients that flow in some places and not in others. */
final class Masks {
    private Masks() {}

    /** {@code g} where the mask (BOOL) is true, else 0, whatever {@code g} is there. */
    static Tensor keep(Tensor g, Tensor mask) {
        return mask.where(g, zero(g));
    }

    /** {@code g} where the mask (BOOL) is false, else 0. */
    static Tensor drop(Tensor g, Tensor mask) {
        return mask.where(zero(g), g);
    }

    private static Tensor zero(Tensor like) {
        return Tensor.zeros(like.device(), like.dtype(), Shape.scalar());
    }

    /** {@code g} where {@code y} differs from 0, else 0. */
    static Tensor whereNonZero(Tensor g, Tensor y) {
        return g.gradient(BinaryOp.RELU_GRADIENT, y.abs());
    }

    /** 1 where a wins, ½ where the two are equal, else 0: how a minimum or maximum shares its gradient. */
    static Tensor share(Tensor wins, Tensor equal, Tensor like) {
        return wins.to(like.dtype()).addInPlace(equal.to(like.dtype()).mulInPlace(0.5));
    }
}
