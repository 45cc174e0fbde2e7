package espalier.tensor.cpu.vector.conv;

import java.util.Optional;

/**
 * How one {@link Correlation} is to be computed: its tables of offsets, and the cheaper of two ways. It follows from the
 * geometry alone.
 *
 * @param lanes images side by side in the lanes, if that is cheaper
 * @param sweep pixels side by side in the lanes
 */
record ConvPlan(Optional<CorrelationLanes> lanes, CorrelationSweep sweep) {
    static ConvPlan of(Correlation correlation) {
        CorrelationSweep sweep = new CorrelationSweep(correlation);
        if (CorrelationLanes.takes(correlation)) {
            CorrelationLanes lanes = new CorrelationLanes(correlation);
            if (lanes.cost() < sweep.cost()) {
                return new ConvPlan(Optional.of(lanes), sweep);
            }
        }
        return new ConvPlan(Optional.empty(), sweep);
    }
}
