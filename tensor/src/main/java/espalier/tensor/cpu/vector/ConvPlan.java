package espalier.tensor.cpu.vector;

import espalier.tensor.cpu.ConvGeometry;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * How one convolution is to be computed: its tables of offsets, and the cheaper of two ways. It follows from the
 * geometry alone, and a network asks for the same few geometries again and again, so the latest plans are remembered.
 *
 * @param lanes images side by side in the lanes, if that is cheaper
 * @param sweep pixels side by side in the lanes
 */
record ConvPlan(Optional<CorrelationLanes> lanes, CorrelationSweep sweep) {
    private static final int REMEMBERED = 256;

    private record Question(ConvGeometry geometry, boolean forward) {}

    /** From the one used longest ago to the latest. */
    private static final Map<Question, ConvPlan> LATEST =
            Collections.synchronizedMap(new LinkedHashMap<>(64, 0.75f, true) {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<Question, ConvPlan> eldest) {
                    return size() > REMEMBERED;
                }
            });

    /** The plan for a convolution, or for the gradient to its input. */
    static ConvPlan of(ConvGeometry geometry, boolean forward) {
        return LATEST.computeIfAbsent(
                new Question(geometry, forward),
                _ -> of(forward ? Correlation.forward(geometry) : Correlation.inputGradient(geometry)));
    }

    private static ConvPlan of(Correlation correlation) {
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
