package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Weights of convolutions that do not change: packed on first use, once for each order in which a plan reads them. The
 * order does not depend on the size of the image or the batch.
 */
public final class ConvWeights {
    private record Order(int groups, int kernelH, int kernelW, boolean channelsLast) {}

    private final float[] values;
    private final Map<Order, float[]> packed = new ConcurrentHashMap<>();

    /** @param values {@code [O, C/g, kH, kW]}, not copied */
    public ConvWeights(float[] values) {
        this.values = values;
    }

    float[] packed(ConvGeometry g, ConvPlan plan) {
        var order = new Order(g.spec().groups(), g.kh(), g.kw(), plan.channelsLast());
        float[] known = packed.get(order);
        if (known == null) {
            known = new float[plan.sum().packedLength()];
            try (var alone = new Parallel(1)) { // not part of the call in which it happens to be the first use
                plan.pack(alone, values, 0, known);
            }
            packed.put(order, known);
        }
        return known;
    }
}
