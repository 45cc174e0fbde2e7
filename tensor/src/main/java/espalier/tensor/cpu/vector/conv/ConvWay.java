package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.Parallel;

/** A way to compute a {@link Correlation}. */
sealed interface ConvWay permits CorrelationLanes, CorrelationSweep, DepthwisePlanes {
    /**
     * Reads {@code src} and packed weights, writes all of {@code dst}; {@code bias} has a value for each destination
     * channel, or none.
     */
    void run(
            Parallel parallel,
            float[] src,
            int srcAt,
            float[] packed,
            float[] bias,
            int biasAt,
            float[] dst,
            int dstAt);
}
