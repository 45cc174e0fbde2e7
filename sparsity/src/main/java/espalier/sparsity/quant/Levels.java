package espalier.sparsity.quant;

import espalier.sparsity.Projection;
import espalier.tensor.Tensor;

/**
 * Values {@code scale·q} with q from a small set of integers and one scale a layer: the quantization sets of ADMM-NN (Ren
 * et al. 2019, section 4.2).
 *
 * <p>The nearest point is found by turns: q for a scale, then the scale for those q, which is a least-squares fit,
 * {@code scale = Σv·q / Σq²}. The error never grows. Elements that are exactly zero are pruned ones when
 * {@code zeroIsPruned}: they stay zero and do not count.
 *
 * @param largest the largest q; 1 gives two levels, or three with zero
 * @param withZero whether q may be 0
 * @param zeroIsPruned whether zeros of the input stay what they are
 */
public record Levels(int largest, boolean withZero, boolean zeroIsPruned) implements Projection {
    private static final int TURNS = 20;

    /** Checks the range. */
    public Levels {
        if (largest < 1) {
            throw new IllegalArgumentException("levels: the largest must be at least 1, not " + largest);
        }
    }

    /** {−1, +1}; the best scale is the mean of |v| (Rastegari et al. 2016, equation 6). */
    public static Levels binary() {
        return new Levels(1, false, false);
    }

    /** {−1, 0, +1}. */
    public static Levels ternary() {
        return new Levels(1, true, false);
    }

    /** From −(2<sup>bits−1</sup>−1) to 2<sup>bits−1</sup>−1, zero among them. */
    public static Levels bits(int bits) {
        return new Levels((1 << (bits - 1)) - 1, true, false);
    }

    /** Without zero, which is the symbol of a pruned weight: ±1 to ±2<sup>bits−1</sup>. */
    public static Levels bitsBesidePruned(int bits) {
        return new Levels(1 << (bits - 1), false, true);
    }

    /** How many values there are, a pruned zero not counted. */
    public int count() {
        return 2 * largest + (withZero ? 1 : 0);
    }

    @Override
    public Tensor nearest(Tensor v) {
        float[] values = v.toFloats();
        double scale = scale(values);
        for (int i = 0; i < values.length; i++) {
            values[i] = counts(values[i]) ? (float) (scale * level(values[i] / scale)) : 0;
        }
        return Tensor.of(v.device(), values, v.shape());
    }

    /** The scale that {@link #nearest} ends with. */
    public double scale(Tensor v) {
        return scale(v.toFloats());
    }

    private double scale(float[] values) {
        double scale = start(values);
        for (int turn = 0; turn < TURNS; turn++) {
            double next = fit(values, scale);
            if (next == scale) {
                return scale;
            }
            scale = next;
        }
        return scale;
    }

    private boolean counts(float value) {
        return !zeroIsPruned || value != 0;
    }

    /** The integer of the set that is nearest to x, halves away from zero. */
    private int level(double x) {
        if (!withZero) {
            int size = (int) Math.clamp(Math.floor(Math.abs(x) + 0.5), 1, largest);
            return x > 0 ? size : -size;
        }
        int size = (int) Math.min(Math.floor(Math.abs(x) + 0.5), largest);
        return x > 0 ? size : -size;
    }

    private double start(float[] values) {
        double sum = 0;
        int n = 0;
        for (float value : values) {
            sum += Math.abs(value);
            n += value != 0 ? 1 : 0;
        }
        double mean = n == 0 ? 1 : sum / n;
        return largest == 1 ? mean : mean / (largest / 2.0);
    }

    private double fit(float[] values, double scale) {
        double along = 0;
        double squares = 0;
        for (float value : values) {
            if (counts(value)) {
                int q = level(value / scale);
                along += (double) value * q;
                squares += (double) q * q;
            }
        }
        return squares == 0 || along == 0 ? scale : along / squares;
    }
}
