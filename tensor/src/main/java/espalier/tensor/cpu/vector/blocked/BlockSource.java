package espalier.tensor.cpu.vector.blocked;

/**
 * Where the tiles of a {@link BlockSweep} find pixels: an array in which those that neighbouring results see under the
 * same tap are {@code b} floats apart.
 */
sealed interface BlockSource permits BlockImage, BlockWindow {
    /** Floats of the array; 0 for the source itself. */
    int floats();

    /** Floats from what a result sees to what the one below it sees. */
    int pitch();

    /** For each block of input channels under a tap, where the first result finds its pixel. */
    int[] places();

    /** For each term, which of the weights {@code [C, kH, kW]} of an output channel belongs to it. */
    int[] weights();

    /** Writes what results from row {@code firstRow} on see of the image at {@code from}. */
    void fill(float[] src, int from, int firstRow, float[] window);
}
