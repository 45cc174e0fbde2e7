package espalier.gpu;

import espalier.gpu.opencl.CommandQueue;
import espalier.gpu.opencl.DeviceMemory;
import espalier.gpu.opencl.Geometry;
import espalier.gpu.opencl.KernelName;
import espalier.tensor.DType;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import espalier.tensor.packed.BinaryMatrix;
import espalier.tensor.packed.BlockMatrix;
import espalier.tensor.packed.CsrMatrix;
import espalier.tensor.packed.PackedMatrix;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PackedKernel;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Products with a sparse matrix W {@code [M, K]} that lies on the device as block rows: {@code sparse.cl}. Single
 * entries are blocks of height 1.
 *
 * <p>For a convolution the windows of some images are stored as columns, {@code [image, K, pixel]}, and multiplied;
 * with groups {@code [image, group·K, pixel]}.
 */
final class SparseKernel implements PackedKernel {
    private static final int MOST_COLUMNS = 1 << 24; // elements of windows that are stored at a time: 64 MiB
    private static final int GROUP = 64;

    /** The matrix on the device: block rows of {@code height} rows, whose blocks have a column and as many values. */
    private record Blocks(
            int height, int blockRows, DeviceMemory pointers, DeviceMemory indices, DeviceMemory values) {}

    private final CommandQueue queue;
    private final Flavour flavour;
    private final PackedMatrix matrix;
    private final int rows;
    private final int columns;
    private final Blocks blocks;
    private Optional<Blocks> single = Optional.empty();

    SparseKernel(CommandQueue queue, Flavour flavour, CsrMatrix matrix) {
        this(queue, flavour, matrix, send(queue, matrix));
    }

    SparseKernel(CommandQueue queue, Flavour flavour, BlockMatrix matrix) {
        this(queue, flavour, matrix, send(queue, matrix));
    }

    private SparseKernel(CommandQueue queue, Flavour flavour, PackedMatrix matrix, Blocks blocks) {
        this.queue = queue;
        this.flavour = flavour;
        this.matrix = matrix;
        this.rows = matrix.rows();
        this.columns = matrix.columns();
        this.blocks = blocks;
    }

    private static Blocks send(CommandQueue queue, CsrMatrix matrix) {
        int[] starts = new int[matrix.rows() + 1];
        int[] at = new int[matrix.entries()];
        float[] kept = new float[matrix.entries()];
        for (int row = 0; row < starts.length; row++) {
            starts[row] = matrix.rowPointer(row);
        }
        for (int entry = 0; entry < kept.length; entry++) {
            at[entry] = matrix.column(entry);
            kept[entry] = matrix.value(entry);
        }
        return send(queue, 1, starts, at, kept);
    }

    private static Blocks send(CommandQueue queue, BlockMatrix matrix) {
        int height = matrix.height();
        int[] starts = new int[matrix.blockRows() + 1];
        int[] at = new int[matrix.blocks()];
        float[] kept = new float[matrix.blocks() * height];
        for (int row = 0; row < starts.length; row++) {
            starts[row] = matrix.blockPointer(row);
        }
        for (int block = 0; block < at.length; block++) {
            at[block] = matrix.column(block);
            for (int i = 0; i < height; i++) {
                kept[block * height + i] = matrix.value(block, i);
            }
        }
        return send(queue, height, starts, at, kept);
    }

    private static Blocks send(CommandQueue queue, int height, int[] starts, int[] at, float[] kept) {
        return new Blocks(
                height,
                starts.length - 1,
                queue.send(MemorySegment.ofArray(starts)),
                queue.send(MemorySegment.ofArray(at)),
                queue.send(MemorySegment.ofArray(kept)));
    }

    /** The matrix in blocks none of which has rows of two groups: single entries, where its own would. */
    private synchronized Blocks within(int rowsAGroup) {
        if (rowsAGroup == rows || rowsAGroup % blocks.height == 0) {
            return blocks;
        }
        if (single.isEmpty()) {
            single = Optional.of(send(queue, CsrMatrix.of(matrix.toDense(), rows, columns)));
        }
        return single.get();
    }

    @Override
    public void matmul(Tensor b, Optional<Tensor> bias, Tensor out) {
        try (TensorScope _ = TensorScope.open()) {
            multiply("packed matmul", 1, b.contiguous(), b.dim(1), 1, bias, out, 0);
        }
    }

    /** The kernel wants the inputs of a batch side by side, so a batch is transposed, and the result back. */
    @Override
    public void linear(Tensor x, Optional<Tensor> bias, Tensor out) {
        int n = x.dim(0);
        try (TensorScope _ = TensorScope.open()) {
            Tensor side = x.t().contiguous();
            Tensor result = n == 1 ? out : Tensor.allocate("packed linear", out.device(), DType.F32, Shape.of(rows, n));
            multiply("packed linear", 1, side, n, 1, bias, result, 0);
            if (n != 1) {
                out.copyInPlace(result.t());
            }
        }
    }

    @Override
    public void conv2d(ConvSpec spec, int kernelH, int kernelW, Tensor x, Optional<Tensor> bias, Tensor out) {
        if (out.size() == 0) {
            return;
        }
        int groups = spec.groups();
        Shape weight = Shape.of(rows, x.dim(1) / groups, kernelH, kernelW);
        int pixels = out.dim(2) * out.dim(3);
        int images = x.dim(0);
        int most = Math.clamp(MOST_COLUMNS / Math.max(1L, (long) groups * columns * pixels), 1, images);
        for (int first = 0; first < images; first += most) {
            int count = Math.min(most, images - first);
            try (TensorScope _ = TensorScope.open()) {
                Tensor part = x.narrow(0, first, count).contiguous();
                Tensor side = Convolution.isProduct(spec, weight) ? part : columns(spec, weight, part, out);
                multiply("packed conv2d", groups, side, pixels, count, bias, out, first * rows * pixels);
            }
        }
    }

    /** The windows of images, {@code [image, group·K, pixel]}. */
    private Tensor columns(ConvSpec spec, Shape weight, Tensor x, Tensor out) {
        int pixels = out.dim(2) * out.dim(3);
        int depth = spec.groups() * columns;
        FloatProduct.Windows windows = Convolution.forwardWindows(spec, x, weight, out);
        Tensor stored = Tensor.allocate("packed conv2d", x.device(), DType.F32, Shape.of(x.dim(0), depth, pixels));
        queue.launch(
                "packed conv2d",
                new KernelName("columns.cl", "", "columns"),
                Geometry.line(stored.size(), GROUP),
                stored.size(),
                depth,
                pixels,
                windows.geometry(),
                windows.memory(),
                windows.at(),
                x.size() / x.dim(0),
                DeviceStorage.of(stored),
                stored.layout().offset());
        return stored;
    }

    /**
     * {@code out[i] = W × b[i] + bias} for contiguous matrices {@code [K, n]}; the first result lies {@code skip}
     * elements into {@code out}. With groups {@code b[i]} has a matrix for each, and each row is multiplied with that
     * of its group.
     */
    private void multiply(
            String operation, int groups, Tensor b, int n, int batch, Optional<Tensor> bias, Tensor out, int skip) {
        if (rows * n == 0) {
            return;
        }
        Blocks w = within(rows / groups);
        int strips = Math.max(1, 4 / w.height); // accumulators that fill the registers of a processor
        int width = flavour == Flavour.GPU ? 1 : 16 * strips;
        int across = Math.ceilDiv(n, width);
        int group = flavour == Flavour.GPU ? GROUP : 1;
        int parts = flavour == Flavour.GPU ? w.blockRows : Math.clamp(Math.ceilDiv(32, across * batch), 1, w.blockRows);
        int rowsAnItem = Math.ceilDiv(w.blockRows, parts);
        String options = "-DHEIGHT=" + w.height + " -DWIDTH=" + width;
        List<Object> arguments = new ArrayList<>(List.of(rows, n, w.blockRows, rowsAnItem));
        arguments.addAll(List.of(w.pointers, w.indices, w.values, DeviceStorage.of(b)));
        arguments.addAll(List.of(b.layout().offset(), groups * columns * n, rows / groups, columns * n));
        Tensor added = bias.map(Tensor::contiguous).orElse(b);
        arguments.addAll(List.of(
                bias.isPresent() ? 1 : 0,
                DeviceStorage.of(added),
                added.layout().offset()));
        arguments.addAll(List.of(DeviceStorage.of(out), out.layout().offset() + skip));
        queue.launch(
                operation,
                new KernelName("sparse.cl", options, "sparse"),
                Geometry.groups(Math.ceilDiv(across, group), Math.ceilDiv(w.blockRows, rowsAnItem), batch, group),
                arguments.toArray());
    }

    @Override
    public void multiplyCodes(Tensor b, Tensor out) {
        throw new IllegalArgumentException("only a quantized matrix has codes");
    }

    @Override
    public void multiplySigns(BinaryMatrix v, Tensor out) {
        throw new IllegalArgumentException("only a binary matrix has signs");
    }
}
