package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.ConvGeometry;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * The latest plans of one kind. A network asks for the same few geometries again and again, and a plan's tables take
 * longer to make than a small convolution takes to run.
 */
final class LatestPlans<P> {
    private static final int REMEMBERED = 256;

    private final Function<ConvGeometry, P> maker;

    /** From the one used longest ago to the latest. */
    private final Map<ConvGeometry, P> plans = Collections.synchronizedMap(new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<ConvGeometry, P> eldest) {
            return size() > REMEMBERED;
        }
    });

    LatestPlans(Function<ConvGeometry, P> maker) {
        this.maker = maker;
    }

    /** The plan for a geometry. */
    P of(ConvGeometry geometry) {
        return plans.computeIfAbsent(geometry, maker);
    }
}
