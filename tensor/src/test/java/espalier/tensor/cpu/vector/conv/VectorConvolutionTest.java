package espalier.tensor.cpu.vector.conv;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.PlainConvolution;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.channels.Squares;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.spi.ConvSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The fast kernels against the seven plain loops, whose sums are in double. */
class VectorConvolutionTest {
    /** Elements before and after each tensor, which must stay as they are. */
    private static final int MARGIN = 3;

    @Test
    void equalsThePlainLoops() {
        var random = new Random(1);
        try (var parallel = new Parallel(1)) {
            for (ConvGeometry g : geometries(random)) {
                assertEqualsPlain(parallel, g, random);
            }
        }
    }

    /** Working memory holds whatever the last user left. */
    @Test
    void leftoversThatAreNotNumbersDoNoHarm() {
        var random = new Random(6);
        try (var parallel = new Parallel(1)) {
            for (ConvGeometry g : List.of(
                    geometry(11, 2, 13, 9, 3, ConvSpec.of().withPadding(1)),
                    geometry(5, 1, 12, 6, 5, ConvSpec.of()),
                    geometry(3, 3, 32, 7, 3, ConvSpec.of().withPadding(1)),
                    geometry(9, 20, 12, 10, 5, ConvSpec.of()),
                    geometry(3, 16, 9, 32, 3, ConvSpec.of().withPadding(1)))) {
                for (int slot : new int[] {
                    Scratch.CONV_INPUT, Scratch.CONV_OUTPUT, Scratch.CONV_GRADIENT, Scratch.PLANE, Scratch.TURNED
                }) {
                    Arrays.fill(Scratch.floats(slot, 1 << 19), Float.NaN);
                }
                assertEqualsPlain(parallel, g, random);
            }
        }
    }

    @Test
    void sameBitsForAnyNumberOfThreads() {
        var random = new Random(2);
        List<ConvGeometry> several = List.of(
                geometry(3, 20, 12, 50, 5, ConvSpec.of()),
                geometry(40, 1, 28, 20, 5, ConvSpec.of()),
                geometry(3, 3, 19, 16, 3, ConvSpec.of().withPadding(1)),
                geometry(9, 16, 8, 16, 3, ConvSpec.of().withPadding(1)),
                geometry(2, 16, 33, 17, 3, ConvSpec.of().withPadding(1)),
                geometry(1, 64, 7, 256, 3, ConvSpec.of().withPadding(1)),
                geometry(40, 48, 9, 64, 3, ConvSpec.of().withPadding(1)),
                geometry(70, 20, 12, 50, 5, ConvSpec.of()), // squares, channels that fill no vector
                geometry(9, 32, 9, 32, 5, ConvSpec.of().withPadding(2)),
                geometry(3, 256, 6, 256, 3, ConvSpec.of().withPadding(1)), // one chunk, channels divided among tasks
                geometry(20, 24, 14, 50, 5, ConvSpec.of()), // a few blocks of images, likewise
                geometry(2, 24, 20, 24, 3, ConvSpec.of().withPadding(1).withGroups(24)),
                geometry(2, 8, 30, 16, 3, ConvSpec.of().withStride(2).withPadding(1)));
        for (ConvGeometry g : several) {
            float[] x = floats(random, g.inputLength());
            float[] w = floats(random, g.weightLength());
            float[] dy = floats(random, g.outputLength());
            Results alone = results(1, g, x, w, dy);
            for (int threads : new int[] {2, 3, 8}) {
                Results together = results(threads, g, x, w, dy);
                assertArrayEquals(alone.y(), together.y(), g::toString);
                assertArrayEquals(alone.dx(), together.dx(), g::toString);
                assertArrayEquals(alone.dw(), together.dw(), g::toString);
            }
        }
    }

    /**
     * Infinity and NaN reach the outputs whose window holds them, and of others at most those of the same square; of an
     * infinity may become NaN.
     */
    @Test
    void valuesThatAreNotFiniteStayInTheirWindows() {
        var random = new Random(4);
        for (ConvGeometry g : List.of(
                geometry(1, 3, 20, 5, 3, ConvSpec.of().withPadding(1)),
                geometry(8, 4, 5, 6, 3, ConvSpec.of().withPadding(1)),
                geometry(2, 2, 9, 2, 3, ConvSpec.of().withPadding(1).withGroups(2)),
                geometry(2, 16, 21, 32, 3, ConvSpec.of().withPadding(1)),
                geometry(1, 3, 19, 5, 3, ConvSpec.of().withPadding(1).withStride(2)))) {
            float[] x = floats(random, g.inputLength());
            x[x.length / 2] = Float.NaN;
            x[x.length / 3] = Float.POSITIVE_INFINITY;
            float[] w = floats(random, g.weightLength());
            float[] expected = new float[g.outputLength()];
            PlainConvolution.forward(g, x, 0, w, 0, new float[0], 0, expected, 0);
            float[] y = new float[expected.length];
            try (var parallel = new Parallel(1)) {
                new VectorConvolution(parallel).forward(g, whole(x), whole(w), Span.NONE, whole(y));
            }
            boolean[] near = new boolean[y.length];
            for (int i = 0; i < y.length; i++) {
                if (!Float.isFinite(expected[i]) && Float.isNaN(y[i])) {
                    expected[i] = Float.NaN;
                    markNear(g, i, near);
                }
            }
            boolean squares = g.c() >= 16 && g.o() >= 16;
            for (int i = 0; i < y.length; i++) {
                expected[i] = squares && near[i] && Float.isNaN(y[i]) ? Float.NaN : expected[i];
            }
            assertArrayEquals(expected, y, 1e-5f, g::toString);
        }
    }

    /** Weights that are packed once serve images of any size, whichever way is the fastest for them. */
    @Test
    void weightsThatArePackedOnceTakeImagesOfAnySize() {
        var random = new Random(6);
        ConvSpec same = ConvSpec.of().withPadding(1);
        float[] w = floats(random, 64 * 64 * 9);
        var prepared = new ConvWeights(whole(w));
        Set<ConvWay.Order> seen = EnumSet.noneOf(ConvWay.Order.class);
        try (var parallel = new Parallel(1)) {
            for (int size : new int[] {2, 8, 1, 5, 2, 8}) {
                ConvGeometry g = geometry(40, 64, size, 64, 3, same);
                seen.add(ConvWay.forward(g).order());
                float[] x = floats(random, g.inputLength());
                float[] y = new float[g.outputLength()];
                float[] expected = new float[y.length];
                new VectorConvolution(parallel).forward(g, whole(x), prepared, Span.NONE, whole(y));
                PlainConvolution.forward(g, x, 0, w, 0, new float[0], 0, expected, 0);
                assertArrayEquals(expected, y, 5e-5f, g::toString);
            }
        }
        assertTrue(seen.containsAll(EnumSet.of(ConvWay.Order.SQUARES_OF_TWO, ConvWay.Order.SQUARES_OF_FOUR)));
    }

    /** Marks results of the same image and channel that may be of a square that holds result number {@code at}. */
    private static void markNear(ConvGeometry g, int at, boolean[] near) {
        int plane = g.outH() * g.outW();
        int row = at % plane / g.outW();
        int column = at % g.outW();
        int largest = Squares.FOUR_BY_FOUR.side();
        for (int i = Math.max(0, row - largest + 1); i < Math.min(g.outH(), row + largest); i++) {
            for (int j = Math.max(0, column - largest + 1); j < Math.min(g.outW(), column + largest); j++) {
                near[at - at % plane + i * g.outW() + j] = true;
            }
        }
    }

    /** Working memory is full of what was computed before; none of it may reach a result. */
    @Test
    void nothingIsLeftFromBefore() {
        var random = new Random(5);
        ConvSpec same = ConvSpec.of().withPadding(1);
        for (ConvGeometry g : List.of(
                geometry(3, 5, 7, 6, 3, same),
                geometry(9, 16, 5, 8, 3, same),
                geometry(2, 16, 33, 4, 3, same),
                geometry(3, 32, 5, 48, 3, same),
                geometry(3, 17, 9, 59, 5, same),
                geometry(3, 16, 9, 32, 5, same),
                geometry(2, 3, 9, 4, 3, ConvSpec.of()),
                geometry(2, 3, 9, 5, 5, ConvSpec.of().withStride(2)),
                geometry(4, 12, 6, 7, 1, ConvSpec.of()),
                geometry(2, 6, 11, 6, 3, same.withGroups(6)))) {
            float[] x = floats(random, g.inputLength());
            float[] w = floats(random, g.weightLength());
            float[] dy = floats(random, g.outputLength());
            Results fresh = results(1, g, x, w, dy);
            var larger = new ConvGeometry(g.n(), 2 * g.c(), g.h() + 3, g.w() + 3, 2 * g.o(), g.kh(), g.kw(), g.spec());
            for (ConvGeometry before : List.of(g, larger)) {
                float[] noX = new float[before.inputLength()];
                float[] noW = new float[before.weightLength()];
                float[] noDy = new float[before.outputLength()];
                Arrays.fill(noX, Float.NaN);
                Arrays.fill(noW, Float.NaN);
                Arrays.fill(noDy, Float.NaN);
                results(1, before, noX, noW, noDy);
            }
            Results after = results(1, g, x, w, dy);
            assertArrayEquals(fresh.y(), after.y(), g::toString);
            assertArrayEquals(fresh.dx(), after.dx(), g::toString);
            assertArrayEquals(fresh.dw(), after.dw(), g::toString);
        }
    }

    private record Results(float[] y, float[] dx, float[] dw) {}

    private static Results results(int threads, ConvGeometry g, float[] x, float[] w, float[] dy) {
        var r = new Results(new float[dy.length], new float[x.length], new float[w.length]);
        try (var parallel = new Parallel(threads)) {
            new VectorConvolution(parallel).forward(g, whole(x), whole(w), Span.NONE, whole(r.y()));
            new VectorConvolution(parallel).inputGradient(g, whole(dy), whole(w), whole(r.dx()));
            new VectorConvolution(parallel).weightGradient(g, whole(x), whole(dy), whole(r.dw()));
        }
        return r;
    }

    private static ConvGeometry geometry(int n, int c, int size, int o, int kernel, ConvSpec spec) {
        return new ConvGeometry(n, c, size, size, o, kernel, kernel, spec);
    }

    /** Some of everything that has its own path, then whatever the dice give. */
    private static List<ConvGeometry> geometries(Random random) {
        ConvSpec same = ConvSpec.of().withPadding(1);
        List<ConvGeometry> list = new ArrayList<>(List.of(
                geometry(3, 1, 28, 20, 5, ConvSpec.of()),
                geometry(3, 20, 12, 50, 5, ConvSpec.of()),
                geometry(8, 20, 12, 50, 5, ConvSpec.of()),
                geometry(20, 24, 14, 50, 5, ConvSpec.of()), // sums in several chunks, rows by pairs
                geometry(1, 3, 17, 16, 3, same),
                geometry(70, 1, 28, 13, 5, ConvSpec.of()), // planes of pixels in several chunks
                geometry(11, 2, 13, 9, 3, same.withDilation(2)), // some images at a time, and fewer at the end
                geometry(2, 3, 32, 7, 3, same),
                geometry(0, 3, 17, 16, 3, same),
                geometry(8, 50, 7, 3, 3, same),
                geometry(1, 33, 7, 20, 3, same),
                geometry(9, 16, 4, 16, 3, same),
                geometry(17, 5, 1, 7, 1, ConvSpec.of()),
                geometry(1, 64, 1, 64, 3, same),
                geometry(2, 20, 16, 12, 1, ConvSpec.of()),
                geometry(2, 12, 16, 20, 1, ConvSpec.of().withStride(2)),
                geometry(1, 100, 14, 10, 3, same),
                geometry(2, 16, 24, 16, 3, same.withGroups(16)),
                geometry(2, 5, 13, 10, 3, same.withGroups(5)),
                geometry(2, 5, 15, 5, 5, ConvSpec.of().withPadding(2).withGroups(5)),
                geometry(2, 6, 15, 6, 3, same.withStride(2).withGroups(6)),
                geometry(1, 3, 37, 8, 7, ConvSpec.of().withStride(2).withPadding(3)),
                geometry(1, 4, 5, 4, 3, ConvSpec.of().withPadding(3)),
                geometry(
                        2, 32, 9, 16, 3,
                        same), // squares of whole vectors of channels: odd sizes, one vector, two, three
                geometry(2, 16, 8, 48, 3, ConvSpec.of()),
                geometry(3, 17, 7, 49, 3, same), // channels that fill no vector, and tiles that are not full
                geometry(5, 20, 6, 60, 3, ConvSpec.of()),
                geometry(3, 39, 9, 59, 5, same),
                geometry(70, 20, 12, 50, 5, ConvSpec.of()), // squares in several chunks
                geometry(7, 16, 9, 32, 5, same),
                geometry(1, 32, 33, 16, 5, ConvSpec.of().withPadding(2)),
                geometry(2, 48, 6, 48, 5, ConvSpec.of().withPadding(4)),
                geometry(1, 48, 6, 32, 3, ConvSpec.of().withPadding(2)),
                geometry(70, 16, 4, 32, 3, same),
                geometry(3, 32, 18, 32, 3, same),
                new ConvGeometry(2, 64, 3, 21, 32, 3, 3, same),
                geometry(0, 32, 8, 32, 3, same),
                geometry(20, 32, 16, 32, 3, same), // sums in several chunks
                geometry(2, 16, 10, 16, 3, same.withDilation(2)), // no squares
                geometry(1, 2, 40, 3, 3, ConvSpec.of().withDilation(2).withPadding(2))));
        int[] kernels = {1, 2, 3, 3, 4, 5, 7};
        int[] channels = {1, 2, 3, 4, 5, 8, 16, 20, 24, 33, 50};
        int[] batches = {1, 1, 2, 3, 8, 9};
        while (list.size() < 160) {
            int kh = kernels[random.nextInt(kernels.length)];
            int kw = random.nextInt(4) > 0 ? kh : kernels[random.nextInt(kernels.length)];
            int groups = random.nextInt(3) > 0 ? 1 : 2 + random.nextInt(4);
            int inputs = groups == 1 ? channels[random.nextInt(channels.length)] : 1 + random.nextInt(3);
            int outputs = groups == 1 ? channels[random.nextInt(channels.length)] : 1 + random.nextInt(6);
            int h = 1 + random.nextInt(random.nextBoolean() ? 6 : 20);
            int w = 1 + random.nextInt(random.nextBoolean() ? 6 : 40);
            var spec = new ConvSpec(
                    1 + random.nextInt(3) * random.nextInt(2),
                    1 + random.nextInt(3) * random.nextInt(2),
                    random.nextInt(4),
                    random.nextInt(4),
                    1 + random.nextInt(4) / 3,
                    1 + random.nextInt(4) / 3,
                    groups);
            if (h + 2 * spec.padH() <= spec.dilationH() * (kh - 1)
                    || w + 2 * spec.padW() <= spec.dilationW() * (kw - 1)) {
                continue;
            }
            int n = batches[random.nextInt(batches.length)];
            var g = new ConvGeometry(n, inputs * groups, h, w, outputs * groups, kh, kw, spec);
            if (g.multiplyAdds() < 3_000_000) {
                list.add(g);
            }
        }
        return list;
    }

    private static void assertEqualsPlain(Parallel parallel, ConvGeometry g, Random random) {
        float[] x = floats(random, g.inputLength() + 2 * MARGIN);
        float[] w = floats(random, g.weightLength() + 2 * MARGIN);
        float[] dy = floats(random, g.outputLength() + 2 * MARGIN);
        float[] bias = random.nextBoolean() ? floats(random, g.o() + MARGIN) : new float[0];
        int kernel = g.kh() * g.kw();

        float[] y = floats(random, dy.length);
        float[] expectedY = y.clone();
        new VectorConvolution(parallel).forward(g, inner(x), inner(w), inner(bias), inner(y));
        PlainConvolution.forward(g, x, MARGIN, w, MARGIN, bias, MARGIN, expectedY, MARGIN);
        assertClose("forward", g, expectedY, y, g.outputLength(), g.groupInputs() * kernel);

        float[] dx = floats(random, x.length);
        float[] expectedX = dx.clone();
        new VectorConvolution(parallel).inputGradient(g, inner(dy), inner(w), inner(dx));
        PlainConvolution.inputGradient(g, dy, MARGIN, w, MARGIN, expectedX, MARGIN);
        assertClose("inputGradient", g, expectedX, dx, g.inputLength(), g.groupOutputs() * kernel);

        int pixels = g.n() * g.outH() * g.outW();
        float[] dw = floats(random, w.length);
        float[] expectedW = dw.clone();
        new VectorConvolution(parallel).weightGradient(g, inner(x), inner(dy), inner(dw));
        PlainConvolution.weightGradient(g, x, MARGIN, dy, MARGIN, expectedW, MARGIN);
        int room = SquareGradient.kind(g).equals(Optional.of(Squares.TWO_OF_FIVE)) ? 2 : 1; // they round more
        assertClose("weightGradient", g, expectedW, dw, g.weightLength(), room * pixels);
        // Whether or not it has been chosen:
        for (Squares kind : Squares.values()) {
            if (SquareGradient.takes(kind, g)) {
                float[] again = withMarginsOf(expectedW);
                new SquareGradient(kind, g).run(parallel, inner(x), inner(dy), inner(again));
                assertClose("weightGradient " + kind, g, expectedW, again, g.weightLength(), room * pixels);
            }
        }
        float[] again = withMarginsOf(expectedW);
        new ConvWeightGradient(g).run(parallel, inner(x), inner(dy), inner(again));
        assertClose("weightGradient by tiles", g, expectedW, again, g.weightLength(), pixels);
    }

    private static float[] withMarginsOf(float[] expected) {
        float[] copy = expected.clone();
        Arrays.fill(copy, MARGIN, copy.length - MARGIN, Float.NaN);
        return copy;
    }

    /** Rounding of a sum of n terms of size at most 1/4, as a random walk, with a wide margin; outside, equality. */
    private static void assertClose(
            String op, ConvGeometry g, float[] expected, float[] actual, int length, int terms) {
        double tolerance = 1e-6 * (1 + Math.sqrt(terms));
        for (int i = 0; i < expected.length; i++) {
            boolean inside = i >= MARGIN && i < MARGIN + length;
            int at = i - MARGIN;
            assertEquals(expected[i], actual[i], inside ? tolerance : 0, () -> op + " " + g + " at " + at);
        }
    }

    private static Span whole(float[] array) {
        return new Span(array, 0);
    }

    private static Span inner(float[] array) {
        return new Span(array, MARGIN);
    }

    private static float[] floats(Random random, int n) {
        float[] a = new float[n];
        for (int i = 0; i < n; i++) {
            a[i] = random.nextFloat() - 0.5f;
        }
        return a;
    }
}
