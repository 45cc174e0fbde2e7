package espalier.gpu;

import espalier.gpu.opencl.CommandQueue;
import espalier.gpu.opencl.DeviceMemory;
import espalier.gpu.opencl.Geometry;
import espalier.gpu.opencl.KernelName;
import espalier.tensor.Tensor;

/** A stable merge sort of rows: each pass doubles the width of the sorted runs, with an item for each element. */
final class Sorting {
    private static final int GROUP = 64;

    /** Where the rows of a pass lie. */
    private record Rows(DeviceMemory values, int valuesAt, DeviceMemory indices, int indicesAt) {}

    private final CommandQueue queue;

    Sorting(CommandQueue queue) {
        this.queue = queue;
    }

    /** Sorts contiguous rows of at least two elements. */
    void sort(Tensor x, boolean descending, Tensor values, Tensor indices) {
        int n = x.size();
        if (n == 0) {
            return;
        }
        int length = x.dim(-1);
        int passes = 32 - Integer.numberOfLeadingZeros(length - 1);
        String options = "-DX=" + x.dtype() + (descending ? " -DDESCENDING" : "");
        DeviceMemory spare = queue.allocate((long) n * x.dtype().bytes());
        DeviceMemory spareIndices = queue.allocate(4L * n);
        try {
            Rows result = new Rows(
                    DeviceStorage.of(values),
                    values.layout().offset(),
                    DeviceStorage.of(indices),
                    indices.layout().offset());
            Rows other = new Rows(spare, 0, spareIndices, 0);
            // The first pass reads x; the passes alternate so that the last writes the result.
            boolean intoResult = passes % 2 == 1;
            Rows first = intoResult ? other : result;
            queue.launch(
                    "sort",
                    new KernelName("sort.cl", options, "number"),
                    Geometry.line(n, GROUP),
                    n,
                    length,
                    first.indices,
                    first.indicesAt);
            Rows from = new Rows(DeviceStorage.of(x), x.layout().offset(), first.indices, first.indicesAt);
            for (int width = 1; width < length; width *= 2) {
                Rows to = intoResult ? result : other;
                queue.launch(
                        "sort",
                        new KernelName("sort.cl", options, "merge"),
                        Geometry.line(n, GROUP),
                        n,
                        length,
                        width,
                        from.values,
                        from.valuesAt,
                        from.indices,
                        from.indicesAt,
                        to.values,
                        to.valuesAt,
                        to.indices,
                        to.indicesAt);
                from = to;
                intoResult = !intoResult;
            }
        } finally {
            spare.giveBack();
            spareIndices.giveBack();
        }
    }
}
