package espalier.tensor.cpu.vector.blocked;

import static espalier.tensor.cpu.vector.lanes.Lanes.ONE;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;
import static jdk.incubator.vector.FloatVector.fromArray;

import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.channels.BlockTiles;
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
 * <p>Rows above and below the image are rows of zeros elsewhere. All rows whose windows lie inside are computed at
 * once, so that the weights stay in registers. With a stride of one, three neighbours are computed together: each of
 * the 15 pixels that they see is read once. Results whose window reaches beyond the sides sum the columns that lie
 * inside.
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

    /** Which results along an axis have windows that lie inside the image: {@code from} to {@code end - 1}. */
    private record Inside(int from, int end) {
        static Inside of(int size, int stride, int pad, int results) {
            int from = Math.min(results, Math.ceilDiv(pad, stride));
            return new Inside(from, Math.clamp(Math.floorDiv(size + pad - 3, stride) + 1, from, results));
        }
    }

    @Override
    public void run(Tensor x, Optional<Tensor> addend, boolean relu, Tensor out) {
        int blocks = x.dim(1);
        int h = x.dim(2);
        int w = x.dim(3);
        int rows = out.dim(2);
        int columns = out.dim(3);
        Inside down = Inside.of(h, spec.strideH(), spec.padH(), rows);
        Inside across = Inside.of(w, spec.strideW(), spec.padW(), columns);
        Span src = Span.of(x);
        Span add = addend.map(Span::of).orElse(Span.NONE);
        Span dst = Span.of(out);
        float floor = relu ? 0f : Float.NEGATIVE_INFINITY;
        parallel.forEach(x.dim(0) * blocks, task -> {
            float[] zeros = Scratch.zeros(Scratch.CONV_INPUT, w * LANES);
            int image = src.at() + task * h * w * LANES;
            for (int i = 0, count; i < rows; i += count) {
                boolean whole = i >= down.from && i < down.end && add.isEmpty();
                count = whole ? down.end - i : 1;
                int first = i * spec.strideH() - spec.padH();
                boolean has0 = first >= 0 && first < h;
                boolean has1 = first >= -1 && first < h - 1;
                boolean has2 = first >= -2 && first < h - 2;
                int at = image + first * w * LANES;
                int to = (task * rows + i) * columns * LANES;
                boolean direct = add.isEmpty(); // what is added may lie where the results go
                float[] y = direct ? dst.array() : Scratch.floats(Scratch.ROW, columns * LANES);
                rows(
                        has0 ? src.array() : zeros,
                        has0 ? at : 0,
                        has1 ? src.array() : zeros,
                        has1 ? at + w * LANES : 0,
                        has2 ? src.array() : zeros,
                        has2 ? at + 2 * w * LANES : 0,
                        w,
                        count,
                        columns,
                        across,
                        task % blocks,
                        direct ? floor : Float.NEGATIVE_INFINITY,
                        y,
                        direct ? dst.at() + to : 0);
                if (!direct) {
                    BlockTiles.add(
                            y, 0, columns * LANES, add.array(), add.at() + to, floor, dst.array(), dst.at() + to);
                }
            }
        });
    }

    /**
     * {@code count} rows of results, the windows of the first of which begin in columns of the rows at {@code at0},
     * {@code at1} and {@code at2}.
     *
     * @param w pixels of a row
     * @param columns of the results
     * @param inside those whose windows lie inside
     */
    private void rows(
            float[] x0,
            int at0,
            float[] x1,
            int at1,
            float[] x2,
            int at2,
            int w,
            int count,
            int columns,
            Inside inside,
            int block,
            float floor,
            float[] y,
            int to) {
        int down = spec.strideH() * w * LANES;
        int pitch = columns * LANES;
        int left = inside.from;
        int n = inside.end - left;
        for (int i = 0; i < columns - n; i++) {
            int j = i < left ? i : i + n;
            int column = j * spec.strideW() - spec.padW();
            edge(x0, at0, x1, at1, x2, at2, column, w, down, count, block, floor, y, to + j * LANES, pitch);
        }
        int skip = (left * spec.strideW() - spec.padW()) * LANES;
        if (spec.strideW() == 1 && n >= 3) {
            threes(
                    x0,
                    at0 + skip,
                    x1,
                    at1 + skip,
                    x2,
                    at2 + skip,
                    down,
                    count,
                    n,
                    block,
                    floor,
                    y,
                    to + left * LANES,
                    pitch);
        } else {
            ones(
                    x0,
                    at0 + skip,
                    x1,
                    at1 + skip,
                    x2,
                    at2 + skip,
                    down,
                    count,
                    n,
                    block,
                    floor,
                    y,
                    to + left * LANES,
                    pitch);
        }
    }

    /**
     * A column of results, whose windows begin in column {@code column} of rows of {@code w} pixels and reach beyond
     * them.
     *
     * @param down floats from the window of one result to that of the next
     * @param pitch floats from one result to the next
     */
    private void edge(
            float[] x0,
            int at0,
            float[] x1,
            int at1,
            float[] x2,
            int at2,
            int column,
            int w,
            int down,
            int count,
            int block,
            float floor,
            float[] y,
            int to,
            int pitch) {
        int from = Math.max(0, -column);
        int end = Math.min(3, w - column);
        float none = Float.NEGATIVE_INFINITY;
        FloatVector start = ONE.broadcast(from < end ? none : floor).max(fromArray(SPECIES, bias, block * LANES));
        for (int i = 0; i < count; i++) {
            start.intoArray(y, to + i * pitch);
        }
        for (int q = from; q < end; q++) {
            FloatVector least = ONE.broadcast(q == end - 1 ? floor : none);
            int f = (block * 9 + q) * LANES;
            FloatVector w0 = VECTOR.cast(fromArray(SPECIES, weight, f));
            FloatVector w1 = VECTOR.cast(fromArray(SPECIES, weight, f + 3 * LANES));
            FloatVector w2 = VECTOR.cast(fromArray(SPECIES, weight, f + 6 * LANES));
            for (int i = 0; i < count; i++) {
                int p = i * down + (column + q) * LANES;
                FloatVector sum = w0.fma(fromArray(SPECIES, x0, at0 + p), fromArray(SPECIES, y, to + i * pitch));
                FloatVector more = w2.fma(fromArray(SPECIES, x2, at2 + p), w1.mul(fromArray(SPECIES, x1, at1 + p)));
                least.max(VECTOR.cast(sum).add(more)).intoArray(y, to + i * pitch);
            }
        }
    }

    /**
     * Results whose windows are one column apart, three at a time; the last three begin so that they end with the row.
     */
    private void threes(
            float[] x0,
            int at0,
            float[] x1,
            int at1,
            float[] x2,
            int at2,
            int down,
            int count,
            int columns,
            int block,
            float floor,
            float[] y,
            int to,
            int pitch) {
        FloatVector least = ONE.broadcast(floor);
        FloatVector start = fromArray(SPECIES, bias, block * LANES);
        int w = block * 9 * LANES;
        FloatVector w0 = VECTOR.cast(fromArray(SPECIES, weight, w));
        FloatVector w1 = VECTOR.cast(fromArray(SPECIES, weight, w + LANES));
        FloatVector w2 = VECTOR.cast(fromArray(SPECIES, weight, w + 2 * LANES));
        FloatVector w3 = VECTOR.cast(fromArray(SPECIES, weight, w + 3 * LANES));
        FloatVector w4 = VECTOR.cast(fromArray(SPECIES, weight, w + 4 * LANES));
        FloatVector w5 = VECTOR.cast(fromArray(SPECIES, weight, w + 5 * LANES));
        FloatVector w6 = VECTOR.cast(fromArray(SPECIES, weight, w + 6 * LANES));
        FloatVector w7 = VECTOR.cast(fromArray(SPECIES, weight, w + 7 * LANES));
        FloatVector w8 = VECTOR.cast(fromArray(SPECIES, weight, w + 8 * LANES));
        for (int i = 0; i < count; i++) {
            for (int k = 0; k < columns; k += 3) {
                int place = Math.min(k, columns - 3) * LANES;
                int j = i * down + place;
                int f = at0 + j;
                FloatVector v = fromArray(SPECIES, x0, f);
                FloatVector s0 = w0.fma(v, start);
                v = fromArray(SPECIES, x0, f + LANES);
                s0 = w1.fma(v, s0);
                FloatVector s1 = w0.fma(v, start);
                v = fromArray(SPECIES, x0, f + 2 * LANES);
                s0 = w2.fma(v, s0);
                s1 = w1.fma(v, s1);
                FloatVector s2 = w0.fma(v, start);
                v = fromArray(SPECIES, x0, f + 3 * LANES);
                s1 = w2.fma(v, s1);
                s2 = w1.fma(v, s2);
                v = fromArray(SPECIES, x0, f + 4 * LANES);
                s2 = w2.fma(v, s2);
                f = at1 + j;
                v = fromArray(SPECIES, x1, f);
                s0 = w3.fma(v, s0);
                v = fromArray(SPECIES, x1, f + LANES);
                s0 = w4.fma(v, s0);
                s1 = w3.fma(v, s1);
                v = fromArray(SPECIES, x1, f + 2 * LANES);
                s0 = w5.fma(v, s0);
                s1 = w4.fma(v, s1);
                s2 = w3.fma(v, s2);
                v = fromArray(SPECIES, x1, f + 3 * LANES);
                s1 = w5.fma(v, s1);
                s2 = w4.fma(v, s2);
                v = fromArray(SPECIES, x1, f + 4 * LANES);
                s2 = w5.fma(v, s2);
                f = at2 + j;
                v = fromArray(SPECIES, x2, f);
                s0 = w6.fma(v, s0);
                v = fromArray(SPECIES, x2, f + LANES);
                s0 = w7.fma(v, s0);
                s1 = w6.fma(v, s1);
                v = fromArray(SPECIES, x2, f + 2 * LANES);
                s0 = w8.fma(v, s0);
                s1 = w7.fma(v, s1);
                s2 = w6.fma(v, s2);
                v = fromArray(SPECIES, x2, f + 3 * LANES);
                s1 = w8.fma(v, s1);
                s2 = w7.fma(v, s2);
                v = fromArray(SPECIES, x2, f + 4 * LANES);
                s2 = w8.fma(v, s2);
                int at = to + i * pitch + place;
                VECTOR.cast(least.max(s0)).intoArray(y, at);
                VECTOR.cast(least.max(s1)).intoArray(y, at + LANES);
                VECTOR.cast(least.max(s2)).intoArray(y, at + 2 * LANES);
            }
        }
    }

    /** Results one by one, as a sum for each row of the window. */
    private void ones(
            float[] x0,
            int at0,
            float[] x1,
            int at1,
            float[] x2,
            int at2,
            int down,
            int count,
            int columns,
            int block,
            float floor,
            float[] y,
            int to,
            int pitch) {
        FloatVector least = ONE.broadcast(floor);
        FloatVector start = fromArray(SPECIES, bias, block * LANES);
        int w = block * 9 * LANES;
        FloatVector w0 = VECTOR.cast(fromArray(SPECIES, weight, w));
        FloatVector w1 = VECTOR.cast(fromArray(SPECIES, weight, w + LANES));
        FloatVector w2 = VECTOR.cast(fromArray(SPECIES, weight, w + 2 * LANES));
        FloatVector w3 = VECTOR.cast(fromArray(SPECIES, weight, w + 3 * LANES));
        FloatVector w4 = VECTOR.cast(fromArray(SPECIES, weight, w + 4 * LANES));
        FloatVector w5 = VECTOR.cast(fromArray(SPECIES, weight, w + 5 * LANES));
        FloatVector w6 = VECTOR.cast(fromArray(SPECIES, weight, w + 6 * LANES));
        FloatVector w7 = VECTOR.cast(fromArray(SPECIES, weight, w + 7 * LANES));
        FloatVector w8 = VECTOR.cast(fromArray(SPECIES, weight, w + 8 * LANES));
        int step = spec.strideW() * LANES;
        for (int i = 0; i < count; i++) {
            for (int j = 0; j < columns; j++) {
                int p = at0 + i * down + j * step;
                int q = at1 + i * down + j * step;
                int r = at2 + i * down + j * step;
                FloatVector top = w0.fma(fromArray(SPECIES, x0, p), start);
                top = w1.fma(fromArray(SPECIES, x0, p + LANES), top);
                top = w2.fma(fromArray(SPECIES, x0, p + 2 * LANES), top);
                FloatVector middle = w3.mul(fromArray(SPECIES, x1, q));
                middle = w4.fma(fromArray(SPECIES, x1, q + LANES), middle);
                middle = w5.fma(fromArray(SPECIES, x1, q + 2 * LANES), middle);
                FloatVector bottom = w6.mul(fromArray(SPECIES, x2, r));
                bottom = w7.fma(fromArray(SPECIES, x2, r + LANES), bottom);
                bottom = w8.fma(fromArray(SPECIES, x2, r + 2 * LANES), bottom);
                least.max(VECTOR.cast(top).add(middle).add(bottom)).intoArray(y, to + i * pitch + j * LANES);
            }
        }
    }
}
