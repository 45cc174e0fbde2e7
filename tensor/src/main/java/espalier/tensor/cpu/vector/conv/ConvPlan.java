package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.Parallel;

/**
 * How one {@link Correlation} is to be computed: its tables of offsets, and the cheapest way. It follows from the geometry
 * alone.
 *
 * @param sum what is computed
 * @param way how
 */
record ConvPlan(Correlation sum, ConvWay way) {
    static ConvPlan of(Correlation sum) {
        if (DepthwisePlanes.takes(sum)) {
            return new ConvPlan(sum, new DepthwisePlanes(sum));
        }
        CorrelationSweep sweep = new CorrelationSweep(sum);
        if (CorrelationLanes.takes(sum)) {
            CorrelationLanes lanes = new CorrelationLanes(sum);
            if (lanes.cost() < sweep.cost()) {
                return new ConvPlan(sum, lanes);
            }
        }
        return new ConvPlan(sum, sweep);
    }

    /** Whether the weights are read with the channels innermost. */
    boolean channelsLast() {
        return way instanceof CorrelationLanes;
    }

    /** Packs the weights in the order in which the way reads them. */
    void pack(Parallel parallel, float[] weight, int weightAt, float[] packed) {
        sum.pack(parallel, weight, weightAt, channelsLast(), packed);
    }
}
