package espalier.tensor.cpu.vector.packed;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.vector.conv.Correlation;
import espalier.tensor.cpu.vector.lanes.Span;

/**
 * Convolution with packed weights {@code [O, C kH kW]}: the product of {@link PackedProduct} whose right operand is the
 * padded image, read through a table of offsets. A weight that is not stored is not multiplied.
 *
 * <p>Prepared for one geometry, then used for any number of batches of its size. Either way gives the same bits: a
 * result is the sum of its terms in the order of the columns.
 */
sealed interface PackedConvolution permits PackedWindows, PackedLanes {
    /**
     * The way that is expected to be the faster one.
     *
     * @throws IllegalArgumentException if there is more than one group, or the weights do not have the geometry's sizes
     */
    static PackedConvolution of(ConvGeometry geometry, PackedRows weights) {
        int columns = geometry.c() * geometry.kh() * geometry.kw();
        if (geometry.spec().groups() != 1 || weights.rows != geometry.o() || weights.columns != columns) {
            throw new IllegalArgumentException("packed convolution: weights " + weights.rows + " x " + weights.columns
                    + " do not fit one group of " + geometry.o() + " x " + columns);
        }
        var windows = new PackedWindows(geometry, weights);
        if (!PackedLanes.takes(geometry)) {
            return windows;
        }
        var lanes = new PackedLanes(geometry, weights);
        return lanes.cycles() < windows.cycles() ? lanes : windows;
    }

    /** Estimated cycles of one thread for a batch. */
    double cycles();

    /** {@code x [N, C, H, W], bias [O] or none → y [N, O, H', W']}. */
    void run(Parallel parallel, Span x, Span bias, Span y);

    /** Where what a tap is multiplied with lies. */
    @FunctionalInterface
    interface Place {
        /** For output (0, 0), the source's channel and its row and column with the padding. */
        int of(int channel, int y, int x);
    }

    /** The places of all columns of the weights. */
    static int[] offsets(Correlation k, Place place) {
        Correlation.Part part = k.parts().getFirst();
        int[] offsets =
                new int[k.channels() * part.down().size() * part.across().size()];
        int at = 0;
        for (int c = 0; c < k.channels(); c++) {
            for (Correlation.Tap down : part.down()) {
                for (Correlation.Tap across : part.across()) {
                    offsets[at++] = place.of(c, down.at(), across.at());
                }
            }
        }
        return offsets;
    }
}
