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
import java.util.ArrayList;
import java.util.List;

/** VGG with batch norm for CIFAR (Simonyan and Zisserman 2015, configuration D, one classifier layer). */
public final class Vgg {
    private static final int POOL = 0;

    private Vgg() {}

    /** VGG-16-BN: thirteen 3x3 convolutions without bias and a classifier of ten; 14,724,042 parameters. */
    public static Sequential vgg16(Init init) {
        return plan(
                init, 3, 64, 64, POOL, 128, 128, POOL, 256, 256, 256, POOL, 512, 512, 512, POOL, 512, 512, 512, POOL);
    }

    /** A small one of the same kind: 3x3 convolutions with batch norm, halved by pooling three times. */
    public static Sequential small(Init init, int inputChannels) {
        return plan(init, inputChannels, 32, 32, POOL, 64, 64, POOL, 128, 128, POOL);
    }

    private static Sequential plan(Init init, int inputChannels, int... plan) {
        List<Module> layers = new ArrayList<>();
        int channels = inputChannels;
        for (int i = 0; i < plan.length; i++) {
            if (plan[i] == POOL) {
                layers.add(Pool2d.max(2, 2));
                continue;
            }
            ConvSpec same = ConvSpec.of().withPadding(1);
            layers.add(new Conv2d(init.in("conv" + i), channels, plan[i], 3, same, false));
            layers.add(new BatchNorm(init, plan[i]));
            layers.add(Activation.relu());
            channels = plan[i];
        }
        layers.add(new GlobalAveragePool());
        layers.add(new Linear(init.in("classifier"), channels, 10));
        return new Sequential(layers);
    }
}
