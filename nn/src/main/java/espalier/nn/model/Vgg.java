package espalier.nn.model;

import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.layer.Activation;
import espalier.nn.layer.BatchNorm;
import espalier.nn.layer.Conv2d;
import espalier.nn.layer.GlobalAveragePool;
import espalier.nn.layer.Linear;
import espalier.nn.layer.Pool2d;
import espalier.nn.layer.Sequential;
import espalier.tensor.spi.ConvSpec;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/** VGG with batch norm for CIFAR (Simonyan and Zisserman 2015, configuration D, one classifier layer). */
public final class Vgg {
    private static final int POOL = 0;

    private Vgg() {}

    /** VGG-16-BN: thirteen 3x3 convolutions without bias and a classifier of ten; 14,724,042 parameters. */
    public static Sequential vgg16(Init init) {
        return vgg16(init, 10);
    }

    /** VGG-16-BN for another number of classes. */
    public static Sequential vgg16(Init init, int classes) {
        int[] plan = {64, 64, POOL, 128, 128, POOL, 256, 256, 256, POOL, 512, 512, 512, POOL, 512, 512, 512, POOL};
        return plan(init, 3, classes, plan);
    }

    /** A small one of the same kind: 3x3 convolutions with batch norm, halved by pooling three times. */
    public static Sequential small(Init init, int inputChannels) {
        return small(init, inputChannels, 10);
    }

    /** The small one for another number of classes. */
    public static Sequential small(Init init, int inputChannels, int classes) {
        return plan(init, inputChannels, classes, 32, 32, POOL, 64, 64, POOL, 128, 128, POOL);
    }

    private static Sequential plan(Init init, int inputChannels, int classes, int... plan) {
        SequencedMap<String, Module> layers = new LinkedHashMap<>();
        int channels = inputChannels;
        int convolutions = 0;
        int pools = 0;
        for (int i = 0; i < plan.length; i++) {
            if (plan[i] == POOL) {
                layers.put("pool" + ++pools, Pool2d.max(2, 2));
                continue;
            }
            ConvSpec same = ConvSpec.of().withPadding(1);
            convolutions++;
            layers.put("conv" + convolutions, new Conv2d(init.in("conv" + i), channels, plan[i], 3, same, false));
            layers.put("bn" + convolutions, new BatchNorm(init, plan[i]));
            layers.put("relu" + convolutions, Activation.relu());
            channels = plan[i];
        }
        layers.put("pool", new GlobalAveragePool());
        layers.put("classifier", new Linear(init.in("classifier"), channels, classes));
        return new Sequential(layers);
    }
}
