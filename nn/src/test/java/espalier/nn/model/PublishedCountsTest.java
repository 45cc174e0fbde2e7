package espalier.nn.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.Role;
import espalier.nn.Summary;
import espalier.nn.model.ResNet.Shortcut;
import espalier.tensor.Shape;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Parameters and multiply-adds of every model, against the published figures or the formula of the paper. */
class PublishedCountsTest {
    private static final Shape MNIST = Shape.of(1, 1, 28, 28);
    private static final Shape CIFAR = Shape.of(1, 3, 32, 32);
    private static final Shape IMAGENET = Shape.of(1, 3, 224, 224);

    private static Module check(Function<Init, ? extends Module> make, Shape input, long parameters, long macs) {
        Module model = make.apply(Init.of(1));
        Summary summary = Summary.of(model, input);
        assertEquals(parameters, summary.parameters(), "parameters");
        assertEquals(macs, summary.macs(), "multiply-adds");
        assertEquals(
                Shape.of(1, input.dim(2) > 32 ? 1000 : 10),
                summary.rows().getLast().output());
        assertEquals(
                parameters,
                summary.rows().stream().mapToLong(Summary.Row::parameters).sum(),
                "the rows add up");
        return model;
    }

    private static long weights(Module model) {
        return model.parameters().values().stream()
                .filter(p -> p.role() == Role.WEIGHT)
                .mapToLong(p -> p.shape().size())
                .sum();
    }

    @Test
    void leNet300() {
        assertEquals(266_200, weights(LeNet.lenet300(Init.of(1))));
        check(LeNet::lenet300, MNIST, 266_200 + 410, 266_200);
    }

    @Test
    void leNet5() {
        assertEquals(430_500, weights(LeNet.lenet5(Init.of(1))));
        // 20·25·24² + 50·500·8² + 400,000 + 5,000; biases 20 + 50 + 500 + 10.
        check(LeNet::lenet5, MNIST, 430_500 + 580, 288_000 + 1_600_000 + 405_000);
    }

    @Test
    void leNet5WithBatchNorm() {
        // Scales and shifts in place of the convolutions' biases.
        check(LeNet::lenet5WithBatchNorm, MNIST, 430_500 + 2 * 70 + 510, 2_293_000);
    }

    @Test
    void resNetsForCifar() {
        check(init -> ResNet.cifar(init, 20, Shortcut.PADDED), CIFAR, 269_722, 40_551_040);
        // A further block in each stage has 97,216 parameters and 6·2,359,296 multiply-adds.
        check(init -> ResNet.cifar(init, 32, Shortcut.PADDED), CIFAR, 464_154, 68_862_592);
        check(init -> ResNet.cifar(init, 56, Shortcut.PADDED), CIFAR, 853_018, 125_485_696);
    }

    @Test
    void projectionsAddTheirOwn() {
        // Two of them: 16·32 + 2·32 and 32·64 + 2·64 parameters, 16·32·16² and 32·64·8² multiply-adds.
        check(init -> ResNet.cifar(init, 20, Shortcut.PROJECTED), CIFAR, 272_474, 40_551_040 + 2 * 131_072);
    }

    @Test
    void weightsOfResNet20() {
        assertEquals(268_336, weights(ResNet.cifar(Init.of(1), 20, Shortcut.PADDED)));
    }

    @Test
    void depthsThatAreNot() {
        var thrown = assertThrows(IllegalArgumentException.class, () -> ResNet.cifar(Init.of(1), 21, Shortcut.PADDED));
        assertEquals("resnet: depth 21 is not 6n+2, such as 20, 32 or 56", thrown.getMessage());
        assertThrows(IllegalArgumentException.class, () -> ResNet.cifar(Init.of(1), 2, Shortcut.PADDED));
    }

    @Test
    void resNet18() {
        check(ResNet::resnet18, IMAGENET, 11_689_512, 1_814_073_344);
    }

    @Test
    void resNet50() {
        // STR's budgets count 4,089,284,608 with the average pool's 2048·7·7; this is without.
        Module model = check(ResNet::resnet50, IMAGENET, 25_557_032, 4_089_284_608L - 100_352);
        assertEquals(25_502_912, weights(model));
    }

    @Test
    void vgg16() {
        // 14,728,266 are published for convolutions with biases, which batch norm makes useless: 4,224 of them.
        check(Vgg::vgg16, CIFAR, 14_728_266 - 4_224, 313_201_664);
    }

    @Test
    void mobileNet() {
        check(MobileNet::v1, IMAGENET, 4_231_976, 568_740_352);
    }

    @Test
    void alexNet() {
        check(AlexNet::caffe, Shape.of(1, 3, 227, 227), 60_965_224, 724_406_816);
    }

    /** A class more or less changes the classifier alone: a row of its weight and an element of its bias. */
    @Test
    void otherNumbersOfClasses() {
        resized(LeNet::lenet300, LeNet::lenet300, MNIST, 100);
        resized(LeNet::lenet5, LeNet::lenet5, MNIST, 500);
        resized(LeNet::lenet5WithBatchNorm, LeNet::lenet5WithBatchNorm, MNIST, 500);
        for (Shortcut shortcut : Shortcut.values()) {
            resized(
                    init -> ResNet.cifar(init, 20, shortcut),
                    (init, n) -> ResNet.cifar(init, 20, shortcut, n),
                    CIFAR,
                    64);
        }
        resized(Vgg::vgg16, Vgg::vgg16, CIFAR, 512);
        resized(init -> Vgg.small(init, 3), (init, n) -> Vgg.small(init, 3, n), CIFAR, 128);
        resized(ResNet::resnet18, ResNet::resnet18, IMAGENET, 512);
        resized(ResNet::resnet50, ResNet::resnet50, IMAGENET, 2048);
        resized(MobileNet::v1, MobileNet::v1, IMAGENET, 1024);
        resized(AlexNet::caffe, AlexNet::caffe, Shape.of(1, 3, 227, 227), 4096);
    }

    private static void resized(
            Function<Init, ? extends Module> published,
            BiFunction<Init, Integer, ? extends Module> sized,
            Shape input,
            int features) {
        long usual = Summary.of(published.apply(Init.of(1)), input).parameters();
        int classes = input.dim(2) > 32 ? 1000 : 10;
        for (int n : new int[] {3, 37}) {
            Summary summary = Summary.of(sized.apply(Init.of(1), n), input);
            assertEquals(Shape.of(1, n), summary.rows().getLast().output());
            assertEquals(usual + (long) (n - classes) * (features + 1), summary.parameters());
        }
    }
}
