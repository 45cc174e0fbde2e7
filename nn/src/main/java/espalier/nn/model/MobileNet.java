package espalier.nn.model;

import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.layer.Activation;
import espalier.nn.layer.BatchNorm;
import espalier.nn.layer.Conv2d;
import espalier.nn.layer.GlobalAveragePool;
import espalier.nn.layer.Linear;
import espalier.nn.layer.Sequential;
import espalier.tensor.spi.ConvSpec;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/** MobileNetV1 (Howard et al. 2017, table 1): depthwise 3x3 and pointwise 1x1 convolutions in turn. */
public final class MobileNet {
    /** Output channels and stride of the thirteen pairs. */
    private static final int[][] PAIRS = {
        {64, 1}, {128, 2}, {128, 1}, {256, 2}, {256, 1}, {512, 2}, {512, 1}, {512, 1}, {512, 1}, {512, 1}, {512, 1},
        {1024, 2}, {1024, 1}
    };

    private MobileNet() {}

    /** For 224x224 images and 1000 classes: 4,231,976 parameters, 569 million multiply-adds. */
    public static Sequential v1(Init init) {
        return v1(init, 1000);
    }

    /** The same for another number of classes. */
    public static Sequential v1(Init init, int classes) {
        SequencedMap<String, Module> layers = new LinkedHashMap<>();
        ConvSpec half = ConvSpec.of().withStride(2).withPadding(1);
        add(layers, init, "conv1", new Conv2d(init.in("stem"), 3, 32, 3, half, false), 32);
        int channels = 32;
        for (int i = 0; i < PAIRS.length; i++) {
            int out = PAIRS[i][0];
            ConvSpec depthwise =
                    ConvSpec.of().withStride(PAIRS[i][1]).withPadding(1).withGroups(channels);
            add(
                    layers,
                    init,
                    "depthwise" + (i + 1),
                    new Conv2d(init.in("depthwise" + i), channels, channels, 3, depthwise, false),
                    channels);
            add(
                    layers,
                    init,
                    "pointwise" + (i + 1),
                    new Conv2d(init.in("pointwise" + i), channels, out, 1, ConvSpec.of(), false),
                    out);
            channels = out;
        }
        layers.put("pool", new GlobalAveragePool());
        layers.put("classifier", new Linear(init.in("classifier"), channels, classes));
        return new Sequential(layers);
    }

    private static void add(SequencedMap<String, Module> layers, Init init, String name, Conv2d conv, int channels) {
        layers.put(name, conv);
        layers.put(name + "bn", new BatchNorm(init, channels));
        layers.put(name + "relu", Activation.relu());
    }
}
