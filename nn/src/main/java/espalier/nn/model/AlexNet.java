package espalier.nn.model;

import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.layer.Activation;
import espalier.nn.layer.Conv2d;
import espalier.nn.layer.Dropout;
import espalier.nn.layer.Flatten;
import espalier.nn.layer.Linear;
import espalier.nn.layer.Pool2d;
import espalier.nn.layer.Sequential;
import espalier.tensor.spi.ConvSpec;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * AlexNet as Caffe has it (Krizhevsky et al. 2012, without the local response normalization): 227x227 images, 1000
 * classes, grouped second, fourth and fifth convolutions; 60,965,224 parameters.
 */
public final class AlexNet {
    private AlexNet() {}

    /** The network, for ImageNet's 1000 classes. */
    public static Sequential caffe(Init init) {
        return caffe(init, 1000);
    }

    /** The network, for another number of classes. */
    public static Sequential caffe(Init init, int classes) {
        ConvSpec three = ConvSpec.of().withPadding(1);
        SequencedMap<String, Module> layers = new LinkedHashMap<>();
        layers.put(
                "conv1", new Conv2d(init.in("conv1"), 3, 96, 11, ConvSpec.of().withStride(4), true));
        layers.put("relu1", Activation.relu());
        layers.put("pool1", Pool2d.max(3, 2));
        ConvSpec five = ConvSpec.of().withPadding(2).withGroups(2);
        layers.put("conv2", new Conv2d(init.in("conv2"), 96, 256, 5, five, true));
        layers.put("relu2", Activation.relu());
        layers.put("pool2", Pool2d.max(3, 2));
        layers.put("conv3", new Conv2d(init.in("conv3"), 256, 384, 3, three, true));
        layers.put("relu3", Activation.relu());
        layers.put("conv4", new Conv2d(init.in("conv4"), 384, 384, 3, three.withGroups(2), true));
        layers.put("relu4", Activation.relu());
        layers.put("conv5", new Conv2d(init.in("conv5"), 384, 256, 3, three.withGroups(2), true));
        layers.put("relu5", Activation.relu());
        layers.put("pool5", Pool2d.max(3, 2));
        layers.put("flatten", new Flatten());
        layers.put("fc6", new Linear(init.in("fc6"), 9216, 4096));
        layers.put("relu6", Activation.relu());
        layers.put("dropout6", new Dropout(0.5));
        layers.put("fc7", new Linear(init.in("fc7"), 4096, 4096));
        layers.put("relu7", Activation.relu());
        layers.put("dropout7", new Dropout(0.5));
        layers.put("fc8", new Linear(init.in("fc8"), 4096, classes));
        return new Sequential(layers);
    }
}
