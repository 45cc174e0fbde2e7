package espalier.tensor.cpu.vector.blocked;

import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.spi.ConvSpec;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * The pixels that some rows of a convolution's result see, so arranged that what neighbouring results see under the
 * same tap are neighbours: with zeros around, and with a stride of s as s × s smaller images, one for each pair of a
 * row's and a column's number modulo s, without those that no tap reads.
 *
 * <pre>
 *   window [C/b, phases down, phases across, rows + reach down, columns + reach across, b]
 * </pre>
 *
 * <p>Terms of the sum are ordered [C/b][down][across][b].
 */
final class BlockWindow implements BlockSource {
    private static final int LANES = Lanes.COUNT;

    private final ConvGeometry g;
    private final ConvSpec spec;
    private final int rows;
    private final Axis down;
    private final Axis across;

    /**
     * Taps along one axis. Tap k of result i reads source {@code i·stride + k·dilation − pad}: place {@code i +
     * k·dilation/stride} of the phase {@code k·dilation % stride}.
     */
    private record Axis(int size, int stride, int pad, int dilation, int[] phases, int count, int reach) {
        static Axis of(int size, int kernel, int stride, int pad, int dilation) {
            int[] phases = new int[stride];
            Arrays.fill(phases, -1);
            int count = 0;
            for (int k = 0; k < kernel; k++) {
                if (phases[k * dilation % stride] < 0) {
                    phases[k * dilation % stride] = count++;
                }
            }
            return new Axis(size, stride, pad, dilation, phases, count, (kernel - 1) * dilation / stride);
        }

        int phase(int tap) {
            return phases[tap * dilation % stride];
        }

        int shift(int tap) {
            return tap * dilation / stride;
        }

        /** The source index of a place; outside the image for padding. */
        int source(int remainder, int place) {
            return place * stride + remainder - pad;
        }

        /** The first of {@code places} that is not before the image. */
        int first(int remainder, int places) {
            return Math.clamp(Math.ceilDiv(pad - remainder, stride), 0, places);
        }

        /** The first of {@code places} behind the image. */
        int end(int remainder, int places) {
            return Math.clamp(Math.ceilDiv(size + pad - remainder, stride), first(remainder, places), places);
        }
    }

    /** @param rows of the result, at most */
    BlockWindow(ConvGeometry geometry, int rows) {
        g = geometry;
        spec = g.spec();
        this.rows = rows;
        down = Axis.of(g.h(), g.kh(), spec.strideH(), spec.padH(), spec.dilationH());
        across = Axis.of(g.w(), g.kw(), spec.strideW(), spec.padW(), spec.dilationW());
    }

    @Override
    public int pitch() {
        return (g.outW() + across.reach()) * LANES;
    }

    private int phaseFloats() {
        return (rows + down.reach()) * pitch();
    }

    @Override
    public int floats() {
        return g.c() / LANES * blockFloats();
    }

    private int blockFloats() {
        return down.count() * across.count() * phaseFloats();
    }

    /** Where in a block of channels the first result finds the pixel under a tap. */
    private int at(int tapDown, int tapAcross) {
        int phase = down.phase(tapDown) * across.count() + across.phase(tapAcross);
        return phase * phaseFloats() + down.shift(tapDown) * pitch() + across.shift(tapAcross) * LANES;
    }

    @Override
    public int[] places() {
        int taps = g.kh() * g.kw();
        int[] places = new int[g.c() / LANES * taps];
        Arrays.setAll(places, run -> {
            int tap = run % taps;
            return run / taps * blockFloats() + at(tap / g.kw(), tap % g.kw());
        });
        return places;
    }

    @Override
    public int[] weights() {
        int taps = g.kh() * g.kw();
        int[] weights = new int[g.c() * taps];
        Arrays.setAll(weights, term -> {
            int channel = term / (LANES * taps) * LANES + term % LANES;
            return channel * taps + term / LANES % taps;
        });
        return weights;
    }

    @Override
    public void fill(float[] src, int from, int firstRow, float[] window) {
        int image = g.h() * g.w() * LANES;
        for (int block = 0; block < g.c() / LANES; block++) {
            for (int y = 0; y < spec.strideH(); y++) {
                for (int x = 0; x < spec.strideW(); x++) {
                    if (down.phases()[y] >= 0 && across.phases()[x] >= 0) {
                        int phase = down.phases()[y] * across.count() + across.phases()[x];
                        int to = block * blockFloats() + phase * phaseFloats();
                        fillPhase(src, from + block * image, firstRow, y, x, window, to);
                    }
                }
            }
        }
    }

    private void fillPhase(float[] src, int image, int firstRow, int y, int x, float[] window, int to) {
        int places = g.outW() + across.reach();
        int first = across.first(x, places);
        int end = across.end(x, places);
        for (int i = 0; i < rows + down.reach(); i++) {
            int row = down.source(y, firstRow + i);
            int at = to + i * pitch();
            if (row < 0 || row >= g.h() || first == end) {
                Arrays.fill(window, at, at + pitch(), 0f);
                continue;
            }
            Arrays.fill(window, at, at + first * LANES, 0f);
            int from = image + (row * g.w() + across.source(x, first)) * LANES;
            if (spec.strideW() == 1) {
                System.arraycopy(src, from, window, at + first * LANES, (end - first) * LANES);
            } else {
                every(src, from, spec.strideW() * LANES, window, at + first * LANES, end - first);
            }
            Arrays.fill(window, at + end * LANES, at + pitch(), 0f);
        }
    }

    /** Copies vectors that are {@code step} floats apart side by side. */
    private static void every(float[] src, int from, int step, float[] to, int at, int count) {
        for (int i = 0; i < count; i++) {
            VECTOR.cast(FloatVector.fromArray(Lanes.FLOATS, src, from + i * step))
                    .intoArray(to, at + i * LANES);
        }
    }
}
