package espalier.nn.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Which samples come when, and what happens when reading fails. */
class DataLoaderTest {
    /** Sample i holds i and i + 0.5, and has label i mod 3. */
    private record Numbers(int size, int bad, Set<Boolean> virtual) implements Dataset {
        Numbers(int size) {
            this(size, -1, ConcurrentHashMap.newKeySet());
        }

        @Override
        public Shape sampleShape() {
            return Shape.of(2);
        }

        @Override
        public List<String> classes() {
            return List.of("a", "b", "c");
        }

        @Override
        public void copySample(int index, float[] into, int at) {
            virtual.add(Thread.currentThread().isVirtual());
            if (index == bad) {
                throw new IllegalStateException("sample " + index + " is bad");
            }
            into[at] = index;
            into[at + 1] = index + 0.5f;
        }

        @Override
        public int label(int index) {
            return index % 3;
        }
    }

    /** The samples of an epoch, batch by batch. */
    private static List<List<Integer>> epoch(DataLoader loader, int epoch, int from) {
        List<List<Integer>> batches = new ArrayList<>();
        loader.forEach(epoch, from, batch -> {
            List<Integer> samples = new ArrayList<>();
            float[] values = batch.images().toFloats();
            int[] labels = batch.labels().toInts();
            assertEquals(Shape.of(batch.size(), 2), batch.images().shape());
            assertEquals(DType.I32, batch.labels().dtype());
            for (int i = 0; i < batch.size(); i++) {
                int index = (int) values[2 * i];
                samples.add(index);
                assertEquals(index + 0.5f, values[2 * i + 1]);
                assertEquals(index % 3, labels[i]);
            }
            batches.add(samples);
        });
        return batches;
    }

    private static List<Integer> all(List<List<Integer>> batches) {
        return batches.stream().flatMap(List::stream).toList();
    }

    @Test
    void inOrder() {
        DataLoader loader = DataLoader.of(new Numbers(10), 4);
        assertEquals(3, loader.batches());
        assertEquals(List.of(List.of(0, 1, 2, 3), List.of(4, 5, 6, 7), List.of(8, 9)), epoch(loader, 0, 0));
        assertEquals(epoch(loader, 0, 0), epoch(loader, 5, 0));
        assertEquals(List.of(), epoch(DataLoader.of(new Numbers(0), 4), 0, 0));
        assertEquals(1, epoch(DataLoader.of(new Numbers(3), 100), 0, 0).size());
    }

    @Test
    void aBatchLargerThanTheDataTakesNoMoreMemoryThanTheData() {
        assertEquals(
                1,
                epoch(DataLoader.of(new Numbers(10), Integer.MAX_VALUE), 0, 0).size());
    }

    @Test
    void shuffledEachSampleOnceInAnOrderOfSeedAndEpoch() {
        DataLoader loader = DataLoader.of(new Numbers(101), 7).shuffled(RandomSource.of(3));
        List<List<Integer>> first = epoch(loader, 0, 0);
        List<Integer> sorted = new ArrayList<>(all(first));
        Collections.sort(sorted);
        assertEquals(IntStream.range(0, 101).boxed().toList(), sorted);
        assertEquals(first, epoch(loader, 0, 0), "the same epoch again");
        assertNotEquals(first, epoch(loader, 1, 0));
        DataLoader same = DataLoader.of(new Numbers(101), 7).shuffled(RandomSource.of(3));
        assertEquals(epoch(loader, 1, 0), epoch(same, 1, 0));
        DataLoader other = DataLoader.of(new Numbers(101), 7).shuffled(RandomSource.of(4));
        assertNotEquals(first, epoch(other, 0, 0));
        DataLoader larger = DataLoader.of(new Numbers(101), 20).shuffled(RandomSource.of(3));
        assertEquals(all(first), all(epoch(larger, 0, 0)), "the order does not depend on the size of batches");
    }

    @Test
    void resumedFromABatch() {
        DataLoader loader = DataLoader.of(new Numbers(50), 6).shuffled(RandomSource.of(3));
        List<List<Integer>> whole = epoch(loader, 2, 0);
        for (int from = 0; from <= whole.size() + 1; from++) {
            List<List<Integer>> tail = whole.subList(Math.min(from, whole.size()), whole.size());
            assertEquals(tail, epoch(loader, 2, from));
        }
    }

    @Test
    void randomChangesDependOnSeedEpochAndSampleAlone() {
        Transform noise = (values, at, shape, random) -> values[at + 1] = (float) random.nextDouble();
        float[][] byLoader = new float[3][];
        DataLoader[] loaders = {
            DataLoader.of(new Numbers(20), 3).shuffled(RandomSource.of(1)).with(noise),
            DataLoader.of(new Numbers(20), 8).shuffled(RandomSource.of(1)).with(noise),
            DataLoader.of(new Numbers(20), 20).shuffled(RandomSource.of(2)).with(noise)
        };
        for (int i = 0; i < loaders.length; i++) {
            float[] bySample = new float[20];
            loaders[i].forEach(4, 0, batch -> {
                float[] values = batch.images().toFloats();
                for (int k = 0; k < values.length; k += 2) {
                    bySample[(int) values[k]] = values[k + 1];
                }
            });
            byLoader[i] = bySample;
        }
        org.junit.jupiter.api.Assertions.assertArrayEquals(byLoader[0], byLoader[1]);
        assertNotEquals(byLoader[0][7], byLoader[2][7]);
    }

    @Test
    void readingHappensOnVirtualThreads() {
        Numbers data = new Numbers(30);
        epoch(DataLoader.of(data, 4), 0, 0);
        assertEquals(Set.of(true), data.virtual);
    }

    @Test
    void aFailureWhileReadingIsThrownWhereItsBatchIsDue() {
        DataLoader loader = DataLoader.of(new Numbers(40, 13, ConcurrentHashMap.newKeySet()), 5);
        List<Integer> seen = new ArrayList<>();
        var thrown =
                assertThrows(IllegalStateException.class, () -> loader.forEach(0, 0, batch -> seen.add(batch.size())));
        assertEquals("sample 13 is bad", thrown.getMessage());
        assertEquals(List.of(5, 5), seen);
    }

    @Test
    void aFailureOfTheBodyEndsTheEpoch() {
        Numbers data = new Numbers(1000);
        List<Integer> seen = new ArrayList<>();
        var thrown = assertThrows(
                IllegalArgumentException.class,
                () -> DataLoader.of(data, 1).forEach(0, 0, batch -> {
                    seen.add(batch.size());
                    if (seen.size() == 3) {
                        throw new IllegalArgumentException("enough");
                    }
                }));
        assertEquals("enough", thrown.getMessage());
        assertEquals(3, seen.size());
        assertTrue(espalier.tensor.TensorScope.current().isEmpty(), "the scope is closed");
    }

    @Test
    void batchesAreGivenBack() {
        List<Tensor> kept = new ArrayList<>();
        DataLoader.of(new Numbers(6), 3).forEach(0, 0, batch -> kept.add(batch.images()));
        assertThrows(IllegalStateException.class, () -> kept.getFirst().toFloats());
    }

    @Test
    void ontoADevice() {
        DataLoader.of(new Numbers(6), 3)
                .on(Device.reference())
                .forEach(
                        0,
                        0,
                        batch -> assertSame(Device.reference(), batch.images().device()));
        var thrown = assertThrows(IllegalArgumentException.class, () -> DataLoader.of(new Numbers(1), 0));
        assertEquals("batch: size 0 must be at least 1", thrown.getMessage());
    }

    private static void refused(String sentence, Executable call) {
        assertEquals(
                sentence, assertThrows(IllegalArgumentException.class, call).getMessage());
    }

    @Test
    void partsOfADataSet() {
        Dataset data = new Numbers(30);
        assertEquals(List.of(List.of(4, 2)), epoch(DataLoader.of(data.select(4, 2), 5), 0, 0));
        assertEquals(3, data.first(3).size());
        assertEquals(30, data.first(99).size());
        refused("select: there is no sample 30 of 30", () -> data.select(0, 30));
        refused("select: there is no sample -1 of 30", () -> data.select(-1));
        refused("first: -1 samples must be at least 0", () -> data.first(-1));
        refused("stratified: part 1.5 must be from 0 to 1", () -> data.stratified(1.5, RandomSource.of(1)));
        DataLoader loader = DataLoader.of(data, 10);
        refused("loader: cannot begin with batch -1", () -> loader.forEach(0, -1, batch -> {}));
        Dataset part = data.stratified(0.3, RandomSource.of(1));
        int[] byLabel = new int[3];
        for (int i = 0; i < part.size(); i++) {
            byLabel[part.label(i)]++;
        }
        org.junit.jupiter.api.Assertions.assertArrayEquals(new int[] {3, 3, 3}, byLabel);
    }
}
