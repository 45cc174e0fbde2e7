package espalier.tensor.cpu;

import espalier.tensor.spi.ConvSpec;

/**
 * Convolution and its gradients as seven nested loops: slow, and easy to check by eye. Sums are kept in double.
 *
 * <pre>
 *   y[n, o, i, j] = bias[o] + sum over c, p, q of w[o, c, p, q] * x[n, c, i*stride + p*dilation - pad, j*stride + q*dilation - pad]
 * </pre>
 *
 * where x is zero outside the image, and an output channel sees only the input channels of its group. The gradients are
 * the same triples (x, w, y) summed over other indices.
 *
 * <p>The arrays are contiguous; each comes with the index at which its tensor begins. Each result is written whole,
 * never added to.
 */
public final class PlainConvolution {
    private PlainConvolution() {}

    /** {@code x [N, C, H, W], w [O, C/g, kH, kW], bias [O] or empty → y [N, O, H', W']}. */
    public static void forward(
            ConvGeometry g, float[] x, int xAt, float[] w, int wAt, float[] bias, int biasAt, float[] y, int yAt) {
        for (int n = 0; n < g.n(); n++) {
            for (int o = 0; o < g.o(); o++) {
                for (int i = 0; i < g.outH(); i++) {
                    for (int j = 0; j < g.outW(); j++) {
                        double sum = bias.length == 0 ? 0 : bias[biasAt + o];
                        for (int c = 0; c < g.groupInputs(); c++) {
                            for (int p = 0; p < g.kh(); p++) {
                                for (int q = 0; q < g.kw(); q++) {
                                    int at = inputIndex(g, n, o, c, i, j, p, q);
                                    if (at >= 0) {
                                        sum += (double) w[wAt + weightIndex(g, o, c, p, q)] * x[xAt + at];
                                    }
                                }
                            }
                        }
                        y[yAt + outputIndex(g, n, o, i, j)] = (float) sum;
                    }
                }
            }
        }
    }

    /** {@code dy [N, O, H', W'], w → dx [N, C, H, W]}. */
    public static void inputGradient(ConvGeometry g, float[] dy, int dyAt, float[] w, int wAt, float[] dx, int dxAt) {
        double[] sums = new double[g.inputLength()];
        for (int n = 0; n < g.n(); n++) {
            for (int o = 0; o < g.o(); o++) {
                for (int i = 0; i < g.outH(); i++) {
                    for (int j = 0; j < g.outW(); j++) {
                        for (int c = 0; c < g.groupInputs(); c++) {
                            for (int p = 0; p < g.kh(); p++) {
                                for (int q = 0; q < g.kw(); q++) {
                                    int at = inputIndex(g, n, o, c, i, j, p, q);
                                    if (at >= 0) {
                                        sums[at] += (double) w[wAt + weightIndex(g, o, c, p, q)]
                                                * dy[dyAt + outputIndex(g, n, o, i, j)];
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        store(sums, dx, dxAt);
    }

    /** {@code x [N, C, H, W], dy [N, O, H', W'] → dw [O, C/g, kH, kW]}. */
    public static void weightGradient(ConvGeometry g, float[] x, int xAt, float[] dy, int dyAt, float[] dw, int dwAt) {
        double[] sums = new double[g.weightLength()];
        for (int n = 0; n < g.n(); n++) {
            for (int o = 0; o < g.o(); o++) {
                for (int i = 0; i < g.outH(); i++) {
                    for (int j = 0; j < g.outW(); j++) {
                        for (int c = 0; c < g.groupInputs(); c++) {
                            for (int p = 0; p < g.kh(); p++) {
                                for (int q = 0; q < g.kw(); q++) {
                                    int at = inputIndex(g, n, o, c, i, j, p, q);
                                    if (at >= 0) {
                                        sums[weightIndex(g, o, c, p, q)] +=
                                                (double) x[xAt + at] * dy[dyAt + outputIndex(g, n, o, i, j)];
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        store(sums, dw, dwAt);
    }

    /** Where the product of output (n, o, i, j) and tap (c, p, q) finds its input, or -1 on the padding. */
    private static int inputIndex(ConvGeometry g, int n, int o, int c, int i, int j, int p, int q) {
        ConvSpec spec = g.spec();
        int row = i * spec.strideH() + p * spec.dilationH() - spec.padH();
        int column = j * spec.strideW() + q * spec.dilationW() - spec.padW();
        if (row < 0 || row >= g.h() || column < 0 || column >= g.w()) {
            return -1;
        }
        int channel = o / g.groupOutputs() * g.groupInputs() + c;
        return ((n * g.c() + channel) * g.h() + row) * g.w() + column;
    }

    private static int weightIndex(ConvGeometry g, int o, int c, int p, int q) {
        return ((o * g.groupInputs() + c) * g.kh() + p) * g.kw() + q;
    }

    private static int outputIndex(ConvGeometry g, int n, int o, int i, int j) {
        return ((n * g.o() + o) * g.outH() + i) * g.outW() + j;
    }

    private static void store(double[] sums, float[] to, int at) {
        for (int i = 0; i < sums.length; i++) {
            to[at + i] = (float) sums[i];
        }
    }
}
