package espalier.gpu;

import espalier.gpu.opencl.CommandQueue;
import espalier.gpu.opencl.DeviceMemory;
import espalier.gpu.opencl.Geometry;
import espalier.gpu.opencl.KernelName;
import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import espalier.tensor.packed.BinaryMatrix;
import espalier.tensor.packed.DenseMatrix;
import espalier.tensor.packed.QuantizedMatrix;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PackedKernel;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;

/**
 * Products with a matrix W {@code [M, K]} that has all of its elements, as codes with a scale for each row: bytes,
 * signs, or floats.
 *
 * <p>The codes are what stays on the device. For a product with floats they are unpacked first, which takes a fraction
 * of the product's time. Products of codes with bytes and of signs with signs are exact, and unpack nothing:
 * {@code exact.cl}.
 */
final class CodedKernel implements PackedKernel {
    private static final int GROUP = 64;
    private static final int ROWS = 4; // of an item of exact.cl

    /** What a code is. */
    private enum Code {
        FLOAT("-DTYPE=float"),
        BYTE("-DTYPE=char"),
        SIGN("-DTYPE=ulong -DSIGNS");

        private final String options;

        Code(String options) {
            this.options = options;
        }
    }

    private final CommandQueue queue;
    private final Flavour flavour;
    private final Code code;
    private final int rows;
    private final int columns;
    private final int pitch; // codes from one row to the next
    private final DeviceMemory codes;
    private final DeviceMemory scales;

    private CodedKernel(
            CommandQueue queue,
            Flavour flavour,
            Code code,
            int[] size,
            int pitch,
            MemorySegment codes,
            float[] scales) {
        this.queue = queue;
        this.flavour = flavour;
        this.code = code;
        this.rows = size[0];
        this.columns = size[1];
        this.pitch = pitch;
        this.codes = queue.send(codes);
        this.scales = queue.send(MemorySegment.ofArray(scales));
    }

    static CodedKernel of(CommandQueue queue, Flavour flavour, DenseMatrix matrix) {
        int[] size = {matrix.rows(), matrix.columns()};
        float[] ones = new float[size[0]];
        Arrays.fill(ones, 1);
        MemorySegment values = MemorySegment.ofArray(matrix.toDense());
        return new CodedKernel(queue, flavour, Code.FLOAT, size, size[1], values, ones);
    }

    /** Rows are filled up with zeros to whole fours of codes. */
    static CodedKernel of(CommandQueue queue, Flavour flavour, QuantizedMatrix matrix) {
        int[] size = {matrix.rows(), matrix.columns()};
        int pitch = Math.ceilDiv(size[1], 4) * 4;
        byte[] bytes = new byte[size[0] * pitch];
        float[] scales = new float[size[0]];
        for (int row = 0; row < size[0]; row++) {
            matrix.copyCodes(row, bytes, row * pitch);
            scales[row] = matrix.scale(row);
        }
        return new CodedKernel(queue, flavour, Code.BYTE, size, pitch, MemorySegment.ofArray(bytes), scales);
    }

    static CodedKernel of(CommandQueue queue, Flavour flavour, BinaryMatrix matrix) {
        int[] size = {matrix.rows(), matrix.columns()};
        int pitch = matrix.rowWords();
        long[] words = new long[size[0] * pitch];
        float[] scales = new float[size[0]];
        for (int row = 0; row < size[0]; row++) {
            for (int i = 0; i < pitch; i++) {
                words[row * pitch + i] = matrix.word(row, i);
            }
            scales[row] = matrix.scale(row);
        }
        return new CodedKernel(queue, flavour, Code.SIGN, size, pitch, MemorySegment.ofArray(words), scales);
    }

    @Override
    public void matmul(Tensor b, Optional<Tensor> bias, Tensor out) {
        try (TensorScope _ = TensorScope.open()) {
            out.device().backend().matmul(unpacked(out.device()), b, out);
            bias.ifPresent(values -> out.addInPlace(values.unsqueeze(1)));
        }
    }

    @Override
    public void linear(Tensor x, Optional<Tensor> bias, Tensor out) {
        try (TensorScope _ = TensorScope.open()) {
            out.device().backend().matmul(x, unpacked(out.device()).t(), out);
            bias.ifPresent(out::addInPlace);
        }
    }

    @Override
    public void conv2d(ConvSpec spec, int kernelH, int kernelW, Tensor x, Optional<Tensor> bias, Tensor out) {
        try (TensorScope _ = TensorScope.open()) {
            Tensor weight = unpacked(out.device()).reshape(rows, x.dim(1) / spec.groups(), kernelH, kernelW);
            out.device().backend().conv2d(spec, x, weight, bias, out);
        }
    }

    /** The matrix as floats, {@code [M, K]}. */
    private Tensor unpacked(Device device) {
        Tensor dense = Tensor.allocate("unpack", device, DType.F32, Shape.of(rows, columns));
        queue.launch(
                "unpack",
                new KernelName("unpack.cl", code.options, "unpack"),
                Geometry.line(dense.size(), GROUP),
                dense.size(),
                columns,
                pitch,
                codes,
                scales,
                DeviceStorage.of(dense),
                dense.layout().offset());
        return dense;
    }

    @Override
    public void multiplyCodes(Tensor b, Tensor out) {
        if (code != Code.BYTE) {
            throw new IllegalArgumentException("only a quantized matrix has codes");
        }
        if (columns == 0) {
            out.fillInPlace(0);
            return;
        }
        try (TensorScope _ = TensorScope.open()) {
            Tensor right = b.contiguous();
            exact(
                    "multiply_codes",
                    16,
                    out,
                    columns,
                    pitch / 4,
                    codes,
                    DeviceStorage.of(right),
                    right.layout().offset(),
                    DeviceStorage.of(out),
                    out.layout().offset());
        }
    }

    /** The words of V go to the device with those of neighbouring rows side by side. */
    @Override
    public void multiplySigns(BinaryMatrix v, Tensor out) {
        if (code != Code.SIGN) {
            throw new IllegalArgumentException("only a binary matrix has signs");
        }
        long[] words = new long[pitch * v.rows()];
        for (int i = 0; i < pitch; i++) {
            for (int row = 0; row < v.rows(); row++) {
                words[i * v.rows() + row] = v.word(row, i);
            }
        }
        DeviceMemory right = queue.send(MemorySegment.ofArray(words));
        exact(
                "multiply_signs",
                8,
                out,
                columns,
                pitch,
                codes,
                right,
                DeviceStorage.of(out),
                out.layout().offset());
        right.giveBack();
    }

    private void exact(String kernel, int vector, Tensor out, Object... others) {
        int lanes = flavour == Flavour.CPU ? vector : 1;
        int group = flavour == Flavour.CPU ? 1 : GROUP;
        Object[] arguments = new Object[others.length + 2];
        arguments[0] = rows;
        arguments[1] = out.dim(1);
        System.arraycopy(others, 0, arguments, 2, others.length);
        queue.launch(
                kernel.replace('_', ' '),
                new KernelName("exact.cl", "-DLANES=" + lanes, kernel),
                Geometry.groups(
                        Math.ceilDiv(Math.ceilDiv(out.dim(1), lanes), group), Math.ceilDiv(rows, ROWS), 1, group),
                arguments);
    }
}
