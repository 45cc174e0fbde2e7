package espalier.sparsity.quant;

import espalier.sparsity.Projection;
import espalier.tensor.Tensor;
import java.util.Arrays;

/**
 * A few fixed values: the nearest point takes each element to the nearest of them; halfway, to the one of larger
 * magnitude, and of two opposite ones to the negative.
 *
 * <p>With {@code zeroIsPruned}, elements that are exactly zero are pruned weights: they stay zero, whatever the values.
 */
public final class Codebook implements Projection {
    private final float[] values;
    private final boolean zeroIsPruned;

    /** A book of at least one finite value, in any order. */
    public Codebook(boolean zeroIsPruned, float... values) {
        this.values = values.clone();
        this.zeroIsPruned = zeroIsPruned;
        if (values.length == 0) {
            throw new IllegalArgumentException("codebook: needs at least one value");
        }
        for (float value : values) {
            if (!Float.isFinite(value)) {
                throw new IllegalArgumentException("codebook: a weight cannot be " + value);
            }
        }
        Arrays.sort(this.values);
    }

    /** The values, ascending. */
    public float[] values() {
        return values.clone();
    }

    /** Whether an element that is exactly zero stays so. */
    public boolean zeroIsPruned() {
        return zeroIsPruned;
    }

    /** Index of the nearest value. */
    public int index(float x) {
        int found = Arrays.binarySearch(values, x);
        if (found >= 0) {
            return found;
        }
        int above = -found - 1;
        if (above == 0 || above == values.length) {
            return above == 0 ? 0 : above - 1;
        }
        double down = (double) x - values[above - 1];
        double up = (double) values[above] - x;
        boolean largerIsAbove = Math.abs(values[above]) > Math.abs(values[above - 1]);
        return up < down || (up == down && largerIsAbove) ? above : above - 1;
    }

    @Override
    public Tensor nearest(Tensor v) {
        float[] x = v.toFloats();
        for (int i = 0; i < x.length; i++) {
            x[i] = zeroIsPruned && x[i] == 0 ? 0 : values[index(x[i])];
        }
        return Tensor.of(v.device(), x, v.shape());
    }

    @Override
    public String toString() {
        return Arrays.toString(values) + (zeroIsPruned ? " and pruned zeros" : "");
    }
}
