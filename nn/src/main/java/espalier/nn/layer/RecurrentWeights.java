package espalier.nn.layer;

import espalier.nn.Init;
import espalier.nn.Initializer;
import espalier.tensor.DType;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;

/** First values shared by the recurrent layers. */
final class RecurrentWeights {
    private RecurrentWeights() {}

    /** Even between ±1/√hidden, the usual start of gated cells. */
    static Tensor gated(Init init, int hidden, int... shape) {
        return Initializer.fanInUniform(hidden).values(init, Shape.of(shape));
    }

    /** The state before the first step: zeros {@code [N, hidden]}. */
    static Tensor zeroState(Tensor sequence, int hidden) {
        return Tensor.zeros(sequence.device(), DType.F32, Shape.of(sequence.dim(0), hidden));
    }
}
