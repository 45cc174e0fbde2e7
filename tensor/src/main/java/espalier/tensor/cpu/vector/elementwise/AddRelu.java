package espalier.tensor.cpu.vector.elementwise;

import static espalier.tensor.cpu.vector.lanes.Lanes.COUNT;
import static espalier.tensor.cpu.vector.lanes.Lanes.FLOATS;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;
import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.VectorOperators.LE;

import espalier.tensor.Tensor;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.vector.lanes.Heap;
import espalier.tensor.cpu.vector.lanes.Tasks;

/**
 * {@code max(a + b, 0)} in one pass, where an addition and then ReLU would read and write the sum twice: the end of a
 * residual block.
 */
public final class AddRelu {
    /** Elements of a task: some 5 microseconds. */
    private static final int CHUNK = 1 << 14;

    private AddRelu() {}

    /** Whether all lie in one run. */
    public static boolean takes(Tensor a, Tensor b, Tensor out) {
        return Heap.areFloats(a, b, out)
                && a.layout().isContiguous()
                && b.layout().isContiguous()
                && out.layout().isContiguous();
    }

    /** {@code out = max(a + b, 0)}; {@code out} may be one of them. NaN stays. */
    public static void run(Parallel parallel, Tensor a, Tensor b, Tensor out) {
        float[] left = Heap.floats(a);
        float[] right = Heap.floats(b);
        float[] to = Heap.floats(out);
        int ao = Heap.at(a);
        int bo = Heap.at(b);
        int yo = Heap.at(out);
        Tasks.ranges(parallel, out.size(), CHUNK, 0.3, (from, end) -> {
            int i = from;
            for (; i <= end - COUNT; i += COUNT) {
                var sum = VECTOR.cast(fromArray(FLOATS, left, ao + i)).add(fromArray(FLOATS, right, bo + i));
                sum.blend(0f, sum.compare(LE, 0f)).intoArray(to, yo + i);
            }
            for (; i < end; i++) {
                to[yo + i] = Math.max(left[ao + i] + right[bo + i], 0f);
            }
        });
    }
}
