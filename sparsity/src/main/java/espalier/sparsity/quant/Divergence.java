package espalier.sparsity.quant;

/**
 * Calibration by entropy (Migacz 2017, "8-bit inference with TensorRT"): of all clips the one after which the quantized
 * distribution of magnitudes Q is nearest to the true one P, by the Kullback-Leibler divergence {@code Σ P·log(P/Q)}.
 *
 * <p>For a clip after T bins, P is the first T bins with everything beyond in the last. Q is those bins without what
 * lies beyond, joined into as many groups as there are levels, each spread evenly over its bins that were not empty.
 */
final class Divergence {
    private static final double LEAST = 1e-4; // a bin of Q that is 0 where P is not

    private Divergence() {}

    /** The best clip, {@code (T + 0.5)·binWidth} for the best T, at most the largest magnitude. */
    static double clip(Histogram histogram, int levels) {
        double[] bins = new double[Histogram.BINS];
        int used = 0;
        for (int bin = 0; bin < bins.length; bin++) {
            bins[bin] = histogram.magnitudes(bin);
            used = bins[bin] > 0 ? bin + 1 : used;
        }
        double least = Double.POSITIVE_INFINITY;
        int best = used;
        for (int kept = Math.min(levels, used); kept <= used; kept++) {
            double divergence = of(bins, used, kept, levels);
            if (divergence < least) {
                least = divergence;
                best = kept;
            }
        }
        return Math.min((best + 0.5) * histogram.binWidth(), histogram.maxMagnitude());
    }

    /** The divergence if the first {@code kept} of {@code used} bins are kept. */
    static double of(double[] bins, int used, int kept, int levels) {
        double[] p = new double[kept];
        double[] q = new double[kept];
        System.arraycopy(bins, 0, p, 0, kept);
        for (int bin = kept; bin < used; bin++) {
            p[kept - 1] += bins[bin];
        }
        int groups = Math.min(levels, kept);
        for (int group = 0; group < groups; group++) {
            int from = (int) ((long) group * kept / groups);
            int to = (int) ((group + 1L) * kept / groups);
            double mass = 0;
            int filled = 0;
            for (int bin = from; bin < to; bin++) {
                mass += bins[bin];
                filled += bins[bin] > 0 ? 1 : 0;
            }
            for (int bin = from; bin < to; bin++) {
                q[bin] = bins[bin] > 0 ? mass / filled : 0;
            }
        }
        return divergence(p, q);
    }

    private static double divergence(double[] p, double[] q) {
        double ofP = 0;
        double ofQ = 0;
        for (int bin = 0; bin < p.length; bin++) {
            q[bin] = q[bin] == 0 && p[bin] > 0 ? LEAST : q[bin];
            ofP += p[bin];
            ofQ += q[bin];
        }
        double sum = 0;
        for (int bin = 0; bin < p.length; bin++) {
            sum += p[bin] == 0 ? 0 : p[bin] / ofP * Math.log(p[bin] / ofP * ofQ / q[bin]);
        }
        return sum;
    }
}
