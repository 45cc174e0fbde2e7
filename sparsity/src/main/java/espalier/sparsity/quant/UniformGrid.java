package espalier.sparsity.quant;

import espalier.tensor.DType;
import espalier.tensor.Tensor;

/**
 * Evenly spaced values {@code scale·(q − zeroPoint)} for integers q from {@code lowest} to {@code highest} (Jacob et
 * al. 2018, equation 1). Zero is always one of them, so that padding, ReLU and pruned weights lose nothing.
 *
 * <pre>{@code
 * UniformGrid bytes = UniformGrid.affine(-1, 3, 8);       // scale 4/255, zero point 64, codes 0 to 255
 * int q = bytes.code(1.0);                                // 128
 * double back = bytes.value(q);                           // 1.00392
 * }</pre>
 *
 * <p>Codes are the nearest, halves away from zero, and the ends of the grid beyond it.
 *
 * @param scale distance of neighbours, above 0 and finite
 * @param zeroPoint the code of 0, one of the codes
 * @param lowest the least code
 * @param highest the largest code
 */
public record UniformGrid(float scale, int zeroPoint, int lowest, int highest) {
    /** Most bits of a code. */
    public static final int MAX_BITS = 16;

    /** Checks the ranges. */
    public UniformGrid {
        if (!(scale > 0) || Float.isInfinite(scale) || zeroPoint < lowest || zeroPoint > highest) {
            throw new IllegalArgumentException("grid: scale " + scale + " and zero point " + zeroPoint
                    + " with codes from " + lowest + " to " + highest + " make no grid");
        }
    }

    /**
     * Codes from 0 to 2<sup>bits</sup>−1 for the values from {@code min} to {@code max}, for activations. The range is
     * widened to hold 0; the scale is 1 if it is empty.
     *
     * @param bits 1 to 16
     */
    public static UniformGrid affine(double min, double max, int bits) {
        return affine(min, max, 0, (1 << requireBits("affine", bits, 1)) - 1);
    }

    /** As {@link #affine(double, double, int)}, with codes from −2<sup>bits−1</sup>. */
    public static UniformGrid signedAffine(double min, double max, int bits) {
        int half = 1 << (requireBits("affine", bits, 1) - 1);
        return affine(min, max, -half, half - 1);
    }

    private static UniformGrid affine(double min, double max, int lowest, int highest) {
        if (!(min <= max) || Double.isInfinite(min) || Double.isInfinite(max)) {
            throw new IllegalArgumentException("affine: " + min + " to " + max + " is no range of values");
        }
        double low = Math.min(min, 0);
        double high = Math.max(max, 0);
        float scale = (float) ((high - low) / (highest - lowest));
        if (scale == 0 || Float.isInfinite(scale)) {
            scale = scale == 0 ? 1 : Float.MAX_VALUE;
        }
        int zero = (int) Math.clamp(Rounding.halfAway(lowest - low / scale), lowest, highest);
        return new UniformGrid(scale, zero, lowest, highest);
    }

    /**
     * Codes from −M to M with M = 2<sup>bits−1</sup>−1 and zero point 0, for weights whose largest magnitude is
     * {@code max}. The scale is 1 if that is 0.
     *
     * @param bits 2 to 16
     */
    public static UniformGrid symmetric(double max, int bits) {
        if (!(max >= 0) || Double.isInfinite(max)) {
            throw new IllegalArgumentException("symmetric: a largest magnitude cannot be " + max);
        }
        int largest = (1 << (requireBits("symmetric", bits, 2) - 1)) - 1;
        float scale = (float) (max / largest);
        if (scale == 0) {
            scale = max == 0 ? 1 : Float.MIN_VALUE;
        }
        return new UniformGrid(scale, 0, -largest, largest);
    }

    private static int requireBits(String op, int bits, int least) {
        if (bits < least || bits > MAX_BITS) {
            throw new IllegalArgumentException(
                    op + ": a code has from " + least + " to " + MAX_BITS + " bits, not " + bits);
        }
        return bits;
    }

    /** The code nearest to x. */
    public int code(double x) {
        double q = Rounding.halfAway(x / scale) + zeroPoint;
        return (int) Math.clamp(q, lowest, highest);
    }

    /** The value of a code. */
    public float value(int code) {
        return scale * (code - zeroPoint);
    }

    /** The value nearest to x. */
    public float nearest(double x) {
        return value(code(x));
    }

    /** The least value. */
    public float min() {
        return value(lowest);
    }

    /** The largest value. */
    public float max() {
        return value(highest);
    }

    /** How many values there are. */
    public int levels() {
        return highest - lowest + 1;
    }

    /** Each element's nearest value, as {@link #nearest(double)}, worked out in single precision. NaN stays NaN. */
    public Tensor nearest(Tensor x) {
        return Rounding.halfAway(x.div(scale))
                .clamp(lowest - zeroPoint, highest - zeroPoint)
                .mul(scale);
    }

    /** Each element's code (I32), of the tensor's shape. */
    public Tensor codes(Tensor x) {
        return Rounding.halfAway(x.div(scale))
                .add(zeroPoint)
                .clamp(lowest, highest)
                .to(DType.I32);
    }
}
