package espalier.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class RandomSourceTest {
    private static final int MANY = 100_000;

    @Test
    void theSameSeedGivesTheSameNumbersForEver() {
        RandomSource random = RandomSource.of(42);
        long[] first = {random.nextLong(), random.nextLong(), random.nextLong()};
        assertArrayEquals(new long[] {6332618229526065668L, -816328817471504299L, 8971565426155258802L}, first);
        assertEquals(0.8818545873573221, RandomSource.of(42).nextGaussian());
        assertEquals(3551917276406773030L, RandomSource.of(42).split("shuffle").nextLong());
        assertEquals(5013161892573247317L, RandomSource.of(42).split(3).nextLong());
    }

    /** SplitMix64 as published: its first numbers from state 0 are those of the reference program. */
    @Test
    void isSplitMix64() {
        RandomSource random = RandomSource.resume(new RandomSource.State(0, 0));
        assertEquals(0xE220A8397B1DCDAFL, random.nextLong());
        assertEquals(0x6E789E6AA1B965F4L, random.nextLong());
        assertEquals(0x06C45D188009454FL, random.nextLong());
    }

    @Test
    void resumesWhereItStood() {
        RandomSource random = RandomSource.of(7);
        for (int i = 0; i < 10; i++) {
            random.nextGaussian();
        }
        RandomSource twin = RandomSource.resume(random.state());
        for (int i = 0; i < 10; i++) {
            assertEquals(random.nextLong(), twin.nextLong());
        }
        assertEquals(random.state(), twin.state());
    }

    @Test
    void aPartDoesNotDependOnWhatOthersDrew() {
        RandomSource random = RandomSource.of(7);
        long early = random.split("weights").nextLong();
        random.nextLong();
        assertEquals(early, random.split("weights").nextLong());
        assertNotEquals(early, random.split("weight").nextLong());
        assertNotEquals(random.split(0).nextLong(), random.split(1).nextLong());
        assertNotEquals(early, RandomSource.of(8).split("weights").nextLong());
        assertEquals(RandomSource.of(7).nextLong(), RandomSource.of(7).nextLong());
        assertNotEquals(RandomSource.of(7).nextLong(), RandomSource.of(8).nextLong());
    }

    /** Correlation of neighbouring seeds' and parts' streams: about 1/√n by chance, 0.003. */
    @Test
    void partsAreIndependent() {
        RandomSource whole = RandomSource.of(1);
        RandomSource[] streams = {RandomSource.of(1), RandomSource.of(2), whole.split(1), whole.split(2)};
        double[][] values = new double[streams.length][MANY];
        for (int s = 0; s < streams.length; s++) {
            for (int i = 0; i < MANY; i++) {
                values[s][i] = streams[s].nextDouble() - 0.5;
            }
        }
        for (int s = 0; s < streams.length; s++) {
            for (int t = 0; t < s; t++) {
                double sum = 0;
                for (int i = 0; i < MANY; i++) {
                    sum += 12 * values[s][i] * values[t][i] / MANY;
                }
                assertEquals(0, sum, 0.015, "streams " + s + " and " + t);
            }
        }
    }

    /** Means of n values have standard error 1/√n: the limits are five of them. */
    @Test
    void momentsOfTheNormal() {
        RandomSource random = RandomSource.of(3);
        double[] sums = new double[4];
        for (int i = 0; i < MANY; i++) {
            double x = random.nextGaussian();
            for (int k = 0; k < 4; k++) {
                sums[k] += Math.pow(x, k + 1) / MANY;
            }
        }
        assertEquals(0, sums[0], 0.016);
        assertEquals(1, sums[1], 0.023);
        assertEquals(0, sums[2], 0.062);
        assertEquals(3, sums[3], 0.16);
    }

    @Test
    void uniformFillsItsRangeEvenly() {
        float[] values = RandomSource.of(4)
                .uniform(Device.reference(), Shape.of(MANY), -2, 3)
                .toFloats();
        int[] bins = new int[10];
        for (float value : values) {
            assertTrue(value >= -2 && value < 3);
            bins[(int) ((value + 2) * 2)]++;
        }
        for (int count : bins) {
            assertEquals(10_000, count, 500); // a standard deviation is 95
        }
    }

    @Test
    void uniformNeverReachesItsEndByRounding() {
        float low = 1;
        float high = Math.nextUp(1f);
        for (float value : RandomSource.of(4)
                .uniform(Device.reference(), Shape.of(100), low, high)
                .toFloats()) {
            assertEquals(low, value);
        }
    }

    @Test
    void nextIntIsEven() {
        RandomSource random = RandomSource.of(5);
        int[] counts = new int[7];
        for (int i = 0; i < 70_000; i++) {
            counts[random.nextInt(7)]++;
        }
        for (int count : counts) {
            assertEquals(10_000, count, 500);
        }
        assertEquals(0, random.nextInt(1));
        assertTrue(random.nextInt(Integer.MAX_VALUE) >= 0);
        assertEquals(
                "nextInt: bound 0 must be at least 1",
                assertThrows(IllegalArgumentException.class, () -> random.nextInt(0))
                        .getMessage());
    }

    @Test
    void permutationsHoldEachNumberOnceAndFavourNone() {
        RandomSource random = RandomSource.of(6);
        int[][] at = new int[5][5];
        for (int trial = 0; trial < 20_000; trial++) {
            int[] order = random.permutation(5);
            int[] sorted = order.clone();
            Arrays.sort(sorted);
            assertArrayEquals(new int[] {0, 1, 2, 3, 4}, sorted);
            for (int i = 0; i < 5; i++) {
                at[i][order[i]]++;
            }
        }
        for (int[] row : at) {
            for (int count : row) {
                assertEquals(4_000, count, 300); // a standard deviation is 57
            }
        }
        assertEquals(0, random.permutation(0).length);
    }

    @Test
    void bernoulliHasItsProbability() {
        RandomSource random = RandomSource.of(7);
        Shape shape = Shape.of(MANY);
        assertEquals(
                30_000, random.bernoulli(Device.reference(), shape, 0.3).sum().item(), 750);
        assertEquals(0, random.bernoulli(Device.reference(), shape, 0).sum().item());
        assertEquals(MANY, random.bernoulli(Device.reference(), shape, 1).sum().item());
    }
}
