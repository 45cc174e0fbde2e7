package espalier.sparsity.quant;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.RandomSource;
import espalier.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Histograms that widen, and the ranges that each rule takes from them. */
class CalibrationTest {
    private static ActivationRange seen(float[]... batches) {
        ActivationRange range = new ActivationRange();
        for (float[] batch : batches) {
            range.add(Tensor.of(batch));
        }
        return range;
    }

    private static float[] gaussian(long seed, int n, double scale) {
        RandomSource random = RandomSource.of(seed);
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) (scale * random.nextGaussian());
        }
        return values;
    }

    @Test
    void aHistogramThatWidenedCountsAsOneThatWasWideFromTheStart() {
        float[][] batches = {gaussian(1, 500, 0.01), {0, -0.0f}, gaussian(2, 500, 3), {-40, 2.5f}};
        Histogram histogram = new Histogram();
        for (float[] batch : batches) {
            histogram.add(Tensor.of(batch));
        }
        assertEquals(1004, histogram.count());
        assertEquals(2, histogram.zeros());
        assertEquals(64.0 / 2048, histogram.binWidth()); // the power of two beyond 40
        long[] bins = new long[2048];
        for (float[] batch : batches) {
            for (float value : batch) {
                if (value != 0) {
                    bins[(int) (Math.abs(value) * 32)]++;
                }
            }
        }
        for (int bin = 0; bin < bins.length; bin++) {
            assertEquals(bins[bin], histogram.magnitudes(bin), "bin " + bin);
        }
        assertEquals(-40, histogram.min());
    }

    @Test
    void minMaxAndMovingAverages() {
        ActivationRange range = seen(new float[] {-1, 0.5f, 1}, new float[] {0, 3});
        assertEquals(UniformGrid.affine(-1, 3, 8), new Calibration.MinMax().grid(range, 8));
        assertEquals(-0.99, range.averageMin(), 1e-12);
        assertEquals(1.02, range.averageMax(), 1e-12);
        assertEquals(UniformGrid.affine(-0.99, 1.02, 8), new Calibration.MovingAverage().grid(range, 8));
    }

    @Test
    void percentilesCountZeros() {
        float[] values = new float[2000];
        for (int i = 0; i < 1000; i++) {
            values[i] = (i + 1) / 1000f;
        }
        Histogram histogram = seen(values).histogram();
        assertEquals(0.8, histogram.quantile(0.9), 2 * histogram.binWidth()); // half of all are zeros
        assertEquals(1, histogram.quantile(1));
        assertEquals(0, histogram.quantile(0.4));
        UniformGrid grid = new Calibration.Percentile(0.9).grid(seen(values), 8);
        assertEquals(0.8, grid.max(), 3 * histogram.binWidth());
        assertEquals(0, grid.zeroPoint());
    }

    @Test
    void anOutlierIsCutOffBySquaredErrorAndEntropyButNotByMinMax() {
        float[] values = gaussian(3, 20_000, 1);
        values[0] = 8;
        ActivationRange range = seen(values);
        Tensor x = Tensor.of(values);
        UniformGrid whole = new Calibration.MinMax().grid(range, 4);
        UniformGrid clipped = new Calibration.SquaredError().grid(range, 4);
        double least = Double.POSITIVE_INFINITY;
        for (int percent = 40; percent <= 100; percent++) {
            double clip = 8.0 * percent / 100;
            UniformGrid grid = UniformGrid.affine(Math.max(x.minOver().item(), -clip), clip, 4);
            least = Math.min(least, x.sub(grid.nearest(x)).square().sum().item());
        }
        assertEquals(least, x.sub(clipped.nearest(x)).square().sum().item(), 0.01 * least);
        assertTrue(least < 0.7 * x.sub(whole.nearest(x)).square().sum().item());
        double entropy = new Calibration.Entropy().grid(range, 8).max();
        assertTrue(entropy > 2.5 && entropy < 6, "clip " + entropy);
        assertEquals(8, new Calibration.MinMax().grid(range, 8).max(), 0.05);
    }

    @Test
    void divergencesByHand() {
        double[] bins = {2, 0, 3, 5};
        // P = 2 0 3 5 and Q = 2 0 4 4: 0.3·ln(0.3/0.4) + 0.5·ln(0.5/0.4)
        assertEquals(0.3 * Math.log(0.75) + 0.5 * Math.log(1.25), Divergence.of(bins, 4, 4, 2), 1e-12);
        // P = 2 0 8, Q = 2 0 3: 0.2·ln(0.2/0.4) + 0.8·ln(0.8/0.6)
        assertEquals(0.2 * Math.log(0.5) + 0.8 * Math.log(0.8 / 0.6), Divergence.of(bins, 4, 3, 2), 1e-12);
        // P = 2 8 with nothing in Q's second bin: 1e-4 there
        double second = 1e-4 / 2.0001;
        assertEquals(
                0.2 * Math.log(0.2 / (2 / 2.0001)) + 0.8 * Math.log(0.8 / second), Divergence.of(bins, 4, 2, 2), 1e-9);
    }

    @Test
    void nothingSeenAndBadNumbers() {
        ActivationRange nothing = new ActivationRange();
        for (Calibration rule : new Calibration[] {
            new Calibration.MinMax(),
            new Calibration.MovingAverage(),
            new Calibration.Percentile(0.999),
            new Calibration.SquaredError(),
            new Calibration.Entropy()
        }) {
            assertEquals(UniformGrid.affine(0, 0, 8), rule.grid(nothing, 8));
            assertEquals(UniformGrid.affine(0, 0, 8), rule.grid(seen(new float[3]), 8));
        }
        assertThrows(IllegalArgumentException.class, () -> seen(new float[] {Float.NaN}));
        assertThrows(IllegalArgumentException.class, () -> new Calibration.Percentile(0));
    }
}
