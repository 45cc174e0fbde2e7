package espalier.tensor.packed;

/** Which elements of a quantized matrix share a scale. */
public enum Scaling {
    /** One scale for each row: an output channel. More exact, and no slower. */
    PER_ROW,
    /** The same scale in all rows. */
    PER_MATRIX
}
