package espalier.sparsity.quant;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.nn.optim.Sgd;
import espalier.sparsity.storage.RelativeIndex;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The worked layer of Deep Compression's figure 3, centres of Lloyd's algorithm, and what the stages cost. */
class SharedWeightsTest {
    @Test
    void theWorkedLayer() {
        // Han et al. 2016, figure 3: sixteen weights, four centres 2.00, 1.50, 0.00, −1.00
        float[] w = {
            2.09f, -0.98f, 1.48f, 0.09f, 0.05f, -0.14f, -1.08f, 2.12f, -0.91f, 1.92f, 0.01f, -1.03f, 1.87f, 0.01f,
            1.53f, 1.49f
        };
        float[] g = {
            -0.03f, -0.01f, 0.03f, 0.02f, -0.01f, 0.01f, -0.02f, 0.12f, -0.01f, 0.02f, 0.04f, 0.01f, -0.07f, -0.02f,
            0.01f, -0.02f
        };
        Parameter weight = new Parameter("weight", Role.WEIGHT, Tensor.of(w, 4, 4));
        SharedWeights shared = SharedWeights.on(weight, 4);
        assertArrayEquals(
                new int[] {4, 1, 3, 2, 2, 2, 1, 4, 1, 4, 2, 1, 4, 2, 3, 3}, shared.symbols()); // figure: 3 0 2 1 …
        assertArrayEquals(new float[] {-1, 0.004f, 1.5f, 2}, shared.values(), 1e-6f);
        weight.get().backward(Tensor.of(g, 4, 4));
        // the figure's sums of gradients: −0.03, 0.04, 0.02, 0.04 for −1, 0, 1.5 and 2
        Parameter values = shared.parameters().getFirst();
        assertArrayEquals(
                new float[] {-0.03f, 0.04f, 0.02f, 0.04f},
                values.raw().gradient().orElseThrow().toFloats(),
                1e-6f);
        new Sgd(Map.of("values", values), Sgd.Options.of(1).withMomentum(0)).step();
        assertArrayEquals(new float[] {-0.97f, -0.036f, 1.48f, 1.96f}, shared.values(), 1e-6f); // its last column
    }

    @Test
    void prunedWeightsStayZeroAndCountForNoValue() {
        Parameter weight = new Parameter("weight", Role.WEIGHT, Tensor.of(new float[] {0, 2, 0, -1, -0.0f, 2.2f}));
        SharedWeights shared = SharedWeights.on(weight, 2);
        assertArrayEquals(new int[] {0, 2, 0, 1, 0, 2}, shared.symbols());
        assertArrayEquals(
                new float[] {0, 2.1f, 0, -1, 0, 2.1f}, weight.get().value().toFloats(), 1e-6f);
        weight.get().sum().backward();
        assertArrayEquals(
                new float[] {1, 2},
                shared.parameters().getFirst().raw().gradient().orElseThrow().toFloats());
        weight.materialize();
        assertEquals(3, weight.raw().value().countNonZero().item());
    }

    @Test
    void centresAreMeansAndNumbersGoToTheNearest() {
        RandomSource random = RandomSource.of(12);
        float[] numbers = new float[3001];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) (0.1 * random.nextGaussian());
        }
        for (int k : new int[] {1, 2, 7, 32}) {
            float[] centres = KMeans.centres(numbers, k);
            double[] sums = new double[k];
            int[] counts = new int[k];
            for (float number : numbers) {
                int j = KMeans.nearest(centres, number);
                sums[j] += number;
                counts[j]++;
            }
            for (int j = 0; j < k; j++) {
                assertEquals(sums[j] / counts[j], centres[j], 1e-4, "centre " + j + " of " + k);
            }
            assertArrayEquals(centres, KMeans.centres(numbers, k));
        }
    }

    @Test
    void centresStartEvenlySpacedSoThatTheOutermostIsKept() {
        // density would put both centres near 0; even spacing keeps the one large number
        float[] numbers = {0, 0.01f, 0.02f, 0.03f, 0.04f, 0.05f, 10};
        assertArrayEquals(new float[] {0.025f, 10}, KMeans.centres(numbers, 2), 1e-6f);
        assertArrayEquals(new float[] {0, 0, 0}, KMeans.centres(new float[0], 3));
        assertArrayEquals(new float[] {5, 5}, KMeans.centres(new float[] {5, 5}, 2));
        assertEquals(0, KMeans.nearest(new float[] {-1, 1}, 0)); // a tie goes to the lower
    }

    /** Even spacing starts at 0, 5 and 10; nothing is near 5, so it goes to 0, the lower of two numbers half off. */
    @Test
    void aCentreWithoutNumbersGoesToTheFarthestOne() {
        assertArrayEquals(new float[] {0, 1, 10}, KMeans.centres(new float[] {10, 0, 1}, 3));
        // 0 25 50 75 100 → 1.5 . . . 100; 25 goes to 0 → 0.5 2.5 . . 100; then to 0, and to 2 of the other group
        assertArrayEquals(new float[] {0, 1, 2, 3, 100}, KMeans.centres(new float[] {3, 1, 100, 2, 0}, 5));
        // 0 10 20 → 6.5/6 . 20; 10 goes to 4, which is farther from its centre than 0
        assertArrayEquals(new float[] {0.5f, 4, 20}, KMeans.centres(new float[] {0, 0, 1, 1, 0.5f, 4, 20}, 3), 1e-6f);
    }

    /** The first and the last sit on their numbers, and what lies between stands for nothing. */
    @Test
    void moreCentresThanDifferentNumbersLeaveSomeUnused() {
        assertArrayEquals(new float[] {2, 2, 2}, KMeans.centres(new float[] {2, 2, 2, 2}, 3));
        assertArrayEquals(new float[] {-1, 0, 1}, KMeans.centres(new float[] {1, -1, 1}, 3));
        // 0 and 1 share the lowest of 0, 10/3, 20/3, 10; the second goes to 0, and the third finds nothing to do
        assertArrayEquals(new float[] {0, 1, 20 / 3f, 10}, KMeans.centres(new float[] {0, 1, 10}, 4), 1e-6f);
        Parameter constant = new Parameter("weight", Role.WEIGHT, Tensor.of(new float[] {0, 0.5f, 0.5f, 0}));
        SharedWeights shared = SharedWeights.on(constant, 4);
        assertArrayEquals(new int[] {0, 1, 1, 0}, shared.symbols());
        assertArrayEquals(new float[] {0, 0.5f, 0.5f, 0}, constant.get().value().toFloats());
        Parameter pruned = new Parameter("weight", Role.WEIGHT, Tensor.of(new float[4]));
        assertArrayEquals(new int[4], SharedWeights.on(pruned, 2).symbols());
        assertArrayEquals(new float[4], pruned.get().value().toFloats());
    }

    @Test
    void stagesByHand() {
        // symbols 0 0 1 0 2 1 0 0 of two values: 2 bits a symbol
        int[] symbols = {0, 0, 1, 0, 2, 1, 0, 0};
        DeepCompression cost = DeepCompression.of(symbols, 2);
        assertEquals(8 * 32, cost.dense());
        assertEquals(3, cost.nonZeros());
        // runs 2, 1, 0: one bit a run takes one dummy, two bits take none
        assertEquals(3 * (32 + 2), cost.pruned());
        assertEquals(3 * (2 + 2) + 64, cost.shared());
        // width 0: symbols 0 0 1 0 2 1 → lengths 1, 2, 2: 9 bits + 15 of table; runs 0 ×6: 6 bits + 5 of table
        // width 1: runs 1(dummy) 0 1 0, symbols 0 1 2 1 → 6 + 15, 4 + 10
        // width 2: runs 2 1 0, symbols 1 2 1 → 3 + 15, 5 + 20
        assertEquals(Math.min(Math.min(24 + 11, 21 + 14), 18 + 25) + 64, cost.coded());
        assertEquals(2 * cost.coded(), cost.plus(cost).coded());
        assertEquals(16, cost.plus(cost).weights());
    }

    @Test
    void eachStageOfASkewedLayerIsSmaller() {
        RandomSource random = RandomSource.of(2);
        int[] symbols = new int[50_000];
        for (int i = 0; i < symbols.length; i++) {
            symbols[i] = random.nextDouble() < 0.08 ? 1 + (int) (31 * Math.pow(random.nextDouble(), 3)) : 0;
        }
        DeepCompression cost = DeepCompression.of(symbols, 31);
        assertTrue(cost.pruned() < cost.dense() / 8);
        assertTrue(cost.shared() < cost.pruned() / 3);
        assertTrue(cost.coded() < cost.shared());
        int[] positions = new int[50_000];
        int n = 0;
        for (int i = 0; i < symbols.length; i++) {
            if (symbols[i] > 0) {
                positions[n++] = i;
            }
        }
        RelativeIndex best = RelativeIndex.best(Arrays.copyOf(positions, n), 5);
        assertEquals(best.bits(5) + 31 * 32, cost.shared());
    }

    @Test
    void mistakes() {
        Parameter values = new Parameter("values", Role.QUANTIZER, Tensor.of(new float[] {1, 2}));
        assertThrows(IllegalArgumentException.class, () -> new SharedWeights(Shape.of(2), new int[] {3, 0}, values));
        assertThrows(IllegalArgumentException.class, () -> new SharedWeights(Shape.of(3), new int[] {1, 0}, values));
        Parameter weight = new Parameter("weight", Role.WEIGHT, Tensor.of(new float[] {1, Float.NaN}));
        assertThrows(IllegalArgumentException.class, () -> SharedWeights.on(weight, 2));
        assertThrows(IllegalArgumentException.class, () -> SharedWeights.on(weight, 0));
        assertThrows(IllegalArgumentException.class, () -> DeepCompression.of(new int[] {3}, 2));
    }
}
