package espalier.tensor;

/** What stands beyond the edge of a padded tensor. */
public enum PadMode {
    /** Zeros. */
    ZERO,
    /** The elements mirrored at the edge, which itself is not repeated: {@code c b | a b c | b a}. */
    REFLECT,
    /** The edge repeated: {@code a a | a b c | c c}. */
    REPLICATE
}
