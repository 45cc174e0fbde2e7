package espalier.tensor.cpu.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.cpu.CpuBackends;
import espalier.tensor.cpu.vector.lanes.Heap;
import espalier.tensor.cpu.vector.pool.PairPool;
import espalier.tensor.spi.Backend;
import espalier.tensor.spi.PoolSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * Normalization, softmax and pooling: the same bits for any number of threads, and numbers that the conformance suite,
 * whose tensors are small, does not reach.
 */
class FusedKernelTest {
    private static final Device CPU = Device.cpu(1);

    private static Tensor random(int seed, int... dims) {
        var random = new Random(seed);
        Shape shape = Shape.of(dims);
        float[] values = new float[shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensor.of(CPU, values, shape);
    }

    private static Tensor empty(int... dims) {
        return Tensor.zeros(CPU, DType.F32, Shape.of(dims));
    }

    /** Runs on 1, 2, 3 and 8 threads and compares all bits of what comes out. */
    private static void sameBits(Function<Backend, List<Tensor>> work) {
        List<Tensor> one = work.apply(new VectorBackend(1));
        for (int threads : new int[] {2, 3, 8}) {
            List<Tensor> many = work.apply(new VectorBackend(threads));
            for (int i = 0; i < one.size(); i++) {
                assertArrayEquals(bits(one.get(i)), bits(many.get(i)), "result " + i + " with " + threads + " threads");
            }
        }
    }

    private static int[] bits(Tensor t) {
        if (t.dtype() == DType.I32) {
            return Heap.ints(t).clone();
        }
        float[] values = t.toFloats();
        int[] bits = new int[values.length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = Float.floatToIntBits(values[i]);
        }
        return bits;
    }

    /** Compares with the plain back end, which composes the same operations of plain loops. */
    private static void sameValues(double tolerance, Function<Backend, List<Tensor>> work) {
        List<Tensor> plain = work.apply(CpuBackends.reference());
        List<Tensor> fast = work.apply(new VectorBackend(1));
        for (int i = 0; i < plain.size(); i++) {
            float[] expected = plain.get(i).to(DType.F32).toFloats();
            float[] actual = fast.get(i).to(DType.F32).toFloats();
            for (int j = 0; j < expected.length; j++) {
                double slack = tolerance * Math.max(1, Math.abs(expected[j]));
                assertEquals(expected[j], actual[j], slack, "result " + i + " at " + j);
            }
        }
    }

    private static List<Tensor> batchNorm(Backend backend, Tensor x, Tensor g, Tensor scale, Tensor shift) {
        int[] dims = x.shape().toArray();
        int channels = dims[1];
        Tensor mean = empty(channels);
        Tensor variance = empty(channels);
        Tensor y = empty(dims);
        backend.batchNorm(x, scale, shift, 1e-5, y, mean, variance);
        Tensor dx = empty(dims);
        Tensor dscale = empty(channels);
        Tensor dshift = empty(channels);
        backend.batchNormGradient(x, g, scale, mean, variance, 1e-5, dx, dscale, dshift);
        Tensor affine = empty(dims);
        backend.scaleShift(x, scale, shift, true, affine);
        return List.of(y, mean, variance, dx, dscale, dshift, affine);
    }

    /** Planes on both sides of where one way of summing or writing gives way to another. */
    @Test
    void batchNormIsThatOfThePlainBackEnd() {
        for (int[] dims : new int[][] {{5, 3, 12, 16}, {3, 2, 70, 70}, {150, 70, 4, 4}, {4, 9, 7, 7}, {9, 3, 1, 1}}) {
            Tensor x = random(11, dims).add(2);
            Tensor g = random(12, dims);
            Tensor scale = random(13, dims[1]);
            Tensor shift = random(14, dims[1]);
            sameValues(1e-4, backend -> batchNorm(backend, x, g, scale, shift));
        }
    }

    @Test
    void threadsDoNotChangeBatchNorm() {
        for (int[] dims : new int[][] {{16, 12, 20, 20}, {64, 40, 7, 7}, {200, 300, 1, 1}, {40, 100, 3, 3}}) {
            Tensor x = random(1, dims);
            Tensor g = random(2, dims);
            Tensor scale = random(3, dims[1]);
            Tensor shift = random(4, dims[1]);
            sameBits(backend -> batchNorm(backend, x, g, scale, shift));
        }
    }

    /** Numbers that only rounding keeps from zero pass where, and only where, the forward pass found them positive. */
    @Test
    void bothDirectionsFindTheSameNumbersPositive() {
        for (int[] dims : new int[][] {{3, 300, 12, 12}, {3, 300, 7, 7}, {5, 300, 2, 2}}) {
            int channels = dims[1];
            int plane = dims[2] * dims[3];
            Tensor x = random(31, dims);
            Tensor scale = random(32, channels);
            Tensor mean = empty(channels);
            Tensor variance = empty(channels);
            Tensor y = empty(dims);
            Backend backend = new VectorBackend(1);
            backend.batchNorm(x, scale, empty(channels), 1e-5, y, mean, variance);
            float[] normalized = y.toFloats();
            float[] cancelling = new float[channels];
            float[] firsts = new float[normalized.length];
            for (int c = 0; c < channels; c++) {
                cancelling[c] = -normalized[c * plane];
                firsts[c * plane] = 1;
            }
            Tensor shift = Tensor.of(CPU, cancelling, Shape.of(channels));
            backend.batchNormRelu(x, scale, shift, 1e-5, y, mean, variance);
            Tensor passed = empty(channels);
            Tensor g = Tensor.of(CPU, firsts, Shape.of(dims));
            backend.batchNormReluGradient(
                    x, y, g, scale, shift, mean, variance, 1e-5, empty(dims), empty(channels), passed);
            float[] results = y.toFloats();
            int positive = 0;
            for (int c = 0; c < channels; c++) {
                assertEquals(results[c * plane] > 0 ? 1 : 0, passed.toFloats()[c], "channel " + c);
                positive += results[c * plane] > 0 ? 1 : 0;
            }
            assertTrue(positive > channels / 5 && positive < channels * 4 / 5, positive + " of " + channels);
        }
    }

    /** Mean 1000, standard deviation 0.1: a sum of squares in float would keep no digit of the variance. */
    @Test
    void aLargeMeanDoesNoHarmToTheVariance() {
        for (int[] dims : new int[][] {{8, 3, 16, 16}, {32, 3, 5, 5}, {600, 3, 1, 1}}) {
            Tensor x = random(5, dims).mul(0.1).add(1000);
            Tensor y = empty(dims);
            Tensor mean = empty(3);
            Tensor variance = empty(3);
            new VectorBackend(1).batchNorm(x, empty(3).add(1), empty(3), 0, y, mean, variance);
            float[] values = x.toFloats();
            int plane = dims[2] * dims[3];
            for (int c = 0; c < 3; c++) {
                double sum = 0;
                int count = dims[0] * plane;
                for (int i = 0; i < values.length; i++) {
                    sum += i / plane % 3 == c ? values[i] : 0;
                }
                double average = sum / count;
                double squares = 0;
                for (int i = 0; i < values.length; i++) {
                    squares += i / plane % 3 == c ? (values[i] - average) * (values[i] - average) : 0;
                }
                assertEquals(average, mean.toFloats()[c], 3e-4);
                assertEquals(squares / count, variance.toFloats()[c], 1e-4 * squares / count);
            }
        }
    }

    @Test
    void threadsDoNotChangeSoftmaxAndLayerNorm() {
        for (int[] dims : new int[][] {{6000, 10}, {300, 257}, {5, 30_000}, {7, 33}}) {
            Tensor x = random(6, dims);
            Tensor g = random(7, dims);
            int[] classes = new int[dims[0]];
            for (int i = 0; i < classes.length; i++) {
                classes[i] = i % dims[1];
            }
            Tensor labels = Tensor.of(CPU, classes, Shape.of(dims[0]));
            sameBits(backend -> rows(backend, x, g, labels));
            if (x.size() < 100_000) {
                sameValues(2e-5, backend -> rows(backend, x, g, labels));
            }
        }
    }

    /** Everything that works row by row. */
    private static List<Tensor> rows(Backend backend, Tensor x, Tensor g, Tensor labels) {
        int[] dims = x.shape().toArray();
        List<Tensor> all = new ArrayList<>();
        for (boolean log : new boolean[] {false, true}) {
            Tensor y = empty(dims);
            backend.softmax(x, log, y);
            Tensor dx = empty(dims);
            backend.softmaxGradient(y, g, log, dx);
            all.addAll(List.of(y, dx));
        }
        Tensor losses = empty(dims[0]);
        Tensor p = empty(dims);
        backend.crossEntropy(x, labels, 0.1, losses, p);
        Tensor dlogits = empty(dims);
        backend.crossEntropyGradient(p, labels, 0.1, losses, dlogits);
        Tensor y = empty(dims);
        Tensor mean = empty(dims[0]);
        Tensor variance = empty(dims[0]);
        backend.standardize(x, 1e-5, y, mean, variance);
        Tensor dx = empty(dims);
        backend.standardizeGradient(y, g, variance, 1e-5, dx);
        all.addAll(List.of(losses, p, dlogits, y, mean, variance, dx));
        return all;
    }

    /** By hand: logits (0, ln 3) have probabilities 1/4 and 3/4. */
    @Test
    void crossEntropyOfTwoClasses() {
        Tensor logits = Tensor.of(CPU, new float[] {0, (float) Math.log(3), 1000, 1000}, Shape.of(2, 2));
        Tensor labels = Tensor.of(CPU, new int[] {0, 1}, Shape.of(2));
        Tensor losses = empty(2);
        Tensor p = empty(2, 2);
        var backend = new VectorBackend(1);
        backend.crossEntropy(logits, labels, 0, losses, p);
        assertArrayEquals(new float[] {(float) Math.log(4), (float) Math.log(2)}, losses.toFloats(), 1e-6f);
        assertArrayEquals(new float[] {0.25f, 0.75f, 0.5f, 0.5f}, p.toFloats(), 1e-7f);
        Tensor dlogits = empty(2, 2);
        backend.crossEntropyGradient(p, labels, 0, Tensor.of(CPU, new float[] {1, 2}, Shape.of(2)), dlogits);
        assertArrayEquals(new float[] {-0.75f, 0.75f, 1, -1}, dlogits.toFloats(), 1e-6f);
    }

    @Test
    void threadsDoNotChangePooling() {
        Tensor x = random(8, 6, 20, 30, 34);
        for (PoolSpec spec : List.of(PoolSpec.of(2, 2), PoolSpec.of(3, 2).withPadding(1), PoolSpec.of(3, 1))) {
            Shape pooled = spec.outputShape(x.shape());
            Tensor g = random(9, pooled.toArray());
            sameBits(backend -> pools(backend, spec, x, g));
        }
    }

    private static List<Tensor> pools(Backend backend, PoolSpec spec, Tensor x, Tensor g) {
        Tensor y = empty(g.shape().toArray());
        Tensor indices = Tensor.zeros(CPU, DType.I32, g.shape());
        backend.maxPool2d(spec, x, y, indices);
        Tensor dx = empty(x.shape().toArray());
        backend.maxPool2dGradient(spec, g, indices, dx);
        Tensor mean = empty(g.shape().toArray());
        backend.avgPool2d(spec, x, mean);
        Tensor dmean = empty(x.shape().toArray());
        backend.avgPool2dGradient(spec, g, dmean);
        return List.of(y, indices, dx, mean, dmean);
    }

    /** Strides from 1 to 3, with rows of outputs shorter and longer than a vector, and partial windows. */
    @Test
    void poolingIsThatOfThePlainBackEnd() {
        for (int[] size : new int[][] {{9, 8}, {16, 16}, {21, 38}, {33, 17}}) {
            Tensor x = random(15, 2, 3, size[0], size[1]).mul(4).round();
            for (int kernel = 1; kernel <= 4; kernel++) {
                for (int stride = 1; stride <= 3; stride++) {
                    for (int pad = 0; 2 * pad <= kernel; pad++) {
                        PoolSpec spec = PoolSpec.of(kernel, stride)
                                .withPadding(pad)
                                .withCeilMode(kernel % 2 == 0)
                                .withCountPadding(stride % 2 == 0);
                        Tensor g = random(16, spec.outputShape(x.shape()).toArray());
                        sameValues(1e-5, backend -> pools(backend, spec, x, g));
                    }
                }
            }
        }
    }

    /** Widths on both sides of one vector, odd sizes, ties and NaN, against four comparisons. */
    @Test
    void pairPoolingOfAnyWidth() {
        for (int width = 2; width < 40; width++) {
            for (int height = 2; height < 8; height++) {
                var random = new Random(width * 10L + height);
                float[] x = new float[height * width + 2];
                for (int i = 0; i < x.length; i++) {
                    x[i] = random.nextInt(20) == 0 ? Float.NaN : random.nextInt(4) - 2;
                }
                int rows = height / 2;
                int columns = width / 2;
                float[] y = new float[rows * columns];
                int[] place = new int[y.length];
                int[] corners = PairPool.corners(width, rows, columns);
                PairPool.max(x, 2, width, corners, y, 0, place, 0, rows, columns);
                for (int i = 0; i < y.length; i++) {
                    int first = i / columns * 2 * width + i % columns * 2;
                    int best = first;
                    for (int candidate : new int[] {first + 1, first + width, first + width + 1}) {
                        boolean firstNaN = Float.isNaN(x[2 + candidate]) && !Float.isNaN(x[2 + best]);
                        best = firstNaN || x[2 + candidate] > x[2 + best] ? candidate : best;
                    }
                    assertEquals(best, place[i], "place " + i + " of " + height + "x" + width);
                    assertEquals(x[2 + best], y[i]);
                }
            }
        }
    }
}
