package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.cpu.vector.lanes.StridedCopy;
import java.util.Arrays;

/**
 * The gradient to the weight where each group has one input channel: for each tap, the inner product of a plane of dy
 * with the plane of x shifted by the tap.
 *
 * <p>Both planes are copied with the same distance from row to row, x between zeros and dy with zeros in the gaps, so
 * that the products run over the plane without regard to where rows end. A task takes a few channels through all
 * images; only then are the lanes of their sums added up.
 */
final class DepthwiseWeightGradient implements WeightGradientWay {
    private static final int LANES = Lanes.COUNT;

    /** Most floats of a window: what fits the second-level cache with its dy. */
    private static final int WINDOW_FLOATS = 1 << 15;

    private final ConvGeometry g;
    private final Correlation k;
    private final int chunkRows;
    private final PaddedWindow window;
    private final int[] offsets;
    private final int perOutput;

    DepthwiseWeightGradient(ConvGeometry geometry) {
        g = geometry;
        k = Correlation.forward(g);
        int rowFloats =
                (g.w() + g.spec().padW() + g.spec().strideW()) * g.spec().strideH();
        chunkRows = Math.clamp(WINDOW_FLOATS / rowFloats, 1, g.outH());
        window = new PaddedWindow(k, chunkRows);
        Correlation.Part kernel = k.parts().getFirst();
        offsets = new int[kernel.taps()];
        int at = 0;
        for (Correlation.Tap down : kernel.down()) {
            for (Correlation.Tap across : kernel.across()) {
                offsets[at++] = window.at(down.at(), across.at());
            }
        }
        perOutput = Math.ceilDiv(offsets.length, NineTaps.COUNT) * NineTaps.COUNT * LANES;
    }

    /** Whether this is faster than tiles, which need several output channels for each input channel. */
    static boolean takes(ConvGeometry g) {
        return g.groupInputs() == 1 && g.groupOutputs() <= 2;
    }

    @Override
    public void run(Parallel parallel, Span x, Span dy, Span dw) {
        int channelsPerTask = Math.clamp(g.c() / 16, 1, 8);
        parallel.forEach(Math.ceilDiv(g.c(), channelsPerTask), task -> {
            int firstChannel = task * channelsPerTask;
            int channels = Math.min(channelsPerTask, g.c() - firstChannel);
            float[] input = Scratch.floats(Scratch.CONV_INPUT, window.plane() + 2 * LANES);
            Arrays.fill(input, window.plane(), window.plane() + 2 * LANES, 0f);
            int outputs = g.groupOutputs();
            float[] sums = Scratch.zeros(Scratch.CONV_OUTPUT, channels * outputs * perOutput);
            int length = Math.ceilDiv(chunkRows * window.pitch(), LANES) * LANES;
            float[] gradient = Scratch.floats(Scratch.ROW, length);
            for (int n = 0; n < g.n(); n++) {
                for (int i = 0; i < channels; i++) {
                    addPlane(n, firstChannel + i, x, dy, input, gradient, sums, i * outputs * perOutput);
                }
            }
            for (int i = 0; i < channels * outputs; i++) {
                for (int t = 0; t < offsets.length; t++) {
                    dw.array()[dw.at() + (firstChannel * outputs + i) * offsets.length + t] =
                            NineTaps.total(sums, i * perOutput + t * LANES);
                }
            }
        });
    }

    /** Adds the products of one plane of x and the planes of dy that come from it. */
    private void addPlane(
            int n, int channel, Span x, Span dy, float[] input, float[] gradient, float[] sums, int sumsAt) {
        int outputs = g.groupOutputs();
        for (int row = 0; row < g.outH(); row += chunkRows) {
            int rows = Math.min(chunkRows, g.outH() - row);
            window.fill(x.array(), x.at() + (n * g.c() + channel) * g.h() * g.w(), 1, row, input);
            for (int m = 0; m < outputs; m++) {
                int from = dy.at() + ((n * g.o() + channel * outputs + m) * g.outH() + row) * g.outW();
                int used = spread(dy.array(), from, rows, gradient);
                for (int first = 0; first < offsets.length; first += NineTaps.COUNT) {
                    NineTaps.multiply(
                            input, offsets, first, gradient, used, sums, sumsAt + m * perOutput + first * LANES);
                }
            }
        }
    }

    /**
     * Copies rows of dy to the distance of the window's rows, zeros between them; returns the length in whole vectors.
     */
    private int spread(float[] dy, int from, int rows, float[] gradient) {
        int pitch = window.pitch();
        int width = g.outW();
        int length = Math.ceilDiv(rows * pitch, LANES) * LANES;
        for (int i = 0; i < rows; i++) {
            StridedCopy.copy(dy, from + i * width, gradient, i * pitch, width);
            PaddedWindow.zero(gradient, i * pitch + width, (i + 1) * pitch);
        }
        PaddedWindow.zero(gradient, rows * pitch, length);
        return length;
    }
}
