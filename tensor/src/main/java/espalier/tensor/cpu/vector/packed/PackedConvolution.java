package espalier.tensor.cpu.vector.packed;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.conv.Correlation;
import espalier.tensor.cpu.vector.conv.PaddedWindow;
import espalier.tensor.cpu.vector.conv.VectorPlacement;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.Span;

/**
 * Convolution with packed weights {@code [O, C kH kW]}: the product of {@link PackedProduct} whose right operand is the
 * padded image, read through a table of offsets. A weight that is not stored is not multiplied.
 *
 * <p>A task takes some rows of one image, copies what they see into a {@link PaddedWindow} unless it can be read in
 * place, and computes all output channels. Prepared for one geometry, then used for any number of batches of its size.
 */
final class PackedConvolution {
    /** Multiply-adds of a vector in a task: about 100 microseconds. */
    private static final long TASK_WORK = 1 << 19;

    /** Most floats of a window: a quarter of a megabyte, so that it stays in the second-level cache. */
    private static final int WINDOW_FLOATS = 1 << 16;

    private final ConvGeometry geometry;
    private final PackedRows weights;
    private final Correlation k;
    private final VectorPlacement placement;
    private final PaddedWindow window;
    private final int chunkRows;
    private final int chunks;
    private final int splits;
    private final VectorPlacement.Vectors full;
    private final VectorPlacement.Vectors last;
    private final RightLayout fullLayout;
    private final RightLayout lastLayout;

    /**
     * @throws IllegalArgumentException if there is more than one group, or the weights do not have the geometry's sizes
     */
    PackedConvolution(ConvGeometry geometry, PackedRows weights) {
        int columns = geometry.c() * geometry.kh() * geometry.kw();
        if (geometry.spec().groups() != 1 || weights.rows != geometry.o() || weights.columns != columns) {
            throw new IllegalArgumentException("packed convolution: weights " + weights.rows + " x " + weights.columns
                    + " do not fit one group of " + geometry.o() + " x " + columns);
        }
        this.geometry = geometry;
        this.weights = weights;
        k = Correlation.forward(geometry);
        int rowFloats = Math.max(1, k.channels() * k.srcW() * k.strideH());
        chunkRows = Math.clamp(WINDOW_FLOATS / rowFloats, 1, k.gridH());
        chunks = Math.ceilDiv(k.gridH(), chunkRows);
        window = new PaddedWindow(k, chunkRows);
        placement = VectorPlacement.choose(k, window.pitch(), false);
        int pitch = placement.readsSourceInPlace() ? k.srcW() : window.pitch();
        full = placement.vectors(chunkRows, pitch, chunkRows);
        last = placement.vectors(k.gridH() - (chunks - 1) * chunkRows, pitch, chunkRows);
        int[] table = weights.table(offsets());
        fullLayout = new RightLayout(table, full.tile());
        lastLayout = new RightLayout(table, last.tile());
        long chunkWork = weights.work() * full.tile().vectors();
        splits = Math.clamp(chunkWork / TASK_WORK, 1, weights.mostSplits());
    }

    ConvGeometry geometry() {
        return geometry;
    }

    /** Vectors of results of one output channel that are computed, those with lanes to spare among them. */
    long vectors() {
        return (long) geometry.n() * chunks * full.tile().vectors();
    }

    /** Where output (0, 0) finds what each column of the weights is multiplied with. */
    private int[] offsets() {
        Correlation.Part part = k.parts().getFirst();
        int[] offsets = new int[weights.columns];
        int at = 0;
        for (int c = 0; c < k.channels(); c++) {
            for (Correlation.Tap down : part.down()) {
                for (Correlation.Tap across : part.across()) {
                    offsets[at++] = placement.readsSourceInPlace()
                            ? (c * k.srcH() + down.at()) * k.srcW() + across.at()
                            : c * window.plane() + window.at(down.at(), across.at());
                }
            }
        }
        return offsets;
    }

    /** {@code x [N, C, H, W], bias [O] or none → y [N, O, H', W']}. */
    void run(Parallel parallel, Span x, Span bias, Span y) {
        int units = geometry.n() * chunks * splits;
        long unitWork = Math.max(1, weights.work() * full.tile().vectors() / splits);
        int unitsPerTask = Math.clamp(TASK_WORK / unitWork, 1, Math.max(1, units));
        parallel.forEach(Math.ceilDiv(units, unitsPerTask), task -> {
            int end = Math.min(units, (task + 1) * unitsPerTask);
            for (int unit = task * unitsPerTask; unit < end; unit++) {
                runUnit(unit, x, bias, y);
            }
        });
    }

    private void runUnit(int unit, Span x, Span bias, Span y) {
        int split = unit % splits;
        int chunk = unit / splits % chunks;
        int image = unit / splits / chunks;
        int firstRow = chunk * chunkRows;
        VectorPlacement.Vectors vectors = chunk == chunks - 1 ? last : full;
        RightLayout right = chunk == chunks - 1 ? lastLayout : fullLayout;
        int from = x.at() + image * k.channels() * k.srcH() * k.srcW();
        int to = y.at() + image * k.rows() * k.dstH() * k.dstW();
        int fromChannel = weights.firstRow(split, splits);
        int toChannel = weights.firstRow(split + 1, splits);

        float[] source = x.array();
        int sourceAt = from + firstRow * k.srcW();
        if (!placement.readsSourceInPlace()) {
            source = Scratch.floats(Scratch.CONV_INPUT, k.channels() * window.plane() + 2 * Lanes.COUNT);
            sourceAt = 0;
            window.fill(x.array(), from, k.channels(), firstRow, source);
        }
        boolean inPlace = placement.writesInPlace();
        float[] c = inPlace ? y.array() : Scratch.floats(Scratch.CONV_OUTPUT, k.rows() * vectors.rowStride());
        int cBase = inPlace ? to + firstRow * k.dstW() : 0;
        weights.multiply(right, source, sourceAt, c, cBase, fromChannel, toChannel, bias);
        if (!inPlace) {
            placement.store(c, 0, vectors, firstRow, fromChannel, toChannel, y.array(), to);
        }
    }
}
