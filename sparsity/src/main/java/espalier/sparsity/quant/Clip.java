package espalier.sparsity.quant;

/** How far a grid reaches: to the largest magnitude, or less far where that makes the squared error smaller. */
public enum Clip {
    /** To the largest magnitude: nothing is cut off. For 8 bits. */
    MAX,
    /**
     * Of 40 %, 41 % … 100 % of the largest magnitude the one with the least squared error: with few bits it is better
     * to cut off a few large values and have finer steps for all others.
     */
    MSE
}
