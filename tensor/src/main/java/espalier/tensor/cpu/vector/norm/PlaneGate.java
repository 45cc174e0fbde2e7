package espalier.tensor.cpu.vector.norm;

/** What of a gradient passes a ReLU on the way back, plane by plane. */
sealed interface PlaneGate permits Gate, PositiveGate {
    /** Where what passes of {@code g} is found. */
    float[] row(float[] g, int size);

    /**
     * Lets the gradient of a plane through.
     *
     * @param at where the plane begins, counted from the first element
     * @param go where the gradient of the first element is
     * @param row what {@link #row} gave
     * @return where in {@code row} the plane begins
     */
    int plane(int at, int channel, float[] g, int go, float[] row);
}
