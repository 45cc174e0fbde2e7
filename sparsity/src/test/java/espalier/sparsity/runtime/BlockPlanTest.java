package espalier.sparsity.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import espalier.autograd.Variable;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.layer.Activation;
import espalier.nn.layer.BatchNorm;
import espalier.nn.layer.Concat;
import espalier.nn.layer.Conv2d;
import espalier.nn.layer.Flatten;
import espalier.nn.layer.GlobalAveragePool;
import espalier.nn.layer.Linear;
import espalier.nn.layer.Pool2d;
import espalier.nn.layer.Residual;
import espalier.nn.layer.Sequential;
import espalier.nn.model.LeNet;
import espalier.nn.model.MobileNet;
import espalier.nn.model.ResNet;
import espalier.sparsity.export.Exporter;
import espalier.sparsity.export.Operation;
import espalier.sparsity.export.PackedModel;
import espalier.sparsity.export.Packer;
import espalier.sparsity.export.Program;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.ConvSpec;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Programs in blocks of channels say what they say on the reference device, which has no blocks. */
class BlockPlanTest {
    private static final ConvSpec SAME = ConvSpec.of().withPadding(1);

    private record Case(String name, Module model, Shape image, boolean blocked) {}

    private static Conv2d conv(Init init, int in, int out, int kernel) {
        return new Conv2d(init, in, out, kernel, ConvSpec.of().withPadding(kernel / 2), true);
    }

    private static Conv2d stem() {
        return conv(Init.of(4), 3, 64, 3);
    }

    private static Activation relu() {
        return new Activation(Activation.Kind.RELU);
    }

    private static Stream<Case> cases() {
        Init init = Init.of(3);
        Shape image = Shape.of(3, 9, 9);
        return Stream.of(
                new Case(
                        "a residual block whose sum has relu",
                        new Sequential(
                                stem(),
                                relu(),
                                new Residual(new Sequential(
                                        conv(init.in("a"), 64, 64, 3), relu(), conv(init.in("b"), 64, 64, 3))),
                                relu(),
                                new GlobalAveragePool()),
                        image,
                        true),
                new Case(
                        "a sum right after its first convolution, in the place of what it adds to",
                        new Sequential(
                                stem(),
                                new Residual(conv(init.in("a"), 64, 64, 3)),
                                new Residual(conv(init.in("b"), 64, 64, 1)),
                                new Activation(Activation.Kind.TANH),
                                new GlobalAveragePool()),
                        image,
                        true),
                new Case(
                        "flattened with rows and columns",
                        new Sequential(
                                stem(),
                                relu(),
                                Pool2d.max(2, 2),
                                conv(init.in("a"), 64, 128, 3),
                                new Activation(Activation.Kind.SIGMOID),
                                new Flatten(),
                                new Linear(init.in("l"), 128 * 16, 5)),
                        image,
                        true),
                new Case(
                        "joined",
                        new Sequential(
                                stem(),
                                relu(),
                                new Concat(conv(init.in("a"), 64, 64, 3), conv(init.in("b"), 64, 32, 1)),
                                conv(init.in("c"), 96, 64, 3),
                                new Activation(Activation.Kind.LEAKY_RELU),
                                new GlobalAveragePool()),
                        image,
                        true),
                new Case(
                        "used twice, so that the sum stays a step",
                        new Sequential(
                                stem(),
                                new Module() {
                                    private final Conv2d inner = child("inner", conv(init.in("i"), 64, 64, 3));

                                    @Override
                                    protected Variable forward(Variable x) {
                                        Variable y = inner.apply(x);
                                        return y.add(y.relu());
                                    }
                                },
                                new GlobalAveragePool()),
                        image,
                        true),
                new Case(
                        "a sum of an image and its convolution, in the place of the image",
                        new Sequential(
                                stem(),
                                new Module() {
                                    private final Conv2d inner = child("inner", conv(init.in("p"), 64, 64, 3));

                                    @Override
                                    protected Variable forward(Variable x) {
                                        return x.add(inner.apply(x));
                                    }
                                },
                                new GlobalAveragePool()),
                        image,
                        true),
                new Case(
                        "a convolution that is read again after its sum",
                        new Sequential(
                                stem(),
                                new Module() {
                                    private final Conv2d inner = child("inner", conv(init.in("q"), 64, 64, 1));

                                    @Override
                                    protected Variable forward(Variable x) {
                                        Variable y = inner.apply(x);
                                        return y.add(x).add(y).add(x); // both are needed after the first sum
                                    }
                                },
                                new GlobalAveragePool()),
                        image,
                        true),
                new Case("an image as the result", new Sequential(stem(), conv(init.in("a"), 64, 64, 3)), image, false),
                new Case(
                        "a depthwise sum",
                        new Sequential(
                                stem(),
                                conv(init.in("a"), 64, 64, 3),
                                new Residual(new Conv2d(init.in("d"), 64, 64, 3, SAME.withGroups(64), true)),
                                relu(),
                                new GlobalAveragePool()),
                        image,
                        true),
                new Case("mobilenet", MobileNet.v1(init, 7), Shape.of(3, 33, 33), true),
                new Case("resnet50", ResNet.resnet50(init, 7), Shape.of(3, 33, 33), true),
                new Case("resnet18", ResNet.resnet18(init, 7), Shape.of(3, 31, 31), true),
                new Case("few channels", ResNet.cifar(init, 8, ResNet.Shortcut.PADDED, 7), Shape.of(3, 16, 16), false),
                new Case(
                        "sums over too few channels",
                        new Sequential(
                                conv(init.in("x"), 3, 32, 3), conv(init.in("y"), 32, 32, 3), new GlobalAveragePool()),
                        image,
                        false),
                new Case("channels that fill no blocks", conv(init.in("x"), 3, 65, 3), image, false),
                new Case("lenet5", LeNet.lenet5(init), Shape.of(1, 28, 28), false),
                new Case(
                        "an average pool, which has no kernel for blocks",
                        new Sequential(stem(), conv(init.in("a"), 64, 64, 3), Pool2d.average(2, 2), new Flatten()),
                        image,
                        false),
                new Case(
                        "a dilated stride",
                        new Sequential(
                                stem(),
                                new Conv2d(
                                        init.in("d"),
                                        64,
                                        64,
                                        3,
                                        SAME.withDilation(2).withStride(2),
                                        false),
                                new GlobalAveragePool()),
                        image,
                        true));
    }

    private static PackedModel packed(Case c) {
        return Exporter.of(c.model, c.image).with(Packer.dense()).export();
    }

    @TestFactory
    Stream<DynamicTest> blocksSayTheSame() {
        return cases().map(c -> DynamicTest.dynamicTest(c.name, () -> {
            PackedModel packed = packed(c);
            for (int batch : new int[] {1, 2, 9}) {
                float[] images = RandomSource.of(batch)
                        .uniform(Device.cpu(), c.image.inserting(0, batch), -1, 1)
                        .toFloats();
                float[] expected = InferenceModel.of(packed, Device.reference()).run(images);
                InferenceModel run = InferenceModel.of(packed);
                float[] found = run.run(images);
                float largest = 0;
                for (float value : expected) {
                    largest = Math.max(largest, Math.abs(value));
                }
                assertArrayEquals(expected, found, 1e-4f * (1 + largest));
                assertArrayEquals(found, run.run(images), "the same bits again");
                assertArrayEquals(
                        found, InferenceModel.of(packed, Device.cpu(3)).run(images), "three threads");
            }
        }));
    }

    @TestFactory
    Stream<DynamicTest> whatLiesInBlocks() {
        assumeTrue(Device.cpu().backend().blockedImages().isPresent());
        return cases().map(c -> DynamicTest.dynamicTest(c.name, () -> {
            Program program = packed(c).program();
            List<Optional<Kernel>> kernels = Collections.nCopies(program.steps().size(), Optional.of(Kernel.DENSE));
            BlockPlan plan =
                    BlockPlan.of(program, kernels, Device.cpu().backend().blockedImages());
            boolean any = false;
            for (int value = 1; value <= program.steps().size(); value++) {
                any |= plan.isBlocked(value);
            }
            assertEquals(c.blocked, any);
        }));
    }

    /** Whole numbers keep the factor of a batch norm beside them; what is unpacked for blocks takes it in. */
    @Test
    void factorsOfQuantizedWeights() {
        BatchNorm norm = new BatchNorm(Init.of(1), 64);
        norm.scale().set(RandomSource.of(2).uniform(Device.cpu(), Shape.of(64), -2, 2));
        Conv2d quantized = new Conv2d(Init.of(5), 64, 64, 3, SAME, false);
        float[] weights = quantized.weight().raw().value().toFloats();
        for (int i = 0; i < weights.length; i++) {
            weights[i] = 0.01f * Math.clamp(Math.round(100 * weights[i]), -7, 7);
        }
        quantized.weight().set(Tensor.of(weights, 64, 64, 3, 3));
        PackedModel packed = Exporter.of(
                        new Sequential(stem(), quantized, norm, relu(), new GlobalAveragePool()), Shape.of(3, 9, 9))
                .export();
        assertTrue(packed.program().steps().stream()
                .anyMatch(step -> step.operation() instanceof Operation.Convolution c
                        && c.scale().isPresent()));
        float[] image = RandomSource.of(1)
                .uniform(Device.cpu(), Shape.of(1, 3, 9, 9), -1, 1)
                .toFloats();
        float[] expected = InferenceModel.of(packed, Device.reference()).run(image);
        assertArrayEquals(expected, InferenceModel.of(packed).run(image), 1e-4f);
    }

    @Test
    void sparseKernelsReadPlainImages() {
        Case c = cases().findFirst().orElseThrow();
        Program program = packed(c).program();
        List<Optional<Kernel>> kernels = Collections.nCopies(program.steps().size(), Optional.of(Kernel.CSR));
        BlockPlan plan = BlockPlan.of(program, kernels, Device.cpu().backend().blockedImages());
        for (int value = 0; value <= program.steps().size(); value++) {
            assertEquals(false, plan.isBlocked(value));
        }
    }
}
