package espalier.tensor.cpu.vector.conv;

import static jdk.incubator.vector.FloatVector.fromArray;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.cpu.vector.lanes.StridedCopy;
import espalier.tensor.spi.ConvSpec;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Depthwise 3×3 with a border of one zero, forward or backward: a plane in, a plane out.
 *
 * <p>A plane is one run of pixels, rows end to end, between zeros enough for a row above and a row below. Vectors run
 * over it without regard to where rows end. So beside the first column of a row a tap meets the last pixel of the row
 * before; the three taps to the left are therefore summed apart, and their sum is made zero where the column is the
 * first; likewise to the right. That costs two more loads a vector, and saves copying row by row.
 *
 * <p>A convolution with a stride is computed in the rows that it needs, at every column, and thinned out; the gradient
 * to its input takes the output's gradient spread out over zeros. Either makes multiplications for nothing, and is
 * still several times faster than to sort pixels by their columns first.
 */
final class DepthwisePlanes implements ConvWay {
    private static final int LANES = Lanes.COUNT;

    /** Pixels of a task: some 20 microseconds. */
    private static final int TASK_PIXELS = 1 << 15;

    /** The sum with a stride of one. */
    private final Correlation k;

    private final int height;
    private final int width;
    private final int pixels;
    private final Grid source;
    private final Grid result;

    /** Where among a kernel's nine packed weights the one that reads (row, column) of the window stands. */
    private final int[] places = new int[9];

    /** All ones, and zero for a pixel that has no neighbour to the left, or to the right. */
    private final int[] notFirst;

    private final int[] notLast;

    /** The pixels of a plane that are there, or wanted: every so-manieth row and column. */
    private record Grid(int rows, int columns, int stepH, int stepW) {
        boolean isWhole() {
            return stepH == 1 && stepW == 1;
        }

        int pixels() {
            return rows * columns;
        }
    }

    private DepthwisePlanes(Correlation correlation, Grid source, Grid result) {
        k = correlation;
        this.source = source;
        this.result = result;
        height = k.srcH();
        width = k.srcW();
        pixels = height * width;
        Correlation.Part part = k.parts().getFirst();
        int at = 0;
        for (Correlation.Tap down : part.down()) {
            for (Correlation.Tap across : part.across()) {
                places[3 * down.at() + across.at()] = at++;
            }
        }
        notFirst = new int[pixels + LANES];
        Arrays.setAll(notFirst, pixel -> pixel % width == 0 ? 0 : -1);
        notLast = new int[pixels + LANES];
        Arrays.setAll(notLast, pixel -> pixel % width == width - 1 ? 0 : -1);
    }

    /** The forward pass of a convolution that {@link #takes} accepts. */
    static DepthwisePlanes forward(ConvGeometry g) {
        ConvSpec spec = g.spec();
        Grid result = new Grid(g.outH(), g.outW(), spec.strideH(), spec.strideW());
        return new DepthwisePlanes(Correlation.forward(unstrided(g)), new Grid(g.h(), g.w(), 1, 1), result);
    }

    /** The gradient to its input. */
    static DepthwisePlanes inputGradient(ConvGeometry g) {
        ConvSpec spec = g.spec();
        Grid source = new Grid(g.outH(), g.outW(), spec.strideH(), spec.strideW());
        return new DepthwisePlanes(Correlation.inputGradient(unstrided(g)), source, new Grid(g.h(), g.w(), 1, 1));
    }

    private static ConvGeometry unstrided(ConvGeometry g) {
        ConvSpec spec = ConvSpec.of().withPadding(1).withGroups(g.spec().groups());
        return new ConvGeometry(g.n(), g.c(), g.h(), g.w(), g.o(), g.kh(), g.kw(), spec);
    }

    /** Whether a convolution is of this kind, and a plane at least a vector. */
    static boolean takes(ConvGeometry g) {
        ConvSpec spec = g.spec();
        return spec.groups() == g.c()
                && g.o() == g.c()
                && g.kh() == 3
                && g.kw() == 3
                && spec.padH() == 1
                && spec.padW() == 1
                && spec.dilationH() == 1
                && spec.dilationW() == 1
                && spec.strideH() <= MOST_STRIDE
                && spec.strideW() <= MOST_STRIDE
                && g.h() * g.w() >= LANES;
    }

    /** Of larger strides too much would be thrown away. */
    private static final int MOST_STRIDE = 2;

    /** The only way for what it takes. */
    @Override
    public double cost() {
        return 0;
    }

    @Override
    public Correlation correlation() {
        return k;
    }

    @Override
    public void run(Parallel parallel, Operands o) {
        int planes = k.images() * k.groups();
        int perTask = Math.clamp(TASK_PIXELS / pixels, 1, Math.max(1, planes));
        int border = width + 1;
        parallel.forEach(Math.ceilDiv(planes, perTask), task -> {
            float[] x = Scratch.floats(Scratch.CONV_INPUT, pixels + 2 * border + 2 * LANES);
            Arrays.fill(x, 0, border, 0f);
            Arrays.fill(x, border + pixels, pixels + 2 * border + 2 * LANES, 0f);
            float[] a = Scratch.floats(Scratch.TILE, 9);
            for (int plane = task * perTask; plane < Math.min(planes, (task + 1) * perTask); plane++) {
                int channel = plane % k.groups();
                place(o.src(), plane, x, border);
                for (int t = 0; t < 9; t++) {
                    a[t] = o.packed().array()[o.packed().at() + 9 * channel + places[t]];
                }
                float start = o.bias().orZero(channel);
                float[] dst = o.dst().array();
                int to = o.dst().at() + plane * result.pixels();
                if (result.isWhole()) {
                    correlate(0, Lanes.whole(pixels), x, a, start, dst, to);
                    correlate(pixels - LANES, pixels, x, a, start, dst, to);
                } else {
                    thinned(x, a, start, dst, to);
                }
            }
        });
    }

    /** A plane between its borders, over zeros if it has not all pixels. */
    private void place(Span src, int plane, float[] x, int border) {
        int from = src.at() + plane * source.pixels();
        if (source.isWhole()) {
            StridedCopy.copy(src.array(), from, x, border, pixels);
            return;
        }
        Arrays.fill(x, border, border + pixels, 0f);
        for (int i = 0; i < source.rows(); i++) {
            int to = border + i * source.stepH() * width;
            StridedCopy.scatter(src.array(), from + i * source.columns(), x, to, source.stepW(), source.columns());
        }
    }

    /** The rows that are wanted, and of these the columns. */
    private void thinned(float[] x, float[] a, float bias, float[] dst, int to) {
        float[] y = Scratch.floats(Scratch.CONV_OUTPUT, pixels + LANES);
        if (width < 2 * LANES) { // rows are hardly longer than what their vectors would share
            correlate(0, Lanes.whole(pixels + LANES - 1), x, a, bias, y, 0);
        }
        for (int i = 0; i < result.rows(); i++) {
            int row = i * result.stepH() * width;
            if (width >= 2 * LANES) {
                correlate(row, row + Lanes.whole(width + LANES - 1), x, a, bias, y, 0);
            }
            StridedCopy.gather(y, row, result.stepW(), dst, to + i * result.columns(), result.columns());
        }
    }

    /**
     * Pixels {@code from} to {@code to - 1}, whole vectors. Each array is read at even distances, so bounds are checked
     * once.
     */
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
            FloatVector left = a0.mul(fromArray(Lanes.FLOATS, x, p));
            FloatVector middle = a1.fma(fromArray(Lanes.FLOATS, x, p + 1), FloatVector.broadcast(Lanes.FLOATS, bias));
            FloatVector right = a2.mul(fromArray(Lanes.FLOATS, x, p + 2));
            left = a3.fma(fromArray(Lanes.FLOATS, x, here + p), left);
            middle = a4.fma(fromArray(Lanes.FLOATS, x, here + p + 1), middle);
            right = a5.fma(fromArray(Lanes.FLOATS, x, here + p + 2), right);
            left = a6.fma(fromArray(Lanes.FLOATS, x, below + p), left);
            middle = a7.fma(fromArray(Lanes.FLOATS, x, below + p + 1), middle);
            right = a8.fma(fromArray(Lanes.FLOATS, x, below + p + 2), right);
            FloatVector sides = left.reinterpretAsInts()
                    .and(IntVector.fromArray(Lanes.INTS, notFirst, p))
                    .reinterpretAsFloats()
                    .add(right.reinterpretAsInts()
                            .and(IntVector.fromArray(Lanes.INTS, notLast, p))
                            .reinterpretAsFloats());
            middle.add(sides).intoArray(y, yAt + p);
        }
    }
}
