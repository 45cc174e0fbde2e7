package espalier.sparsity;

import espalier.autograd.op.Losses;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.Role;
import espalier.nn.data.ByteImages;
import espalier.nn.data.DataLoader;
import espalier.nn.layer.Activation;
import espalier.nn.layer.BatchNorm;
import espalier.nn.layer.Conv2d;
import espalier.nn.layer.Flatten;
import espalier.nn.layer.Linear;
import espalier.nn.layer.Pool2d;
import espalier.nn.layer.Sequential;
import espalier.nn.optim.Sgd;
import espalier.nn.train.Trainer;
import espalier.nn.train.TrainingListener;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.spi.ConvSpec;
import java.util.List;
import java.util.Set;

/** Four patterns in noise, and a small network of the parts that are pruned. */
public final class SmallTask {
    /** Batches in an epoch. */
    public static final int BATCHES = 8;

    private SmallTask() {}

    /** Images {@code [1, 8, 8]}: a random pattern for each class, and noise. */
    public static DataLoader data() {
        RandomSource random = RandomSource.of(7);
        int[][] patterns = new int[4][64];
        for (int[] pattern : patterns) {
            for (int p = 0; p < 64; p++) {
                pattern[p] = random.nextInt(100);
            }
        }
        byte[] pixels = new byte[256 * 64];
        byte[] labels = new byte[256];
        for (int i = 0; i < 256; i++) {
            labels[i] = (byte) (i % 4);
            for (int p = 0; p < 64; p++) {
                pixels[i * 64 + p] = (byte) (patterns[i % 4][p] + random.nextInt(150));
            }
        }
        ByteImages images = new ByteImages(pixels, labels, Shape.of(1, 8, 8), List.of("a", "b", "c", "d"));
        return DataLoader.of(images, 256 / BATCHES).shuffled(RandomSource.of(3));
    }

    /** A convolution, a depthwise one, both with batch norm, and two linear layers: 4,496 weights, 16 channels. */
    public static Module network() {
        Init init = Init.of(5);
        ConvSpec same = ConvSpec.of().withPadding(1);
        return new Sequential(
                new Conv2d(init.in("conv"), 1, 8, 3, same, false),
                new BatchNorm(init, 8),
                Activation.relu(),
                new Conv2d(init.in("depthwise"), 8, 8, 3, same.withGroups(8), false),
                new BatchNorm(init, 8),
                Activation.relu(),
                Pool2d.max(2, 2),
                new Flatten(),
                new Linear(init.in("fc1"), 128, 33),
                Activation.relu(),
                new Linear(init.in("fc2"), 33, 4));
    }

    /** Plain momentum descent with a decay for thresholds; the listeners take part. */
    public static void train(Module model, int epochs, double thresholdDecay, TrainingListener... listeners) {
        Sgd.Options sgd = Sgd.Options.of(0.02);
        var optimizer = new Sgd(model.parameters(), sgd.withDecay(5e-4))
                .forRoles(Set.of(Role.THRESHOLD), sgd.withDecay(thresholdDecay));
        Trainer trainer = new Trainer(model, optimizer, Losses::crossEntropy, RandomSource.of(1));
        for (TrainingListener listener : listeners) {
            trainer.with(listener);
        }
        trainer.train(data(), epochs);
    }
}
