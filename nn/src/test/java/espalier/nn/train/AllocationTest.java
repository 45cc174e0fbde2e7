package espalier.nn.train;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import espalier.autograd.op.Losses;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.data.ByteImages;
import espalier.nn.data.DataLoader;
import espalier.nn.data.Transform;
import espalier.nn.model.LeNet;
import espalier.nn.model.ResNet;
import espalier.nn.optim.Optimizer;
import espalier.nn.optim.Sgd;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A warm training step takes its memory from the pool: little is allocated, by all threads together.
 *
 * <p>Until the compiler is done, the Vector API allocates each vector; how long that takes depends on what else ran and
 * runs. So this is tested alone, when asked: {@code -Dtest=AllocationTest -Despalier.allocation=true}.
 */
class AllocationTest {
    private static long allocated() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        return threads.getTotalThreadAllocatedBytes();
    }

    private static ByteImages noise(int count, Shape shape) {
        byte[] pixels = new byte[count * shape.size()];
        new java.util.Random(1).nextBytes(pixels);
        byte[] labels = new byte[count];
        return new ByteImages(pixels, labels, shape, List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"));
    }

    /**
     * Bytes allocated by a step once the compiler has done its work: the mean of twenty, measured again and again until
     * it is below the limit or a minute's worth of steps is over.
     */
    private static long aStep(Module model, Shape images, int batch, long limit) {
        Optimizer<?> optimizer =
                new Sgd(model.parameters(), Sgd.Options.of(0.001).withDecay(1e-4));
        long[] marks = new long[26];
        TrainingListener clock = new TrainingListener() {
            @Override
            public void onStep(Position at, StepReport report) {
                marks[at.batch()] = allocated();
            }
        };
        RandomSource random = RandomSource.of(1);
        DataLoader loader = DataLoader.of(noise(25 * batch, images), batch)
                .shuffled(random)
                .with(Transform.flip().then(Transform.crop(4)));
        Trainer trainer = new Trainer(model, optimizer, Losses::crossEntropy, random).with(clock);
        long bytes = Long.MAX_VALUE;
        for (int epoch = 1; epoch <= 20 && bytes >= limit; epoch++) {
            trainer.train(loader, epoch);
            bytes = (marks[25] - marks[5]) / 20;
        }
        return bytes;
    }

    private static void check(String name, Module model, Shape images, int batch, long limit) {
        assumeTrue(Boolean.getBoolean("espalier.allocation"), "runs alone: -Despalier.allocation=true");
        assumeTrue(Device.cpu().backend().name().equals("vector"), "the plain back end composes convolutions of views");
        long bytes = aStep(model, images, batch, limit);
        assertTrue(bytes < limit, name + ": a warm step allocates " + bytes + " bytes");
    }

    @Test
    void leNet5() {
        check("LeNet-5", LeNet.lenet5(Init.of(1)), Shape.of(1, 28, 28), 64, 1 << 20);
    }

    @Test
    void resNet20() {
        // It settles at 1.5 MB, above the aim of 1 MB: tables of the weight gradients and of batch norm.
        Module model = ResNet.cifar(Init.of(1), 20, ResNet.Shortcut.PADDED);
        check("ResNet-20", model, Shape.of(3, 32, 32), 16, 3 << 20);
    }
}
