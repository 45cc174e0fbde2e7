package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.StridedCopy;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Depthwise 3×3 with stride 1 and a border of one zero, forward or backward: a plane in, a plane out.
 *
 * <p>A plane is one run of pixels, rows end to end, between zeros enough for a row above and a row below. Vectors run over
 * it without regard to where rows end. So beside the first column of a row a tap meets the last pixel of the row before;
 * the three taps to the left are therefore summed apart, and their sum is made zero where the column is the first; likewise
 * to the right. That costs two more loads a vector, and saves copying row by row.
 */
final class DepthwisePlanes implements ConvWay {
    private static final int LANES = Lanes.COUNT;

    /** Pixels of a task: some 20 microseconds. */
    private static final int TASK_PIXELS = 1 << 15;

    private final Correlation k;
    private final int width;
    private final int pixels;

    /** Where among a kernel's nine packed weights the one that reads (row, column) of the window stands. */
    private final int[] places = new int[9];

    /** All ones, and zero for a pixel that has no neighbour to the left, or to the right. */
    private final int[] notFirst;

    private final int[] notLast;

    DepthwisePlanes(Correlation correlation) {
        k = correlation;
        width = k.srcW();
        pixels = k.srcH() * width;
        Correlation.Part part = k.parts().getFirst();
        int at = 0;
        for (Correlation.Tap down : part.down()) {
            for (Correlation.Tap across : part.across()) {
                places[3 * down.at() + across.at()] = at++;
            }
        }
        notFirst = new int[pixels];
        Arrays.setAll(notFirst, pixel -> pixel % width == 0 ? 0 : -1);
        notLast = new int[pixels];
        Arrays.setAll(notLast, pixel -> pixel % width == width - 1 ? 0 : -1);
    }

    /** Whether a sum is of this kind, and a plane at least a vector. */
    static boolean takes(Correlation k) {
        return k.channels() == 1
                && k.rows() == 1
                && k.strideH() == 1
                && k.strideW() == 1
                && k.top() == 1
                && k.left() == 1
                && k.gridH() == k.srcH()
                && k.gridW() == k.srcW()
                && k.dstH() == k.srcH()
                && k.dstW() == k.srcW()
                && k.parts().size() == 1
                && reachesThree(k.parts().getFirst().down())
                && reachesThree(k.parts().getFirst().across())
                && k.parts().getFirst().dstY() == 0
                && k.parts().getFirst().dstX() == 0
                && k.srcH() * k.srcW() >= LANES;
    }

    private static boolean reachesThree(List<Correlation.Tap> taps) {
        return taps.size() == 3
                && taps.stream().mapToInt(Correlation.Tap::at).distinct().count() == 3
                && taps.stream().allMatch(tap -> tap.at() <= 2);
    }

    /** The only way for what it takes. */
    @Override
    public double cost() {
        return 0;
    }

    @Override
    public Order order() {
        return Order.TAPS_INSIDE;
    }

    @Override
    public int packedLength() {
        return k.packedLength();
    }

    @Override
    public void pack(Parallel parallel, float[] weight, int weightAt, float[] packed) {
        k.pack(parallel, weight, weightAt, order(), packed);
    }

    @Override
    public void run(
            Parallel parallel,
            float[] src,
            int srcAt,
            float[] packed,
            float[] bias,
            int biasAt,
            float[] dst,
            int dstAt) {
        int planes = k.images() * k.groups();
        int perTask = Math.clamp(TASK_PIXELS / pixels, 1, Math.max(1, planes));
        int border = width + 1;
        parallel.forEach(Math.ceilDiv(planes, perTask), task -> {
            float[] x = Scratch.floats(Scratch.CONV_INPUT, pixels + 2 * border + LANES);
            Arrays.fill(x, 0, border, 0f);
            Arrays.fill(x, border + pixels, pixels + 2 * border + LANES, 0f);
            float[] a = Scratch.floats(Scratch.TILE, 9);
            for (int plane = task * perTask; plane < Math.min(planes, (task + 1) * perTask); plane++) {
                int channel = plane % k.groups();
                StridedCopy.copy(src, srcAt + plane * pixels, x, border, pixels);
                for (int t = 0; t < 9; t++) {
                    a[t] = packed[9 * channel + places[t]];
                }
                float start = bias.length == 0 ? 0f : bias[biasAt + channel];
                correlate(0, Lanes.whole(pixels), x, a, start, dst, dstAt + plane * pixels);
                correlate(pixels - LANES, pixels, x, a, start, dst, dstAt + plane * pixels);
            }
        });
    }

    private static FloatVector load(float[] a, int at) {
        return FloatVector.fromArray(Lanes.FLOATS, a, at);
    }

    private static IntVector bits(FloatVector sum, int[] mask, int at) {
        return sum.reinterpretAsInts().and(IntVector.fromArray(Lanes.INTS, mask, at));
    }

    /** Pixels {@code from} to {@code to - 1}, whole vectors. Each array is read at even distances, so bounds are checked once. */
    private void correlate(int from, int to, float[] x, float[] a, float bias, float[] y, int yAt) {
        FloatVector a0 = FloatVector.broadcast(Lanes.FLOATS, a[0]);
        FloatVector a1 = FloatVector.broadcast(Lanes.FLOATS, a[1]);
        FloatVector a2 = FloatVector.broadcast(Lanes.FLOATS, a[2]);
        FloatVector a3 = FloatVector.broadcast(Lanes.FLOATS, a[3]);
        FloatVector a4 = FloatVector.broadcast(Lanes.FLOATS, a[4]);
        FloatVector a5 = FloatVector.broadcast(Lanes.FLOATS, a[5]);
        FloatVector a6 = FloatVector.broadcast(Lanes.FLOATS, a[6]);
        FloatVector a7 = FloatVector.broadcast(Lanes.FLOATS, a[7]);
        FloatVector a8 = FloatVector.broadcast(Lanes.FLOATS, a[8]);
        int here = width;
        int below = 2 * width;
        for (int p = from; p < to; p += LANES) {
            FloatVector left = a0.mul(load(x, p));
            FloatVector middle = a1.fma(load(x, p + 1), FloatVector.broadcast(Lanes.FLOATS, bias));
            FloatVector right = a2.mul(load(x, p + 2));
            left = a3.fma(load(x, here + p), left);
            middle = a4.fma(load(x, here + p + 1), middle);
            right = a5.fma(load(x, here + p + 2), right);
            left = a6.fma(load(x, below + p), left);
            middle = a7.fma(load(x, below + p + 1), middle);
            right = a8.fma(load(x, below + p + 2), right);
            FloatVector sides = bits(left, notFirst, p)
                    .reinterpretAsFloats()
                    .add(bits(right, notLast, p).reinterpretAsFloats());
            middle.add(sides).intoArray(y, yAt + p);
        }
    }
}
