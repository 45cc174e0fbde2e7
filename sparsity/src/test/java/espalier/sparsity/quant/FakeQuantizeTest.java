package espalier.sparsity.quant;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import espalier.autograd.Variable;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Straight-through gradients by hand, and those of a learned scale against plain loops. */
class FakeQuantizeTest {
    private static float[] gradient(Variable x) {
        return x.gradient().orElseThrow().toFloats();
    }

    @Test
    void gradientsPassWithinTheRange() {
        Grids grids = Grids.of(UniformGrid.symmetric(1, 8));
        Variable x = Variable.parameter(Tensor.of(new float[] {-1.5f, -0.3f, 0.2f, 1.2f}));
        Variable y = FakeQuantize.clipped(x, grids);
        assertArrayEquals(new float[] {-1, -38 / 127f, 25 / 127f, 1}, y.value().toFloats(), 1e-6f);
        y.sum().backward();
        assertArrayEquals(new float[] {0, 1, 1, 0}, gradient(x));
    }

    @Test
    void theEndsOfTheRangeArePartOfIt() {
        Variable x = Variable.parameter(Tensor.of(new float[] {0.7f, -0.7f, 0.3f, 0.7001f}));
        FakeQuantize.clipped(x, Grids.of(UniformGrid.symmetric(0.7f, 4))).sum().backward();
        assertArrayEquals(new float[] {1, 1, 1, 0}, gradient(x));
        Variable w = Variable.parameter(Tensor.of(new float[] {1, -2, 0.5f, 0.6f}, 2, 2));
        Grids perChannel = new Grids(java.util.List.of(UniformGrid.symmetric(1, 4), UniformGrid.symmetric(0.5, 4)));
        FakeQuantize.clipped(w, perChannel).sum().backward();
        assertArrayEquals(new float[] {1, 0, 1, 0}, gradient(w));
    }

    @Test
    void throughPassesEverywhere() {
        Variable x = Variable.parameter(Tensor.of(new float[] {-1.5f, 0.2f}));
        FakeQuantize.through(x, Grids.of(UniformGrid.symmetric(1, 8)))
                .mul(3)
                .sum()
                .backward();
        assertArrayEquals(new float[] {3, 3}, gradient(x));
    }

    @Test
    void learnedScaleByHand() {
        // s = 0.5, codes −1 to 1: x/s = −3, −0.6, 0.4, 2.4
        Variable x = Variable.parameter(Tensor.of(new float[] {-1.5f, -0.3f, 0.2f, 1.2f}));
        Variable s = Variable.parameter(Tensor.scalar(0.5f));
        Variable y = FakeQuantize.learned(x, s, -1, 1, 0.5);
        assertArrayEquals(new float[] {-0.5f, -0.5f, 0, 0.5f}, y.value().toFloats(), 1e-7f);
        y.backward(Tensor.of(new float[] {1, 2, 3, 4}));
        assertArrayEquals(new float[] {0, 2, 3, 0}, gradient(x));
        // 1·(−1) + 2·(−1 + 0.6) + 3·(0 − 0.4) + 4·1 = 1, halved
        assertEquals(0.5, s.gradient().orElseThrow().item(), 1e-6);
    }

    @Test
    void learnedScalesPerChannel() {
        RandomSource random = RandomSource.of(6);
        int channels = 3;
        int size = 2 * 5;
        float[] w = new float[channels * size];
        float[] g = new float[w.length];
        for (int i = 0; i < w.length; i++) {
            w[i] = (float) random.nextGaussian();
            g[i] = (float) random.nextGaussian();
        }
        float[] steps = {0.11f, 0.4f, 0.9f};
        Variable x = Variable.parameter(Tensor.of(w, channels, 2, 5));
        Variable s = Variable.parameter(Tensor.of(steps, channels, 1, 1));
        Variable y = FakeQuantize.learned(x, s, -3, 3, 0.25);
        y.backward(Tensor.of(g, channels, 2, 5));
        assertEquals(Shape.of(channels, 1, 1), s.gradient().orElseThrow().shape());
        for (int channel = 0; channel < channels; channel++) {
            double sum = 0;
            for (int i = channel * size; i < (channel + 1) * size; i++) {
                double v = (double) w[i] / steps[channel];
                double q = Math.rint(Math.clamp(v, -3, 3));
                sum += g[i] * (Math.abs(v) < 3 ? q - v : q);
                assertEquals(q * steps[channel], y.value().toFloats()[i], 1e-6);
                assertEquals(Math.abs(v) < 3 ? g[i] : 0, gradient(x)[i]);
            }
            assertEquals(0.25 * sum, gradient(s)[channel], 1e-5);
        }
    }

    @Test
    void theGradientOfTheScaleIsTheSlopeWhereRoundingDoesNotChange() {
        // y = s·q for what is cut off: exactly linear in s
        Variable x = Variable.parameter(Tensor.of(new float[] {5, -7}));
        Variable s = Variable.parameter(Tensor.scalar(0.5f));
        FakeQuantize.learned(x, s, -3, 2, 1)
                .mul(Variable.constant(Tensor.of(new float[] {1, 10})))
                .sum()
                .backward();
        assertEquals(2 - 30, s.gradient().orElseThrow().item(), 1e-6);
    }
}
