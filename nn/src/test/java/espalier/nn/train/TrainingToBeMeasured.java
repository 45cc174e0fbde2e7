package espalier.nn.train;

import com.sun.management.OperatingSystemMXBean;
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
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Random;

/**
 * A training run that counts the bytes which all threads together allocate on the heap in a step, until five steps in a
 * row stay below a limit or the time is over, and prints the most of the last five: what {@link AllocationTest} starts.
 *
 * <p>Until the compiler is done, the Vector API allocates each vector; how long that takes depends on what else runs.
 */
final class TrainingToBeMeasured {
    private static final int IN_A_ROW = 5;
    /** Of the processor, so that a busy machine gets more time. */
    private static final double SECONDS = 90;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final long limit;
    private final OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private final long[] latest = new long[IN_A_ROW];
    private long steps;
    private long mark;

    private TrainingToBeMeasured(long limit) {
        this.limit = limit;
    }

    public static void main(String[] arguments) {
        int batch = Integer.parseInt(arguments[1]);
        long limit = Long.parseLong(arguments[2]);
        switch (arguments[0]) {
            case "lenet5" -> run(LeNet.lenet5(Init.of(1)), Shape.of(1, 28, 28), batch, limit);
            default -> run(ResNet.cifar(Init.of(1), 20, ResNet.Shortcut.PADDED), Shape.of(3, 32, 32), batch, limit);
        }
    }

    private static void run(Module model, Shape images, int batch, long limit) {
        TrainingToBeMeasured measured = new TrainingToBeMeasured(limit);
        Optimizer<?> optimizer =
                new Sgd(model.parameters(), Sgd.Options.of(0.001).withDecay(1e-4));
        RandomSource random = RandomSource.of(1);
        DataLoader loader = DataLoader.of(noise(25 * batch, images), batch)
                .shuffled(random)
                .with(Transform.flip().then(Transform.crop(4)));
        new Trainer(model, optimizer, Losses::crossEntropy, random)
                .with(new TrainingListener() {
                    @Override
                    public void onStep(Position at, StepReport report) {
                        measured.step();
                    }
                })
                .train(loader, Integer.MAX_VALUE);
    }

    private static ByteImages noise(int count, Shape shape) {
        byte[] pixels = new byte[count * shape.size()];
        new Random(1).nextBytes(pixels);
        return new ByteImages(
                pixels, new byte[count], shape, List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"));
    }

    private void step() {
        long now = threads.getTotalThreadAllocatedBytes();
        latest[(int) (steps++ % IN_A_ROW)] = now - mark;
        mark = now;
        long most = 0;
        for (long bytes : latest) {
            most = Math.max(most, bytes);
        }
        boolean settled = steps > IN_A_ROW && most < limit;
        if (settled || system.getProcessCpuTime() > SECONDS * 1e9) {
            System.out.println(most + " " + steps);
            System.exit(0);
        }
    }
}
