package espalier.gpu;

import espalier.gpu.opencl.CommandQueue;
import espalier.gpu.opencl.DeviceMemory;
import espalier.gpu.opencl.Geometry;
import espalier.gpu.opencl.KernelName;
import espalier.tensor.DType;
import espalier.tensor.Layout;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.ReduceOp;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Reductions over any axes, in two passes where the work of one output is worth sharing. How it is shared depends on
 * shapes and the flavour alone, so results repeat bit for bit.
 */
final class Reduction {
    private static final int GROUP = 128;
    private static final int MOST_CHUNKS = 1024;

    private final CommandQueue queue;
    private final Flavour flavour;

    Reduction(CommandQueue queue, Flavour flavour) {
        this.queue = queue;
        this.flavour = flavour;
    }

    void reduce(ReduceOp op, Tensor x, int[] axes, Tensor out) {
        if (out.size() == 0) {
            return;
        }
        Source source = Source.of(x, axes);
        int total = source.length * source.runs.size();
        if (x.size() == 0) {
            total = 0;
        }
        int chunks = chunks(out.size(), total);
        DType partial = partial(op, x.dtype());
        if (chunks == 1) {
            launch(
                    op,
                    source,
                    out.size(),
                    total,
                    1,
                    x.dtype(),
                    DeviceStorage.of(x),
                    out.dtype(),
                    DeviceStorage.of(out),
                    out.layout().offset());
            return;
        }
        DeviceMemory memory = queue.allocate((long) out.size() * chunks * partial.bytes());
        try {
            launch(op, source, out.size(), total, chunks, x.dtype(), DeviceStorage.of(x), partial, memory, 0);
            Source second = Source.rows(out.size(), chunks);
            launch(
                    again(op),
                    second,
                    out.size(),
                    chunks,
                    1,
                    partial,
                    memory,
                    out.dtype(),
                    DeviceStorage.of(out),
                    out.layout().offset());
        } finally {
            memory.giveBack();
        }
    }

    /** Into how many parts the elements of one output are split. */
    private int chunks(int outputs, int total) {
        int wanted = flavour == Flavour.CPU ? 64 : 1024; // chunks in all
        int least = flavour == Flavour.CPU ? 2048 : 16 * GROUP; // elements in one
        return Math.clamp(Math.min(Math.ceilDiv(wanted, outputs), total / least), 1, MOST_CHUNKS);
    }

    private void launch(
            ReduceOp op,
            Source source,
            int outputs,
            int total,
            int chunks,
            DType in,
            DeviceMemory x,
            DType type,
            DeviceMemory out,
            int outAt) {
        boolean byGroup = flavour == Flavour.GPU && source.step == 1 && total / chunks >= GROUP / 2;
        DType accumulator = partial(op, in);
        boolean manyAxes = Math.max(source.kept.count(), source.runs.count()) > 4;
        String options = "-DAXES=" + (manyAxes ? 8 : 4) + (source.runs.count() == 0 ? " -DONE_RUN" : "") + " -DIN=" + in
                + " -DOUT=" + type + " -DACC=" + TypeNames.computing(accumulator) + ends(accumulator) + " -DOP=" + op
                + " -DAGAIN=" + again(op) + (byGroup ? " -DGROUP=" + GROUP : "");
        Geometry geometry = byGroup
                ? Geometry.groups((long) outputs * chunks, GROUP)
                : Geometry.line((long) outputs * chunks, flavour == Flavour.CPU ? 1 : 64);
        queue.launch(
                op.name().toLowerCase(Locale.ROOT),
                new KernelName("reduce.cl", options, byGroup ? "fold_group" : "fold_item"),
                geometry,
                outputs,
                x,
                source.offset,
                source.kept.sizes(),
                source.kept.strides(0),
                source.length,
                source.step,
                source.runs.sizes(),
                source.runs.strides(0),
                total,
                Math.ceilDiv(total, chunks),
                chunks,
                out,
                outAt);
    }

    /** The type that is accumulated in, and so that of partial results. */
    private static DType partial(ReduceOp op, DType type) {
        return switch (op) {
            case SUM, SUM_OF_SQUARES, PROD -> type.isFloating() ? type : DType.I64;
            case MIN, MAX -> type;
            case ANY, ALL, COUNT_NONZERO -> DType.I32;
        };
    }

    /** How partial results are joined. */
    private static ReduceOp again(ReduceOp op) {
        return switch (op) {
            case SUM, SUM_OF_SQUARES, COUNT_NONZERO -> ReduceOp.SUM;
            case PROD, MIN, MAX, ANY, ALL -> op;
        };
    }

    /** Definitions of the ends of a type, in the words of OpenCL C. */
    private static String ends(DType type) {
        return switch (type) {
            case F64, F32, F16 -> " -DLEAST=-INFINITY -DMOST=INFINITY -DFLOATING";
            case I64 -> " -DLEAST=LONG_MIN -DMOST=LONG_MAX";
            case I32 -> " -DLEAST=INT_MIN -DMOST=INT_MAX";
            case I8 -> " -DLEAST=CHAR_MIN -DMOST=CHAR_MAX";
            case U8, BOOL -> " -DLEAST=0 -DMOST=UCHAR_MAX";
        };
    }

    /** Where the elements of one output lie: {@code runs} runs of {@code length} elements, {@code step} apart. */
    private record Source(Axes kept, Axes runs, int length, int step, int offset) {
        static Source of(Tensor x, int[] axes) {
            Layout layout = x.layout();
            int[] kept = IntStream.range(0, x.rank())
                    .filter(axis -> Arrays.binarySearch(axes, axis) < 0)
                    .toArray();
            Axes reduced = Axes.of(part(layout, axes).shape(), part(layout, axes));
            Layout others = part(layout, kept);
            return new Source(
                    Axes.of(others.shape(), others),
                    reduced.withoutInnermost(),
                    Math.max(1, reduced.sizes()[0]),
                    reduced.strides(0)[0],
                    layout.offset());
        }

        /** Contiguous rows, one an output. */
        static Source rows(int rows, int length) {
            Layout starts = Layout.strided(Shape.of(rows), new int[] {length}, 0);
            Layout one = Layout.contiguous(Shape.scalar());
            return new Source(Axes.of(starts.shape(), starts), Axes.of(one.shape(), one), length, 1, 0);
        }

        /** The layout of some axes alone. */
        private static Layout part(Layout layout, int[] axes) {
            int[] dims = Arrays.stream(axes).map(layout.shape()::dim).toArray();
            int[] strides = Arrays.stream(axes).map(layout::stride).toArray();
            return Layout.strided(Shape.of(dims), strides, 0);
        }
    }
}
