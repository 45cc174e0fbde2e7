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
import java.util.Optional;

/**
 * Operations on each element by itself: one kernel, {@code map.cl}, compiled for each operation and its types; or one
 * for several operations in a row, where {@link Chain} takes them.
 */
final class Elementwise {
    private static final String[] NAMES = {"A", "B", "C"};
    private static final int MANY = 1 << 16;

    private final CommandQueue queue;
    private final Flavour flavour;
    private final Optional<Chain> chain;

    /** @param fused whether operations in a row may become one kernel */
    Elementwise(CommandQueue queue, Flavour flavour, boolean fused) {
        this.queue = queue;
        this.flavour = flavour;
        boolean byVector = flavour == Flavour.GPU;
        this.chain = fused && !queue.finishesEach()
                ? Optional.of(new Chain(queue, byVector, this::items))
                : Optional.empty();
    }

    /**
     * An item an element. On a processor each group is a call, which pays for itself when there are many elements in
     * it.
     */
    private Geometry items(int size) {
        int wished = switch (flavour) {
            case CPU -> size < MANY ? 64 : 1024;
            case GPU -> 256;
        };
        return Geometry.line(size, Math.min(wished, queue.device().largestGroup()));
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
        if (chain.isPresent() && Chain.takes(type, out, operands)) {
            chain.get().add(operation, op, out, numbers, operands);
        } else {
            launch(operation, type, op, out, numbers, operands);
        }
    }

    private void launch(String operation, DType type, String op, Tensor out, List<Object> numbers, Tensor... operands) {
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
        queue.launch(operation, kernel, items(out.size()), arguments.toArray());
    }
}
