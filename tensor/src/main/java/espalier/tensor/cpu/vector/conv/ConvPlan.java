package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.Parallel;
import java.util.Optional;

/**
 * How one {@link Correlation} is to be computed: its tables of offsets, and the cheaper of two ways. It follows from the
 * geometry alone.
 *
 * @param sum what is computed
 * @param lanes images side by side in the lanes, if that is cheaper
 * @param sweep pixels side by side in the lanes
 */
record ConvPlan(Correlation sum, Optional<CorrelationLanes> lanes, CorrelationSweep sweep) {
    static ConvPlan of(Correlation correlation) {
        CorrelationSweep sweep = new CorrelationSweep(correlation);
        if (CorrelationLanes.takes(correlation)) {
            CorrelationLanes lanes = new CorrelationLanes(correlation);
            if (lanes.cost() < sweep.cost()) {
                return new ConvPlan(correlation, Optional.of(lanes), sweep);
            }
        }
        return new ConvPlan(correlation, Optional.empty(), sweep);
    }

    /** Whether the weights are read with the channels innermost. */
    boolean channelsLast() {
        return lanes.isPresent();
    }

    /** Packs the weights in the order in which {@link #run} reads them. */
    void pack(Parallel parallel, float[] weight, int weightAt, float[] packed) {
        sum.pack(parallel, weight, weightAt, channelsLast(), packed);
    }

    /** Reads {@code src}, writes all of {@code dst}; {@code bias} has a value for each destination channel, or none. */
    void run(
            Parallel parallel,
            float[] src,
            int srcAt,
            float[] packed,
            float[] bias,
            int biasAt,
            float[] dst,
            int dstAt) {
        if (lanes.isPresent()) {
            lanes.get().run(parallel, src, srcAt, packed, bias, biasAt, dst, dstAt);
        } else {
            sweep.run(parallel, src, srcAt, packed, bias, biasAt, dst, dstAt);
        }
    }
}
