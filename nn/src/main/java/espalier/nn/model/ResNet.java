package espalier.nn.model;

import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.layer.Activation;
import espalier.nn.layer.BatchNorm;
import espalier.nn.layer.Conv2d;
import espalier.nn.layer.GlobalAveragePool;
import espalier.nn.layer.Linear;
import espalier.nn.layer.Pool2d;
import espalier.nn.layer.Residual;
import espalier.nn.layer.Sequential;
import espalier.nn.layer.ShortcutA;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PoolSpec;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/** Residual networks (He et al. 2016), for CIFAR's 32x32 images (section 4.2) and for ImageNet's (table 1). */
public final class ResNet {
    /** How a block whose output has another shape is bridged. */
    public enum Shortcut {
        /** Every second pixel and channels of zeros: no parameters (option A). */
        PADDED,
        /** A 1x1 convolution with stride and batch norm (option B). */
        PROJECTED
    }

    private static final int IMAGENET = 1000;

    private ResNet() {}

    /**
     * ResNet-20, 32, 44, 56 or 110 for 32x32 images: a convolution, three stages of 16, 32 and 64 channels with
     * {@code (depth−2)/6} blocks each, and a classifier of ten. ResNet-20 with option A has 269,722 parameters, 268,336
     * of them weights of convolutions and the classifier.
     */
    public static Sequential cifar(Init init, int depth, Shortcut shortcut) {
        return cifar(init, depth, shortcut, 10);
    }

    /** The same for another number of classes. */
    public static Sequential cifar(Init init, int depth, Shortcut shortcut, int classes) {
        if (depth < 8 || (depth - 2) % 6 != 0) {
            throw new IllegalArgumentException("resnet: depth " + depth + " is not 6n+2, such as 20, 32 or 56");
        }
        int blocks = (depth - 2) / 6;
        SequencedMap<String, Module> layers = new LinkedHashMap<>();
        layers.put("conv1", conv3(init.in("stem"), 3, 16, 1));
        layers.put("bn1", new BatchNorm(init, 16));
        layers.put("relu1", Activation.relu());
        int channels = 16;
        for (int stage = 0; stage < 3; stage++) {
            int out = 16 << stage;
            for (int block = 0; block < blocks; block++) {
                int stride = stage > 0 && block == 0 ? 2 : 1;
                Init part = init.in("stage" + stage + "block" + block);
                add(layers, stage, block, basic(part, channels, out, stride, shortcut));
                channels = out;
            }
        }
        layers.put("pool", new GlobalAveragePool());
        layers.put("classifier", new Linear(init.in("classifier"), 64, classes));
        return new Sequential(layers);
    }

    /** ResNet-18 for 224x224 images and 1000 classes: 11,689,512 parameters. */
    public static Sequential resnet18(Init init) {
        return resnet18(init, IMAGENET);
    }

    /** ResNet-18 for another number of classes. */
    public static Sequential resnet18(Init init, int classes) {
        SequencedMap<String, Module> layers = stem(init);
        int channels = 64;
        for (int stage = 0; stage < 4; stage++) {
            int out = 64 << stage;
            for (int block = 0; block < 2; block++) {
                int stride = stage > 0 && block == 0 ? 2 : 1;
                Init part = init.in("stage" + stage + "block" + block);
                add(layers, stage, block, basic(part, channels, out, stride, Shortcut.PROJECTED));
                channels = out;
            }
        }
        return classified(init, layers, channels, classes);
    }

    /** ResNet-50 for 224x224 images and 1000 classes: 25,557,032 parameters. */
    public static Sequential resnet50(Init init) {
        return resnet50(init, IMAGENET);
    }

    /** ResNet-50 for another number of classes. */
    public static Sequential resnet50(Init init, int classes) {
        SequencedMap<String, Module> layers = stem(init);
        int[] blocks = {3, 4, 6, 3};
        int channels = 64;
        for (int stage = 0; stage < 4; stage++) {
            int width = 64 << stage;
            for (int block = 0; block < blocks[stage]; block++) {
                int stride = stage > 0 && block == 0 ? 2 : 1;
                Init part = init.in("stage" + stage + "block" + block);
                add(layers, stage, block, bottleneck(part, channels, width, stride));
                channels = 4 * width;
            }
        }
        return classified(init, layers, channels, classes);
    }

    private static SequencedMap<String, Module> stem(Init init) {
        ConvSpec spec = ConvSpec.of().withStride(2).withPadding(3);
        SequencedMap<String, Module> layers = new LinkedHashMap<>();
        layers.put("conv1", new Conv2d(init.in("stem"), 3, 64, 7, spec, false));
        layers.put("bn1", new BatchNorm(init, 64));
        layers.put("relu1", Activation.relu());
        layers.put("pool1", new Pool2d(Pool2d.Kind.MAX, PoolSpec.of(3, 2).withPadding(1)));
        return layers;
    }

    /** A block is called by its stage and its place in it, from 1, as {@code layer2.0} and the like are elsewhere. */
    private static void add(SequencedMap<String, Module> layers, int stage, int block, Module residual) {
        String name = "stage" + (stage + 1) + "block" + (block + 1);
        layers.put(name, residual);
        layers.put(name + "relu", Activation.relu());
    }

    private static Sequential classified(Init init, SequencedMap<String, Module> layers, int channels, int classes) {
        layers.put("pool", new GlobalAveragePool());
        layers.put("classifier", new Linear(init.in("classifier"), channels, classes));
        return new Sequential(layers);
    }

    private static Module basic(Init init, int in, int out, int stride, Shortcut shortcut) {
        SequencedMap<String, Module> body = new LinkedHashMap<>();
        body.put("conv1", conv3(init.in("conv1"), in, out, stride));
        body.put("bn1", new BatchNorm(init, out));
        body.put("relu1", Activation.relu());
        body.put("conv2", conv3(init.in("conv2"), out, out, 1));
        body.put("bn2", new BatchNorm(init, out));
        return residual(init, new Sequential(body), in, out, stride, shortcut);
    }

    private static Module residual(Init init, Sequential body, int in, int out, int stride, Shortcut shortcut) {
        if (stride == 1 && in == out) {
            return new Residual(body);
        }
        return switch (shortcut) {
            case PADDED -> new Residual(body, new ShortcutA(out));
            case PROJECTED -> new Residual(body, projection(init, in, out, stride));
        };
    }

    private static Module bottleneck(Init init, int in, int width, int stride) {
        int out = 4 * width;
        SequencedMap<String, Module> body = new LinkedHashMap<>();
        body.put("conv1", new Conv2d(init.in("conv1"), in, width, 1, ConvSpec.of(), false));
        body.put("bn1", new BatchNorm(init, width));
        body.put("relu1", Activation.relu());
        body.put("conv2", conv3(init.in("conv2"), width, width, stride));
        body.put("bn2", new BatchNorm(init, width));
        body.put("relu2", Activation.relu());
        body.put("conv3", new Conv2d(init.in("conv3"), width, out, 1, ConvSpec.of(), false));
        body.put("bn3", new BatchNorm(init, out));
        return residual(init, new Sequential(body), in, out, stride, Shortcut.PROJECTED);
    }

    private static Module projection(Init init, int in, int out, int stride) {
        SequencedMap<String, Module> layers = new LinkedHashMap<>();
        layers.put(
                "conv",
                new Conv2d(init.in("projection"), in, out, 1, ConvSpec.of().withStride(stride), false));
        layers.put("bn", new BatchNorm(init, out));
        return new Sequential(layers);
    }

    private static Conv2d conv3(Init init, int in, int out, int stride) {
        return new Conv2d(init, in, out, 3, ConvSpec.of().withStride(stride).withPadding(1), false);
    }
}
