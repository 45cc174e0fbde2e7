package espalier.nn.model;

import espalier.nn.Init;
import espalier.nn.layer.Activation;
import espalier.nn.layer.Conv2d;
import espalier.nn.layer.Dropout;
import espalier.nn.layer.Flatten;
import espalier.nn.layer.Linear;
import espalier.nn.layer.Pool2d;
import espalier.nn.layer.Sequential;
import espalier.tensor.spi.ConvSpec;

/**
 * AlexNet as Caffe has it (Krizhevsky et al. 2012, without the local response normalization): 227x227 images, 1000
 * classes, grouped second, fourth and fifth convolutions; 60,965,224 parameters.
 */
public final class AlexNet {
    private AlexNet() {}

    /** The network. */
    public static Sequential caffe(Init init) {
        ConvSpec three = ConvSpec.of().withPadding(1);
        return new Sequential(
                new Conv2d(init.in("conv1"), 3, 96, 11, ConvSpec.of().withStride(4), true),
                Activation.relu(),
                Pool2d.max(3, 2),
                new Conv2d(
                        init.in("conv2"),
                        96,
                        256,
                        5,
                        ConvSpec.of().withPadding(2).withGroups(2),
                        true),
                Activation.relu(),
                Pool2d.max(3, 2),
                new Conv2d(init.in("conv3"), 256, 384, 3, three, true),
                Activation.relu(),
                new Conv2d(init.in("conv4"), 384, 384, 3, three.withGroups(2), true),
                Activation.relu(),
                new Conv2d(init.in("conv5"), 384, 256, 3, three.withGroups(2), true),
                Activation.relu(),
                Pool2d.max(3, 2),
                new Flatten(),
                new Linear(init.in("fc6"), 9216, 4096),
                Activation.relu(),
                new Dropout(0.5),
                new Linear(init.in("fc7"), 4096, 4096),
                Activation.relu(),
                new Dropout(0.5),
                new Linear(init.in("fc8"), 4096, 1000));
    }
}
