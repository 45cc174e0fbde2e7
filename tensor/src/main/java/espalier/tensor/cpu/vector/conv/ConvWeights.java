package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.vector.lanes.Lines;
import espalier.tensor.cpu.vector.lanes.Span;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Weights of convolutions that do not change: packed on first use, once for each order in which a way reads them. The
 * order does not depend on the size of the image or the batch.
 */
public final class ConvWeights {
    private record Form(int groups, int kernelH, int kernelW, ConvWay.Order order) {}

    private final Span values;
    private final Map<Form, Span> packed = new ConcurrentHashMap<>();

    /** @param values {@code [O, C/g, kH, kW]}, not copied */
    public ConvWeights(Span values) {
        this.values = values;
    }

    /** In memory for the first use, if this is it. */
    Span packed(ConvGeometry g, ConvWay way, Lines memory) {
        var form = new Form(g.spec().groups(), g.kh(), g.kw(), way.order());
        Span known = packed.get(form);
        if (known == null) {
            known = memory.take(way.packedLength());
            try (var alone = new Parallel(1)) { // not part of the call in which it happens to be the first use
                way.pack(alone, values, known);
            }
            packed.put(form, known);
        }
        return known;
    }
}
