package espalier.sparsity.storage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import espalier.tensor.RandomSource;
import org.junit.jupiter.api.Test;

/** Worked positions, LeNet-5's sizes at several densities, and random masks against the formula. */
class RelativeIndexTest {
    private static final int LENET_5 = 430_500;

    @Test
    void aLongGapTakesADummy() {
        int[] positions = {1, 4, 15};
        RelativeIndex.Runs runs = RelativeIndex.runs(positions, 3);
        assertArrayEquals(new int[] {1, 2, 7, 2}, runs.runs());
        assertArrayEquals(new boolean[] {false, false, true, false}, runs.dummy());
        assertEquals(new RelativeIndex(3, 3, 1), RelativeIndex.of(positions, 3));
        assertEquals(4 * (5 + 3), RelativeIndex.of(positions, 3).bits(5));
        assertEquals(4 * 3, RelativeIndex.of(positions, 3).indexBits());
    }

    @Test
    void widerRunsTakeFewer() {
        int[] positions = {0, 20, 21, 40};
        assertEquals(8, RelativeIndex.of(positions, 3).entries());
        assertEquals(6, RelativeIndex.of(positions, 4).entries());
        assertEquals(41, RelativeIndex.of(positions, 0).entries()); // no runs: every zero is stored
        assertEquals(4, RelativeIndex.of(positions, 5).entries());
    }

    @Test
    void theLongestRunNeedsNoDummy() {
        assertEquals(0, RelativeIndex.of(new int[] {7}, 3).dummies());
        assertEquals(1, RelativeIndex.of(new int[] {8}, 3).dummies());
        assertEquals(1, RelativeIndex.of(new int[] {15}, 3).dummies());
        assertEquals(2, RelativeIndex.of(new int[] {16}, 3).dummies());
    }

    @Test
    void theBestWidth() {
        int[] positions = {0, 20, 21, 40};
        // entries 41, 22, 12, 8, 6, 4 for widths 0 to 5; with 3 bits a value: 123, 88, 60, 48, 42, 32, 36
        assertEquals(5, RelativeIndex.best(positions, 3).width());
        // all in a row: no runs at all
        assertEquals(new RelativeIndex(0, 3, 0), RelativeIndex.best(new int[] {0, 1, 2}, 8));
        assertEquals(new RelativeIndex(0, 0, 0), RelativeIndex.best(new int[0], 8));
    }

    @Test
    void runsLeadBackToPositions() {
        RandomSource random = RandomSource.of(3);
        float[] weights = new float[997];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = random.nextDouble() < 0.05 ? 1 : -0.0f;
        }
        int[] positions = RelativeIndex.positions(weights);
        for (int width = 0; width <= 12; width++) {
            RelativeIndex.Runs runs = RelativeIndex.runs(positions, width);
            assertArrayEquals(positions, runs.positions());
            assertEquals(RelativeIndex.of(positions, width).entries(), runs.runs().length);
            for (int run : runs.runs()) {
                assertEquals(0, run >> width);
            }
        }
    }

    @Test
    void lenet5AtThreeBits() {
        double[] densities = {0.10, 0.05, 0.02, 0.0029};
        int[] widths = {5, 6, 7, 10};
        double[] kilobytes = {43.5, 24.6, 11.4, 2.09};
        double[] overheads = {2.76, 3.12, 3.60, 4.57};
        for (int i = 0; i < densities.length; i++) {
            long nonZeros = Math.round(LENET_5 * densities[i]);
            int width = RelativeIndex.bestExpectedWidth(densities[i], 3);
            double bits = RelativeIndex.expectedBits(nonZeros, densities[i], width, 3);
            assertEquals(widths[i], width);
            assertEquals(kilobytes[i], bits / 8 / 1024, kilobytes[i] < 10 ? 0.005 : 0.05);
            assertEquals(overheads[i], bits / StorageBits.values(nonZeros, 3), 0.01);
        }
    }

    @Test
    void randomMasksHaveAsManyDummiesAsExpected() {
        RandomSource random = RandomSource.of(7);
        float[] weights = new float[LENET_5];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = random.nextDouble() < 0.05 ? 1 : 0;
        }
        RelativeIndex index = RelativeIndex.of(RelativeIndex.positions(weights), 5);
        double expected = RelativeIndex.expectedDummies(index.nonZeros(), 0.05, 5);
        assertEquals(expected, index.dummies(), 0.05 * expected); // some 5,160
    }

    @Test
    void mistakes() {
        assertThrows(IllegalArgumentException.class, () -> RelativeIndex.of(new int[] {4, 4}, 3));
        assertThrows(IllegalArgumentException.class, () -> RelativeIndex.of(new int[] {-1}, 3));
        assertThrows(IllegalArgumentException.class, () -> RelativeIndex.of(new int[] {1}, 31));
        assertThrows(IllegalArgumentException.class, () -> RelativeIndex.expectedDummies(1, 0, 3));
        assertEquals(0, RelativeIndex.expectedDummies(9, 1, 3));
    }
}
