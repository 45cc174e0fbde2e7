package espalier.nn;

/**
 * What a parameter is for. Optimizers choose their groups by role (no weight decay on biases and norms, a rate of its
 * own for thresholds), and pruning methods choose what may be pruned, so that nobody has to search names for "bn".
 */
public enum Role {
    /** Weight of a linear map, convolution or recurrent cell: what is pruned and decayed. */
    WEIGHT,
    /** Additive bias. */
    BIAS,
    /** Scale γ of a normalization. */
    NORM_SCALE,
    /** Shift β of a normalization. */
    NORM_SHIFT,
    /** Learned threshold of a pruning method. */
    THRESHOLD,
    /** Learned gate or its logit. */
    GATE,
    /** Learned scale or level of a quantizer. */
    QUANTIZER
}
