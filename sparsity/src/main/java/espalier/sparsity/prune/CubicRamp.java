package espalier.sparsity.prune;

/**
 * A sparsity that grows fast at first and slowly at the end (Zhu and Gupta 2017, equation 1): {@code s(t) = final +
 * (initial − final)·(1 − (t − begin)/(end − begin))³}.
 *
 * @param initial sparsity before
 * @param target sparsity after
 * @param begin step of the first pruning
 * @param end step of the last, after {@code begin}
 * @param every steps between prunings, at least 1
 */
public record CubicRamp(double initial, double target, long begin, long end, long every) {
    /** Checks the ranges. */
    public CubicRamp {
        if (!(initial >= 0 && initial <= target && target < 1) || begin < 0 || end <= begin || every < 1) {
            throw new IllegalArgumentException("ramp: sparsity from " + initial + " to " + target + ", steps from "
                    + begin + " to " + end + " every " + every + " make no ramp");
        }
    }

    /** The sparsity at a step. */
    public double at(long step) {
        double part = Math.clamp((double) (step - begin) / (end - begin), 0, 1);
        return target + (initial - target) * Math.pow(1 - part, 3);
    }

    /** Whether the masks are chosen anew after this step. */
    public boolean isDue(long step) {
        return step >= begin && step <= end && ((step - begin) % every == 0 || step == end);
    }
}
