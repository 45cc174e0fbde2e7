package espalier.nn.layer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.Node;
import espalier.autograd.Variable;
import espalier.nn.Ending;
import espalier.nn.ForwardPass;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.Trace;
import espalier.nn.model.ResNet;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.ConvSpec;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** A layer and the ReLU behind it are one operation in training, and nobody could tell by the numbers. */
class FusedLayersTest {
    private static final Tensor IMAGES = RandomSource.of(3).uniform(Device.cpu(), Shape.of(4, 3, 16, 16), -1, 1);

    /** What a step leaves behind: the scores, every gradient, every running statistic. */
    private static List<float[]> step(Sequential net, boolean watched) {
        Supplier<Variable> forward = () -> net.apply(Variable.constant(IMAGES));
        Variable scores = ForwardPass.training(
                RandomSource.of(1), () -> watched ? ForwardPass.hooked((module, x) -> x, forward) : forward.get());
        scores.square().sum().backward();
        List<float[]> left = new ArrayList<>();
        left.add(scores.value().toFloats());
        net.parameters()
                .forEach((_, parameter) ->
                        left.add(parameter.raw().gradient().orElseThrow().toFloats()));
        net.state().forEach((_, tensor) -> left.add(tensor.toFloats()));
        return left;
    }

    /**
     * A hook sees the input of every layer, so nothing is fused under it. Scores and running statistics are the same to
     * the bit; gradients to weights are sums over chunks of images, whose rounding differs.
     */
    private static void assertSameStep(Supplier<Sequential> net) {
        List<float[]> fused = step(net.get(), false);
        List<float[]> apart = step(net.get(), true);
        assertEquals(apart.size(), fused.size());
        assertArrayEquals(apart.getFirst(), fused.getFirst(), "scores");
        for (int i = 1; i < apart.size(); i++) {
            float[] expected = apart.get(i);
            double square = 0;
            for (float value : expected) {
                square += value * value / expected.length;
            }
            assertArrayEquals(expected, fused.get(i), (float) (2e-5 * Math.sqrt(square)), "number " + i);
        }
    }

    @Test
    void aStepIsTheSame() {
        assertSameStep(() -> ResNet.cifar(Init.of(1), 8, ResNet.Shortcut.PADDED));
    }

    /** A net with convolutions that are pooled, with ReLU between, behind and not at all. */
    private static Sequential pooled() {
        ConvSpec same = ConvSpec.of().withPadding(1);
        return new Sequential(
                new Conv2d(Init.of(1), 3, 6, 5, ConvSpec.of().withPadding(2), true),
                Pool2d.max(2, 2),
                new Conv2d(Init.of(2), 6, 7, 3, same, false),
                Activation.relu(),
                Pool2d.max(2, 1),
                new Conv2d(Init.of(3), 7, 5, 3, same, true),
                Pool2d.max(3, 2),
                Activation.relu(),
                new Conv2d(Init.of(4), 5, 4, 3, same, true),
                Pool2d.average(2, 2));
    }

    @Test
    void aPooledStepIsTheSame() {
        assertSameStep(FusedLayersTest::pooled);
        assertEquals(Set.of("convMaxPool", "conv2d", "avgPool2d"), operations(pooled(), false));
        Set<String> apart = operations(pooled(), true);
        assertTrue(apart.containsAll(Set.of("conv2d", "relu", "maxPool2d", "avgPool2d")), apart::toString);
        assertTrue(!apart.contains("convMaxPool"), apart::toString);
    }

    /** A shortcut that has to be stretched is added behind what can be computed together. */
    @Test
    void aShortcutMayBeStretched() {
        Sequential body =
                new Sequential(new Conv2d(Init.of(1), 3, 3, 3, ConvSpec.of(), false), new BatchNorm(Init.of(2), 3));
        Module pooled = new Residual(body, Pool2d.average(16, 16));
        Variable x = Variable.constant(IMAGES);
        Variable through = ForwardPass.training(RandomSource.of(1), () -> body.apply(x));
        Variable sum = ForwardPass.training(RandomSource.of(1), () -> pooled.applyThen(x, Ending.RELU));
        Tensor mean = Pool2d.average(16, 16).apply(x).value();
        assertArrayEquals(
                through.value().add(mean).relu().toFloats(), sum.value().toFloats());
    }

    /** Batch norm takes a bias away again, but its running mean has to know of it. */
    @Test
    void aConvolutionWithBiasIsAnOperationOfItsOwn() {
        Conv2d convolution = new Conv2d(Init.of(1), 3, 4, 3, ConvSpec.of(), true);
        convolution.bias().orElseThrow().raw().value().addInPlace(50);
        BatchNorm norm = new BatchNorm(Init.of(2), 4);
        assertEquals(
                Set.of("conv2d", "batchNormRelu"),
                operations(new Sequential(convolution, norm, Activation.relu()), false));
        assertTrue(norm.mean().toFloats()[0] > 4, "a tenth of 50, and of means near 0");
    }

    /** Each ending by itself is what its operations give one after the other. */
    @Test
    void endings() {
        Variable y = Variable.constant(Tensor.of(Device.cpu(), new float[] {-3, 1, 2}, Shape.of(3)));
        Variable past = Variable.constant(Tensor.of(Device.cpu(), new float[] {1, -4, 2}, Shape.of(3)));
        assertArrayEquals(new float[] {-3, 1, 2}, Ending.NONE.after(y).value().toFloats());
        assertArrayEquals(new float[] {0, 1, 2}, Ending.RELU.after(y).value().toFloats());
        assertArrayEquals(
                new float[] {0, 0, 4}, Ending.addRelu(past).after(y).value().toFloats());
        Ending added = new Ending(Optional.of(past), false);
        assertArrayEquals(new float[] {-2, -3, 4}, added.after(y).value().toFloats());
        Sequential unit =
                new Sequential(new Conv2d(Init.of(1), 3, 3, 3, ConvSpec.of(), false), new BatchNorm(Init.of(2), 3));
        Variable x = Variable.constant(IMAGES);
        Variable through = ForwardPass.training(RandomSource.of(1), () -> unit.apply(x));
        for (Ending ending :
                List.of(Ending.NONE, Ending.RELU, Ending.addRelu(through), new Ending(Optional.of(through), false))) {
            assertArrayEquals(
                    ending.after(through).value().toFloats(),
                    ForwardPass.training(RandomSource.of(1), () -> unit.applyThen(x, ending))
                            .value()
                            .toFloats(),
                    ending.toString());
        }
    }

    private static Set<String> operations(Variable from) {
        Set<String> names = new HashSet<>();
        Deque<Node> open = new ArrayDeque<>(from.node().stream().toList());
        while (!open.isEmpty()) {
            Node node = open.pop();
            names.add(node.op());
            node.inputs().forEach(input -> input.node().ifPresent(open::push));
        }
        return names;
    }

    private static Set<String> operations(Module net, boolean watched) {
        Supplier<Variable> forward = () -> net.apply(Variable.constant(IMAGES));
        return operations(ForwardPass.training(
                RandomSource.of(1), () -> watched ? ForwardPass.hooked((module, x) -> x, forward) : forward.get()));
    }

    @Test
    void oneOperationUnlessSomebodyLooks() {
        Sequential net = ResNet.cifar(Init.of(1), 8, ResNet.Shortcut.PADDED);
        Set<String> fused = operations(net, false);
        assertTrue(fused.contains("convBatchNorm"), fused::toString);
        for (String alone : List.of("conv2d", "batchNorm", "batchNormRelu", "addRelu", "relu")) {
            assertTrue(!fused.contains(alone), fused::toString);
        }
        Set<String> apart = operations(net, true);
        assertTrue(apart.containsAll(Set.of("relu", "batchNorm", "add")), apart::toString);
        assertTrue(!apart.contains("convBatchNorm"), apart::toString);
    }

    @Test
    void aTraceSeesEveryLayer() {
        Sequential net = ResNet.cifar(Init.of(1), 8, ResNet.Shortcut.PADDED);
        Supplier<Variable> forward = () -> net.apply(Variable.constant(IMAGES));
        int evaluated = Trace.of(forward).size();
        assertEquals(
                evaluated,
                Trace.of(() -> ForwardPass.training(RandomSource.of(1), forward))
                        .size());
    }

    /** Whoever asks a layer itself gets the same, in training or not, watched or not. */
    @Test
    void aLayerDecidesForItself() {
        Sequential net =
                new Sequential(new Conv2d(Init.of(1), 3, 4, 3, ConvSpec.of(), false), new BatchNorm(Init.of(2), 4));
        Variable x = Variable.constant(IMAGES);
        assertArrayEquals(
                net.apply(x).relu().value().toFloats(),
                net.applyThen(x, Ending.RELU).value().toFloats());
        assertEquals(Set.of("conv2d", "batchNormInference", "relu"), operations(net.applyThen(x, Ending.RELU)));
        Supplier<Variable> watched = () -> ForwardPass.hooked((module, in) -> in, () -> net.applyThen(x, Ending.RELU));
        assertEquals(
                Set.of("conv2d", "batchNorm", "relu"), operations(ForwardPass.training(RandomSource.of(1), watched)));
        assertEquals(
                Set.of("convBatchNorm"),
                operations(ForwardPass.training(RandomSource.of(1), () -> net.applyThen(x, Ending.RELU))));
        int visited = Trace.of(() -> net.apply(x)).size();
        assertEquals(visited, Trace.of(() -> net.applyThen(x, Ending.RELU)).size());
    }

    /** What is last in a sequence inside of another meets the ReLU behind that; an empty one leaves it to itself. */
    @Test
    void aSequencePassesItOn() {
        Conv2d convolution = new Conv2d(Init.of(1), 3, 4, 3, ConvSpec.of(), false);
        Sequential inner = new Sequential(convolution, new BatchNorm(Init.of(2), 4));
        assertEquals(Set.of("convBatchNorm"), operations(new Sequential(inner, Activation.relu()), false));
        Sequential norm = new Sequential(new BatchNorm(Init.of(2), 3));
        assertEquals(Set.of("batchNormRelu"), operations(new Sequential(norm, Activation.relu()), false));
        Sequential empty = new Sequential(new Sequential(), Activation.relu());
        Variable y = ForwardPass.training(RandomSource.of(1), () -> empty.apply(Variable.constant(IMAGES)));
        assertArrayEquals(IMAGES.relu().toFloats(), y.value().toFloats());
    }
}
