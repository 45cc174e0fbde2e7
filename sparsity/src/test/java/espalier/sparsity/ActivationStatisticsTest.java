package espalier.sparsity;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import espalier.nn.Init;
import espalier.nn.data.ByteImages;
import espalier.nn.data.DataLoader;
import espalier.nn.layer.Activation;
import espalier.nn.layer.Flatten;
import espalier.nn.layer.Linear;
import espalier.nn.layer.Sequential;
import espalier.nn.model.LeNet;
import espalier.sparsity.ActivationStatistics.Kind;
import espalier.sparsity.prune.Allocation;
import espalier.sparsity.prune.MagnitudePruning;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class ActivationStatisticsTest {
    /** Four images of two pixels, the values being 0, 1 or 0.2. */
    private static DataLoader images() {
        byte[] pixels = {0, 0, (byte) 255, 0, 0, (byte) 255, 51, 51};
        ByteImages images = new ByteImages(pixels, new byte[4], Shape.of(1, 1, 2), List.of("only"));
        return DataLoader.of(images, 3);
    }

    /** Three outputs: the first pixel, the second minus the first, and minus both. */
    @Test
    void partOfActiveOutputsAndTheirMean() {
        Linear first = new Linear(Init.of(1), 2, 3);
        first.weight().set(Tensor.of(new float[] {1, 0, -1, 1, -1, -1}, 3, 2));
        Sequential model = new Sequential(new Flatten(), first, Activation.relu(), new Linear(Init.of(2), 3, 1));
        ActivationStatistics activity = ActivationStatistics.of(model, images(), 9);
        assertArrayEquals(
                new float[] {0.5f, 0.25f, 0},
                activity.scores("1.weight", Kind.ACTIVE).toFloats(),
                1e-6f);
        assertArrayEquals(
                new float[] {0.3f, 0.25f, 0},
                activity.scores("1.weight", Kind.MEAN).toFloats(),
                1e-6f);
        List<Prunable> filters = activity.filters(Kind.ACTIVE);
        assertEquals(List.of("1.weight"), filters.stream().map(Prunable::path).toList());
        MagnitudePruning.prune(filters, Allocation.UNIFORM, 0.34);
        assertArrayEquals(
                new float[] {1, 0, -1, 1, 0, 0}, first.weight().get().value().toFloats());
        Exception refused = assertThrows(IllegalArgumentException.class, () -> activity.scores("3.weight", Kind.MEAN));
        assertEquals("activation: nothing was measured for 3.weight; there is 1.weight", refused.getMessage());
    }

    @Test
    void theLayersOfLeNet() {
        ActivationStatistics activity = ActivationStatistics.of(LeNet.lenet300(Init.of(1)), digits(), 1);
        assertEquals(
                List.of(300, 100),
                activity.filters(Kind.MEAN).stream().map(Prunable::units).toList());
    }

    private static DataLoader digits() {
        byte[] pixels = new byte[2 * 784];
        return DataLoader.of(new ByteImages(pixels, new byte[2], Shape.of(1, 28, 28), List.of("0")), 2);
    }
}
