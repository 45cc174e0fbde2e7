package espalier.sparsity.quant;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.Variable;
import espalier.nn.Init;
import espalier.nn.Initializer;
import espalier.nn.data.DataLoader;
import espalier.nn.data.Dataset;
import espalier.nn.layer.BatchNorm;
import espalier.nn.layer.Conv2d;
import espalier.nn.layer.Linear;
import espalier.nn.layer.Sequential;
import espalier.nn.model.ResNet;
import espalier.nn.train.Evaluation;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.ConvSpec;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Folding by hand, on layers and on a residual network, and statistics measured anew. */
class BatchNormTest {
    private static void fill(BatchNorm norm, RandomSource random) {
        Shape shape = norm.scale().shape();
        norm.scale().set(random.uniform(Device.cpu(), shape, -1.5, 1.5)); // negative ones, too
        norm.shift().set(random.normal(Device.cpu(), shape));
        norm.replaceStatistics(random.normal(Device.cpu(), shape), random.uniform(Device.cpu(), shape, 0.2, 3));
    }

    @Test
    void oneChannelByHand() {
        BatchNorm norm = new BatchNorm(Init.of(1), 1);
        norm.scale().raw().value().fillInPlace(1.5);
        norm.shift().raw().value().fillInPlace(0.2);
        norm.replaceStatistics(Tensor.of(new float[] {0.4f}), Tensor.of(new float[] {0.25f}));
        BatchNormFolding.Folded folded =
                BatchNormFolding.fold(Tensor.of(new float[] {1, -2}, 1, 2), Optional.empty(), norm);
        assertArrayEquals(new float[] {2.99994f, -5.99988f}, folded.weight().toFloats(), 1e-5f);
        assertArrayEquals(new float[] {-0.999976f}, folded.bias().toFloats(), 1e-6f);
        BatchNormFolding.Folded withBias = BatchNormFolding.fold(
                Tensor.of(new float[] {1, -2}, 1, 2), Optional.of(Tensor.of(new float[] {0.1f})), norm);
        assertArrayEquals(new float[] {-0.999976f + 0.299994f}, withBias.bias().toFloats(), 1e-6f);
    }

    @Test
    void foldedLayersComputeTheSame() {
        for (boolean bias : new boolean[] {false, true}) {
            RandomSource random = RandomSource.of(5);
            ConvSpec spec = ConvSpec.of().withPadding(1);
            Conv2d conv = new Conv2d(Init.of(1).in("c"), 3, 5, 3, spec, bias);
            conv.bias().ifPresent(b -> b.set(random.normal(Device.cpu(), Shape.of(5))));
            BatchNorm norm = new BatchNorm(Init.of(1), 5);
            fill(norm, random);
            Linear linear = new Linear(Init.of(1).in("l"), 7, 4, Initializer.kaimingNormal(), bias);
            BatchNorm after = new BatchNorm(Init.of(1), 4);
            fill(after, random);
            Sequential first = new Sequential(conv, norm);
            Sequential second = new Sequential(linear, after);
            Tensor x = random.normal(Device.cpu(), Shape.of(2, 3, 6, 7));
            Tensor v = random.normal(Device.cpu(), Shape.of(3, 7));
            float[] images = Evaluation.outputs(first, x).toFloats();
            float[] vectors = Evaluation.outputs(second, v).toFloats();
            assertEquals(List.of("1"), BatchNormFolding.fold(first));
            assertEquals(List.of("1"), BatchNormFolding.fold(second));
            assertArrayEquals(images, Evaluation.outputs(first, x).toFloats(), 1e-4f);
            assertArrayEquals(vectors, Evaluation.outputs(second, v).toFloats(), 1e-4f);
            if (bias) { // the batch norm is the identity now
                assertArrayEquals(
                        x.narrow(1, 0, 1).toFloats(),
                        Evaluation.outputs(norm, x.narrow(1, 0, 1).expand(2, 5, 6, 7))
                                .narrow(1, 0, 1)
                                .toFloats(),
                        1e-6f);
            }
        }
    }

    @Test
    void strBatchNormWhoseShiftIsScaledWithIt() {
        RandomSource random = RandomSource.of(6);
        Conv2d conv = new Conv2d(Init.of(1).in("c"), 2, 4, 1, ConvSpec.of(), false);
        BatchNorm norm = new BatchNorm(Init.of(1), 4);
        fill(norm, random);
        norm.scale().set(Tensor.of(new float[] {0.9f, -0.05f, 0.5f, 0.02f}));
        norm.scale().parametrize(raw -> raw.softThreshold(0.1));
        norm.shift().parametrize(raw -> raw.mul(norm.scale().get()));
        Sequential model = new Sequential(conv, norm);
        Tensor x = random.normal(Device.cpu(), Shape.of(2, 2, 3, 3));
        Tensor before = Evaluation.outputs(model, x);
        BatchNormFolding.fold(model);
        Tensor after = Evaluation.outputs(model, x);
        assertArrayEquals(before.toFloats(), after.toFloats(), 1e-5f);
        float[] dead = after.narrow(1, 1, 1).toFloats();
        for (float value : dead) {
            assertEquals(0, value); // a dead channel puts out exactly nothing
        }
        assertEquals(
                0, conv.weight().raw().value().narrow(0, 1, 1).countNonZero().item());
    }

    @Test
    void everyBatchNormOfAResidualNetwork() {
        RandomSource random = RandomSource.of(7);
        Sequential model = ResNet.cifar(Init.of(1), 8, ResNet.Shortcut.PROJECTED);
        long norms = model.modules().values().stream()
                .filter(BatchNorm.class::isInstance)
                .peek(norm -> fill((BatchNorm) norm, random))
                .count();
        Tensor x = random.normal(Device.cpu(), Shape.of(2, 3, 32, 32));
        Tensor before = Evaluation.outputs(model, x);
        assertEquals(norms, BatchNormFolding.fold(model).size());
        Tensor after = Evaluation.outputs(model, x);
        assertTrue(before.sub(after).norm().item() <= 1e-4 * before.norm().item());
    }

    @Test
    void quantizingPerChannelAndFoldingCommute() {
        RandomSource random = RandomSource.of(8);
        Tensor w = random.normal(Device.cpu(), Shape.of(4, 3, 3, 3));
        BatchNorm norm = new BatchNorm(Init.of(1), 4);
        fill(norm, random);
        WeightScheme four = WeightScheme.perChannel(4);
        Tensor folded = BatchNormFolding.fold(w, Optional.empty(), norm).weight();
        Tensor a = four.grids(folded).nearest(folded);
        Tensor b = BatchNormFolding.fold(four.grids(w).nearest(w), Optional.empty(), norm)
                .weight();
        assertArrayEquals(a.toFloats(), b.toFloats(), 1e-5f);
    }

    @Test
    void aBatchNormOfOtherChannelsIsRefused() {
        BatchNorm norm = new BatchNorm(Init.of(1), 3);
        String words = assertThrows(
                        IllegalArgumentException.class,
                        () -> BatchNormFolding.fold(Tensor.ones(4, 2), Optional.empty(), norm))
                .getMessage();
        assertEquals("fold: a batch norm of 3 channels does not follow a weight [4, 2]", words);
    }

    /** Two channels of one pixel. */
    private record Pixels(float[] values) implements Dataset {
        @Override
        public int size() {
            return values.length / 2;
        }

        @Override
        public Shape sampleShape() {
            return Shape.of(2, 1, 1);
        }

        @Override
        public List<String> classes() {
            return List.of("one");
        }

        @Override
        public void copySample(int index, float[] into, int at) {
            System.arraycopy(values, 2 * index, into, at, 2);
        }

        @Override
        public int label(int index) {
            return 0;
        }
    }

    @Test
    void statisticsMeasuredAnewAreTheMeansOverBatches() {
        BatchNorm norm = new BatchNorm(Init.of(1), 2);
        fill(norm, RandomSource.of(1));
        Sequential model = new Sequential(norm);
        float[] scale = norm.scale().raw().value().toFloats();
        float[] pixels = {1, 10, 3, 30, 5, 0, 9, 8};
        BatchNormStatistics.measure(model, DataLoader.of(new Pixels(pixels), 2));
        // batches (1, 3) and (5, 9): means 2 and 7, unbiased variances 2 and 8; (10, 30), (0, 8): 20, 4; 200, 32
        assertArrayEquals(new float[] {4.5f, 12}, norm.mean().toFloats(), 1e-5f);
        assertArrayEquals(new float[] {5, 116}, norm.variance().toFloats(), 1e-3f);
        assertArrayEquals(scale, norm.scale().raw().value().toFloats());
        Variable y = model.apply(Variable.constant(Tensor.of(new float[] {4.5f, 12}, 1, 2, 1, 1)));
        assertArrayEquals(norm.shift().raw().value().toFloats(), y.value().toFloats(), 1e-5f);
    }
}
