package espalier.tensor.cpu.vector.packed;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.conv.Correlation;
import espalier.tensor.cpu.vector.conv.PaddedWindow;
import espalier.tensor.cpu.vector.conv.VectorConvolution;
import espalier.tensor.cpu.vector.conv.VectorPlacement;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.Span;

/**
 * Image by image: a vector is some neighbouring pixels. A task takes some rows of one image, copies what they see into
 * a {@link PaddedWindow} unless it can be read in place, and computes all output channels.
 */
final class PackedWindows implements PackedConvolution {
    /** Cycles that a row of an image takes to be copied, by the half. */
    private static final double ROW_CYCLES = 35;

    /** Most floats of a window: a quarter of a megabyte, so that it stays in the second-level cache. */
    private static final int WINDOW_FLOATS = 1 << 16;

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

    PackedWindows(ConvGeometry geometry, PackedRows weights) {
        this.weights = weights;
        k = Correlation.forward(VectorConvolution.joined(geometry));
        int rowFloats = Math.max(1, k.channels() * k.srcW() * k.strideH());
        chunkRows = Math.clamp(WINDOW_FLOATS / rowFloats, 1, k.gridH());
        chunks = Math.ceilDiv(k.gridH(), chunkRows);
        window = new PaddedWindow(k, chunkRows);
        placement = VectorPlacement.choose(k, window.pitch(), false);
        int pitch = placement.readsSourceInPlace() ? k.srcW() : window.pitch();
        full = placement.vectors(chunkRows, pitch, chunkRows);
        last = placement.vectors(k.gridH() - (chunks - 1) * chunkRows, pitch, chunkRows);
        int[] table = weights.table(PackedConvolution.offsets(k, this::offset));
        fullLayout = new RightLayout(table, full.tile());
        lastLayout = new RightLayout(table, last.tile());
        splits = Math.clamp((long) (chunkCycles() / PackedRows.TASK_CYCLES), 1, weights.mostSplits());
    }

    private double chunkCycles() {
        return weights.cycles(Lane.PIXEL) * full.tile().vectors();
    }

    @Override
    public double cycles() {
        double rows = (double) k.channels() * k.srcH() + (double) k.rows() * k.gridH();
        return k.images() * (chunks * chunkCycles() + ROW_CYCLES * rows);
    }

    /** Where output (0, 0) finds a tap of a channel. */
    private int offset(int c, int y, int x) {
        return placement.readsSourceInPlace()
                ? (c * k.srcH() + y) * k.srcW() + x
                : c * window.plane() + window.at(y, x);
    }

    @Override
    public void run(Parallel parallel, Span x, Span bias, Span y) {
        int units = k.images() * chunks * splits;
        long unitCycles = Math.max(1, (long) (chunkCycles() / splits));
        int unitsPerTask = Math.clamp(PackedRows.TASK_CYCLES / unitCycles, 1, Math.max(1, units));
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
