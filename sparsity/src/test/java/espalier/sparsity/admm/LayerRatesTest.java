package espalier.sparsity.admm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.model.LeNet;
import espalier.sparsity.Granularity;
import espalier.sparsity.Prunable;
import espalier.sparsity.Sparsity;
import espalier.sparsity.prune.Allocation;
import espalier.sparsity.quant.Levels;
import espalier.sparsity.quant.PowersOfTwo;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** LeNet-5: 500, 25,000, 400,000 and 5,000 weights. */
class LayerRatesTest {
    private final Module model = LeNet.lenet5(Init.of(1));
    private final List<Prunable> layers = Prunable.weights(model, Granularity.ELEMENT);

    /** The published keep counts of 71.2x (Zhang et al. 2018), written in three ways. */
    @Test
    void amountsAsARecipeWritesThem() {
        LayerRates rates = LayerRates.of(
                layers, Map.of("conv1.weight", "20 %", "conv2", "12.5x", "fc1", "3600", "fc2.weight", " 7% "));
        assertEquals(
                Map.of("conv1.weight", 100, "conv2.weight", 2000, "fc1.weight", 3600, "fc2.weight", 350),
                rates.keeps());
        assertEquals(6050, rates.kept());
        assertEquals(4, rates.sets(layers).size());
        assertEquals(
                Map.of("fc1.weight", 1),
                LayerRates.of(layers, Map.of("fc1", "1")).keeps());
    }

    @Test
    void mistakesAreNamed() {
        refuses(
                "rates: there is no weight called conv9; there are conv1.weight, conv2.weight, fc1.weight, fc2.weight",
                "conv9",
                "1");
        refuses(
                "rates: conv1.weight cannot keep 501 of its 500 units, which is 501; choose from 1 to 500",
                "conv1",
                "501");
        refuses(
                "rates: conv1.weight cannot keep 0.01 % of its 500 units, which is 0; choose from 1 to 500",
                "conv1", "0.01 %");
        refuses(
                "rates: fc2.weight is to keep 'many', which is no count (100), part (8 %) or rate (12.5x)",
                "fc2", "many");
        Exception twice = assertThrows(
                IllegalArgumentException.class, () -> LayerRates.of(layers, Map.of("fc1", "1", "fc1.weight", "1")));
        assertEquals("rates: fc1.weight is named twice", twice.getMessage());
        assertThrows(IllegalArgumentException.class, () -> LayerRates.by(Allocation.UNIFORM, layers, 200_000));
        assertThrows(IllegalArgumentException.class, () -> LayerRates.by(Allocation.UNIFORM, layers, 0.5));
        assertThrows(
                IllegalArgumentException.class, () -> LayerRates.fullyConnectedFirst(layers, 100, 2)); // 12,750 > 4,305
    }

    private void refuses(String sentence, String path, String amount) {
        Exception refused =
                assertThrows(IllegalArgumentException.class, () -> LayerRates.of(layers, Map.of(path, amount)));
        assertEquals(sentence, refused.getMessage());
    }

    @Test
    void theSamePartOfEveryLayer() {
        assertEquals(
                Map.of("conv1.weight", 5, "conv2.weight", 250, "fc1.weight", 4000, "fc2.weight", 50),
                LayerRates.by(Allocation.UNIFORM, layers, 100).keeps());
    }

    /** Roots 22.36, 158.11, 632.46 and 70.71 of 883.64 share 4,305 weights. */
    @Test
    void inProportionToTheRootOfTheSize() {
        assertEquals(
                Map.of("conv1.weight", 109, "conv2.weight", 770, "fc1.weight", 3081, "fc2.weight", 344),
                LayerRates.by(LayerRates.ROOT_OF_SIZE, layers, 100).keeps());
    }

    /** At 10x the first layer's share, 1,089, is more than it has: it stays dense and the others share 42,550. */
    @Test
    void whatALayerCannotKeepGoesToTheOthers() {
        LayerRates rates = LayerRates.by(LayerRates.ROOT_OF_SIZE, layers, 10);
        assertEquals(500, rates.keeps().get("conv1.weight"));
        assertEquals(43_050, rates.kept(), 2);
    }

    /** Convolutions keep 50 and 2,500 weights; 1,755 are left for roots of 632.46 and 70.71. */
    @Test
    void fullyConnectedLayersFirst() {
        assertEquals(
                Map.of("conv1.weight", 50, "conv2.weight", 2500, "fc1.weight", 1579, "fc2.weight", 176),
                LayerRates.fullyConnectedFirst(layers, 100, 10).keeps());
    }

    /** 6,050 at 71.16x; at 348x 1,237, a factor of 0.20448. */
    @Test
    void theSplitOfAnEarlierWorkTakenFurther() {
        LayerRates first = LayerRates.of(layers, Map.of("conv1", "100", "conv2", "2000", "fc1", "3600", "fc2", "350"));
        assertEquals(
                Map.of("conv1.weight", 20, "conv2.weight", 409, "fc1.weight", 736, "fc2.weight", 72),
                first.at(348, layers).keeps());
    }

    @Test
    void bitsAsARecipeWritesThem() {
        var weights = Sparsity.weights(model);
        LayerBits bits = LayerBits.of(
                weights, false, Map.of("conv1", "binary", "conv2", "ternary", "fc1", "3", "fc2", "4 powers"));
        assertEquals(Levels.binary(), bits.sets().get("conv1.weight"));
        assertEquals(3, ((Levels) bits.projections().get("conv2.weight")).count());
        assertEquals(Levels.bits(3), bits.sets().get("fc1.weight"));
        assertEquals(new PowersOfTwo(4, false), bits.sets().get("fc2.weight"));
        LayerBits beside = LayerBits.uniform(weights, true, "2");
        assertEquals(4, beside.sets().get("conv1.weight").count());
        // 10 weights of 2 bits
        assertEquals(20, beside.dataBits(Map.of("conv1.weight", 10L)));
        assertEquals(320, new LayerBits(Map.of()).dataBits(Map.of("conv1.weight", 10L)));
        Exception refused =
                assertThrows(IllegalArgumentException.class, () -> LayerBits.of(weights, true, Map.of("fc1", "few")));
        assertEquals(
                "bits: fc1.weight is to be 'few', which is not binary, ternary, a number of bits (3) or of bits of "
                        + "powers of two (4 powers)",
                refused.getMessage());
        Exception tooMany =
                assertThrows(IllegalArgumentException.class, () -> LayerBits.of(weights, true, Map.of("fc1", "40")));
        assertEquals("bits: fc1.weight: levels: bits must be from 1 to 16, not 40", tooMany.getMessage());
    }
}
