package espalier.tensor.cpu;

import espalier.tensor.spi.ConvSpec;

/**
 * The sizes of one convolution, as the kernels see them: input {@code [n, c, h, w]}, weight {@code [o, c/groups, kh,
 * kw]}, output {@code [n, o, outH(), outW()]}, all contiguous.
 *
 * @param n images, 0 or more
 * @param c input channels
 * @param h input rows
 * @param w input columns
 * @param o output channels
 * @param kh kernel rows
 * @param kw kernel columns
 * @param spec stride, padding, dilation and groups
 */
public record ConvGeometry(int n, int c, int h, int w, int o, int kh, int kw, ConvSpec spec) {
    /**
     * Checks that the sizes fit together.
     *
     * @throws IllegalArgumentException if a size is below its least value, the channels are no multiple of the groups,
     *     or the kernel is larger than the padded input
     */
    public ConvGeometry {
        if (n < 0 || c < 1 || h < 1 || w < 1 || o < 1 || kh < 1 || kw < 1) {
            throw new IllegalArgumentException("convolution: sizes must be positive: input [" + n + ", " + c + ", " + h
                    + ", " + w + "], weight [" + o + ", .., " + kh + ", " + kw + "]");
        }
        if (c % spec.groups() != 0 || o % spec.groups() != 0) {
            throw new IllegalArgumentException(
                    "convolution: channels " + c + " and " + o + " are no multiples of groups " + spec.groups());
        }
        if (h + 2 * spec.padH() < spec.dilationH() * (kh - 1) + 1
                || w + 2 * spec.padW() < spec.dilationW() * (kw - 1) + 1) {
            throw new IllegalArgumentException("convolution: the kernel " + kh + "x" + kw + " with dilation "
                    + spec.dilationH() + "x" + spec.dilationW() + " is larger than the padded input " + h + "x" + w);
        }
    }

    /** The same for another number of images. */
    public ConvGeometry withImages(int images) {
        return new ConvGeometry(images, c, h, w, o, kh, kw, spec);
    }

    /** Output rows H'. */
    public int outH() {
        return (h + 2 * spec.padH() - spec.dilationH() * (kh - 1) - 1) / spec.strideH() + 1;
    }

    /** Output columns W'. */
    public int outW() {
        return (w + 2 * spec.padW() - spec.dilationW() * (kw - 1) - 1) / spec.strideW() + 1;
    }

    /** Input channels that one output channel sees. */
    public int groupInputs() {
        return c / spec.groups();
    }

    /** Output channels of one group. */
    public int groupOutputs() {
        return o / spec.groups();
    }

    /** Elements of the input. */
    public int inputLength() {
        return n * c * h * w;
    }

    /** Elements of the weight. */
    public int weightLength() {
        return o * groupInputs() * kh * kw;
    }

    /** Elements of the output. */
    public int outputLength() {
        return n * o * outH() * outW();
    }

    /** Multiply-adds of one pass, forward or either gradient, ignoring what falls on the padding. */
    public long multiplyAdds() {
        return (long) n * o * outH() * outW() * groupInputs() * kh * kw;
    }

    /**
     * The same convolution on fewer and longer rows, if rows do not matter to it: a 1 × 1 kernel without stride and
     * padding. Images are then {@code [C, H/m, W·m]}, the same numbers in the same order.
     *
     * @param most no more floats than this in a row of all channels
     * @param widest no more columns than this
     */
    public ConvGeometry withJoinedRows(int most, int widest) {
        boolean point = kh == 1 && kw == 1 && spec.equals(ConvSpec.of().withGroups(spec.groups()));
        if (!point) {
            return this;
        }
        int columns = Math.min(widest, most / Math.max(1, c));
        int joined = 1;
        for (int m = 2; m <= h; m++) {
            if (h % m == 0 && (long) w * m <= columns) {
                joined = m;
            }
        }
        return joined == 1 ? this : new ConvGeometry(n, c, h / joined, w * joined, o, kh, kw, spec);
    }
}
