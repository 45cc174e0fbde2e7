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
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PackedKernel;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Products with a sparse matrix W {@code [M, K]} that lies on the device as block rows: {@code sparse.cl}. Single entries
 * are blocks of height 1.
 *
 * <p>For a convolution the windows of some images are stored as columns, {@code [image, K, pixel]}, and multiplied.
 */
final class SparseKernel implements PackedKernel {
    private static final int MOST_COLUMNS = 1 << 24; // elements of windows that are stored at a time: 64 MiB
    private static final int GROUP = 64;

    private final CommandQueue queue;
    private final Flavour flavour;
    private final PackedKernel grouped;
    private final int rows;
    private final int columns;
    private final int height;
    private final int blockRows;
    private final DeviceMemory pointers;
    private final DeviceMemory indices;
    private final DeviceMemory values;

    /** A matrix of single entries; {@code grouped} takes convolutions with groups. */
    SparseKernel(CommandQueue queue, Flavour flavour, CsrMatrix matrix, PackedKernel grouped) {
        this.queue = queue;
        this.flavour = flavour;
        this.grouped = grouped;
        this.rows = matrix.rows();
        this.columns = matrix.columns();
        this.height = 1;
        this.blockRows = rows;
        int[] starts = new int[rows + 1];
        int[] at = new int[matrix.entries()];
        float[] kept = new float[matrix.entries()];
        for (int row = 0; row <= rows; row++) {
            starts[row] = matrix.rowPointer(row);
        }
        for (int entry = 0; entry < kept.length; entry++) {
            at[entry] = matrix.column(entry);
            kept[entry] = matrix.value(entry);
        }
        this.pointers = queue.send(MemorySegment.ofArray(starts));
        this.indices = queue.send(MemorySegment.ofArray(at));
        this.values = queue.send(MemorySegment.ofArray(kept));
    }

    /** A matrix of blocks; {@code grouped} takes convolutions with groups. */
    SparseKernel(CommandQueue queue, Flavour flavour, BlockMatrix matrix, PackedKernel grouped) {
        this.queue = queue;
        this.flavour = flavour;
        this.grouped = grouped;
        this.rows = matrix.rows();
        this.columns = matrix.columns();
        this.height = matrix.height();
        this.blockRows = matrix.blockRows();
        int[] starts = new int[blockRows + 1];
        int[] at = new int[matrix.blocks()];
        float[] kept = new float[matrix.blocks() * height];
        for (int row = 0; row <= blockRows; row++) {
            starts[row] = matrix.blockPointer(row);
        }
        for (int block = 0; block < at.length; block++) {
            at[block] = matrix.column(block);
            for (int i = 0; i < height; i++) {
                kept[block * height + i] = matrix.value(block, i);
            }
        }
        this.pointers = queue.send(MemorySegment.ofArray(starts));
        this.indices = queue.send(MemorySegment.ofArray(at));
        this.values = queue.send(MemorySegment.ofArray(kept));
    }

    @Override
    public void matmul(Tensor b, Optional<Tensor> bias, Tensor out) {
        try (TensorScope _ = TensorScope.open()) {
            multiply("packed matmul", b.contiguous(), b.dim(1), 1, bias, out, 0);
        }
    }

    /** The kernel wants the inputs of a batch side by side, so a batch is transposed, and the result back. */
    @Override
    public void linear(Tensor x, Optional<Tensor> bias, Tensor out) {
        int n = x.dim(0);
        try (TensorScope _ = TensorScope.open()) {
            Tensor side = x.t().contiguous();
            Tensor result = n == 1 ? out : Tensor.allocate("packed linear", out.device(), DType.F32, Shape.of(rows, n));
            multiply("packed linear", side, n, 1, bias, result, 0);
            if (n != 1) {
                out.copyInPlace(result.t());
            }
        }
    }

    @Override
    public void conv2d(ConvSpec spec, int kernelH, int kernelW, Tensor x, Optional<Tensor> bias, Tensor out) {
        if (spec.groups() != 1 || out.size() == 0) {
            grouped.conv2d(spec, kernelH, kernelW, x, bias, out);
            return;
        }
        Shape weight = Shape.of(rows, x.dim(1), kernelH, kernelW);
        int pixels = out.dim(2) * out.dim(3);
        int images = x.dim(0);
        int most = Math.clamp(MOST_COLUMNS / Math.max(1L, (long) columns * pixels), 1, images);
        for (int first = 0; first < images; first += most) {
            int count = Math.min(most, images - first);
            try (TensorScope _ = TensorScope.open()) {
                Tensor part = x.narrow(0, first, count).contiguous();
                Tensor side = Convolution.isProduct(spec, weight) ? part : columns(spec, weight, part, out);
                multiply("packed conv2d", side, pixels, count, bias, out, first * rows * pixels);
            }
        }
    }

    /** The windows of images, {@code [image, K, pixel]}. */
    private Tensor columns(ConvSpec spec, Shape weight, Tensor x, Tensor out) {
        int pixels = out.dim(2) * out.dim(3);
        FloatProduct.Windows windows = Convolution.forwardWindows(spec, x, weight, out);
        Tensor stored = Tensor.allocate("packed conv2d", x.device(), DType.F32, Shape.of(x.dim(0), columns, pixels));
        queue.launch(
                "packed conv2d",
                new KernelName("columns.cl", "", "columns"),
                Geometry.line(stored.size(), GROUP),
                stored.size(),
                columns,
                pixels,
                windows.geometry(),
                windows.memory(),
                windows.at(),
                x.size() / x.dim(0),
                DeviceStorage.of(stored),
                stored.layout().offset());
        return stored;
    }

    /** {@code out[i] = W × b[i] + bias} for contiguous matrices {@code [K, n]}; the first result lies {@code skip} elements into {@code out}. */
    private void multiply(String operation, Tensor b, int n, int batch, Optional<Tensor> bias, Tensor out, int skip) {
        if (rows * n == 0) {
            return;
        }
        int strips = Math.max(1, 4 / height); // accumulators that fill the registers of a processor
        int width = flavour == Flavour.GPU ? 1 : 16 * strips;
        int across = Math.ceilDiv(n, width);
        int group = flavour == Flavour.GPU ? GROUP : 1;
        int parts = flavour == Flavour.GPU ? blockRows : Math.clamp(Math.ceilDiv(32, across * batch), 1, blockRows);
        int rowsAnItem = Math.ceilDiv(blockRows, parts);
        String options = "-DHEIGHT=" + height + " -DWIDTH=" + width;
        List<Object> arguments = new ArrayList<>(List.of(rows, n, blockRows, rowsAnItem, pointers, indices, values));
        arguments.addAll(List.of(DeviceStorage.of(b), b.layout().offset(), columns * n));
        Tensor added = bias.map(Tensor::contiguous).orElse(b);
        arguments.addAll(List.of(
                bias.isPresent() ? 1 : 0,
                DeviceStorage.of(added),
                added.layout().offset()));
        arguments.addAll(List.of(DeviceStorage.of(out), out.layout().offset() + skip));
        queue.launch(
                operation,
                new KernelName("sparse.cl", options, "sparse"),
                Geometry.groups(Math.ceilDiv(across, group), Math.ceilDiv(blockRows, rowsAnItem), batch, group),
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
