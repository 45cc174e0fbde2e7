package espalier.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import espalier.nn.layer.Activation;
import espalier.nn.layer.BatchNorm;
import espalier.nn.layer.Conv2d;
import espalier.nn.layer.Flatten;
import espalier.nn.layer.Linear;
import espalier.nn.layer.Sequential;
import espalier.tensor.Shape;
import espalier.tensor.spi.ConvSpec;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;

/** The table of a small model, letter by letter. */
class SummaryTest {
    @Test
    void asText() {
        Init init = Init.of(1);
        SequencedMap<String, Module> layers = new LinkedHashMap<>();
        layers.put(
                "the-first-of-all", // a long name must not shift its line
                new Sequential(new Conv2d(init, 1, 8, 3, ConvSpec.of(), true), new BatchNorm(init, 8)));
        layers.put("relu", Activation.relu());
        layers.put("flatten", new Flatten());
        layers.put("fc", new Linear(init, 32, 10));
        Module model = new Sequential(layers);
        Summary summary = Summary.of(model, Shape.of(2, 1, 4, 4));
        String expected = """
                layer               kind        input         output        parameters  MACs  bytes
                the-first-of-all.0  Conv2d      [2, 1, 4, 4]  [2, 8, 2, 2]          80   576    320
                the-first-of-all.1  BatchNorm   [2, 8, 2, 2]  [2, 8, 2, 2]          16     0    128
                relu                Activation  [2, 8, 2, 2]  [2, 8, 2, 2]           0     0      0
                flatten             Flatten     [2, 8, 2, 2]  [2, 32]                0     0      0
                fc                  Linear      [2, 32]       [2, 10]              330   640  1,320
                total: 426 parameters, 1,216 MACs, 1,768 bytes
                """;
        assertEquals(expected, summary.toString().replace(System.lineSeparator(), "\n"));
        // Four bytes for each of 426 parameters and 16 running statistics.
        assertEquals(4 * (426 + 16), summary.bytes());
    }
}
