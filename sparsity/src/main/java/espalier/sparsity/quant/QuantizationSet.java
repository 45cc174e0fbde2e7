package espalier.sparsity.quant;

import espalier.sparsity.Projection;
import espalier.tensor.Tensor;

/**
 * Weights that may take few values, which are chosen for each layer: the kind of set that ADMM quantizes with.
 *
 * <p>{@link #fit} chooses the values for a tensor and the tensor's nearest member uses them, so {@code set.nearest(v)}
 * and {@code set.fit(v).nearest(v)} are the same. Keep the {@link Codebook} where the values must stay what they are
 * while weights move, as in {@code PartialFreezing}.
 *
 * <pre>{@code
 * Codebook three = Levels.bits(3).fit(weight);   // 7 values, alpha·{−3 .. 3}
 * }</pre>
 */
public interface QuantizationSet extends Projection {
    /** The values that suit {@code v}. */
    Codebook fit(Tensor v);

    /** How many values a layer has at most; a pruned zero, where it is not one of the values, is not counted. */
    int count();

    /** Bits that tell one of {@link #count} values: a weight's size in the comparison of methods. */
    default int bits() {
        return Math.max(1, Integer.SIZE - Integer.numberOfLeadingZeros(count() - 1));
    }

    @Override
    default Tensor nearest(Tensor v) {
        return fit(v).nearest(v);
    }
}
