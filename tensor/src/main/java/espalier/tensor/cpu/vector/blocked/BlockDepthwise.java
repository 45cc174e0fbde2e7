package espalier.tensor.cpu.vector.blocked;

import static espalier.tensor.cpu.vector.lanes.Lanes.ONE;
import static jdk.incubator.vector.FloatVector.fromArray;

import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.spi.BlockedConvolution;
import espalier.tensor.spi.ConvSpec;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Depthwise 3 × 3 on blocked images, read where they lie: nine vectors of weights, and nine pixels for a result.
 *
 * <p>With a stride of one, four neighbours are computed together: each of the 18 pixels that they see is read once. Results whose window
 * reaches beyond the image sum the taps that lie inside.
 */
final class BlockDepthwise implements BlockedConvolution {
    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    private static final int LANES = Lanes.COUNT;

    private final Parallel parallel;
    private final ConvSpec spec;
    private final float[] weight;
    private final float[] bias;

    static boolean takes(ConvSpec spec, Shape weight) {
        return spec.groups() == weight.dim(0)
                && weight.dim(1) == 1
                && weight.dim(2) == 3
                && weight.dim(3) == 3
                && spec.dilationH() == 1
                && spec.dilationW() == 1;
    }

    BlockDepthwise(Parallel parallel, ConvSpec spec, Tensor weight, Optional<Tensor> bias) {
        this.parallel = parallel;
        this.spec = spec;
        int channels = weight.dim(0);
        this.weight = weight.reshape(channels / LANES, LANES, 9).transpose(1, 2).toFloats();
        this.bias = bias.map(Tensor::toFloats).orElse(new float[channels]);
    }

    @Override
    public void run(Tensor x, Optional<Tensor> addend, boolean relu, Tensor out) {
        int blocks = x.dim(1);
        int h = x.dim(2);
        int w = x.dim(3);
        int rows = out.dim(2);
        int columns = out.dim(3);
        Span src = Span.of(x);
        Span add = addend.map(Span::of).orElse(Span.NONE);
        Span dst = Span.of(out);
        float floor = relu ? 0f : Float.NEGATIVE_INFINITY;
        parallel.forEach(x.dim(0) * blocks, task -> {
            int image = src.at() + task * h * w * LANES;
            for (int i = 0; i < rows; i++) {
                int row = i * spec.strideH() - spec.padH();
                int to = (task * rows + i) * columns * LANES;
                if (add.isEmpty()) {
                    row(src.array(), image, h, w, row, columns, task % blocks, floor, dst.array(), dst.at() + to);
                } else {
                    // The addend may lie where the results go.
                    float[] sums = Scratch.floats(Scratch.ROW, columns * LANES);
                    row(src.array(), image, h, w, row, columns, task % blocks, Float.NEGATIVE_INFINITY, sums, 0);
                    add(sums, columns, add.array(), add.at() + to, floor, dst.array(), dst.at() + to);
                }
            }
        });
    }

    /** A row of results, whose windows begin in row {@code row} of the image. */
    private void row(
            float[] x, int image, int h, int w, int row, int columns, int block, float floor, float[] y, int to) {
        boolean inside = row >= 0 && row + 3 <= h;
        // The columns whose windows lie inside.
        int left = inside ? Math.min(columns, Math.ceilDiv(spec.padW(), spec.strideW())) : columns;
        int right = inside ? Math.clamp((w + spec.padW() - 3) / spec.strideW() + 1, left, columns) : columns;
        partial(x, image, h, w, row, 0, left, block, floor, y, to);
        int at = image + (row * w + left * spec.strideW() - spec.padW()) * LANES;
        int done = spec.strideW() == 1 ? left + ((right - left) & -4) : left;
        quads(x, at, w * LANES, block, floor, y, to + left * LANES, done - left);
        at += (done - left) * LANES;
        whole(x, at, w * LANES, block, floor, y, to + done * LANES, right - done);
        partial(x, image, h, w, row, right, columns, block, floor, y, to);
    }

    /** Results {@code from} to {@code end - 1} of a row, of the taps that lie inside the image. */
    private void partial(
            float[] x, int image, int h, int w, int row, int from, int end, int block, float floor, float[] y, int to) {
        for (int j = from; j < end; j++) {
            int column = j * spec.strideW() - spec.padW();
            FloatVector sum = fromArray(SPECIES, bias, block * LANES);
            for (int p = Math.max(0, -row); p < Math.min(3, h - row); p++) {
                for (int q = Math.max(0, -column); q < Math.min(3, w - column); q++) {
                    FloatVector pixel = fromArray(SPECIES, x, image + ((row + p) * w + column + q) * LANES);
                    sum = ONE.mul(pixel).fma(fromArray(SPECIES, weight, (block * 9 + 3 * p + q) * LANES), sum);
                }
            }
            ONE.broadcast(floor).max(sum).intoArray(y, to + j * LANES);
        }
    }

    /** {@code n} results whose windows lie inside, the first at {@code at}. */
    private void whole(float[] x, int at, int row, int block, float floor, float[] y, int to, int n) {
        FloatVector least = ONE.broadcast(floor);
        FloatVector start = fromArray(SPECIES, bias, block * LANES);
        int w = block * 9 * LANES;
        FloatVector w0 = fromArray(SPECIES, weight, w);
        FloatVector w1 = fromArray(SPECIES, weight, w + LANES);
        FloatVector w2 = fromArray(SPECIES, weight, w + 2 * LANES);
        FloatVector w3 = fromArray(SPECIES, weight, w + 3 * LANES);
        FloatVector w4 = fromArray(SPECIES, weight, w + 4 * LANES);
        FloatVector w5 = fromArray(SPECIES, weight, w + 5 * LANES);
        FloatVector w6 = fromArray(SPECIES, weight, w + 6 * LANES);
        FloatVector w7 = fromArray(SPECIES, weight, w + 7 * LANES);
        FloatVector w8 = fromArray(SPECIES, weight, w + 8 * LANES);
        int step = spec.strideW() * LANES;
        for (int j = 0; j < n; j++) {
            int x0 = at + j * step;
            int x1 = x0 + row;
            int x2 = x1 + row;
            FloatVector top = w0.fma(fromArray(SPECIES, x, x0), start);
            top = w1.fma(fromArray(SPECIES, x, x0 + LANES), top);
            top = w2.fma(fromArray(SPECIES, x, x0 + 2 * LANES), top);
            FloatVector middle = w3.mul(fromArray(SPECIES, x, x1));
            middle = w4.fma(fromArray(SPECIES, x, x1 + LANES), middle);
            middle = w5.fma(fromArray(SPECIES, x, x1 + 2 * LANES), middle);
            FloatVector bottom = w6.mul(fromArray(SPECIES, x, x2));
            bottom = w7.fma(fromArray(SPECIES, x, x2 + LANES), bottom);
            bottom = w8.fma(fromArray(SPECIES, x, x2 + 2 * LANES), bottom);
            least.max(ONE.fma(top, middle).add(bottom)).intoArray(y, to + j * LANES);
        }
    }

    /** {@code n} results, a multiple of four, whose windows lie inside and are one column apart. */
    private void quads(float[] x, int at, int row, int block, float floor, float[] y, int to, int n) {
        FloatVector least = ONE.broadcast(floor);
        FloatVector start = fromArray(SPECIES, bias, block * LANES);
        int w = block * 9 * LANES;
        for (int j = 0; j < n * LANES; j += 4 * LANES) {
            FloatVector s0 = start;
            FloatVector s1 = start;
            FloatVector s2 = start;
            FloatVector s3 = start;
            for (int p = 0; p < 3; p++) {
                FloatVector left = fromArray(SPECIES, weight, w + 3 * p * LANES);
                FloatVector middle = fromArray(SPECIES, weight, w + 3 * p * LANES + LANES);
                FloatVector right = fromArray(SPECIES, weight, w + 3 * p * LANES + 2 * LANES);
                int from = at + j + p * row;
                s0 = left.fma(fromArray(SPECIES, x, from), s0);
                FloatVector x1 = fromArray(SPECIES, x, from + LANES);
                s0 = middle.fma(x1, s0);
                s1 = left.fma(x1, s1);
                FloatVector x2 = fromArray(SPECIES, x, from + 2 * LANES);
                s0 = right.fma(x2, s0);
                s1 = middle.fma(x2, s1);
                s2 = left.fma(x2, s2);
                FloatVector x3 = fromArray(SPECIES, x, from + 3 * LANES);
                s1 = right.fma(x3, s1);
                s2 = middle.fma(x3, s2);
                s3 = left.fma(x3, s3);
                FloatVector x4 = fromArray(SPECIES, x, from + 4 * LANES);
                s2 = right.fma(x4, s2);
                s3 = middle.fma(x4, s3);
                s3 = right.fma(fromArray(SPECIES, x, from + 5 * LANES), s3);
            }
            least.max(s0).intoArray(y, to + j);
            least.max(s1).intoArray(y, to + j + LANES);
            least.max(s2).intoArray(y, to + j + 2 * LANES);
            least.max(s3).intoArray(y, to + j + 3 * LANES);
        }
    }

    private static void add(float[] sums, int n, float[] add, int addAt, float floor, float[] y, int to) {
        FloatVector least = ONE.broadcast(floor);
        for (int i = 0; i < n * LANES; i += LANES) {
            FloatVector sum = ONE.fma(fromArray(SPECIES, sums, i), fromArray(SPECIES, add, addAt + i));
            least.max(sum).intoArray(y, to + i);
        }
    }
}
