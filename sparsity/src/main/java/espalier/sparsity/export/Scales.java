package espalier.sparsity.export;

import java.util.Optional;

/**
 * Finds out whether floats are whole numbers times one scale, {@code value = (float) (scale · q)} to the last bit.
 *
 * <p>Each value leaves the scale a small interval, that of the reals which round to it, divided by q; the scale must
 * lie in all of them. If a float lies there it is taken.
 */
final class Scales {
    private Scales() {}

    /**
     * A scale and the whole numbers.
     *
     * @param scale not negative
     * @param codes one for each value
     */
    record Scaled(double scale, int[] codes) {}

    /** The codes with the largest scale there is, if all lie within ±{@code largest}; 0 only {@code withZero}. */
    static Optional<Scaled> of(float[] values, int largest, boolean withZero) {
        double most = 0;
        double least = Double.MAX_VALUE;
        for (float value : values) {
            if (!Float.isFinite(value)) {
                return Optional.empty();
            }
            most = Math.max(most, Math.abs(value));
            least = Math.min(least, Math.abs(value));
        }
        if (most == 0) { // any code times 0
            return Optional.of(new Scaled(0, new int[values.length]));
        }
        if (least == 0 && !withZero) {
            return Optional.empty();
        }
        for (int code = 1; code <= largest; code++) {
            Optional<Scaled> found = withLargest(values, most, code);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private static Optional<Scaled> withLargest(float[] values, double most, int code) {
        double low = 0;
        double high = Double.MAX_VALUE;
        int[] codes = new int[values.length];
        for (int i = 0; i < values.length; i++) {
            int q = (int) Math.rint(Math.abs((double) values[i]) * code / most);
            if (q == 0) {
                if (values[i] != 0) {
                    return Optional.empty();
                }
                continue;
            }
            double magnitude = Math.abs((double) values[i]);
            double half = Math.ulp((float) magnitude) / 2.0;
            low = Math.max(low, (magnitude - half) / q);
            high = Math.min(high, (magnitude + half) / q);
            if (low > high) {
                return Optional.empty();
            }
            codes[i] = values[i] < 0 ? -q : q;
        }
        double middle = low + (high - low) / 2;
        for (double scale : new double[] {(float) middle, middle}) {
            if (restores(scale, codes, values)) {
                return Optional.of(new Scaled(scale, codes));
            }
        }
        return Optional.empty();
    }

    private static boolean restores(double scale, int[] codes, float[] values) {
        for (int i = 0; i < codes.length; i++) {
            if ((float) (scale * codes[i]) != values[i]) {
                return false;
            }
        }
        return true;
    }
}
