package espalier.nn.model;

import espalier.nn.Init;
import espalier.nn.Initializer;
import espalier.nn.Module;
import espalier.nn.layer.Activation;
import espalier.nn.layer.BatchNorm;
import espalier.nn.layer.Conv2d;
import espalier.nn.layer.Flatten;
import espalier.nn.layer.Linear;
import espalier.nn.layer.Pool2d;
import espalier.nn.layer.Sequential;
import espalier.tensor.spi.ConvSpec;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * The networks on which pruning is measured, for images of 28x28 pixels in one channel and ten classes, or another
 * number of them (LeCun et al. 1998, in the forms of the pruning literature).
 */
public final class LeNet {
    private static final int DIGITS = 10;

    private LeNet() {}

    /** LeNet-300-100: two hidden layers, 266,200 weights. */
    public static Sequential lenet300(Init init) {
        return lenet300(init, DIGITS);
    }

    /** LeNet-300-100 for another number of classes. */
    public static Sequential lenet300(Init init, int classes) {
        SequencedMap<String, Module> layers = new LinkedHashMap<>();
        layers.put("flatten", new Flatten());
        layers.put("fc1", linear(init.in("fc1"), 784, 300));
        layers.put("relu1", Activation.relu());
        layers.put("fc2", linear(init.in("fc2"), 300, 100));
        layers.put("relu2", Activation.relu());
        layers.put("fc3", linear(init.in("fc3"), 100, classes));
        return new Sequential(layers);
    }

    /**
     * LeNet-5 as Caffe has it: 20 and 50 filters of 5x5, each followed by max pooling, then 500 hidden units with ReLU:
     * 500 + 25,000 + 400,000 + 5,000 = 430,500 weights.
     */
    public static Sequential lenet5(Init init) {
        return lenet5(init, DIGITS);
    }

    /** LeNet-5 for another number of classes. */
    public static Sequential lenet5(Init init, int classes) {
        return lenet5(init, classes, false);
    }

    /** LeNet-5 with batch norm and ReLU after each convolution, so that channels have scales that can die. */
    public static Sequential lenet5WithBatchNorm(Init init) {
        return lenet5WithBatchNorm(init, DIGITS);
    }

    /** The same for another number of classes. */
    public static Sequential lenet5WithBatchNorm(Init init, int classes) {
        return lenet5(init, classes, true);
    }

    private static Sequential lenet5(Init init, int classes, boolean norm) {
        SequencedMap<String, Module> layers = new LinkedHashMap<>();
        layers.put("conv1", conv(init.in("conv1"), 1, 20, !norm));
        if (norm) {
            layers.put("bn1", new BatchNorm(init, 20));
            layers.put("relu1", Activation.relu());
        }
        layers.put("pool1", Pool2d.max(2, 2));
        layers.put("conv2", conv(init.in("conv2"), 20, 50, !norm));
        if (norm) {
            layers.put("bn2", new BatchNorm(init, 50));
            layers.put("relu2", Activation.relu());
        }
        layers.put("pool2", Pool2d.max(2, 2));
        layers.put("flatten", new Flatten());
        layers.put("fc1", linear(init.in("fc1"), 800, 500));
        layers.put("relu3", Activation.relu());
        layers.put("fc2", linear(init.in("fc2"), 500, classes));
        return new Sequential(layers);
    }

    private static Conv2d conv(Init init, int in, int out, boolean bias) {
        return new Conv2d(init, in, out, 5, ConvSpec.of(), Initializer.leNetCaffe(), bias);
    }

    private static Linear linear(Init init, int in, int out) {
        return new Linear(init, in, out, Initializer.leNetCaffe(), true);
    }
}
