package espalier.tensor.cpu.vector.blocked;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.Device;
import espalier.tensor.Pooling;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.PlainConvolution;
import espalier.tensor.cpu.vector.channels.Squares;
import espalier.tensor.cpu.vector.lanes.Heap;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.Lines;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.spi.BlockedConvolution;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PoolSpec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Kernels for blocked images against the plain loops, brought into blocks and back by views. */
class ChannelBlocksTest {
    private static final int B = Lanes.COUNT;

    private static Tensor random(int seed, Shape shape) {
        return RandomSource.of(seed).uniform(Device.cpu(), shape, -1, 1);
    }

    private static Tensor inBlocks(ChannelBlocks blocks, Tensor plain) {
        return blocks.seenInBlocks(plain).contiguous();
    }

    private static float[] plain(Tensor blocked, Shape shape) {
        return blocked.permute(0, 1, 4, 2, 3).reshape(shape.toArray()).toFloats();
    }

    /**
     * Strides, paddings, dilations and kernels, even and uneven, on images smaller and larger than a tile, and one of
     * several windows.
     */
    private static List<ConvGeometry> geometries() {
        List<ConvGeometry> list = new ArrayList<>();
        ConvSpec one = ConvSpec.of();
        for (int size : new int[] {1, 2, 3, 5, 7, 8, 9, 13, 16}) {
            list.add(new ConvGeometry(2, B, size, 17 - size, 2 * B, 1, 1, one));
            list.add(new ConvGeometry(2, 2 * B, size, 17 - size, 2 * B, 3, 3, one.withPadding(1)));
            list.add(new ConvGeometry(
                    1, B, size, 17 - size, 2 * B, 3, 3, one.withPadding(1).withStride(2)));
            list.add(new ConvGeometry(1, 2 * B, size, 17 - size, 2 * B, 1, 1, one.withStride(2)));
        }
        list.add(new ConvGeometry(2, B, 12, 11, 2 * B, 3, 3, one));
        list.add(new ConvGeometry(1, B, 1, 1, 2 * B, 2, 2, one.withPadding(3).withStride(4))); // taps that see nothing
        list.add(new ConvGeometry(1, B, 12, 11, 4 * B, 3, 3, one.withPadding(2)));
        list.add(
                new ConvGeometry(1, 3 * B, 9, 9, 2 * B, 3, 3, one.withPadding(2).withDilation(2)));
        list.add(new ConvGeometry(1, B, 12, 11, 2 * B, 5, 2, one.withPadding(2).withStride(3)));
        list.add(new ConvGeometry(1, B, 11, 12, 2 * B, 2, 4, new ConvSpec(2, 3, 1, 0, 3, 2, 1)));
        list.add(new ConvGeometry(1, B, 9, 9, 2 * B, 3, 1, one));
        list.add(new ConvGeometry(1, 40 * B, 9, 9, 2 * B, 1, 1, one)); // several stretches
        for (int size : new int[] {1, 4, 7, 16}) {
            list.add(new ConvGeometry(2, B, size, 17 - size, 2 * B, 5, 5, one.withPadding(2)));
            list.add(new ConvGeometry(1, 2 * B, 5 + size, 21 - size, 4 * B, 5, 5, one));
        }
        list.add(new ConvGeometry(1, 6 * B, 5, 4, 2 * B, 3, 3, one.withPadding(1)));
        list.add(new ConvGeometry(1, 8 * B, 40, 33, 2 * B, 3, 3, one.withPadding(1))); // several windows
        list.add(new ConvGeometry(1, 16 * B, 33, 40, 2 * B, 1, 1, one));
        return list;
    }

    @Test
    void convolutions() {
        int winograd = 0;
        for (ConvGeometry g : geometries()) {
            Tensor x = random(1, Shape.of(g.n(), g.c(), g.h(), g.w()));
            Tensor w = random(2, Shape.of(g.o(), g.c(), g.kh(), g.kw()));
            Tensor bias = random(3, Shape.of(g.o()));
            Shape result = Shape.of(g.n(), g.o(), g.outH(), g.outW());
            Tensor addend = random(4, result);
            float[] sums = new float[result.size()];
            PlainConvolution.forward(g, x.toFloats(), 0, w.toFloats(), 0, bias.toFloats(), 0, sums, 0);
            List<BlockWay> ways = new ArrayList<>(List.of(new BlockSweep(g)));
            for (Squares kind : Squares.values()) {
                if (BlockWinograd.takes(kind, g)) {
                    ways.add(new BlockWinograd(kind, g));
                    winograd++;
                }
            }
            for (BlockWay way : ways) {
                for (int kind = 0; kind < 4; kind++) {
                    boolean relu = kind % 2 == 1;
                    boolean adds = kind >= 2;
                    assertResults(way, g, x, w, bias, adds ? Optional.of(addend) : Optional.empty(), relu, sums);
                }
            }
        }
        assertTrue(winograd > 20);
    }

    private static void assertResults(
            BlockWay way,
            ConvGeometry g,
            Tensor x,
            Tensor w,
            Tensor bias,
            Optional<Tensor> addend,
            boolean relu,
            float[] sums) {
        Shape result = Shape.of(g.n(), g.o(), g.outH(), g.outW());
        String where = way.getClass().getSimpleName() + " " + g + (addend.isPresent() ? " + addend" : "") + " " + relu;
        float[] one = run(1, way, g, x, w, bias, addend, relu);
        float[] add = addend.map(Tensor::toFloats).orElse(new float[result.size()]);
        double allowed = 2e-6 * g.c() * g.kh() * g.kw() + 2e-5;
        for (int i = 0; i < one.length; i++) {
            float expected = sums[i] + add[i];
            assertEquals(relu ? Math.max(0, expected) : expected, one[i], allowed, where + " at " + i);
        }
        assertArrayEquals(one, run(3, way, g, x, w, bias, addend, relu), where + ", three threads");
    }

    private static float[] run(
            int threads,
            BlockWay way,
            ConvGeometry g,
            Tensor x,
            Tensor w,
            Tensor bias,
            Optional<Tensor> addend,
            boolean relu) {
        try (var parallel = new Parallel(threads)) {
            ChannelBlocks blocks = new ChannelBlocks(parallel);
            Shape result = Shape.of(g.n(), g.o(), g.outH(), g.outW());
            Tensor y = Tensor.full(Device.cpu(), x.dtype(), blocks.inBlocks(result), Float.NaN);
            Span packed = new Lines().take(way.packedLength());
            way.pack(w.toFloats(), packed);
            Span add = addend.map(t -> Span.of(inBlocks(blocks, t))).orElse(Span.NONE);
            way.run(parallel, Span.of(inBlocks(blocks, x)), packed, bias.toFloats(), add, relu, Span.of(y));
            return plain(y, result);
        }
    }

    /** An addend may be where the result goes, as at the end of a residual block. */
    @Test
    void addsToItself() {
        try (var parallel = new Parallel(2)) {
            ChannelBlocks blocks = new ChannelBlocks(parallel);
            for (int kind = 0; kind < 3; kind++) {
                boolean depthwise = kind == 2;
                int kernel = kind == 0 ? 1 : 3;
                int inputs = depthwise ? 2 * B : 40 * B;
                ConvSpec spec = ConvSpec.of().withPadding(kernel / 2).withGroups(depthwise ? inputs : 1);
                Tensor x = inBlocks(blocks, random(1, Shape.of(1, inputs, 6, 6)));
                Tensor addend = inBlocks(blocks, random(2, Shape.of(1, 2 * B, 6, 6)));
                Tensor w = random(3, Shape.of(2 * B, depthwise ? 1 : inputs, kernel, kernel));
                BlockedConvolution convolution = blocks.prepare(spec, w, Optional.empty());
                Tensor apart = Tensor.zeros(addend.shape().toArray());
                convolution.run(x, Optional.of(addend), true, apart);
                convolution.run(x, Optional.of(addend), true, addend);
                assertArrayEquals(apart.toFloats(), addend.toFloats());
            }
        }
    }

    /**
     * One convolution sees images for which different ways are the fastest; each has weights in an order of its own.
     */
    @Test
    void oneConvolutionTakesImagesOfSeveralSizes() {
        try (var parallel = new Parallel(1)) {
            ChannelBlocks blocks = new ChannelBlocks(parallel);
            ConvSpec spec = ConvSpec.of().withPadding(1);
            Tensor w = random(3, Shape.of(4 * B, 4 * B, 3, 3));
            BlockedConvolution convolution = blocks.prepare(spec, w, Optional.empty());
            Set<Optional<Squares>> seen = new HashSet<>();
            for (int[] size : new int[][] {{1, 1, 1}, {1, 4, 4}, {9, 12, 12}, {1, 1, 1}, {1, 4, 4}}) {
                var g = new ConvGeometry(size[0], 4 * B, size[1], size[2], 4 * B, 3, 3, spec);
                seen.add(BlockWay.of(g).squares());
                Shape shape = Shape.of(g.n(), g.c(), g.h(), g.w());
                Tensor x = random(4, shape);
                Tensor y = Tensor.zeros(blocks.inBlocks(shape).toArray());
                convolution.run(inBlocks(blocks, x), Optional.empty(), false, y);
                float[] expected = new float[shape.size()];
                PlainConvolution.forward(g, x.toFloats(), 0, w.toFloats(), 0, new float[0], 0, expected, 0);
                assertArrayEquals(expected, plain(y, shape), 1e-3f, g::toString);
            }
            assertTrue(seen.size() > 1, "one way for all sizes");
        }
    }

    /**
     * The first convolution of a network, of plain images: widths beside that of a tile, and one of several windows.
     */
    @Test
    void stems() {
        List<ConvGeometry> list = new ArrayList<>();
        ConvSpec one = ConvSpec.of();
        for (int width : new int[] {1, 2, 5, 6, 7, 8, 9, 12, 15, 16, 17}) {
            list.add(new ConvGeometry(2, 3, 18 - width, width, 4 * B, 3, 3, one.withPadding(1)));
            list.add(new ConvGeometry(
                    1, 1, width + 1, width, 2 * B, 3, 3, one.withPadding(1).withStride(2)));
        }
        list.add(new ConvGeometry(2, 3, 33, 34, 2 * B, 7, 7, one.withPadding(3).withStride(2)));
        list.add(new ConvGeometry(1, 4, 20, 19, 2 * B, 4, 4, one.withStride(4)));
        list.add(new ConvGeometry(1, 2, 11, 12, 2 * B, 2, 3, new ConvSpec(2, 3, 1, 0, 3, 2, 1)));
        list.add(new ConvGeometry(1, 5, 80, 81, 2 * B, 5, 5, one.withPadding(2))); // several windows
        list.add(new ConvGeometry(1, 3, 12, 11, 6 * B, 1, 1, one));
        for (ConvGeometry g : list) {
            Tensor x = random(1, Shape.of(g.n(), g.c(), g.h(), g.w()));
            Tensor w = random(2, Shape.of(g.o(), g.c(), g.kh(), g.kw()));
            Tensor bias = random(3, Shape.of(g.o()));
            Shape result = Shape.of(g.n(), g.o(), g.outH(), g.outW());
            float[] sums = new float[result.size()];
            PlainConvolution.forward(g, x.toFloats(), 0, w.toFloats(), 0, bias.toFloats(), 0, sums, 0);
            for (boolean relu : new boolean[] {false, true}) {
                float[] found = stem(1, g, x, w, bias, relu);
                for (int i = 0; i < found.length; i++) {
                    assertEquals(relu ? Math.max(0, sums[i]) : sums[i], found[i], 1e-4, g + " " + relu + " at " + i);
                }
                assertArrayEquals(found, stem(3, g, x, w, bias, relu), g + ", three threads");
            }
        }
    }

    private static float[] stem(int threads, ConvGeometry g, Tensor x, Tensor w, Tensor bias, boolean relu) {
        try (var parallel = new Parallel(threads)) {
            ChannelBlocks blocks = new ChannelBlocks(parallel);
            assertTrue(blocks.takesStem(g.spec()));
            Shape result = Shape.of(g.n(), g.o(), g.outH(), g.outW());
            Tensor y = Tensor.full(Device.cpu(), x.dtype(), blocks.inBlocks(result), Float.NaN);
            blocks.prepareStem(g.spec(), w, Optional.of(bias)).run(x, Optional.empty(), relu, y);
            return plain(y, result);
        }
    }

    @Test
    void depthwise() {
        try (var parallel = new Parallel(2)) {
            ChannelBlocks blocks = new ChannelBlocks(parallel);
            int channels = 2 * B;
            for (int pad = 0; pad <= 3; pad++) {
                for (int stride = 1; stride <= 3; stride++) {
                    for (int width : new int[] {1, 2, 3, 4, 5, 6, 7, 11, 14}) {
                        if (width + 2 * pad < 3) {
                            continue;
                        }
                        ConvSpec spec = ConvSpec.of()
                                .withPadding(pad)
                                .withStride(stride)
                                .withGroups(channels);
                        var g = new ConvGeometry(2, channels, width + 1, width, channels, 3, 3, spec);
                        Tensor x = random(1, Shape.of(g.n(), g.c(), g.h(), g.w()));
                        Tensor w = random(2, Shape.of(channels, 1, 3, 3));
                        Tensor bias = random(3, Shape.of(channels));
                        Shape result = Shape.of(g.n(), g.o(), g.outH(), g.outW());
                        Tensor addend = random(4, result);
                        float[] sums = new float[result.size()];
                        PlainConvolution.forward(g, x.toFloats(), 0, w.toFloats(), 0, bias.toFloats(), 0, sums, 0);
                        assertTrue(blocks.takes(spec, w.shape()));
                        BlockedConvolution way = blocks.prepare(spec, w, Optional.of(bias));
                        for (int kind = 0; kind < 4; kind++) {
                            Tensor y = Tensor.full(Device.cpu(), x.dtype(), blocks.inBlocks(result), Float.NaN);
                            Optional<Tensor> add = kind < 2 ? Optional.empty() : Optional.of(inBlocks(blocks, addend));
                            way.run(inBlocks(blocks, x), add, kind % 2 == 1, y);
                            float[] found = plain(y, result);
                            for (int i = 0; i < found.length; i++) {
                                float sum = sums[i] + (kind < 2 ? 0 : addend.toFloats()[i]);
                                assertEquals(kind % 2 == 1 ? Math.max(0, sum) : sum, found[i], 1e-5, spec + " " + i);
                            }
                        }
                    }
                }
            }
            assertTrue(
                    !blocks.takes(ConvSpec.of().withGroups(2), Shape.of(2 * B, B, 3, 3)), "groups of several channels");
            assertTrue(!blocks.takes(ConvSpec.of().withGroups(2 * B).withDilation(2), Shape.of(2 * B, 1, 3, 3)));
        }
    }

    @Test
    void maxima() {
        try (var parallel = new Parallel(2)) {
            ChannelBlocks blocks = new ChannelBlocks(parallel);
            for (int kernel = 1; kernel <= 3; kernel++) {
                for (int stride = 1; stride <= 3; stride++) {
                    for (int width : new int[] {3, 4, 7, 12}) {
                        PoolSpec spec = PoolSpec.of(kernel, stride)
                                .withPadding(kernel / 2)
                                .withCeilMode(width == 7);
                        Tensor x = random(1, Shape.of(2, 2 * B, width + 1, width));

                        Heap.floats(x)[5] = Float.NaN;
                        Tensor expected = Pooling.max(spec, x).values();
                        Tensor y =
                                Tensor.zeros(blocks.inBlocks(expected.shape()).toArray());
                        blocks.maxPool2d(spec, inBlocks(blocks, x), false, y);
                        assertArrayEquals(expected.toFloats(), plain(y, expected.shape()), spec.toString());
                        blocks.maxPool2d(spec, inBlocks(blocks, x), true, y);
                        assertArrayEquals(expected.relu().toFloats(), plain(y, expected.shape()), spec + ", relu");
                    }
                }
            }
        }
    }

    /**
     * Weights U = G w Gᵀ of a kernel that is all ones: U[i][j] is the product of two numbers of G·1. At 0, 1, −1 and
     * infinity these are (1, 3/2, 1/2, 1), at 3/4, for one, (1 + 3/4 + 9/16) / (2 · 9/16 · (9/16 − 9/4)) = −296/243.
     */
    @Test
    void turnedWeightsByHand() {
        var g = new ConvGeometry(1, B, 4, 4, 2 * B, 3, 3, ConvSpec.of().withPadding(1));
        assertTurned(new BlockWinograd(Squares.TWO_BY_TWO, g), 0f, 1f, 1.5f, 0.5f, 1f);
        float[] four = {64 / 81f, -296 / 243f, -104 / 243f, 152 / 243f, 56 / 243f, 1f};
        assertTurned(new BlockWinograd(Squares.FOUR_BY_FOUR, g), 3e-7f, four);
    }

    private static void assertTurned(BlockWay way, float tolerance, float... row) {
        var g = new ConvGeometry(1, B, 4, 4, 2 * B, 3, 3, ConvSpec.of().withPadding(1));
        float[] ones = new float[g.weightLength()];
        java.util.Arrays.fill(ones, 1f);
        Span packed = new Lines().take(way.packedLength());
        way.pack(ones, packed);
        for (int k = 0; k < row.length * row.length; k++) {
            assertEquals(
                    row[k / row.length] * row[k % row.length], packed.array()[packed.at() + k * B * 2 * B], tolerance);
        }
    }
}
