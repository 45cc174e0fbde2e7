package espalier.gpu;

import espalier.gpu.opencl.CommandQueue;
import espalier.gpu.opencl.DeviceMemory;
import espalier.gpu.opencl.Geometry;
import espalier.gpu.opencl.KernelName;
import espalier.tensor.Layout;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Fast matrix products of F32. One launch computes {@code out[b] = A[b] × B[b]} for a batch; B is a matrix or the
 * windows of images, which makes a convolution a product without storing its columns. Kernels: {@code panel.cl} for
 * processors, {@code tile.cl} for GPUs, and {@code mma.cl} where tensor cores were asked for.
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
     * @param inside whether no window reaches beyond the image, so that nobody has to look
     */
    record Windows(DeviceMemory memory, int at, int[] geometry, int run, boolean divided, boolean inside)
            implements Right {
        /** Definitions for kernels; those for GPUs divide much, and by numbers that the compiler knows it is cheap. */
        String options(Flavour flavour) {
            return " -DWINDOWS -DRUN=" + run + (divided ? " -DDIVIDED" : "")
                    + switch (flavour) {
                        case CPU -> inside ? " -DINSIDE" : "";
                        case GPU -> " -DCOLUMNS=" + geometry[0] + " -DTAPS=" + geometry[3] + " -DTAPS_X=" + geometry[4];
                    };
        }
    }

    /**
     * A number for each row.
     *
     * @param groups matrices, one after the other, that the numbers are for; batch entries take turns
     */
    record Bias(DeviceMemory memory, int at, int groups) {}

    private final CommandQueue queue;
    private final Flavour flavour;
    private final Tuning tuning;
    private final TensorCores cores;

    FloatProduct(CommandQueue queue, Flavour flavour, Tuning tuning) {
        this(queue, flavour, tuning, TensorCores.OFF);
    }

    private FloatProduct(CommandQueue queue, Flavour flavour, Tuning tuning, TensorCores cores) {
        this.queue = queue;
        this.flavour = flavour;
        this.tuning = tuning;
        this.cores = cores;
    }

    /** The same, on tensor cores if they may be used. */
    FloatProduct with(TensorCores cores) {
        return new FloatProduct(queue, flavour, tuning, cores);
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

    /** Queues one product of matrices that lie row by row: what is timed by the tuner and looked at by probes. */
    void run(String operation, int[] size, DeviceMemory left, DeviceMemory right, DeviceMemory out) {
        Layout one = Layout.contiguous(Shape.scalar());
        run(
                operation,
                size,
                Axes.of(one.shape(), one, one, one),
                new Left(left, 0, size[2], 1),
                new Matrix(right, 0, size[1], 1),
                List.of(),
                out,
                0);
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
        StringBuilder options = new StringBuilder("-DAXES=").append(batch.count() > 4 ? 8 : 4);
        List<Object> arguments = new ArrayList<>(List.of(m, n, size[2]));
        Geometry geometry = switch (flavour) {
            case CPU -> {
                int rows = rowsAnItem(m, Math.ceilDiv(n, PANEL) * batch.size());
                arguments.add(rows);
                options.append(" -DDEPTH=").append(tuning.depth());
                yield Geometry.groups(Math.ceilDiv(n, PANEL), Math.ceilDiv(m, rows), batch.size(), 1);
            }
            case GPU -> {
                options.append(" -DA_ALONG=").append(left.column == 1 ? "ALONG_DEPTH" : "ALONG_TILE");
                options.append(" -DB_ALONG=").append(isTransposed(right) ? "ALONG_DEPTH" : "ALONG_TILE");
                if (cores.options().isPresent()) {
                    options.append(cores.options().get());
                    yield Geometry.groups(Math.ceilDiv(n, 64), Math.ceilDiv(m, 64), batch.size(), 128);
                }
                boolean large = Math.min(m, n) >= tuning.largeFrom();
                int tile = large ? 128 : 64;
                int depth = large ? tuning.largeDepth() : tuning.depth();
                options.append(" -DWORK=").append(tile / 16).append(" -DDEPTH=").append(depth);
                boolean whole = m % tile + n % tile + size[2] % depth + outAt % 4 == 0 && tile * depth >= 1024;
                options.append(whole && isOfVectors(batch, left, right) ? " -DWHOLE" : "");
                yield Geometry.groups(Math.ceilDiv(n, tile), Math.ceilDiv(m, tile), batch.size(), 256);
            }
        };
        arguments.addAll(List.of(batch.sizes(), left.memory, left.at, batch.strides(0), left.row, left.column));
        arguments.addAll(List.of(right.memory(), right.at(), batch.strides(1)));
        switch (right) {
            case Matrix matrix -> arguments.addAll(List.of(matrix.row, matrix.column));
            case Windows windows -> {
                arguments.add(windows.geometry);
                options.append(windows.options(flavour));
            }
        }
        for (Bias added : bias) {
            options.append(" -DBIAS");
            arguments.addAll(List.of(added.memory, added.at, added.groups));
        }
        arguments.addAll(List.of(out, outAt));
        String name = flavour == Flavour.CPU ? "panel" : cores.options().isPresent() ? "mma" : "tile";
        queue.launch(operation, new KernelName(name + ".cl", options.toString(), name), geometry, arguments.toArray());
    }

    /** Whether columns, and not rows, are contiguous in memory. */
    private static boolean isTransposed(Right right) {
        return right instanceof Matrix matrix && matrix.row == 1 && matrix.column != 1;
    }

    /** Whether rows of both operands are runs that begin at a multiple of four elements. */
    private static boolean isOfVectors(Axes batch, Left left, Right right) {
        if (!(right instanceof Matrix matrix) || left.column != 1 || matrix.column != 1) {
            return false;
        }
        int odd = left.at | left.row | matrix.at | matrix.row;
        for (int axis = 0; axis < batch.count(); axis++) {
            odd |= batch.strides(0)[axis] | batch.strides(1)[axis];
        }
        return odd % 4 == 0;
    }

    /** Rows that one item multiplies with its panel: all, unless there are too few panels to share out. */
    private static int rowsAnItem(int m, int panels) {
        int parts = Math.clamp(Math.ceilDiv(32, panels), 1, Math.ceilDiv(m, BLOCK));
        return Math.ceilDiv(Math.ceilDiv(m, parts), BLOCK) * BLOCK;
    }
}
