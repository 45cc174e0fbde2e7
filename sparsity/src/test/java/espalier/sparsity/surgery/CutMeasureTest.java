package espalier.sparsity.surgery;

import static org.junit.jupiter.api.Assertions.assertEquals;

import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.layer.Sequential;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class CutMeasureTest {
    /**
     * Of three 1x1 filters one is zero: 1 of 3 and 2 of 6 weights go, and 9 + 18 of 27 + 54 multiply-adds; no bias
     * goes.
     */
    @Test
    void multiplyAddsAndParametersThatACutWouldTake() {
        Init init = Init.of(1);
        Module model =
                new Sequential(Topologies.conv(init, 1, 3, 1, 0, 1, false), Topologies.conv(init, 3, 2, 1, 0, 1, true));
        Shape input = Shape.of(1, 1, 3, 3);
        assertEquals(0, CutMeasure.macs(model, input).removed(List.of()));
        model.parameters().get("0.weight").set(Tensor.of(new float[] {1, 0, 2}, 3, 1, 1, 1));
        assertEquals(27 / 81.0, CutMeasure.macs(model, input).removed(List.of()), 1e-12);
        assertEquals(3 / 11.0, CutMeasure.parameters(model, input).removed(List.of()), 1e-12);
    }
}
