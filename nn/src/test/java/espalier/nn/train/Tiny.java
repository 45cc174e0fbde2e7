package espalier.nn.train;

import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.data.ByteImages;
import espalier.nn.layer.Activation;
import espalier.nn.layer.BatchNorm;
import espalier.nn.layer.Conv2d;
import espalier.nn.layer.Dropout;
import espalier.nn.layer.Flatten;
import espalier.nn.layer.GlobalAveragePool;
import espalier.nn.layer.Linear;
import espalier.nn.layer.Pool2d;
import espalier.nn.layer.Residual;
import espalier.nn.layer.Sequential;
import espalier.nn.layer.ShortcutA;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.spi.ConvSpec;
import java.util.List;

/** Small networks and small data with the parts of large ones. */
final class Tiny {
    private Tiny() {}

    /** Stripes, upright or level, in noise: 2 classes, images {@code [channels, 16, 16]}. */
    static ByteImages stripes(int count, int channels) {
        RandomSource random = RandomSource.of(99);
        int plane = 16 * 16;
        byte[] pixels = new byte[count * channels * plane];
        byte[] labels = new byte[count];
        for (int i = 0; i < count; i++) {
            labels[i] = (byte) (i % 2);
            int phase = random.nextInt(4);
            for (int p = 0; p < channels * plane; p++) {
                int along = i % 2 == 0 ? p % 16 : p / 16 % 16;
                int stripe = (along + phase) / 2 % 2 == 0 ? 150 : 50;
                pixels[i * channels * plane + p] = (byte) (stripe + random.nextInt(60));
            }
        }
        return new ByteImages(pixels, labels, Shape.of(channels, 16, 16), List.of("upright", "level"));
    }

    /** LeNet-5 in small: convolutions with bias, max pooling, linear layers, dropout. */
    static Module leNet(Init init) {
        return new Sequential(
                new Conv2d(init.in("conv1"), 1, 6, 5, ConvSpec.of(), true),
                Pool2d.max(2, 2),
                new Conv2d(init.in("conv2"), 6, 11, 3, ConvSpec.of(), true),
                Pool2d.max(2, 2),
                new Flatten(),
                new Linear(init.in("fc1"), 44, 37),
                Activation.relu(),
                new Dropout(0.3),
                new Linear(init.in("fc2"), 37, 2));
    }

    /** ResNet in small: batch norm, padded shortcuts, strides, average pooling. */
    static Module resNet(Init init) {
        return new Sequential(
                new Conv2d(init.in("stem"), 3, 8, 3, ConvSpec.of().withPadding(1), false),
                new BatchNorm(init, 8),
                Activation.relu(),
                new Residual(body(init.in("a"), 8, 8, 1)),
                Activation.relu(),
                new Residual(body(init.in("b"), 8, 16, 2), new ShortcutA(16)),
                Activation.relu(),
                new GlobalAveragePool(),
                new Linear(init.in("classifier"), 16, 2));
    }

    private static Module body(Init init, int in, int out, int stride) {
        ConvSpec three = ConvSpec.of().withPadding(1);
        return new Sequential(
                new Conv2d(init.in("conv1"), in, out, 3, three.withStride(stride), false),
                new BatchNorm(init, out),
                Activation.relu(),
                new Conv2d(init.in("conv2"), out, out, 3, three, false),
                new BatchNorm(init, out));
    }
}
