package espalier.tensor.spi;

/**
 * One step of Adam (Kingma and Ba 2015, algorithm 1) or AdamW (Loshchilov and Hutter 2019, algorithm 2), on a weight w
 * with gradient g and moments m and u:
 *
 * <pre>{@code
 * g ← g + decay·w                           (AdamW instead: w ← w − rate·decay·w)
 * m ← β₁·m + (1−β₁)·g        u ← β₂·u + (1−β₂)·g²
 * w ← w − rate·(m/(1−β₁ᵗ)) / (√(u/(1−β₂ᵗ)) + ε)
 * }</pre>
 *
 * @param rate learning rate, finite and not negative
 * @param beta1 decay of the first moment, from 0 to below 1
 * @param beta2 decay of the second moment, from 0 to below 1
 * @param epsilon added to the root, finite and not negative
 * @param decay weight decay, finite and not negative
 * @param decoupled whether decay leaves the gradient alone: AdamW
 * @param step t, the number of this step, from 1
 */
public record AdamSpec(
        double rate, double beta1, double beta2, double epsilon, double decay, boolean decoupled, long step) {
    /** Checks the ranges. */
    public AdamSpec {
        boolean finite = Double.isFinite(rate) && Double.isFinite(decay) && Double.isFinite(epsilon);
        if (!finite || rate < 0 || decay < 0 || epsilon < 0) {
            throw new IllegalArgumentException("adam: rate " + rate + ", decay " + decay + " and epsilon " + epsilon
                    + " must be finite and not negative");
        }
        if (!(beta1 >= 0 && beta1 < 1) || !(beta2 >= 0 && beta2 < 1) || step < 1) {
            throw new IllegalArgumentException("adam: betas " + beta1 + " and " + beta2
                    + " must be from 0 to below 1, step " + step + " at least 1");
        }
    }

    /** {@code rate/(1−β₁ᵗ)}: the rate that makes up for a first moment that began at 0. */
    public double correctedRate() {
        return rate / (1 - Math.pow(beta1, step));
    }

    /** {@code 1/(1−β₂ᵗ)}: the factor that makes up for a second moment that began at 0. */
    public double secondCorrection() {
        return 1 / (1 - Math.pow(beta2, step));
    }
}
