package espalier.sparsity.surgery;

import espalier.autograd.Variable;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.layer.Activation;
import espalier.nn.layer.BatchNorm;
import espalier.nn.layer.Concat;
import espalier.nn.layer.Conv2d;
import espalier.nn.layer.Dropout;
import espalier.nn.layer.Flatten;
import espalier.nn.layer.GlobalAveragePool;
import espalier.nn.layer.Linear;
import espalier.nn.layer.Pool2d;
import espalier.nn.layer.Residual;
import espalier.nn.layer.Sequential;
import espalier.nn.model.LeNet;
import espalier.nn.model.MobileNet;
import espalier.nn.model.ResNet;
import espalier.nn.model.Vgg;
import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.ConvSpec;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/** The networks on which the law of surgery is tested, and what masks them. */
final class Topologies {
    /** A network and an example of its input; images are as small as they may be. */
    record Topology(String name, Shape input, Function<Init, Module> maker) {
        Module make() {
            Module model = maker.apply(Init.of(3));
            lively(model);
            return model;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private Topologies() {}

    static Stream<Topology> withNorms() {
        return Stream.of(
                new Topology("lenet5-bn", Shape.of(2, 1, 28, 28), LeNet::lenet5WithBatchNorm),
                new Topology(
                        "resnet20-a", Shape.of(2, 3, 8, 8), init -> ResNet.cifar(init, 20, ResNet.Shortcut.PADDED)),
                new Topology(
                        "resnet20-b", Shape.of(2, 3, 8, 8), init -> ResNet.cifar(init, 20, ResNet.Shortcut.PROJECTED)),
                new Topology("resnet18", Shape.of(1, 3, 16, 16), ResNet::resnet18),
                new Topology("resnet50", Shape.of(1, 3, 16, 16), ResNet::resnet50),
                new Topology("vgg16", Shape.of(1, 3, 32, 32), Vgg::vgg16),
                new Topology("mobilenet", Shape.of(1, 3, 16, 16), MobileNet::v1),
                new Topology("concat", Shape.of(2, 3, 6, 6), Topologies::concat),
                new Topology("grouped", Shape.of(2, 3, 7, 7), init -> grouped(init, true)));
    }

    static Stream<Topology> withBiases() {
        return Stream.of(
                new Topology("lenet5", Shape.of(2, 1, 28, 28), LeNet::lenet5),
                new Topology("lenet300", Shape.of(2, 1, 28, 28), LeNet::lenet300),
                new Topology("alexnet, small", Shape.of(2, 3, 67, 67), Topologies::alexNet),
                new Topology("grouped", Shape.of(2, 3, 7, 7), init -> grouped(init, false)));
    }

    static Module concat(Init init) {
        return new Sequential(
                conv(init, 3, 8, 3, 1, 1, false),
                new BatchNorm(init, 8),
                Activation.relu(),
                new Concat(
                        new Sequential(conv(init, 8, 5, 1, 0, 1, false), new BatchNorm(init, 5), Activation.relu()),
                        new Sequential(conv(init, 8, 7, 3, 1, 1, false), new BatchNorm(init, 7), Activation.relu()),
                        Pool2d.max(1, 1)),
                new Residual(new Sequential(conv(init, 20, 20, 3, 1, 1, false), new BatchNorm(init, 20))),
                new Flatten(),
                new Linear(init, 20 * 36, 11),
                Activation.relu(),
                new Linear(init, 11, 4));
    }

    static Module grouped(Init init, boolean norm) {
        Module none = new Sequential();
        return new Sequential(
                conv(init, 3, 12, 3, 1, 1, !norm),
                norm ? new BatchNorm(init, 12) : none,
                Activation.relu(),
                conv(init, 12, 16, 3, 1, 4, !norm),
                norm ? new BatchNorm(init, 16) : new Sequential(),
                Activation.relu(),
                conv(init, 16, 6, 1, 0, 2, !norm),
                new GlobalAveragePool(),
                new Linear(init, 6, 5));
    }

    /** Caffe's AlexNet with few channels and a sixth of the image. */
    static Module alexNet(Init init) {
        return new Sequential(
                new Conv2d(init, 3, 12, 11, ConvSpec.of().withStride(4), true),
                Activation.relu(),
                Pool2d.max(3, 2),
                conv(init, 12, 16, 5, 2, 2, true),
                Activation.relu(),
                Pool2d.max(3, 2),
                conv(init, 16, 24, 3, 1, 1, true),
                Activation.relu(),
                conv(init, 24, 24, 3, 1, 2, true),
                Activation.relu(),
                conv(init, 24, 16, 3, 1, 2, true),
                Activation.relu(),
                Pool2d.max(3, 2),
                new Flatten(),
                new Linear(init, 16, 32),
                Activation.relu(),
                new Dropout(0.5),
                new Linear(init, 32, 32),
                Activation.relu(),
                new Linear(init, 32, 10));
    }

    static Conv2d conv(Init init, int in, int out, int kernel, int pad, int groups, boolean bias) {
        return new Conv2d(init, in, out, kernel, ConvSpec.of().withPadding(pad).withGroups(groups), bias);
    }

    /** Biases, scales, shifts and statistics as if the model had been trained. */
    static void lively(Module model) {
        RandomSource random = RandomSource.of(5);
        model.parameters().forEach((path, parameter) -> {
            switch (parameter.role()) {
                case BIAS, NORM_SHIFT ->
                    parameter.set(random.normal(Device.cpu(), parameter.shape()).mul(0.3));
                case NORM_SCALE -> parameter.set(random.uniform(Device.cpu(), parameter.shape(), 0.4, 1.2));
                default -> {}
            }
        });
        model.modules().values().forEach(module -> {
            if (module instanceof BatchNorm norm) {
                norm.mean()
                        .copyInPlace(
                                random.normal(Device.cpu(), norm.mean().shape()).mul(0.2));
                norm.variance()
                        .copyInPlace(random.uniform(Device.cpu(), norm.mean().shape(), 0.5, 1.5));
            }
        });
    }

    /** 1 for a part of the indices of an axis, else 0, in a shape that broadcasts along it. */
    static Tensor mask(RandomSource random, Shape shape, int axis, double kept) {
        int[] dims = new int[shape.rank()];
        java.util.Arrays.fill(dims, 1);
        dims[axis] = shape.dim(axis);
        return random.bernoulli(Device.cpu(), Shape.of(dims), kept).to(DType.F32);
    }

    /** Random images, a black one, and one of a single grey: what the network makes of them. */
    static List<float[]> outputs(Module model, Shape input) {
        Shape four = input.with(0, 2);
        return Stream.of(
                        RandomSource.of(11).normal(Device.cpu(), four),
                        Tensor.zeros(Device.cpu(), DType.F32, four),
                        Tensor.full(Device.cpu(), DType.F32, four, 0.7))
                .map(x -> model.apply(Variable.constant(x)).value().toFloats())
                .toList();
    }
}
