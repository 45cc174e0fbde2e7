package espalier.gpu;

import espalier.gpu.opencl.CommandQueue;
import espalier.gpu.opencl.Geometry;
import espalier.gpu.opencl.KernelName;
import espalier.tensor.DType;
import espalier.tensor.Layout;
import espalier.tensor.Tensor;
import espalier.tensor.spi.BinaryOp;
import espalier.tensor.spi.UnaryOp;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Operations on each element by itself: one kernel, {@code map.cl}, compiled for each operation and its types. */
final class Elementwise {
    private static final String[] NAMES = {"A", "B", "C"};

    private final CommandQueue queue;
    private final int group;

    Elementwise(CommandQueue queue, Flavour flavour) {
        this.queue = queue;
        this.group = flavour == Flavour.CPU ? 64 : Math.min(256, queue.device().largestGroup());
    }

    void fill(Tensor out, double value) {
        DType type = out.dtype();
        map("fill", type, "UNARY_COPY", out, List.of(TypeNames.number(type, value)));
    }

    /** Converts as a cast does: to an integer by cutting. */
    void copy(Tensor from, Tensor to) {
        map("copy", from.dtype(), "UNARY_COPY", to, List.of(), from);
    }

    void unary(UnaryOp op, Tensor x, Tensor out) {
        map(name(op), x.dtype(), "UNARY_" + op.name(), out, List.of(), x);
    }

    void binary(BinaryOp op, Tensor a, Tensor b, Tensor out) {
        map(name(op), a.dtype(), "BINARY_" + op.name(), out, List.of(), a, b);
    }

    void binary(BinaryOp op, Tensor a, double b, Tensor out) {
        map(name(op), a.dtype(), "BINARY_" + op.name(), out, List.of(TypeNames.number(a.dtype(), b)), a);
    }

    void where(Tensor condition, Tensor a, Tensor b, Tensor out) {
        map("where", a.dtype(), "CHOOSE", out, List.of(), condition, a, b);
    }

    private static String name(Enum<?> op) {
        return op.name().toLowerCase(Locale.ROOT);
    }

    /** {@code out = op(operands, numbers)}, computed as {@code type}. */
    private void map(String operation, DType type, String op, Tensor out, List<Object> numbers, Tensor... operands) {
        if (out.size() == 0) {
            return;
        }
        Layout[] layouts = new Layout[operands.length + 1];
        layouts[0] = out.layout();
        for (int p = 0; p < operands.length; p++) {
            layouts[p + 1] = operands[p].layout();
        }
        Axes axes = Axes.of(out.shape(), layouts);
        boolean flat = axes.isFlat();
        StringBuilder options = new StringBuilder("-DOP=").append(op).append(TypeNames.define(type));
        int arity = operands.length + (op.startsWith("BINARY") ? numbers.size() : 0);
        options.append(" -DARITY=").append(arity).append(numbers.isEmpty() || arity == 0 ? "" : " -DNUMBER");
        options.append(" -DAXES=").append(flat ? 0 : axes.count() > 4 ? 8 : 4);
        options.append(" -DOUT=").append(out.dtype());
        List<Object> arguments = new ArrayList<>();
        arguments.add(out.size());
        if (!flat) {
            arguments.add(axes.sizes());
        }
        arguments.add(DeviceStorage.of(out));
        arguments.add(out.layout().offset());
        if (!flat) {
            arguments.add(axes.strides(0));
        }
        for (int p = 0; p < operands.length; p++) {
            options.append(" -D").append(NAMES[p]).append('=').append(operands[p].dtype());
            arguments.add(DeviceStorage.of(operands[p]));
            arguments.add(layouts[p + 1].offset());
            if (!flat) {
                arguments.add(axes.strides(p + 1));
            }
        }
        arguments.addAll(numbers);
        KernelName kernel = new KernelName("map.cl", options.toString(), "map");
        queue.launch(operation, kernel, Geometry.line(out.size(), group), arguments.toArray());
    }
}
