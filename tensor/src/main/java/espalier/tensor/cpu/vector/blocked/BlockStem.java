package espalier.tensor.cpu.vector.blocked;

import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.conv.Correlation;
import espalier.tensor.cpu.vector.conv.PaddedWindow;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.Lines;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.spi.BlockedConvolution;
import espalier.tensor.spi.ConvSpec;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A convolution of plain images {@code [N, C, H, W]} whose results lie in blocks of channels: the first one of a
 * network.
 *
 * <p>The window is that of a plain convolution, in which what neighbouring results see under a tap are neighbouring
 * floats. Each is one factor for the weights of two vectors of output channels, so that the sums are pixels of blocks
 * as they are.
 */
final class BlockStem implements BlockedConvolution {
    private static final int LANES = Lanes.COUNT;
    private static final int WIDTH = BlockSweep.WIDTH;

    /** Most floats of a window, unless a row of results needs more: 64 KiB. */
    private static final int WINDOW_FLOATS = 1 << 14;

    private final Parallel parallel;
    private final ConvSpec spec;
    private final Shape weightShape;
    private final float[] bias;

    /** For each panel of {@link #WIDTH} output channels their weights of one term side by side, term by term. */
    private final Span packed;

    private final Map<Shape, Plan> plans = new ConcurrentHashMap<>();

    /** How images of one size are cut: into blocks of rows of results. */
    private record Plan(ConvGeometry g, PaddedWindow window, int rows, int blocks, int[] places) {
        static Plan of(ConvGeometry g) {
            Correlation sums = Correlation.forward(g);
            int rows = g.outH();
            while (rows > 1 && g.c() * new PaddedWindow(sums, rows).plane() > WINDOW_FLOATS) {
                rows = Math.ceilDiv(rows, 2);
            }
            PaddedWindow window = new PaddedWindow(sums, rows);
            int taps = g.kh() * g.kw();
            int[] places = new int[g.c() * taps];
            for (int t = 0; t < places.length; t++) {
                int row = t % taps / g.kw() * g.spec().dilationH();
                int column = t % g.kw() * g.spec().dilationW();
                places[t] = t / taps * window.plane() + window.at(row, column);
            }
            return new Plan(g, window, rows, Math.ceilDiv(g.outH(), rows), places);
        }
    }

    BlockStem(Parallel parallel, Lines memory, ConvSpec spec, Tensor weight, Optional<Tensor> bias) {
        this.parallel = parallel;
        this.spec = spec;
        weightShape = weight.shape();
        int channels = weight.dim(0);
        float[] terms = weight.reshape(channels / WIDTH, WIDTH, weight.size() / channels)
                .transpose(1, 2)
                .toFloats();
        packed = memory.take(terms.length);
        System.arraycopy(terms, 0, packed.array(), packed.at(), terms.length);
        this.bias = bias.map(Tensor::toFloats).orElse(new float[channels]);
    }

    @Override
    public void run(Tensor x, Optional<Tensor> addend, boolean relu, Tensor out) {
        if (addend.isPresent()) {
            throw new IllegalArgumentException("blocked convolution: one of plain images adds nothing");
        }
        Plan plan = plans.computeIfAbsent(x.shape(), shape -> Plan.of(BlockWay.geometry(shape, weightShape, spec)));
        ConvGeometry g = plan.g;
        Span src = Span.of(x);
        Span dst = Span.of(out);
        float floor = relu ? 0f : Float.NEGATIVE_INFINITY;
        BlockWay.each(parallel, g.n() * plan.blocks, g.o() / WIDTH, g.multiplyAdds(), (unit, firstPanel, endPanel) -> {
            float[] window = Scratch.floats(Scratch.CONV_INPUT, g.c() * plan.window.plane() + StemTile.PIXELS);
            int image = src.at() + unit / plan.blocks * g.c() * g.h() * g.w();
            int firstRow = unit % plan.blocks * plan.rows;
            plan.window.fill(src.array(), image, g.c(), firstRow, window);
            for (int panel = firstPanel; panel < endPanel; panel++) {
                int result = unit / plan.blocks * (g.o() / LANES) + 2 * panel;
                compute(plan, window, panel, firstRow, floor, dst, result * g.outH() * g.outW() * LANES);
            }
        });
    }

    private void compute(Plan plan, float[] window, int panel, int firstRow, float floor, Span dst, int at) {
        ConvGeometry g = plan.g;
        int plane = g.outH() * g.outW() * LANES;
        int weights = packed.at() + panel * plan.places.length * WIDTH;
        int last = g.outW() - g.outW() % StemTile.PIXELS;
        for (int i = 0; i < Math.min(plan.rows, g.outH() - firstRow); i++) {
            int from = i * plan.window.pitch();
            int to = dst.at() + at + (firstRow + i) * g.outW() * LANES;
            for (int j = 0; j < last; j += StemTile.PIXELS) {
                int y = to + j * LANES;
                StemTile.run(
                        window,
                        from + j,
                        plan.places,
                        packed.array(),
                        weights,
                        bias,
                        panel * WIDTH,
                        floor,
                        dst.array(),
                        y,
                        y + plane);
            }
            if (last < g.outW()) { // computes more than there is, and keeps what there is
                float[] tile = Scratch.floats(Scratch.TILE, 2 * StemTile.PIXELS * LANES);
                int half = StemTile.PIXELS * LANES;
                StemTile.run(
                        window,
                        from + last,
                        plan.places,
                        packed.array(),
                        weights,
                        bias,
                        panel * WIDTH,
                        floor,
                        tile,
                        0,
                        half);
                int left = (g.outW() - last) * LANES;
                System.arraycopy(tile, 0, dst.array(), to + last * LANES, left);
                System.arraycopy(tile, half, dst.array(), to + last * LANES + plane, left);
            }
        }
    }
}
