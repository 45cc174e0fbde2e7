package espalier.tensor.cpu.vector.pool;

import espalier.tensor.Shape;
import espalier.tensor.ShapeException;
import espalier.tensor.Tensor;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Heap;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.cpu.vector.lanes.Tasks;
import espalier.tensor.spi.PoolSpec;
import java.util.Arrays;

/**
 * Max pooling of {@code [N, C, H, W]} with the place of each maximum, and its gradient. A vector holds neighbouring
 * windows and walks over their places together, see {@link PoolPlane}.
 */
public final class MaxPoolKernel {
    private MaxPoolKernel() {}

    /** The first maximum of each window, NaN beyond all, and its place {@code h·W + w} in the plane. */
    public static void forward(Parallel parallel, PoolSpec spec, Tensor x, Tensor out, Tensor indices) {
        Tensor input = x.contiguous();
        float[] from = Heap.floats(input);
        float[] values = Heap.floats(out);
        int[] places = Heap.ints(indices);
        int xo = Heap.at(input);
        int vo = Heap.at(out);
        int po = Heap.at(indices);
        int plane = x.dim(2) * x.dim(3);
        int rows = out.dim(2);
        int columns = out.dim(3);
        if (PairPool.takes(spec, x.dim(2), x.dim(3), rows, columns)) {
            int windows = rows * columns;
            int planes = x.dim(0) * x.dim(1);
            Tasks.ranges(parallel, planes, Tasks.rowsPerTask(plane), 20 + windows, (first, end) -> {
                int[] corners = PairPool.corners(x.dim(3), rows, columns);
                for (int p = first; p < end; p++) {
                    int to = p * windows;
                    int at = xo + p * plane;
                    PairPool.max(from, at, x.dim(3), corners, values, vo + to, places, po + to, rows, columns);
                }
            });
            return;
        }
        double nanos = 50 + 0.2 * plane + 0.1 * spec.kernelH() * spec.kernelW() * rows * columns;
        Places inside = Places.of(spec, x.shape(), out.shape());
        PoolPlane pool = new PoolPlane(spec, x.shape(), out.shape());
        int width = x.dim(3);
        Tasks.ranges(parallel, x.dim(0) * x.dim(1), Tasks.rowsPerTask(plane), nanos, (first, end) -> {
            float[] phases = pool.phases(Float.NEGATIVE_INFINITY);
            float[] value = Scratch.floats(Scratch.ROW, pool.outputs);
            int[] place = Scratch.ints(Scratch.PLACES, pool.outputs);
            for (int p = first; p < end; p++) {
                pool.read(from, xo + p * plane, phases);
                PoolWindow.max(phases, inside.starts, inside.indices, inside.none, value, place, pool.outputs);
                for (int i = 0; i < rows; i++) {
                    int at = (p * rows + i) * columns;
                    int top = (i * spec.strideH() - spec.padH()) * width - spec.padW();
                    System.arraycopy(value, i * pool.pitch, values, vo + at, columns);
                    for (int j = 0; j < columns; j++) {
                        places[po + at + j] = place[i * pool.pitch + j] + top + j * spec.strideW();
                    }
                }
            }
        });
    }

    /** Whether {@link #maxima} can do it. */
    public static boolean findsMaxima(PoolSpec spec, Tensor x, Tensor out) {
        return Heap.areFloats(x) && PairPool.takes(spec, x.shape(), out.shape());
    }

    /** The maxima of windows of 2×2 without their places, and ReLU of them if wanted. */
    public static void maxima(Parallel parallel, Tensor x, boolean relu, Tensor out) {
        Span input = Span.contiguous(x);
        Span output = Span.of(out);
        int width = x.dim(3);
        int plane = x.dim(2) * width;
        int rows = out.dim(2);
        int columns = out.dim(3);
        int windows = rows * columns;
        float floor = relu ? 0f : Float.NEGATIVE_INFINITY;
        double nanos = 20 + 0.5 * windows;
        Tasks.ranges(parallel, x.dim(0) * x.dim(1), Tasks.rowsPerTask(plane), nanos, (first, end) -> {
            int[] corners = PairPool.corners(width, rows, columns);
            for (int p = first; p < end; p++) {
                int from = input.at() + p * plane;
                int to = output.at() + p * windows;
                PairPool.max(input.array(), from, width, corners, floor, output.array(), to, rows, columns);
            }
        });
    }

    /**
     * The places of a window.
     *
     * @param starts where they begin in the phases
     * @param indices what they add to the index {@code h·W + w} of the first one, which may lie on the padding
     * @param none the index, so counted, of the first place of each window that does not lie on the padding
     */
    private record Places(int[] starts, int[] indices, int[] none) {
        static Places of(PoolSpec spec, Shape input, Shape output) {
            PoolPlane pool = new PoolPlane(spec, input, output);
            int width = input.dim(3);
            int[] starts = new int[spec.kernelH() * spec.kernelW()];
            int[] indices = new int[starts.length];
            for (int t = 0; t < starts.length; t++) {
                int p = t / spec.kernelW();
                int q = t % spec.kernelW();
                starts[t] = pool.start(p, q);
                indices[t] = p * width + q;
            }
            int[] none = new int[pool.outputs];
            for (int i = 0; i < output.dim(2); i++) {
                int above = Math.max(0, spec.padH() - i * spec.strideH());
                for (int j = 0; j < output.dim(3); j++) {
                    int before = Math.max(0, spec.padW() - j * spec.strideW());
                    none[i * pool.pitch + j] = above * width + before;
                }
            }
            return new Places(starts, indices, none);
        }
    }

    /** Adds each {@code g} to the place its maximum came from. */
    public static void gradient(Parallel parallel, Tensor g, Tensor indices, Tensor dx) {
        Tensor incoming = g.contiguous();
        Tensor from = indices.contiguous();
        float[] gs = Heap.floats(incoming);
        int[] places = Heap.ints(from);
        float[] to = Heap.floats(dx);
        int go = Heap.at(incoming);
        int po = Heap.at(from);
        int xo = Heap.at(dx);
        int plane = dx.dim(2) * dx.dim(3);
        int windows = g.dim(2) * g.dim(3);
        double nanos = 20 + 0.1 * plane + windows;
        Tasks.ranges(parallel, dx.dim(0) * dx.dim(1), Tasks.rowsPerTask(plane), nanos, (first, end) -> {
            for (int p = first; p < end; p++) {
                int start = xo + p * plane;
                Arrays.fill(to, start, start + plane, 0f);
                for (int i = p * windows; i < (p + 1) * windows; i++) {
                    int place = places[po + i];
                    if (place < 0 || place >= plane) {
                        throw new ShapeException(
                                "maxPool2dGradient: index " + place + " is out of range for a plane of " + dx.shape());
                    }
                    to[start + place] += gs[go + i];
                }
            }
        });
    }
}
