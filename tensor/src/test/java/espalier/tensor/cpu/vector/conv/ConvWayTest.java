package espalier.tensor.cpu.vector.conv;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.PlainConvolution;
import espalier.tensor.cpu.vector.channels.Squares;
import espalier.tensor.cpu.vector.lanes.Lines;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.spi.ConvSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Each way to compute a convolution against the plain loops, whether or not it would be chosen. */
class ConvWayTest {
    /** Elements before and after each array, which must stay as they are. */
    private static final int MARGIN = 3;

    private static final float[] NO_BIAS = new float[0];

    private static List<ConvWay> ways(Correlation sum) {
        List<ConvWay> ways = new ArrayList<>(List.of(new CorrelationSweep(sum)));
        if (CorrelationLanes.takes(sum)) {
            ways.add(new CorrelationLanes(sum));
        }
        if (WinogradSweep.takes(sum)) {
            ways.add(new WinogradSweep(sum));
        }
        if (WinogradLanes.takes(sum)) {
            ways.add(new WinogradLanes(sum));
        }
        for (Squares kind : Squares.values()) {
            if (SquareSweep.takes(kind, sum)) {
                ways.add(new SquareSweep(kind, sum));
            }
        }
        if (PointwiseSweep.takes(sum)) {
            ways.add(new PointwiseSweep(sum));
        }
        if (ChannelSweep.takes(sum)) {
            ways.add(new ChannelSweep(sum));
        }
        return ways;
    }

    private static List<ConvWay> forwardWays(ConvGeometry g) {
        List<ConvWay> ways = ways(Correlation.forward(g));
        if (DepthwisePlanes.takes(g)) {
            ways.add(DepthwisePlanes.forward(g));
        }
        return ways;
    }

    private static List<ConvWay> gradientWays(ConvGeometry g) {
        List<ConvWay> ways = ways(Correlation.inputGradient(g));
        if (DepthwisePlanes.takes(g)) {
            ways.add(DepthwisePlanes.inputGradient(g));
        }
        return ways;
    }

    /**
     * Heights odd and even, one row, rows narrower than a vector, just as wide, wider; several images in a block;
     * groups.
     */
    private static List<ConvGeometry> geometries() {
        ConvSpec same = ConvSpec.of().withPadding(1);
        List<ConvGeometry> list = new ArrayList<>();
        for (int height : new int[] {1, 2, 3, 4, 7, 8, 9, 14}) {
            for (int width : new int[] {1, 3, 7, 8, 9, 16, 17, 33}) {
                list.add(new ConvGeometry(1 + height % 3, 3, height, width, 7, 3, 3, same));
            }
        }
        list.add(new ConvGeometry(3, 5, 9, 11, 6, 3, 3, ConvSpec.of()));
        list.add(new ConvGeometry(2, 4, 6, 10, 8, 3, 3, ConvSpec.of().withPadding(3)));
        list.add(new ConvGeometry(2, 4, 10, 9, 8, 3, 1, ConvSpec.of()));
        list.add(new ConvGeometry(2, 4, 10, 9, 8, 3, 5, ConvSpec.of().withPadding(2)));
        list.add(new ConvGeometry(2, 6, 8, 8, 12, 3, 3, same.withGroups(3)));
        list.add(new ConvGeometry(5, 6, 7, 5, 6, 3, 3, same.withGroups(2))); // several images of a group in a block
        list.add(new ConvGeometry(9, 16, 4, 4, 16, 3, 3, same));
        list.add(new ConvGeometry(1, 200, 5, 5, 6, 3, 3, same)); // a sum that is cut
        list.add(new ConvGeometry(1, 64, 7, 7, 256, 3, 3, same)); // rows divided among tasks
        list.add(new ConvGeometry(1, 2, 90, 40, 2, 3, 3, same)); // several blocks in an image
        list.add(new ConvGeometry(0, 2, 9, 9, 2, 3, 3, same));
        list.add(new ConvGeometry(2, 3, 9, 9, 5, 3, 3, same.withStride(2)));
        for (int width : new int[] {16, 17, 31, 33, 150}) {
            list.add(new ConvGeometry(2, 5, 1, width, 7, 1, 1, ConvSpec.of()));
            list.add(new ConvGeometry(1, 40, 3, width, 9, 1, 1, ConvSpec.of().withStride(2)));
        }
        for (int width : new int[] {4, 7, 14, 16, 17, 33}) {
            for (ConvSpec spec : List.of(same, same.withStride(2), new ConvSpec(1, 2, 1, 1, 1, 1, 1))) {
                list.add(new ConvGeometry(2, 3, 7, width, 3, 3, 3, spec.withGroups(3)));
                list.add(new ConvGeometry(1, 2, 8, width, 2, 3, 3, spec.withGroups(2)));
            }
        }
        list.add(new ConvGeometry(2, 700, 5, 7, 6, 1, 1, ConvSpec.of())); // a sum that is cut, and an overlap
        list.add(new ConvGeometry(1, 900, 9, 17, 70, 1, 1, ConvSpec.of())); // several blocks, rows divided among tasks
        list.add(new ConvGeometry(3, 12, 7, 7, 8, 1, 1, ConvSpec.of().withGroups(2)));
        list.add(new ConvGeometry(2, 9, 20, 20, 8, 1, 1, ConvSpec.of().withStride(3)));
        list.add(new ConvGeometry(2, 3, 9, 9, 5, 3, 3, ConvSpec.of().withDilation(2)));
        for (int width : new int[] {3, 4, 5, 7, 8, 9, 14, 17}) { // enough output channels to lie side by side
            list.add(new ConvGeometry(2, 5, 6, width, 45, 3, 3, same));
            list.add(new ConvGeometry(1, 7, 9, width + 6, 33, 3, 3, same.withStride(2)));
            list.add(new ConvGeometry(2, 31, 1, width, 64, 1, 1, ConvSpec.of())); // read in place, to the last pixel
            list.add(new ConvGeometry(2, 70, 3, width, 80, 1, 1, ConvSpec.of().withGroups(2)));
        }
        list.add(new ConvGeometry(1, 300, 7, 7, 200, 3, 3, same)); // a sum that is cut, several blocks, many tasks
        list.add(new ConvGeometry(1, 1500, 4, 28, 40, 1, 1, ConvSpec.of())); // the same in place
        list.add(new ConvGeometry(2, 40, 9, 11, 40, 3, 3, ConvSpec.of().withDilation(2)));
        list.add(new ConvGeometry(1, 40, 9, 11, 40, 1, 1, same)); // a border of nothing but the bias
        list.add(new ConvGeometry(1, 40, 9, 11, 40, 1, 1, new ConvSpec(1, 1, 0, 1, 1, 1, 1)));
        list.add(new ConvGeometry(1, 40, 9, 11, 40, 1, 1, new ConvSpec(1, 1, 1, 0, 1, 1, 1)));
        for (int width : new int[] {1, 2, 5, 8, 16, 17, 34}) { // squares of whole vectors of channels
            list.add(new ConvGeometry(3, 16, 5, width, 16, 3, 3, same));
            list.add(new ConvGeometry(2, 32, 8, width, 48, 3, 3, same));
            list.add(new ConvGeometry(1, 48, 7, width + 2, 32, 3, 3, ConvSpec.of()));
            list.add(new ConvGeometry(2, 16, 4, width, 32, 3, 3, new ConvSpec(1, 1, 2, 0, 1, 1, 1).withPadding(2)));
        }
        ConvSpec wide = ConvSpec.of().withPadding(2);
        for (int width : new int[] {5, 6, 9, 16, 17, 34}) { // the same with kernels of 5 × 5
            list.add(new ConvGeometry(3, 16, 5, width, 16, 5, 5, wide));
            list.add(new ConvGeometry(2, 32, 8, width, 48, 5, 5, wide));
            list.add(new ConvGeometry(1, 48, 7, width, 32, 5, 5, ConvSpec.of()));
            list.add(new ConvGeometry(2, 16, 4, width, 32, 5, 5, new ConvSpec(1, 1, 3, 1, 1, 1, 1)));
        }
        list.add(new ConvGeometry(40, 16, 4, 4, 32, 5, 5, wide));
        list.add(new ConvGeometry(1, 64, 40, 30, 32, 5, 5, wide));
        list.add(new ConvGeometry(70, 16, 4, 4, 32, 3, 3, same)); // several blocks of images, the last not full
        list.add(new ConvGeometry(1, 64, 40, 30, 32, 3, 3, same)); // several blocks of rows, the last not full
        list.add(new ConvGeometry(1, 128, 7, 7, 160, 3, 3, same)); // channels divided among tasks
        list.add(new ConvGeometry(0, 16, 6, 6, 16, 3, 3, same));
        list.add(new ConvGeometry(2, 32, 6, 6, 32, 3, 3, same.withGroups(2)));
        list.add(new ConvGeometry(2, 16, 6, 7, 16, 3, 3, new ConvSpec(1, 2, 1, 1, 1, 1, 1)));
        return list;
    }

    @Test
    void everyWayEqualsThePlainLoops() {
        var random = new Random(1);
        int winograd = 0;
        int channels = 0;
        int squares = 0;
        for (ConvGeometry g : geometries()) {
            float[] x = floats(random, g.inputLength() + 2 * MARGIN);
            float[] w = floats(random, g.weightLength() + 2 * MARGIN);
            float[] dy = floats(random, g.outputLength() + 2 * MARGIN);
            float[] bias = floats(random, g.o() + MARGIN);
            for (float[] start : List.of(NO_BIAS, bias)) {
                float[] y = floats(new Random(2), dy.length);
                PlainConvolution.forward(g, x, MARGIN, w, MARGIN, start, MARGIN, y, MARGIN);
                for (ConvWay way : forwardWays(g)) {
                    assertClose(g, way, y, run(way, 1, x, w, start, floats(new Random(2), dy.length)), y.length);
                    winograd += way instanceof WinogradSweep ? 1 : 0;
                    channels += way instanceof ChannelSweep ? 1 : 0;
                    squares += way instanceof SquareSweep ? 1 : 0;
                }
            }
            float[] dx = floats(new Random(2), x.length);
            PlainConvolution.inputGradient(g, dy, MARGIN, w, MARGIN, dx, MARGIN);
            for (ConvWay way : gradientWays(g)) {
                assertClose(g, way, dx, run(way, 1, dy, w, NO_BIAS, floats(new Random(2), x.length)), dx.length);
            }
        }
        assertTrue(winograd > 140, "only " + winograd + " sums by Winograd's algorithm");
        assertTrue(squares > 60, "only " + squares + " sums by squares");
        assertTrue(channels > 60, "only " + channels + " sums with output channels side by side");
    }

    @Test
    void everyWayGivesTheSameBitsOnThreeAndEightThreads() {
        var random = new Random(3);
        for (ConvGeometry g : geometries()) {
            float[] x = floats(random, g.inputLength() + 2 * MARGIN);
            float[] w = floats(random, g.weightLength() + 2 * MARGIN);
            for (ConvWay way : forwardWays(g)) {
                int length = g.outputLength() + 2 * MARGIN;
                float[] alone = run(way, 1, x, w, NO_BIAS, new float[length]);
                for (int threads : new int[] {3, 8}) { // eight fill windows together, three each its own
                    float[] together = run(way, threads, x, w, NO_BIAS, new float[length]);
                    assertArrayEquals(alone, together, () -> way + " of " + g + " on " + threads + " threads");
                }
            }
        }
    }

    @Test
    void noImagesAreNoWork() {
        var g = new ConvGeometry(0, 64, 20, 20, 64, 3, 3, ConvSpec.of().withPadding(1));
        float[] w = new float[g.weightLength() + 2 * MARGIN];
        for (ConvWay way : forwardWays(g)) {
            float[] dst = new float[2 * MARGIN];
            for (int threads : new int[] {1, 3, 8}) {
                assertArrayEquals(new float[2 * MARGIN], run(way, threads, new float[2 * MARGIN], w, NO_BIAS, dst));
            }
        }
    }

    /**
     * Long sums are added to in several steps: two tasks that compute the same pixel would add too much, now and then.
     */
    @Test
    void tasksShareNoResults() {
        var random = new Random(4);
        for (ConvGeometry g : List.of(
                new ConvGeometry(1, 1500, 1, 49, 40, 1, 1, ConvSpec.of()),
                new ConvGeometry(1, 1500, 4, 28, 40, 1, 1, ConvSpec.of()),
                new ConvGeometry(1, 1100, 5, 7, 40, 3, 3, ConvSpec.of().withPadding(1)))) {
            float[] x = floats(random, g.inputLength() + 2 * MARGIN);
            float[] w = floats(random, g.weightLength() + 2 * MARGIN);
            int length = g.outputLength() + 2 * MARGIN;
            for (ConvWay way : forwardWays(g)) {
                float[] alone = run(way, 1, x, w, NO_BIAS, new float[length]);
                for (int again = 0; again < 40; again++) {
                    assertArrayEquals(alone, run(way, 3, x, w, NO_BIAS, new float[length]), () -> way + " of " + g);
                }
            }
        }
    }

    /** By hand: (1, 2, 3, 4) through (5, 6, 7) is 5 + 12 + 21 = 38 and 10 + 18 + 28 = 56. */
    @Test
    void twoResultsByFourMultiplications() {
        for (int width : new int[] {1, 5, 8, 13}) {
            float[] taps = new float[3 * width];
            float[] factors = new float[4 * width];
            float[] rows = new float[4 * width];
            int[] from = {0};
            for (int i = 0; i < width; i++) {
                for (int r = 0; r < 4; r++) {
                    rows[r * width + i] = r + 1;
                }
                for (int r = 0; r < 3; r++) {
                    taps[r * width + i] = r + 5;
                }
            }
            WinogradRows.weights(taps, 0, width, 2 * width, width, factors, 0, width);
            float[] terms = new float[4 * width];
            int[] places = {0, width, 2 * width, 3 * width};
            for (int i = 0; i < width; i++) {
                int[] at = {i};
                WinogradRows.combinePixels(rows, i, places, new int[] {-1, -1, -1, -1}, from, 1, terms, at[0], width);
            }
            for (int i = 0; i < terms.length; i++) {
                terms[i] *= factors[i];
            }
            float[] y = new float[2 * width];
            WinogradRows.both(terms, 0, width, width, y, 0, width);
            for (int i = 0; i < width; i++) {
                assertEquals(38, y[i]);
                assertEquals(56, y[width + i]);
            }
        }
    }

    private static float[] run(ConvWay way, int threads, float[] src, float[] w, float[] bias, float[] dst) {
        try (var parallel = new Parallel(threads)) {
            Span packed = new Lines().take(way.packedLength());
            Arrays.fill(packed.array(), Float.NaN);
            way.pack(parallel, new Span(w, MARGIN), packed);
            var start = new Span(bias, MARGIN);
            way.run(parallel, new Operands(new Span(src, MARGIN), packed, start, new Span(dst, MARGIN)));
        }
        return dst;
    }

    /** Rounding of sums of products of size at most 1/4, as a random walk, with a wide margin; outside, equality. */
    private static void assertClose(ConvGeometry g, ConvWay way, float[] expected, float[] actual, int length) {
        double walk = 1e-6 * (1 + Math.sqrt((double) way.correlation().channels() * g.kh() * g.kw()));
        double tolerance = way.order() == ConvWay.Order.SQUARES_OF_FOUR ? walk : Math.min(walk, 3e-5);
        for (int i = 0; i < length; i++) {
            boolean inside = i >= MARGIN && i < length - MARGIN;
            int at = i - MARGIN;
            assertEquals(expected[i], actual[i], inside ? tolerance : 0, () -> way + " of " + g + " at " + at);
        }
    }

    private static float[] floats(Random random, int n) {
        float[] a = new float[n];
        for (int i = 0; i < n; i++) {
            a[i] = random.nextFloat() - 0.5f;
        }
        return a;
    }
}
