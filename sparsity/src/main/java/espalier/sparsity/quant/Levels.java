package espalier.sparsity.quant;

import espalier.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Values {@code scale·q} with q from a small set of integers and one scale a layer: the quantization sets of ADMM-NN
 * (Ren et al. 2019, section 4.2).
 *
 * <p>Elements that are exactly zero are pruned ones when {@code zeroIsPruned}: they stay zero and do not count.
 *
 * @param largest the largest q; 1 gives two levels, or three with zero
 * @param withZero whether q may be 0
 * @param zeroIsPruned whether zeros of the input stay what they are
 * @param search how the scale is found
 */
public record Levels(int largest, boolean withZero, boolean zeroIsPruned, ScaleSearch search)
        implements QuantizationSet {
    /** Checks the range. */
    public Levels {
        if (largest < 1 || largest > 1 << 15) {
            throw new IllegalArgumentException("levels: the largest must be from 1 to 32768, not " + largest);
        }
    }

    /** With the scale found by turns. */
    public Levels(int largest, boolean withZero, boolean zeroIsPruned) {
        this(largest, withZero, zeroIsPruned, ScaleSearch.ALTERNATING);
    }

    /** {−1, +1}; the best scale is the mean of |v| (Rastegari et al. 2016, equation 6). */
    public static Levels binary() {
        return new Levels(1, false, false);
    }

    /** {−1, 0, +1}. */
    public static Levels ternary() {
        return new Levels(1, true, false);
    }

    /** From −(2<sup>bits−1</sup>−1) to 2<sup>bits−1</sup>−1, zero among them; from 2 bits on. */
    public static Levels bits(int bits) {
        requireBits(bits, 2);
        return new Levels((1 << (bits - 1)) - 1, true, false);
    }

    /** Without zero, which is the symbol of a pruned weight: ±1 to ±2<sup>bits−1</sup>; from 1 bit on. */
    public static Levels bitsBesidePruned(int bits) {
        requireBits(bits, 1);
        return new Levels(1 << (bits - 1), false, true);
    }

    private static void requireBits(int bits, int least) {
        if (bits < least || bits > 16) {
            throw new IllegalArgumentException("levels: bits must be from " + least + " to 16, not " + bits);
        }
    }

    /** These with another search. */
    public Levels with(ScaleSearch other) {
        return new Levels(largest, withZero, zeroIsPruned, other);
    }

    @Override
    public int count() {
        return 2 * largest + (withZero ? 1 : 0);
    }

    @Override
    public Codebook fit(Tensor v) {
        double scale = scale(v);
        IntStream sizes = IntStream.rangeClosed(-largest, largest).filter(q -> q != 0 || withZero);
        int[] q = sizes.toArray();
        float[] values = new float[q.length];
        for (int i = 0; i < q.length; i++) {
            values[i] = (float) (scale * q[i]);
        }
        return new Codebook(zeroIsPruned, values);
    }

    /** The scale that {@link #nearest} uses. */
    public double scale(Tensor v) {
        float[] values = v.toFloats();
        double[] magnitudes = new double[values.length];
        int n = 0;
        for (float value : values) {
            if (!zeroIsPruned || value != 0) {
                magnitudes[n++] = Math.abs(value);
            }
        }
        return search.scale(Arrays.copyOf(magnitudes, n), this);
    }

    /** The size of the integer nearest to a magnitude x, halves up. */
    int size(double x) {
        return (int) Math.clamp(Math.floor(x + 0.5), withZero ? 0 : 1, largest);
    }
}
