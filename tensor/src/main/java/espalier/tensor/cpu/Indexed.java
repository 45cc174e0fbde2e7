package espalier.tensor.cpu;

import espalier.tensor.DType;
import espalier.tensor.Layout;
import espalier.tensor.Tensor;

/**
 * Reading, and adding, at positions that a tensor of indices names along one axis.
 *
 * <p>Where the index is the same for a whole run, as when slices are selected, a run is one copy; else a loop with the
 * type outside picks element by element.
 */
final class Indexed {
    /** Elements that one task copies. */
    private static final int TASK = 1 << 16;

    private Indexed() {}

    private static HeapStorage heap(Tensor tensor) {
        return (HeapStorage) tensor.storage();
    }

    /** Where a walk over the index finds, in x, the element that index 0 would name: stride 0 along the axis. */
    private static Layout start(Tensor x, int axis, Tensor index) {
        int[] strides = x.layout().strides();
        strides[axis] = 0;
        return Layout.strided(index.shape(), strides, x.layout().offset());
    }

    /** {@code out[.., i, ..] = x[.., index[.., i, ..], ..]}. */
    static void gather(Parallel parallel, Tensor x, int axis, Tensor index, Tensor out) {
        HeapStorage from = heap(x);
        HeapStorage to = heap(out);
        int[] chosen = heap(index).ints();
        int stride = x.layout().stride(axis);
        StridedLoop loop = StridedLoop.of(out.shape(), start(x, axis, index), index.layout(), out.layout());
        StridedLoop.Run run = (at, step, n) -> {
            if (step[1] == 0) {
                int slice = at[0] + chosen[at[1]] * stride;
                CopyLoops.run(from, slice, step[0], to, at[2], step[2], n);
            } else {
                pick(from, at[0], step[0], stride, chosen, at[1], step[1], to, at[2], step[2], n);
            }
        };
        int perTask = Math.max(1, TASK / Math.max(1, loop.runLength()));
        int tasks = Math.ceilDiv(loop.runs(), perTask);
        parallel.forEach(tasks, task -> loop.forEach(task * perTask, Math.min(loop.runs(), (task + 1) * perTask), run));
    }

    /** {@code to[i] = from[i, chosen[i]]}. */
    private static void pick(
            HeapStorage from,
            int at,
            int step,
            int stride,
            int[] chosen,
            int chosenAt,
            int chosenStep,
            HeapStorage to,
            int toAt,
            int toStep,
            int n) {
        switch (from.dtype()) {
            case F32 -> {
                float[] x = from.floats();
                float[] y = to.floats();
                for (int i = 0; i < n; i++) {
                    y[toAt + i * toStep] = x[at + i * step + chosen[chosenAt + i * chosenStep] * stride];
                }
            }
            case I32 -> {
                int[] x = from.ints();
                int[] y = to.ints();
                for (int i = 0; i < n; i++) {
                    y[toAt + i * toStep] = x[at + i * step + chosen[chosenAt + i * chosenStep] * stride];
                }
            }
            case I8, U8, BOOL -> {
                byte[] x = from.bytes();
                byte[] y = to.bytes();
                for (int i = 0; i < n; i++) {
                    y[toAt + i * toStep] = x[at + i * step + chosen[chosenAt + i * chosenStep] * stride];
                }
            }
            case F64, F16, I64 -> {
                for (int i = 0; i < n; i++) {
                    int place = at + i * step + chosen[chosenAt + i * chosenStep] * stride;
                    CopyLoops.run(from, place, 1, to, toAt + i * toStep, 1, 1);
                }
            }
        }
    }

    /** {@code into[.., index[.., i, ..], ..] += x[.., i, ..]}, in the order of i. */
    static void scatterAdd(Tensor into, int axis, Tensor index, Tensor x) {
        HeapStorage from = heap(x);
        HeapStorage to = heap(into);
        int[] chosen = heap(index).ints();
        int stride = into.layout().stride(axis);
        StridedLoop loop = StridedLoop.of(x.shape(), start(into, axis, index), index.layout(), x.layout());
        loop.forEach((at, step, n) -> {
            if (from.dtype() == DType.F32) {
                add(to.floats(), at[0], step[0], stride, chosen, at[1], step[1], from.floats(), at[2], step[2], n);
                return;
            }
            for (int i = 0; i < n; i++) {
                int target = at[0] + i * step[0] + chosen[at[1] + i * step[1]] * stride;
                int source = at[2] + i * step[2];
                if (from.dtype().isFloating()) {
                    to.set(target, to.get(target) + from.get(source));
                } else {
                    to.setInteger(target, to.getInteger(target) + from.getInteger(source));
                }
            }
        });
    }

    private static void add(
            float[] into,
            int at,
            int step,
            int stride,
            int[] chosen,
            int chosenAt,
            int chosenStep,
            float[] x,
            int xAt,
            int xStep,
            int n) {
        if (chosenStep == 0) {
            int slice = at + chosen[chosenAt] * stride;
            for (int i = 0; i < n; i++) {
                into[slice + i * step] += x[xAt + i * xStep];
            }
            return;
        }
        for (int i = 0; i < n; i++) {
            into[at + i * step + chosen[chosenAt + i * chosenStep] * stride] += x[xAt + i * xStep];
        }
    }
}
