package espalier.examples.train;

import espalier.examples.data.Split;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.model.AlexNet;
import espalier.nn.model.KeywordSpotter;
import espalier.nn.model.LeNet;
import espalier.nn.model.MobileNet;
import espalier.nn.model.ResNet;
import espalier.nn.model.Vgg;
import espalier.tensor.Shape;
import java.util.Arrays;
import java.util.List;

/** The models that {@code --model} knows, each with the input it is made for. */
public enum ModelCatalog {
    /** LeNet-300-100. */
    LENET300("lenet300", Shape.of(1, 28, 28), LeNet::lenet300),
    /** LeNet-5 in the pruning literature's form. */
    LENET5("lenet5", Shape.of(1, 28, 28), LeNet::lenet5),
    /** LeNet-5 with batch norm. */
    LENET5_BN("lenet5-bn", Shape.of(1, 28, 28), LeNet::lenet5WithBatchNorm),
    /** ResNet-20, option A. */
    RESNET20(
            "resnet20",
            Shape.of(3, 32, 32),
            (init, classes) -> ResNet.cifar(init, 20, ResNet.Shortcut.PADDED, classes)),
    /** ResNet-20, option B. */
    RESNET20_B(
            "resnet20-b",
            Shape.of(3, 32, 32),
            (init, classes) -> ResNet.cifar(init, 20, ResNet.Shortcut.PROJECTED, classes)),
    /** ResNet-32, option A. */
    RESNET32(
            "resnet32",
            Shape.of(3, 32, 32),
            (init, classes) -> ResNet.cifar(init, 32, ResNet.Shortcut.PADDED, classes)),
    /** ResNet-56, option A. */
    RESNET56(
            "resnet56",
            Shape.of(3, 32, 32),
            (init, classes) -> ResNet.cifar(init, 56, ResNet.Shortcut.PADDED, classes)),
    /** VGG-16 with batch norm for 32x32 images. */
    VGG16("vgg16", Shape.of(3, 32, 32), Vgg::vgg16),
    /** A small VGG with batch norm. */
    VGG_SMALL("vgg-small", Shape.of(3, 32, 32), (init, classes) -> Vgg.small(init, 3, classes)),
    /** ResNet-18 for ImageNet. */
    RESNET18("resnet18", Shape.of(3, 224, 224), ResNet::resnet18),
    /** ResNet-50 for ImageNet. */
    RESNET50("resnet50", Shape.of(3, 224, 224), ResNet::resnet50),
    /** MobileNetV1 for ImageNet. */
    MOBILENET_V1("mobilenetv1", Shape.of(3, 224, 224), MobileNet::v1),
    /** AlexNet for ImageNet. */
    ALEXNET("alexnet", Shape.of(3, 227, 227), AlexNet::caffe),
    /** FastGRNN on a second of sound. */
    FASTGRNN("fastgrnn", Shape.of(1, 8192), KeywordSpotter::fastGrnn),
    /** GRU on a second of sound. */
    GRU("gru", Shape.of(1, 8192), KeywordSpotter::gru);

    private interface Maker {
        Module make(Init init, int classes);
    }

    private final String label;
    private final Shape input;
    private final Maker maker;

    ModelCatalog(String label, Shape input, Maker maker) {
        this.label = label;
        this.input = input;
        this.maker = maker;
    }

    /** Its name on the command line. */
    public String label() {
        return label;
    }

    /** The shape of one sample it takes. */
    public Shape input() {
        return input;
    }

    /** How many classes it tells apart as it is published: ImageNet's if it is made for large images, else ten. */
    public int classes() {
        return !takesSound() && input.dim(2) > 32 ? 1000 : 10;
    }

    /** Whether it takes sound, {@code [1, T]}, instead of images. */
    public boolean takesSound() {
        return input.rank() == 2;
    }

    /**
     * Checks that it takes images, as what compresses networks and packs them into files must know.
     *
     * @throws IllegalArgumentException saying what works with the others
     */
    public void requireImages() {
        if (takesSound()) {
            throw new IllegalArgumentException(
                    "model " + label
                            + " takes sound, and recurrent networks cannot be packed; train, eval, summary, graph and bench train take it");
        }
    }

    /** A new model as it is published. */
    public Module make(Init init) {
        return make(init, classes());
    }

    /** A new model for another number of classes. */
    public Module make(Init init, int classes) {
        return maker.make(init, classes);
    }

    /**
     * Checks that a data set has the samples that this model takes.
     *
     * @throws IllegalArgumentException with what both have
     */
    public void requireFits(Split split) {
        Shape found = split.train().sampleShape();
        if (found.rank() != input.rank()) {
            throw new IllegalArgumentException("model " + label + " takes " + (takesSound() ? "sounds " : "images ")
                    + input + ", " + split.name() + " has " + (found.rank() == 2 ? "sounds " : "images ") + found);
        }
        if (!found.equals(input)) {
            throw new IllegalArgumentException("model " + label + " takes images " + input + ", " + split.name()
                    + " has " + found + "; --resize scales them");
        }
    }

    /**
     * The model of a name.
     *
     * @throws IllegalArgumentException listing the names there are
     */
    public static ModelCatalog named(String name) {
        List<ModelCatalog> all = List.of(values());
        return all.stream()
                .filter(model -> model.label.equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "there is no model called " + name + "; there are " + String.join(", ", names())));
    }

    /** All names. */
    public static List<String> names() {
        return Arrays.stream(values()).map(ModelCatalog::label).toList();
    }
}
