package espalier.gpu;

import espalier.gpu.opencl.CommandQueue;
import espalier.gpu.opencl.DeviceMemory;
import espalier.gpu.opencl.Geometry;
import espalier.gpu.opencl.KernelName;
import espalier.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Fast matrix products of F32. One launch computes {@code out[b] = A[b] × B[b]} for a batch; B is a matrix or the windows
 * of images, which makes a convolution a product without storing its columns. Kernels: {@code panel.cl} for processors,
 * {@code tile.cl} for GPUs.
 */
final class FloatProduct {
    private static final int PANEL = 16; // columns of an item of panel.cl
    private static final int BLOCK = 6; // rows that it multiplies at a time

    /**
     * The left operand, {@code [M, K]}.
     *
     * @param at its first element
     * @param row distance of rows
     * @param column distance of columns
     */
    record Left(DeviceMemory memory, int at, int row, int column) {}

    /** The right operand, {@code [K, N]}. */
    sealed interface Right permits Matrix, Windows {
        /** Its memory. */
        DeviceMemory memory();

        /** Its first element. */
        int at();
    }

    /** A right operand in memory. */
    record Matrix(DeviceMemory memory, int at, int row, int column) implements Right {}

    /**
     * A right operand that is read through windows.
     *
     * @param geometry as {@code window.cl} has it
     * @param run columns that are neighbours in memory: 16, 8, 4 or 1
     * @param divided whether the geometry has a divisor
     */
    record Windows(DeviceMemory memory, int at, int[] geometry, int run, boolean divided) implements Right {}

    /**
     * A number for each row.
     *
     * @param groups matrices, one after the other, that the numbers are for; batch entries take turns
     */
    record Bias(DeviceMemory memory, int at, int groups) {}

    private final CommandQueue queue;
    private final Flavour flavour;
    private final Tuning tuning;

    FloatProduct(CommandQueue queue, Flavour flavour, Tuning tuning) {
        this.queue = queue;
        this.flavour = flavour;
        this.tuning = tuning;
    }

    /** {@code [.., M, K] × [.., K, N] → [.., M, N]}. */
    void matmul(Tensor a, Tensor b, Tensor out) {
        int rank = out.rank();
        Left left = new Left(
                DeviceStorage.of(a),
                a.layout().offset(),
                a.layout().stride(rank - 2),
                a.layout().stride(rank - 1));
        Matrix right = new Matrix(
                DeviceStorage.of(b),
                b.layout().offset(),
                b.layout().stride(rank - 2),
                b.layout().stride(rank - 1));
        int[] size = {out.dim(-2), out.dim(-1), a.dim(-1)};
        run(
                "matmul",
                size,
                PlainProduct.batch(a, b, out),
                left,
                right,
                List.of(),
                DeviceStorage.of(out),
                out.layout().offset());
    }

    /**
     * Queues a product.
     *
     * @param size M, N and K
     * @param batch the batch, with the distances of the left and the right operand
     * @param bias at most one
     * @param out {@code [batch, M, N]}, contiguous
     */
    void run(
            String operation,
            int[] size,
            Axes batch,
            Left left,
            Right right,
            List<Bias> bias,
            DeviceMemory out,
            int outAt) {
        int m = size[0];
        int n = size[1];
        if ((long) m * n * batch.size() == 0) {
            return;
        }
        List<Object> arguments = new ArrayList<>(List.of(m, n, size[2]));
        StringBuilder options = new StringBuilder("-DAXES=8");
        Geometry geometry;
        if (flavour == Flavour.CPU) {
            int rows = rowsAnItem(m, Math.ceilDiv(n, PANEL) * batch.size());
            arguments.add(rows);
            options.append(" -DDEPTH=").append(tuning.depth());
            geometry = Geometry.groups(Math.ceilDiv(n, PANEL), Math.ceilDiv(m, rows), batch.size(), 1);
        } else {
            boolean large = Math.min(m, n) >= tuning.largeFrom();
            int work = large ? 8 : 4;
            options.append(" -DWORK=").append(work);
            options.append(" -DDEPTH=").append(large ? tuning.largeDepth() : tuning.depth());
            geometry = Geometry.groups(Math.ceilDiv(n, 16 * work), Math.ceilDiv(m, 16 * work), batch.size(), 256);
        }
        arguments.addAll(List.of(batch.sizes(), left.memory, left.at, batch.strides(0), left.row, left.column));
        arguments.addAll(List.of(right.memory(), right.at(), batch.strides(1)));
        switch (right) {
            case Matrix matrix -> arguments.addAll(List.of(matrix.row, matrix.column));
            case Windows windows -> {
                arguments.add(windows.geometry);
                options.append(" -DWINDOWS -DRUN=").append(windows.run).append(windows.divided ? " -DDIVIDED" : "");
            }
        }
        for (Bias added : bias) {
            options.append(" -DBIAS");
            arguments.addAll(List.of(added.memory, added.at, added.groups));
        }
        arguments.addAll(List.of(out, outAt));
        String name = flavour == Flavour.CPU ? "panel" : "tile";
        queue.launch(operation, new KernelName(name + ".cl", options.toString(), name), geometry, arguments.toArray());
    }

    /** Rows that one item multiplies with its panel: all, unless there are too few panels to share out. */
    private static int rowsAnItem(int m, int panels) {
        int parts = Math.clamp(Math.ceilDiv(32, panels), 1, Math.ceilDiv(m, BLOCK));
        return Math.ceilDiv(Math.ceilDiv(m, parts), BLOCK) * BLOCK;
    }
}
