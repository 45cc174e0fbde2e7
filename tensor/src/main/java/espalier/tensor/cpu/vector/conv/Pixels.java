package espalier.tensor.cpu.vector.conv;

/**
 * Where the pixels of a block lie in a window with the channels innermost, and where from there the weights meet them.
 */
sealed interface Pixels permits PixelWindow, WinogradPixels {
    /** Rows of weights: those of the kernel, or what stands for them. */
    int kernelRows();

    /**
     * How many rows of the kernel a pixel holds the channels for, one row's after the other's; the others are rows of
     * weights.
     */
    int stack();

    /** Where, in pixels of the window, the first pixel meets a weight. */
    int tap(int p, int q);

    /** Where each pixel of a full block lies; a smaller block uses the first of them. */
    int[] pixelOffsets(int pitch);
}
