package espalier.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import espalier.tensor.spi.ConvSpec;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PlainConvolutionTest {
    private static final float[] NONE = new float[0];

    /** By hand: x = 1..9 in a square, w = [[1, 2], [3, 4]]. */
    @Test
    void forwardByHand() {
        var g = new ConvGeometry(1, 1, 3, 3, 1, 2, 2, ConvSpec.of());
        float[] y = new float[4];
        PlainConvolution.forward(g, count(9), 0, count(4), 0, new float[] {100}, 0, y, 0);
        // 1*1 + 2*2 + 3*4 + 4*5 = 37, and 10 more for each step right, 30 for each step down
        assertArrayEquals(new float[] {137, 147, 167, 177}, y);
    }

    @Test
    void paddingStrideAndDilationByHand() {
        var same = new ConvGeometry(1, 1, 1, 3, 1, 1, 3, new ConvSpec(1, 1, 0, 1, 1, 1, 1));
        float[] y = new float[3];
        PlainConvolution.forward(same, count(3), 0, count(3), 0, NONE, 0, y, 0);
        assertArrayEquals(new float[] {2 * 1 + 3 * 2, 1 + 4 + 9, 2 + 2 * 3}, y);

        var strided = new ConvGeometry(1, 1, 1, 7, 1, 1, 2, new ConvSpec(1, 2, 0, 0, 1, 3, 1));
        float[] z = new float[2];
        PlainConvolution.forward(strided, count(7), 0, count(2), 0, NONE, 0, z, 0);
        assertArrayEquals(new float[] {1 + 2 * 4, 3 + 2 * 6}, z);
    }

    @Test
    void gradientsByHand() {
        var g = new ConvGeometry(1, 1, 1, 3, 1, 1, 2, ConvSpec.of());
        float[] dx = new float[3];
        PlainConvolution.inputGradient(g, new float[] {10, 100}, 0, new float[] {1, 2}, 0, dx, 0);
        assertArrayEquals(new float[] {10, 20 + 100, 200}, dx);
        float[] dw = new float[2];
        PlainConvolution.weightGradient(g, new float[] {1, 2, 3}, 0, new float[] {10, 100}, 0, dw, 0);
        assertArrayEquals(new float[] {10 + 200, 20 + 300}, dw);
    }

    @Test
    void groupsSeeOnlyTheirChannels() {
        var g = new ConvGeometry(1, 2, 1, 1, 4, 1, 1, ConvSpec.of().withGroups(2));
        float[] y = new float[4];
        PlainConvolution.forward(g, new float[] {10, 100}, 0, count(4), 0, NONE, 0, y, 0);
        assertArrayEquals(new float[] {10, 20, 300, 400}, y);
    }

    /** The convolution is linear in x and in w, and both gradients are its adjoints: <dy, conv(x, w)> in three ways. */
    @Test
    void gradientsAreAdjoint() {
        var random = new Random(3);
        for (int trial = 0; trial < 50; trial++) {
            int groups = 1 + random.nextInt(2);
            var spec = new ConvSpec(
                    1 + random.nextInt(3),
                    1 + random.nextInt(3),
                    random.nextInt(3),
                    random.nextInt(3),
                    1 + random.nextInt(2),
                    1 + random.nextInt(2),
                    groups);
            var g = new ConvGeometry(
                    1 + random.nextInt(2),
                    2 * groups,
                    5 + random.nextInt(4),
                    5 + random.nextInt(4),
                    3 * groups,
                    1 + random.nextInt(3),
                    1 + random.nextInt(3),
                    spec);
            float[] x = floats(random, g.inputLength());
            float[] w = floats(random, g.weightLength());
            float[] dy = floats(random, g.outputLength());
            float[] y = new float[dy.length];
            float[] dx = new float[x.length];
            float[] dw = new float[w.length];
            PlainConvolution.forward(g, x, 0, w, 0, NONE, 0, y, 0);
            PlainConvolution.inputGradient(g, dy, 0, w, 0, dx, 0);
            PlainConvolution.weightGradient(g, x, 0, dy, 0, dw, 0);
            double product = dot(dy, y);
            assertEquals(product, dot(dx, x), 1e-4, g::toString);
            assertEquals(product, dot(dw, w), 1e-4, g::toString);
        }
    }

    @Test
    void geometryRefusesWhatDoesNotFit() {
        ConvSpec spec = ConvSpec.of();
        assertThrows(IllegalArgumentException.class, () -> new ConvGeometry(1, 1, 2, 2, 1, 3, 3, spec));
        assertThrows(IllegalArgumentException.class, () -> new ConvGeometry(1, 3, 5, 5, 2, 3, 3, spec.withGroups(2)));
        assertThrows(IllegalArgumentException.class, () -> new ConvGeometry(1, 0, 5, 5, 2, 3, 3, spec));
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    private static float[] count(int n) {
        float[] a = new float[n];
        for (int i = 0; i < n; i++) {
            a[i] = i + 1;
        }
        return a;
    }

    private static float[] floats(Random random, int n) {
        float[] a = new float[n];
        for (int i = 0; i < n; i++) {
            a[i] = random.nextFloat() - 0.5f;
        }
        return a;
    }
}
