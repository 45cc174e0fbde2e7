package espalier.sparsity;

import espalier.tensor.Tensor;

/**
 * The nearest point of a set: what a weight must become to be sparse, or quantized, with the least squared change.
 *
 * <p>ADMM needs nothing else of a constraint (Zhang et al. 2018, equation 11): pruning and quantization are one
 * algorithm with different projections.
 */
@FunctionalInterface
public interface Projection {
    /** The member of the set that is nearest to {@code v}; a new tensor of its shape. */
    Tensor nearest(Tensor v);

    /**
     * At most {@code keep} groups that are not zero. Zeroing a group costs its squared norm, so with a {@link Grouping}
     * the result is the nearest point; with any other importance it is a member of the set, but not the nearest one.
     */
    static Projection largest(Importance importance, int keep) {
        return v -> {
            Tensor mask = TopK.mask(importance.scores(v), keep);
            return importance.grouping().spread(mask, v.shape()).where(v, v.zerosLike());
        };
    }

    /** Zero wherever the mask (BOOL) is false, and the nearest point of another set elsewhere. */
    static Projection within(Tensor mask, Projection other) {
        return v -> {
            Tensor masked = mask.where(v, v.zerosLike());
            Tensor near = other.nearest(masked);
            return mask.where(near, near.zerosLike());
        };
    }

    /** One after the other: filters, then columns of what is left. The joint set's nearest point only approximately. */
    default Projection then(Projection next) {
        return v -> {
            Tensor first = nearest(v);
            return within(first.ne(0), next).nearest(first);
        };
    }
}
