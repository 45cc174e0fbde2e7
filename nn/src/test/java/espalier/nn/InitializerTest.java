package espalier.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Mean, variance and range of first values, which the papers give. */
class InitializerTest {
    /** Fan-in 20·5·5 = 500, fan-out 50·25 = 1,250; 25,000 numbers. */
    private static final Shape CONVOLUTION = Shape.of(50, 20, 5, 5);

    private static void check(Initializer initializer, double variance, double most) {
        Tensor values = initializer.values(Init.of(11), CONVOLUTION);
        double mean = values.mean().item();
        double found = values.square().mean().item();
        // Standard errors of 25,000 numbers: √(v/25,000) of the mean, at most √(2/25,000) = 0.9 % of the variance.
        assertEquals(0, mean, 4 * Math.sqrt(variance / 25_000));
        assertEquals(variance, found, 0.04 * variance);
        assertTrue(
                values.abs().maxOver().item() <= most,
                "the largest is " + values.abs().maxOver());
    }

    @Test
    void fans() {
        assertEquals(500, Initializer.fanIn(CONVOLUTION));
        assertEquals(1250, Initializer.fanOut(CONVOLUTION));
        assertEquals(784, Initializer.fanIn(Shape.of(300, 784)));
        assertEquals(300, Initializer.fanOut(Shape.of(300, 784)));
    }

    @Test
    void variances() {
        check(Initializer.kaimingNormal(), 2 / 500.0, 10);
        check(Initializer.kaimingUniform(), 2 / 500.0, Math.sqrt(6 / 500.0));
        check(Initializer.xavierNormal(), 2 / 1750.0, 10);
        check(Initializer.xavierUniform(), 2 / 1750.0, Math.sqrt(6 / 1750.0));
        check(Initializer.leNetCaffe(), 1 / 500.0, Math.sqrt(3 / 500.0));
        check(Initializer.fanInUniform(16), 1 / 16.0 / 3, 0.25);
        // A normal number cut at two deviations has variance 1 − 4φ(2)/(2Φ(2) − 1) = 0.7737.
        check(Initializer.truncatedNormal(0.1), 0.7737 * 0.01, 0.2);
    }

    @Test
    void constant() {
        Close.near(0, Initializer.constant(3).values(Init.of(1), Shape.of(2)), 3, 3);
    }

    @Test
    void seedsAndNamesTellPartsApart() {
        float[] one = draw(Init.of(1).in("a"));
        assertArrayEquals(one, draw(Init.of(1).in("a")));
        assertFalse(Arrays.equals(one, draw(Init.of(1).in("b"))));
        assertFalse(Arrays.equals(one, draw(Init.of(2).in("a"))));
        Init init = Init.of(1);
        draw(init.in("b"));
        draw(init);
        assertArrayEquals(one, draw(init.in("a")), "what other parts draw changes nothing");
    }

    private static float[] draw(Init init) {
        return Initializer.kaimingNormal().values(init, Shape.of(3, 4)).toFloats();
    }
}
