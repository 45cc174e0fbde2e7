package espalier.sparsity.quant;

import espalier.tensor.Tensor;

/**
 * Zero and {@code ±2^p} for a few neighbouring exponents p, so that a multiplication is a shift (Zhou et al. 2017, INQ,
 * equations 1 to 3).
 *
 * <p>The largest exponent is {@code ⌊log2(4·max|v|/3)⌋}, that of the power nearest to the largest weight; below it come
 * {@code 2^(bits−1)/2 − 1} more.
 *
 * @param bits from 2 (−1, 0 and 1 times one power) on
 * @param zeroIsPruned whether zeros stay what they are and no other element becomes zero
 */
public record PowersOfTwo(int bits, boolean zeroIsPruned) implements QuantizationSet {
    /** Checks the range. */
    public PowersOfTwo {
        if (bits < 2 || bits > 7) {
            throw new IllegalArgumentException("powers of two: bits must be from 2 to 7, not " + bits);
        }
    }

    private int exponents() {
        return 1 << (bits - 2);
    }

    @Override
    public int count() {
        return 2 * exponents() + (zeroIsPruned ? 0 : 1);
    }

    @Override
    public int bits() {
        return bits;
    }

    @Override
    public Codebook fit(Tensor v) {
        double largest = v.size() == 0 ? 0 : v.abs().maxOver().item();
        int top = largest == 0 ? 0 : Math.getExponent(4 * largest / 3);
        float[] values = new float[count()];
        for (int i = 0; i < exponents(); i++) {
            values[2 * i] = Math.scalb(1f, top - i);
            values[2 * i + 1] = -values[2 * i];
        }
        return new Codebook(zeroIsPruned, values); // the last value, if any is left, is zero
    }
}
