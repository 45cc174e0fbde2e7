package espalier.nn.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.op.Losses;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.data.DataLoader;
import espalier.nn.data.Transform;
import espalier.nn.model.LeNet;
import espalier.nn.optim.Adam;
import espalier.nn.optim.Optimizer;
import espalier.nn.optim.Schedule;
import espalier.nn.optim.Sgd;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Same seed, same bits of every weight, whatever the number of threads; another seed, others. */
class DeterminismTest {
    private static int hash(Module model) {
        return model.state().values().stream()
                .mapToInt(value -> Arrays.hashCode(value.toBytes()))
                .reduce(7, (a, b) -> 31 * a + b);
    }

    private static int trained(
            Device device, long seed, int channels, Function<Init, Module> make, boolean adam, List<Double> losses) {
        Module model = make.apply(Init.of(device, seed));
        Optimizer<?> optimizer = adam
                ? new Adam(model.parameters(), Adam.Options.of(0.003).withDecoupledDecay(0.01))
                : new Sgd(model.parameters(), Sgd.Options.of(0.05).withDecay(1e-4));
        RandomSource random = RandomSource.of(seed);
        DataLoader loader = DataLoader.of(Tiny.stripes(96, channels), 20)
                .shuffled(random)
                .with(Transform.flip().then(Transform.crop(2)).then(Transform.cutout(3)))
                .on(device);
        new Trainer(model, optimizer, Losses::crossEntropy, random)
                .with(Schedule.oneCycle(20))
                .with(new TrainingListener() {
                    @Override
                    public void onStep(Position at, StepReport report) {
                        losses.add(report.loss());
                    }
                })
                .train(loader, 4);
        return hash(model);
    }

    private static void check(int channels, Function<Init, Module> make, boolean adam) {
        List<Double> losses = new ArrayList<>();
        int one = trained(Device.cpu(1), 1, channels, make, adam, losses);
        for (int threads : new int[] {1, 2, 8}) {
            List<Double> again = new ArrayList<>();
            assertEquals(one, trained(Device.cpu(threads), 1, channels, make, adam, again), threads + " threads");
            assertEquals(losses, again);
        }
        assertNotEquals(one, trained(Device.cpu(2), 2, channels, make, adam, new ArrayList<>()));
        assertEquals(20, losses.size());
        assertTrue(losses.getLast() < 0.8 * losses.getFirst(), "it learns: " + losses);
    }

    @Test
    void leNetWithSgd() {
        check(1, Tiny::leNet, false);
    }

    @Test
    void resNetWithAdamW() {
        check(3, Tiny::resNet, true);
    }

    @Test
    void gradientsOfALargeBatch() {
        // Large enough that every kernel shares its work.
        float[][] gradients = new float[3][];
        int[] threads = {1, 2, 8};
        for (int i = 0; i < threads.length; i++) {
            Device device = Device.cpu(threads[i]);
            Module model = LeNet.lenet5(Init.of(device, 3));
            var x = espalier.autograd.Variable.constant(
                    RandomSource.of(4).uniform(device, Shape.of(64, 1, 28, 28), 0, 1));
            Losses.crossEntropy(model.apply(x), espalier.tensor.Tensor.of(device, new int[64], Shape.of(64)))
                    .backward();
            gradients[i] = model.parameters()
                    .get("conv2.weight")
                    .raw()
                    .gradient()
                    .orElseThrow()
                    .toFloats();
        }
        assertArrayEquals(gradients[0], gradients[1]);
        assertArrayEquals(gradients[0], gradients[2]);
    }
}
